// The syntax of Python's configparser, line by line: what each line of a file is, and the texts it carries.
// Facts from the module's documentation and behaviour (Python 3.11, ConfigParser() with its defaults).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace offlineimap::config_file {

struct Line {
    enum class Kind {
        nothing,        // a comment, or a blank line outside of a value
        header,         // [name] and whatever follows the last ']'
        option,         // name, value
        continuation,   // value: one more line of the option before; '' for a blank line
        no_option,      // neither a header nor an option
        before_header,  // something before the first section
    };
    Kind kind = Kind::nothing;
    std::string_view name;
    std::string_view value;
};

// One entry a line; line N of the file is entry N-1. The views point into `text`, which is UTF-8 without a
// byte order mark.
std::vector<Line> classify_lines(std::string_view text);

// The file's lines, without their ends: LF, CRLF and CR, as Python's text files have it.
std::vector<std::string_view> split_lines(std::string_view text);

// str.strip() and str.rstrip(): all of Unicode's white space, in UTF-8.
std::string_view strip(std::string_view text) noexcept;
std::string_view strip_right(std::string_view text) noexcept;

// Where the first byte is that is no UTF-8 (RFC 3629); nullopt if all is.
std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept;

}  // namespace offlineimap::config_file

// A configuration as Python's ConfigParser sees it (basic interpolation), held as a value: sections, options
// with their raw text and where each stands. Reading files is config_file's work; meaning is options.hpp's.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/base/error.hpp"

namespace offlineimap::config {

// Where something stands, for messages: "FILE:LINE". Line 0 means "not in a file" (a -k override, a default).
struct Origin {
    std::string file;
    std::size_t line = 0;
    std::string to_string() const;
};

struct RawOption {
    std::string name;   // lower case
    std::string value;  // as written: lines stripped and joined by '\n', not interpolated
    Origin origin;
};

// A value that is read as Python, with all that an error message needs.
struct Expression {
    std::string text;
    std::string section;
    std::string option;
    Origin origin;
};

// Errors thrown by every reading function: Error{repository, configuration} whose text names file:line,
// section, option and the mend.
class Document {
  public:
    // Section names are case-sensitive, option names are folded to lower case (ASCII). "DEFAULT" holds the
    // defaults of all sections that exist; it is no section of its own for has_section() and sections().
    // An existing section stays as it is.
    void add_section(std::string name, Origin origin);
    bool has_section(std::string_view name) const;
    // In file order, without DEFAULT.
    std::vector<std::string> sections() const;
    std::optional<Origin> section_origin(std::string_view name) const;

    // Sets or replaces; the section is made if it is missing.
    void set(std::string_view section, std::string_view option, std::string value, Origin origin);
    void remove(std::string_view section, std::string_view option);

    // True if the section or DEFAULT has it.
    bool has(std::string_view section, std::string_view option) const;
    // The raw option, the section's own before DEFAULT's; nullptr if neither has it.
    const RawOption* find(std::string_view section, std::string_view option) const;
    // Options that stand in the section itself, in file order.
    std::vector<RawOption> options(std::string_view section) const;

    // The interpolated value: %(name)s from the same section, else DEFAULT, recursively to depth 10; %% is %.
    // Another % is an error, raised here, when the value is read, and not before.
    std::optional<std::string> get(std::string_view section, std::string_view option) const;
    std::string get_or(std::string_view section, std::string_view option, std::string_view fallback) const;
    // 1 yes true on / 0 no false off in any case.
    std::optional<bool> get_bool(std::string_view section, std::string_view option) const;
    // Python's int(): blanks around, sign and single '_' between digits accepted.
    std::optional<long long> get_int(std::string_view section, std::string_view option) const;
    // Python's float(); infinities and NaN are errors.
    std::optional<double> get_float(std::string_view section, std::string_view option) const;
    std::optional<Expression> get_expression(std::string_view section, std::string_view option) const;

    // Throws the configuration error "FILE:LINE: [section] option: text".
    [[noreturn]] void fail(std::string_view section, std::string_view option, const std::string& text) const;

  private:
    struct Section {
        std::string name;
        Origin origin;
        std::vector<RawOption> options;
    };
    const Section* find_section(std::string_view name) const;
    Section* find_section(std::string_view name);
    std::vector<Section> sections_;
};

}  // namespace offlineimap::config

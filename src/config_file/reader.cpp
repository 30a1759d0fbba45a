#include "offlineimap/config_file/reader.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "offlineimap/base/secret.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"

#include "dialect.hpp"
#include "inih.hpp"

namespace offlineimap::config_file {

namespace {

// No configuration comes near; a mail folder given by mistake does.
constexpr std::size_t kLargestFile = std::size_t{4} << 20U;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void fail(const config::Origin& origin, const std::string& text) {
    throw base::Error(base::Severity::critical, base::ErrorCode::configuration,
                      origin.to_string() + ": " + text);
}

std::size_t line_at(std::string_view text, std::size_t offset) {
    return std::max<std::size_t>(1, split_lines(text.substr(0, offset + 1)).size());
}

void check_characters(std::string_view text, const std::string& name) {
    if (const auto bad = find_invalid_utf8(text)) {
        fail({name, line_at(text, *bad)},
             "this line is not UTF-8 text; convert the file (for example with iconv -f latin1 -t utf-8)");
    }
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
        fail({name, line_at(text, nul)}, "this line has a NUL byte; is this a configuration file?");
    }
}

// Puts the lines together into a Document. The lines refer to the file's text.
class Builder {
  public:
    Builder(const std::vector<Line>& lines, const std::string& name) : lines_(lines), name_(name) {}

    ReadResult build() {
        const auto structure = parse_structure(lines_);
        if (structure.first_bad_line != 0) refuse_line(structure.first_bad_line - 1);
        add_sections();
        const auto& assignments = structure.assignments;
        for (std::size_t i = 0; i < assignments.size();) i += add_option(assignments, i);
        return std::move(result_);
    }

  private:
    config::Origin origin(std::size_t index) const { return {name_, index + 1}; }

    // Without the line's content: a password may be all of it.
    [[noreturn]] void refuse_line(std::size_t index) const {
        if (lines_[index].kind == Line::Kind::before_header) {
            fail(origin(index),
                 "this line stands before the first section; begin the file with a line [general]");
        }
        fail(origin(index),
             "this line is neither 'option = value' nor a [section]; to continue the value of the line "
             "before, "
             "indent it deeper; to make it a comment, begin it with '#'");
    }

    void add_sections() {
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            if (lines_[i].kind != Line::Kind::header) continue;
            const std::string section(lines_[i].name);
            if (const auto first = result_.document.section_origin(section)) {
                result_.warnings.push_back(origin(i).to_string() + ": [" + base::printable(section) +
                                           "] began in line " + std::to_string(first->line) +
                                           " already; both parts are merged");
            }
            result_.document.add_section(section, origin(i));
        }
    }

    // Adds the option of assignment `first` with all lines that continue it; returns how many they are.
    std::size_t add_option(const std::vector<Assignment>& assignments, std::size_t first) {
        const auto& assignment = assignments[first];
        std::string value;
        std::size_t count = 0;
        for (; first + count < assignments.size(); ++count) {
            const auto& next = assignments[first + count];
            if (next.option != assignment.option) break;
            if (count > 0) value += '\n';
            value += lines_[next.value].value;
        }
        set_option(assignment, std::string(strip_right(value)));
        base::wipe(value.data(), value.size());  // perhaps a password
        return count;
    }

    void set_option(const Assignment& assignment, std::string value) {
        const std::string section(lines_[assignment.header].name);
        const std::string option = base::to_lower(lines_[assignment.option].name);
        const auto earlier = seen_.find({section, option});
        if (earlier != seen_.end()) {
            result_.warnings.push_back(origin(assignment.option).to_string() + ": [" +
                                       base::printable(section) + "] " + base::printable(option) +
                                       " was written in line " + std::to_string(earlier->second + 1) +
                                       " already; this later one counts, remove the other");
        }
        seen_[{section, option}] = assignment.option;
        result_.document.set(section, option, std::move(value), origin(assignment.option));
    }

    const std::vector<Line>& lines_;
    const std::string& name_;
    std::map<std::pair<std::string, std::string>, std::size_t> seen_;
    ReadResult result_;
};

// A secret in a file that everybody may read deserves a word.
std::optional<std::string> permission_warning(const std::filesystem::path& path,
                                              const config::Document& document) {
    std::error_code failed;
    const auto mode = std::filesystem::status(path, failed).permissions();
    constexpr auto kOthers = std::filesystem::perms::others_read | std::filesystem::perms::group_read;
    if (failed || (mode & kOthers) == std::filesystem::perms::none) return std::nullopt;
    for (const auto& section : document.sections()) {
        for (const std::string_view option :
             {"remotepass", "oauth2_client_secret", "oauth2_access_token", "oauth2_refresh_token"}) {
            const auto* found = document.find(section, option);
            if (found == nullptr || found->value.empty()) continue;
            return found->origin.to_string() + ": [" + base::printable(section) + "] " + std::string(option) +
                   ": other users may read this file; run chmod 600 on it";
        }
    }
    return std::nullopt;
}

}  // namespace

ReadResult read_text(std::string_view content, const std::string& name) {
    if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
    check_characters(content, name);
    const auto lines = classify_lines(content);
    return Builder(lines, name).build();
}

ReadResult read_file(const std::filesystem::path& path) {
    auto text = os::read_file(path, base::Severity::critical, kLargestFile);
    if (!text) {
        throw base::Error(base::Severity::critical, base::ErrorCode::configuration,
                          "*** Config file '" + path.string() + "' does not exist; aborting!");
    }
    const base::Secret content(*std::move(text));  // there are passwords in it
    auto result = read_text(content.reveal(), path.string());
    if (auto warning = permission_warning(path, result.document))
        result.warnings.push_back(std::move(*warning));
    return result;
}

}  // namespace offlineimap::config_file

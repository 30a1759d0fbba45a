#include <algorithm>

#include "offlineimap/base/text.hpp"
#include "offlineimap/config_file/reader.hpp"

namespace offlineimap::config_file {

namespace {

[[noreturn]] void fail(const std::string& text) {
    throw base::Error(base::Severity::critical, base::ErrorCode::usage,
                      "-k: " + text + "; write -k [section:]option=value");
}

bool exists(const config::Document& document, std::string_view section) {
    return section == "DEFAULT" || document.has_section(section);
}

// '_' stands for a blank, so that a shell needs no quotes; a section that really has the '_' comes first.
std::string section_called(const config::Document& document, std::string_view written) {
    if (exists(document, written)) return std::string(written);
    std::string section(written);
    std::replace(section.begin(), section.end(), '_', ' ');
    if (!exists(document, section)) {
        fail("the configuration has no section [" + base::printable(section) + "]");
    }
    return section;
}

// As the original refuses it: what is no %(name)s must be %%.
bool has_good_percents(std::string_view value) {
    for (auto at = value.find('%'); at != std::string_view::npos; at = value.find('%')) {
        value.remove_prefix(at);
        const auto close = value.find(')');
        const bool reference = value.starts_with("%(") && close != std::string_view::npos && close > 2 &&
                               value.substr(close + 1).starts_with('s');
        if (!reference && !value.starts_with("%%")) return false;
        value.remove_prefix(reference ? close + 2 : 2);
    }
    return true;
}

}  // namespace

void apply_override(config::Document& document, const std::string& argument) {
    const std::string_view text = argument;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) fail("'" + base::printable(text) + "' has no '='");
    const auto left = text.substr(0, equals);
    const auto colon = left.find(':');
    const auto written_section =
        colon == std::string_view::npos ? "general" : base::trim(left.substr(0, colon));
    const auto option = base::trim(colon == std::string_view::npos ? left : left.substr(colon + 1));
    if (option.empty()) fail("'" + base::printable(left) + "' names no option");
    const auto section = section_called(document, written_section);
    const auto value = base::trim(text.substr(equals + 1));
    if (!has_good_percents(value)) {
        fail("a '%' in the value of '" + base::printable(left) +
             "' must be written as '%%' unless it begins a reference like %(name)s");
    }
    document.set(section, option, std::string(value), {"-k " + base::printable(left), 0});
}

}  // namespace offlineimap::config_file

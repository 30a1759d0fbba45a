#include <algorithm>

#include "offlineimap/config/options.hpp"

namespace offlineimap::config {

namespace {

// What Python's regular expressions call \w, as far as os.path.expandvars uses it.
bool is_name_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

struct Variable {
    std::string_view name;
    std::size_t length = 0;  // of the whole reference; 0: there is none
};

// `text` begins with a '$'.
Variable variable_at(std::string_view text) {
    if (text.starts_with("${")) {
        const auto close = text.find('}');
        if (close == std::string_view::npos) return {};
        return {text.substr(2, close - 2), close + 1};
    }
    const auto rest = text.substr(1);
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_name_character);
    const auto length = static_cast<std::size_t>(end - rest.begin());
    if (length == 0) return {};
    return {rest.substr(0, length), length + 1};
}

std::string expand_variables(std::string_view text, const Surroundings& surroundings) {
    std::string expanded;
    for (;;) {
        const auto dollar = text.find('$');
        expanded += text.substr(0, dollar);
        if (dollar == std::string_view::npos) return expanded;
        text.remove_prefix(dollar);
        const auto variable = variable_at(text);
        const auto known = surroundings.environment.find(variable.name);
        if (variable.length > 0 && known != surroundings.environment.end()) {
            expanded += known->second;
        } else {
            expanded += text.substr(0, std::max<std::size_t>(variable.length, 1));
        }
        text.remove_prefix(std::max<std::size_t>(variable.length, 1));
    }
}

}  // namespace

std::string expand_user(std::string_view path, const Surroundings& surroundings) {
    if (!path.starts_with('~')) return std::string(path);
    const auto user = path.substr(
        1, path.find('/') == std::string_view::npos ? std::string_view::npos : path.find('/') - 1);
    std::string_view home = surroundings.home;
    if (!user.empty()) {
        const auto known = surroundings.homes_of_users.find(user);
        if (known == surroundings.homes_of_users.end()) return std::string(path);
        home = known->second;
    }
    if (home.empty()) return std::string(path);
    while (home.ends_with('/')) home.remove_suffix(1);
    const std::string expanded = std::string(home) + std::string(path.substr(user.size() + 1));
    return expanded.empty() ? "/" : expanded;
}

std::filesystem::path expand_path(std::string_view path, const Surroundings& surroundings) {
    return expand_variables(expand_user(path, surroundings), surroundings);
}

}  // namespace offlineimap::config

#include "surroundings.hpp"

#include <cstdlib>
#include <pwd.h>
#include <string_view>
#include <unistd.h>

namespace offlineimap::app {

namespace {

std::map<std::string, std::string, std::less<>> read_environment() {
    std::map<std::string, std::string, std::less<>> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos)
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

// The users of the local database. Runs before any thread is started: getpwent() keeps its place in static
// memory.
std::map<std::string, std::string, std::less<>> read_homes() {
    std::map<std::string, std::string, std::less<>> homes;
    ::setpwent();
    while (const passwd* entry = ::getpwent()) homes.emplace(entry->pw_name, entry->pw_dir);
    ::endpwent();
    return homes;
}

std::string home_of_user() {
    const char* home = std::getenv("HOME");
    if (home != nullptr && *home != '\0') return home;
    const passwd* entry = ::getpwuid(::getuid());
    return entry != nullptr ? entry->pw_dir : "/";
}

}  // namespace

config::Surroundings read_surroundings() {
    return {.home = home_of_user(), .environment = read_environment(), .homes_of_users = read_homes()};
}

std::filesystem::path find_config_file(const std::optional<std::string>& given,
                                       const config::Surroundings& surroundings) {
    if (given) return config::expand_user(*given, surroundings);
    const auto configured = surroundings.environment.find("XDG_CONFIG_HOME");
    const std::filesystem::path base =
        configured != surroundings.environment.end() && !configured->second.empty()
            ? std::filesystem::path(configured->second)
            : std::filesystem::path(surroundings.home) / ".config";
    auto xdg = base / "offlineimap" / "config";
    std::error_code ignored;
    if (std::filesystem::exists(xdg, ignored)) return xdg;
    return std::filesystem::path(surroundings.home) / ".offlineimaprc";
}

}  // namespace offlineimap::app

#include "offlineimap/ui/banner.hpp"

#include <algorithm>
#include <array>

#include "offlineimap/base/text.hpp"

namespace offlineimap::ui {

namespace {

// Options whose value is a secret: remotepass, oauth2_client_secret, oauth2_access_token, …; and a proxy's
// URL may hold one.
bool names_a_secret(std::string_view option) {
    static constexpr std::array<std::string_view, 4> kMarks = {"pass", "secret", "token", "proxy"};
    const std::string lower = base::to_lower(option);
    return std::any_of(kMarks.begin(), kMarks.end(),
                       [&lower](std::string_view mark) { return lower.find(mark) != std::string::npos; });
}

// -k hands options over as [section:]option=value.
std::string without_secret(const std::string& argument) {
    const auto equals = argument.find('=');
    if (equals == std::string::npos || !names_a_secret(std::string_view{argument}.substr(0, equals))) {
        return argument;
    }
    return argument.substr(0, equals) + "=***";
}

}  // namespace

std::string banner(std::string_view version) {
    return std::string("OfflineIMAP ")
        .append(version)
        .append("\n  Licensed under the GNU GPL v2 or any later version (with an OpenSSL exception)");
}

std::string components_line(const std::vector<std::string>& components) {
    return base::join(components, ", ");
}

std::string full_version(std::string_view version, const std::vector<std::string>& components) {
    std::vector<std::string> all = {std::string("offlineimap v").append(version)};
    all.insert(all.end(), components.begin(), components.end());
    return base::join(all, ", ");
}

std::string log_start(const RunDescription& run) {
    std::vector<std::string> arguments;
    arguments.reserve(run.arguments.size());
    for (const auto& argument : run.arguments) arguments.push_back(without_secret(argument));
    return "OfflineImap " + run.version + " starting...\n  Python: " + run.python_version +
           " Platform: " + run.platform + "\n  Args: " + base::join(arguments, " ");
}

}  // namespace offlineimap::ui

#include "offlineimap/client/secret_command.hpp"

#include <string_view>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/process.hpp"

namespace offlineimap::client {

using base::Error;
using base::ErrorCode;
using base::Severity;

namespace {

constexpr std::size_t kLongestLine = 64U << 10U;

Error failed(const SecretCommand& command, ErrorCode code, const std::string& what,
             std::string_view complaint) {
    const auto words = base::trim(complaint);
    return {Severity::repository, code,
            "Repository " + command.repository + ": " + command.option + " " + what +
                (words.empty() ? "" : "; it says: " + base::printable(words))};
}

}  // namespace

std::optional<base::Secret> run_secret_command(const SecretCommand& command, const std::stop_token& stop) {
    auto result = os::run_shell({.command = command.command,
                                 .deadline = base::Deadline::after(command.limit),
                                 .output_limit = kLongestLine,
                                 .output_is_secret = true},
                                stop);
    const base::Secret output(std::move(result.standard_output));
    if (result.timed_out) {
        const auto limit = std::chrono::duration_cast<std::chrono::seconds>(command.limit);
        throw failed(command, ErrorCode::timeout,
                     "was ended: it ran for more than " + std::to_string(limit.count()) + " seconds",
                     result.standard_error);
    }
    if (result.exit_code != 0) {
        throw failed(command, ErrorCode::authentication,
                     "failed with status " + std::to_string(result.exit_code), result.standard_error);
    }
    auto line = output.reveal();
    const auto end = line.find('\n');
    if (end == std::string_view::npos && result.truncated) {
        throw failed(command, ErrorCode::authentication,
                     "printed a line of more than " + std::to_string(kLongestLine >> 10U) + " KiB",
                     result.standard_error);
    }
    line = line.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return std::nullopt;
    return base::Secret(std::string(line));
}

}  // namespace offlineimap::client

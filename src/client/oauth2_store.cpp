// The file that keeps a refresh token between runs.
#include <system_error>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/client/oauth2.hpp"
#include "offlineimap/os/file.hpp"
#include "offlineimap/os/stop_point.hpp"

namespace offlineimap::client {

using base::Severity;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestFile = 64U << 10U;
constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kOwnersDirectory = 0700;

// The file that the name leads to, which may not exist yet.
fs::path end_of_link(const fs::path& path) {
    std::error_code failure;
    auto target = fs::weakly_canonical(path, failure);
    return failure ? path : target;
}

}  // namespace

std::optional<base::Secret> read_token_file(const fs::path& path, const std::string& option) {
    try {
        auto text = os::read_file(path, Severity::repository, kLargestFile);
        if (!text) return std::nullopt;
        const base::Secret whole(std::move(*text));
        const auto content = base::trim_left(whole.reveal());
        base::Secret token(std::string(base::trim(content.substr(0, content.find('\n')))));
        if (token.empty()) return std::nullopt;
        return token;
    } catch (const base::Error& error) {
        throw base::Error(Severity::repository, error.code(),
                          std::string(error.what()) + "; see '" + option + "'");
    }
}

void write_token_file(const fs::path& path, const base::Secret& token) {
    const auto target = end_of_link(path);
    if (target.has_parent_path())
        os::make_directories(target.parent_path(), kOwnersDirectory, Severity::repository);
    const base::Secret line(std::string(token.reveal()) + "\n");
    os::replace_file(target, line.reveal(), os::Sync::yes, Severity::repository, kOwnerOnly);
    os::stop_point("oauth2.refresh-token-stored");
}

}  // namespace offlineimap::client

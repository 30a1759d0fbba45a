// Recognising messages by content: size and header hash where that is unique on both sides, the hash of the
// whole body otherwise.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "offlineimap/base/types.hpp"
#include "offlineimap/repository/folder.hpp"

namespace offlineimap::repository {

struct RemoteCandidate {
    base::Uid uid;
    std::uint64_t size = 0;
    std::string header_sha256;
};

// One answer per wanted identity; no candidate is given twice. `body_digests` is asked only for what is
// ambiguous, with ascending UIDs; among messages that are equal to the last byte, the lowest UID goes first.
std::vector<std::optional<base::Uid>> match_content(
    std::span<const ContentIdentity> wanted, std::span<const RemoteCandidate> candidates,
    const std::function<std::map<base::Uid, std::string>(std::span<const base::Uid>)>& body_digests);

}  // namespace offlineimap::repository

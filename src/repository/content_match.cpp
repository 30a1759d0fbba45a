#include "content_match.hpp"

#include <algorithm>
#include <utility>

namespace offlineimap::repository {

namespace {

using Look = std::pair<std::uint64_t, std::string>;  // size and header hash

struct Group {
    std::vector<std::size_t> wanted;    // indices
    std::vector<base::Uid> candidates;  // ascending
    bool is_unique() const { return wanted.size() == 1 && candidates.size() == 1; }
};

std::map<Look, Group> group(std::span<const ContentIdentity> wanted,
                            std::span<const RemoteCandidate> candidates) {
    std::map<Look, Group> groups;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        groups[{wanted[i].wire_size, wanted[i].header_sha256}].wanted.push_back(i);
    for (const auto& candidate : candidates) {
        const auto found = groups.find({candidate.size, candidate.header_sha256});
        if (found != groups.end()) found->second.candidates.push_back(candidate.uid);
    }
    for (auto& [look, members] : groups) std::sort(members.candidates.begin(), members.candidates.end());
    return groups;
}

}  // namespace

std::vector<std::optional<base::Uid>> match_content(
    std::span<const ContentIdentity> wanted, std::span<const RemoteCandidate> candidates,
    const std::function<std::map<base::Uid, std::string>(std::span<const base::Uid>)>& body_digests) {
    std::vector<std::optional<base::Uid>> matches(wanted.size());
    for (auto& [look, members] : group(wanted, candidates)) {
        if (members.candidates.empty()) continue;
        if (members.is_unique()) {
            matches[members.wanted.front()] = members.candidates.front();
            continue;
        }
        auto digests = body_digests(members.candidates);
        for (const auto index : members.wanted) {
            const auto match = std::find_if(digests.begin(), digests.end(), [&](const auto& digest) {
                return digest.second == wanted[index].sha256;
            });
            if (match == digests.end()) continue;
            matches[index] = match->first;
            digests.erase(match);
        }
    }
    return matches;
}

}  // namespace offlineimap::repository

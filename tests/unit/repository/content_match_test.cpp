#include "../../../src/repository/content_match.hpp"

#include <gtest/gtest.h>

namespace offlineimap::repository {
namespace {

using base::Uid;
using Digests = std::map<Uid, std::string>;

ContentIdentity identity(std::uint64_t size, const std::string& header, const std::string& whole) {
    return {.wire_size = size, .sha256 = whole, .header_sha256 = header, .message_id = ""};
}

// Answers with the digests it was given and remembers what it was asked for.
class Bodies {
  public:
    explicit Bodies(Digests digests) : digests_(std::move(digests)) {}
    Digests operator()(std::span<const Uid> uids) {
        Digests answer;
        for (const auto uid : uids) {
            asked.push_back(uid);
            answer[uid] = digests_.at(uid);
        }
        return answer;
    }
    std::vector<Uid> asked;

  private:
    Digests digests_;
};

std::vector<std::optional<Uid>> match(std::vector<ContentIdentity> wanted,
                                      std::vector<RemoteCandidate> candidates, Bodies& bodies) {
    return match_content(wanted, candidates, [&](std::span<const Uid> uids) { return bodies(uids); });
}

TEST(ContentMatch, TakesAUniqueSizeAndHeaderWithoutFetchingBodies) {
    Bodies bodies({});
    const auto found = match({identity(10, "h1", "w1")}, {{Uid(5), 10, "h1"}, {Uid(6), 11, "h1"}}, bodies);
    EXPECT_EQ(found, (std::vector<std::optional<Uid>>{Uid(5)}));
    EXPECT_TRUE(bodies.asked.empty());
}

TEST(ContentMatch, FindsNothingWhereSizeOrHeaderDiffer) {
    Bodies bodies({});
    const auto found = match({identity(10, "h1", "w1")}, {{Uid(5), 10, "h2"}, {Uid(6), 11, "h1"}}, bodies);
    EXPECT_EQ(found, (std::vector<std::optional<Uid>>{std::nullopt}));
}

TEST(ContentMatch, ComparesBodiesWhereTwoCandidatesLookAlike) {
    Bodies bodies({{Uid(5), "other"}, {Uid(6), "w1"}});
    const auto found = match({identity(10, "h1", "w1")}, {{Uid(6), 10, "h1"}, {Uid(5), 10, "h1"}}, bodies);
    EXPECT_EQ(found, (std::vector<std::optional<Uid>>{Uid(6)}));
    EXPECT_EQ(bodies.asked, (std::vector<Uid>{Uid(5), Uid(6)}));
}

TEST(ContentMatch, GivesEqualMessagesEachTheirOwnUid) {
    Bodies bodies({{Uid(5), "w"}, {Uid(6), "w"}});
    const auto found = match({identity(10, "h", "w"), identity(10, "h", "w")},
                             {{Uid(5), 10, "h"}, {Uid(6), 10, "h"}}, bodies);
    EXPECT_EQ(found, (std::vector<std::optional<Uid>>{Uid(5), Uid(6)}));
}

TEST(ContentMatch, LeavesTheSecondOfTwoEqualMessagesUnmatchedIfOnlyOneArrived) {
    Bodies bodies({{Uid(5), "w"}});
    const auto found = match({identity(10, "h", "w"), identity(10, "h", "w")}, {{Uid(5), 10, "h"}}, bodies);
    EXPECT_EQ(found, (std::vector<std::optional<Uid>>{Uid(5), std::nullopt}));
}

}  // namespace
}  // namespace offlineimap::repository

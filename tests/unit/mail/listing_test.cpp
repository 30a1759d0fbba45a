#include "offlineimap/mail/listing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offlineimap::mail {
namespace {

using testing::ElementsAre;

MessageKey uid(std::uint32_t number) {
    return MessageKey(base::Uid(number));
}

Listing listing_of(const std::vector<MessageKey>& keys) {
    Listing listing;
    for (const auto key : keys) listing.put({key, Flags(), 0});
    return listing;
}

std::vector<std::string> keys_of(const Listing& listing) {
    std::vector<std::string> keys;
    for (const auto& entry : listing) keys.push_back(entry.key.to_string());
    return keys;
}

TEST(Listing, SortsKeysMostNegativeFirst) {
    const auto listing =
        listing_of({uid(7), MessageKey::unassigned(1), uid(4294967295U), uid(1), MessageKey::unassigned(3)});
    EXPECT_THAT(keys_of(listing), ElementsAre("-3", "-1", "1", "7", "4294967295"));
}

TEST(Listing, ReplacesAnEntryOfTheSameKey) {
    auto listing = listing_of({uid(1), uid(2), uid(3)});
    listing.put({uid(2), Flags::parse("S"), 0});
    listing.put({uid(3), Flags::parse("F"), 0});
    EXPECT_EQ(listing.size(), 3U);
    EXPECT_EQ(listing.find(uid(2))->flags, Flags::parse("S"));
    EXPECT_EQ(listing.find(uid(3))->flags, Flags::parse("F"));
}

TEST(Listing, FindsOnlyWhatIsThere) {
    const auto listing = listing_of({uid(2), uid(5)});
    EXPECT_TRUE(listing.contains(uid(5)));
    EXPECT_EQ(listing.find(uid(1)), nullptr);
    EXPECT_EQ(listing.find(uid(3)), nullptr);
    EXPECT_EQ(listing.find(uid(6)), nullptr);
    EXPECT_EQ(Listing().find(uid(1)), nullptr);
}

TEST(Listing, ErasesKeysInAnyOrderAndIgnoresAbsentOnes) {
    auto listing = listing_of({uid(1), uid(2), uid(3), uid(4), uid(5)});
    const std::vector keys = {uid(9), uid(4), uid(1), MessageKey::unassigned(1), uid(4)};
    listing.erase(keys);
    EXPECT_THAT(keys_of(listing), ElementsAre("2", "3", "5"));
    listing.erase(uid(2));
    EXPECT_THAT(keys_of(listing), ElementsAre("3", "5"));
    listing.erase(std::vector<MessageKey>{});
    EXPECT_EQ(listing.size(), 2U);
}

TEST(Listing, InternsKeywordSetsOnce) {
    Listing listing;
    EXPECT_EQ(listing.intern({}), 0U);
    const auto work = listing.intern({"$Work"});
    const auto both = listing.intern({"$Work", "Junk"});
    EXPECT_NE(work, both);
    EXPECT_EQ(listing.intern({"$Work"}), work);
    EXPECT_EQ(listing.intern({"$Work", "Junk"}), both);
    EXPECT_EQ(listing.intern({}), 0U);
    EXPECT_THAT(listing.keywords(both), ElementsAre("$Work", "Junk"));
    EXPECT_THAT(listing.keywords(0), ElementsAre());
}

TEST(ManyEntries, AreTakenInAnyOrder) {
    Listing listing;
    listing.put({MessageKey(base::Uid(2)), Flags::parse("S")});
    listing.put_all({{MessageKey(base::Uid(3)), {}},
                     {MessageKey(base::Uid(1)), {}},
                     {MessageKey(base::Uid(2)), Flags::parse("F")},
                     {MessageKey(base::Uid(3)), Flags::parse("R")}});
    ASSERT_EQ(listing.size(), 3U);
    EXPECT_EQ(listing.find(MessageKey(base::Uid(2)))->flags.to_string(), "F");
    EXPECT_EQ(listing.find(MessageKey(base::Uid(3)))->flags.to_string(), "R");
}

// A minute's work if each were put in its place, or looked for among the others.
TEST(ManyEntries, TakeNoLongerInTheWorstOrder) {
    Listing listing;
    std::vector<Listing::Entry> entries;
    for (std::uint32_t uid = 500'000; uid > 0; --uid)
        entries.push_back(
            {MessageKey(base::Uid(uid)), {}, listing.intern({"k" + std::to_string(uid % 100'000)})});
    listing.put_all(std::move(entries));
    EXPECT_EQ(listing.size(), 500'000U);
    EXPECT_EQ(listing.keywords(listing.find(MessageKey(base::Uid(7)))->keywords),
              std::vector<std::string>{"k7"});
}

}  // namespace
}  // namespace offlineimap::mail

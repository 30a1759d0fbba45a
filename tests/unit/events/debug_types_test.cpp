#include "offlineimap/events/debug_types.hpp"

#include <gtest/gtest.h>

namespace offlineimap::events {
namespace {

TEST(DebugTypes, EachTypeIsFoundByItsName) {
    for (const auto type : kDebugTypes) EXPECT_EQ(debug_type_named(name_of(type)), type);
}

TEST(DebugTypes, NamesAreCaseSensitiveAsInTheOriginal) {
    EXPECT_EQ(debug_type_named("IMAP"), std::nullopt);
    EXPECT_EQ(debug_type_named("foo"), std::nullopt);
}

TEST(DebugTypes, SetHoldsWhatWasAdded) {
    const auto some = DebugTypes().add(DebugType::maildir).add(DebugType::other);
    EXPECT_TRUE(some.contains(DebugType::maildir));
    EXPECT_TRUE(some.contains(DebugType::other));
    EXPECT_FALSE(some.contains(DebugType::imap));
    EXPECT_FALSE(some.empty());
    EXPECT_TRUE(DebugTypes().empty());
}

TEST(DebugTypes, AnnouncementHasTheOriginalsWords) {
    EXPECT_EQ(debugging_line(DebugType::imap), "Now debugging for imap: IMAP protocol debugging");
    EXPECT_EQ(debugging_line(DebugType::maildir), "Now debugging for maildir: Maildir repository debugging");
    EXPECT_EQ(debugging_line(DebugType::thread), "Now debugging for thread: Threading debugging");
    EXPECT_EQ(debugging_line(DebugType::other),
              "Now debugging for : Other offlineimap related sync messages");
}

}  // namespace
}  // namespace offlineimap::events

#include "offlineimap/mail/message_key.hpp"

#include <unordered_set>

#include <gtest/gtest.h>

namespace offlineimap::mail {
namespace {

TEST(MessageKey, IsWrittenAsUsersSeeIt) {
    EXPECT_EQ(MessageKey(base::Uid(4294967295U)).to_string(), "4294967295");
    EXPECT_EQ(MessageKey::unassigned(3).to_string(), "-3");
}

TEST(MessageKey, KnowsWhetherItHasAUid) {
    EXPECT_TRUE(MessageKey(base::Uid(1)).has_uid());
    EXPECT_EQ(MessageKey(base::Uid(17)).uid(), base::Uid(17));
    EXPECT_FALSE(MessageKey::unassigned(1).has_uid());
}

TEST(MessageKey, OrdersTheMostNegativeFirst) {
    EXPECT_LT(MessageKey::unassigned(4294967295U), MessageKey::unassigned(1));
    EXPECT_LT(MessageKey::unassigned(1), MessageKey(base::Uid(1)));
    EXPECT_LT(MessageKey(base::Uid(1)), MessageKey(base::Uid(2147483648U)));
}

TEST(MessageKey, CanBeAHashKey) {
    const std::unordered_set keys = {MessageKey::unassigned(1), MessageKey(base::Uid(1)),
                                     MessageKey(base::Uid(1))};
    EXPECT_EQ(keys.size(), 2U);
}

}  // namespace
}  // namespace offlineimap::mail

#include <cstring>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "offlineimap/base/deadline.hpp"
#include "offlineimap/base/error.hpp"
#include "offlineimap/base/result.hpp"
#include "offlineimap/base/secret.hpp"
#include "offlineimap/base/types.hpp"

namespace offlineimap::base {
namespace {

TEST(Uid, IsNeverZeroOrTooLarge) {
    EXPECT_FALSE(Uid::make(0).has_value());
    EXPECT_FALSE(Uid::make(0x100000000ULL).has_value());
    EXPECT_EQ(Uid::make(0xFFFFFFFFULL)->value(), 0xFFFFFFFFU);
}

TEST(Result, HoldsAValueOrAnError) {
    const auto half = [](int n) -> Result<int, std::string> {
        if (n % 2 != 0) return Unexpected(std::string("odd"));
        return n / 2;
    };
    EXPECT_EQ(*half(4), 2);
    EXPECT_FALSE(half(3));
    EXPECT_EQ(half(3).error(), "odd");
    EXPECT_EQ(half(3).value_or(7), 7);
}

TEST(Result, CarriesWhatCanOnlyBeMoved) {
    Result<std::unique_ptr<int>, int> result(std::make_unique<int>(5));
    const std::unique_ptr<int> taken = std::move(result).value();
    EXPECT_EQ(*taken, 5);
}

TEST(Deadline, NeverExpiresOrExpiresAtOnce) {
    EXPECT_FALSE(Deadline::never().expired());
    EXPECT_TRUE(Deadline::after(Deadline::Clock::duration::max()).is_never());
    EXPECT_TRUE(Deadline::after(Deadline::Clock::duration::zero()).expired());
    EXPECT_EQ(Deadline::after(Deadline::Clock::duration::zero()).remaining(),
              Deadline::Clock::duration::zero());
}

TEST(Cancelled, IsNoError) {
    EXPECT_FALSE((std::is_base_of_v<Error, Cancelled>));
    EXPECT_LT(Severity::message, Severity::folder_retry);
    EXPECT_LT(Severity::folder, Severity::repository);
}

TEST(Secret, IsEmptyAfterItWasMovedFrom) {
    Secret first(std::string("a secret that is longer than a short string"));
    const Secret second = std::move(first);
    EXPECT_EQ(second.reveal(), "a secret that is longer than a short string");
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): the state after a move is what is tested
}

TEST(Secret, LeavesNothingInTheStringItWasMadeFrom) {
    std::string text = "hunter2";  // short: it lies in the object itself
    const Secret secret(std::move(text));
    EXPECT_EQ(secret.reveal(), "hunter2");
    std::string object(sizeof(std::string), '\0');
    // NOLINTNEXTLINE(bugprone-use-after-move): what the move leaves behind is what is tested
    std::memcpy(object.data(), static_cast<const void*>(&text), sizeof(std::string));
    EXPECT_EQ(object.find("unter2"), std::string::npos);
}

TEST(Secret, KeepsItsTextWhenCopiedAndAssigned) {
    Secret first(std::string("one"));
    const Secret copy = first;
    first = Secret(std::string("two"));
    EXPECT_EQ(copy.reveal(), "one");
    EXPECT_EQ(first.reveal(), "two");
}

}  // namespace
}  // namespace offlineimap::base

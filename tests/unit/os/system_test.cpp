#include "offlineimap/os/system.hpp"

#include <chrono>
#include <ctime>
#include <set>
#include <unistd.h>

#include <gtest/gtest.h>

namespace offlineimap::os {
namespace {

TEST(System, RandomNumbersDifferAndUseAllBits) {
    std::set<std::uint64_t> seen;
    std::uint64_t any = 0;
    std::uint64_t all = ~std::uint64_t{0};
    for (int i = 0; i < 200; ++i) {
        const auto number = random_number();
        seen.insert(number);
        any |= number;
        all &= number;
    }
    EXPECT_EQ(seen.size(), 200U);
    EXPECT_EQ(any, ~std::uint64_t{0});
    EXPECT_EQ(all, 0U);
}

TEST(System, KnowsHostProcessAndTime) {
    EXPECT_FALSE(host_name().empty());
    EXPECT_EQ(process_id(), ::getpid());
    const auto before = std::time(nullptr);
    const auto now_seconds = now().time_since_epoch().count();
    EXPECT_GE(now_seconds + 1, before);  // time() may lag by a clock tick
    EXPECT_LE(now_seconds, std::time(nullptr) + 1);
}

}  // namespace
}  // namespace offlineimap::os

#include "offlineimap/status/failed_adoption.hpp"

#include <gtest/gtest.h>

#include "state_directory.hpp"

namespace offlineimap::status::test {
namespace {

class FailedAdoption : public StateDirectory {};

TEST_F(FailedAdoption, IsOneLineUntilItIsForgotten) {
    const auto file = root() / "Account-A" / "FailedAdoption" / "INBOX";
    EXPECT_EQ(read_failed_adoption(file), std::nullopt);
    write_failed_adoption(file, "7 3 2 9f86");
    EXPECT_EQ(content_of(file), "7 3 2 9f86\n");
    EXPECT_EQ(read_failed_adoption(file), "7 3 2 9f86");
    forget_failed_adoption(file);
    EXPECT_EQ(read_failed_adoption(file), std::nullopt);
    forget_failed_adoption(file);
}

}  // namespace
}  // namespace offlineimap::status::test

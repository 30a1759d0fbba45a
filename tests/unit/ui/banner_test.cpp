#include "offlineimap/ui/banner.hpp"

#include <gtest/gtest.h>

namespace offlineimap::ui {
namespace {

TEST(Banner, HasTheOriginalsTwoLines) {
    EXPECT_EQ(banner("9.0.0"),
              "OfflineIMAP 9.0.0\n"
              "  Licensed under the GNU GPL v2 or any later version (with an OpenSSL exception)");
}

TEST(Banner, ComponentsStandInOneLine) {
    EXPECT_EQ(components_line({"OpenSSL 3.0.15", "SQLite v3.40.1"}), "OpenSSL 3.0.15, SQLite v3.40.1");
    EXPECT_EQ(full_version("9.0.0", {"OpenSSL 3.0.15"}), "offlineimap v9.0.0, OpenSSL 3.0.15");
}

TEST(LogStart, HasTheOriginalsThreeLines) {
    EXPECT_EQ(
        log_start({.version = "9.0.0",
                   .python_version = "3.11.2",
                   .platform = "linux",
                   .arguments = {"offlineimap", "-c", "rc", "-1"}}),
        "OfflineImap 9.0.0 starting...\n  Python: 3.11.2 Platform: linux\n  Args: offlineimap -c rc -1");
}

TEST(LogStart, LeavesSecretsOut) {
    const auto text = log_start({.version = "9.0.0",
                                 .python_version = "3.11.2",
                                 .platform = "linux",
                                 .arguments = {"offlineimap", "-kRepository_R:RemotePass=hunter2=",
                                               "Repository_R:oauth2_refresh_token=abc", "general:ui=basic"}});
    EXPECT_TRUE(
        text.ends_with("Args: offlineimap -kRepository_R:RemotePass=*** "
                       "Repository_R:oauth2_refresh_token=*** general:ui=basic"))
        << text;
}

}  // namespace
}  // namespace offlineimap::ui

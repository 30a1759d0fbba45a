#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "builder.hpp"

namespace offlineimap::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Builder minimal() {
    Builder builder;
    builder.section("Account A").with("localrepository", "L").with("remoterepository", "R");
    return builder;
}
Account account_with(std::string_view option, std::string value) {
    return read_account(minimal().with(option, std::move(value)).document, "A");
}
std::string failure_with(std::string_view option, std::string value) {
    return failure_of([&] { account_with(option, std::move(value)); });
}

TEST(ReadAccount, HasTheDefaultsOfTheOriginal) {
    const auto account = read_account(minimal().document, "A");
    EXPECT_EQ(account.name, "A");
    EXPECT_EQ(account.local_repository, "L");
    EXPECT_EQ(account.remote_repository, "R");
    EXPECT_EQ(account.autorefresh_minutes, 0);
    EXPECT_EQ(account.quick, 0);
    EXPECT_EQ(account.presynchook, "");
    EXPECT_EQ(account.postsynchook, "");
    EXPECT_EQ(account.hooktimeout, 3600);
    EXPECT_EQ(account.maxsize, std::nullopt);
    EXPECT_EQ(account.maxage, std::nullopt);
    EXPECT_FALSE(account.maildir_windows_compatible);
    EXPECT_FALSE(account.synclabels);
    EXPECT_EQ(account.labelsheader, "X-Keywords");
    EXPECT_THAT(account.ignorelabels, IsEmpty());
    EXPECT_THAT(account.filterheaders, IsEmpty());
    EXPECT_FALSE(account.proxy);
    EXPECT_FALSE(account.authproxy);
    EXPECT_FALSE(account.utf8foldernames);
    EXPECT_EQ(account.status_backend, std::nullopt);
    EXPECT_THAT(account.notices, IsEmpty());
}

TEST(ReadAccount, ReadsEveryOption) {
    auto builder = minimal();
    builder.with("autorefresh", "0.5")
        .with("quick", "-1")
        .with("presynchook", "imapfilter")
        .with("postsynchook", "mu index")
        .with("hooktimeout", "90");
    builder.with("maxsize", "2_000_000").with("maxage", "30").with("maildir-windows-compatible", "yes");
    builder.with("synclabels", "yes").with("labelsheader", "X-Label").with("ignorelabels", "a , b,,c");
    builder.with("filterheaders", "X-A, X-B")
        .with("proxy", "SOCKS5:h:1")
        .with("authproxy", "")
        .with("utf8foldernames", "on");
    builder.with("status_backend", "Plain");
    const auto account = read_account(builder.document, "A");
    EXPECT_EQ(account.autorefresh_minutes, 0.5);
    EXPECT_EQ(account.quick, -1);
    EXPECT_EQ(account.presynchook, "imapfilter");
    EXPECT_EQ(account.postsynchook, "mu index");
    EXPECT_EQ(account.hooktimeout, 90);
    EXPECT_EQ(account.maxsize, 2'000'000U);
    EXPECT_EQ(account.maxage, MaxAge(30));
    EXPECT_TRUE(account.maildir_windows_compatible);
    EXPECT_TRUE(account.synclabels);
    EXPECT_EQ(account.labelsheader, "X-Label");
    EXPECT_THAT(account.ignorelabels, ElementsAre("a", "b", "c"));
    EXPECT_THAT(account.filterheaders, ElementsAre("X-A", "X-B"));
    ASSERT_TRUE(account.proxy);
    EXPECT_EQ(account.proxy->host, "h");
    EXPECT_FALSE(account.authproxy);
    EXPECT_TRUE(account.utf8foldernames);
    EXPECT_EQ(account.status_backend, StatusBackend::plain);
}

TEST(ReadAccount, IsFoundByItsNameWithBlanksForgiven) {
    Builder builder;
    builder.section("Account  Foo Bar ").with("localrepository", "L").with("remoterepository", "R");
    EXPECT_EQ(read_account(builder.document, "Foo Bar").local_repository, "L");
    EXPECT_THAT(account_names(builder.document), ElementsAre("Foo Bar"));
    EXPECT_EQ(failure_of([&] { read_account(builder.document, "foo bar"); }),
              "The account 'foo bar' does not exist");
}

TEST(ReadAccount, NeedsItsRepositories) {
    Builder builder;
    builder.section("Account A");
    EXPECT_THAT(failure_of([&] { read_account(builder.document, "A"); }),
                StartsWith("rc:1: [Account A] localrepository: is missing"));
}

TEST(ReadAccount, RefusesNamesThatCannotBeFileNames) {
    Builder builder;
    builder.section("Account a/b").section("Account general").section("Account ");
    EXPECT_THAT(failure_of([&] { read_account(builder.document, "a/b"); }),
                HasSubstr("must not contain '/'"));
    EXPECT_THAT(failure_of([&] { read_account(builder.document, "general"); }), HasSubstr("'general'"));
    EXPECT_THAT(failure_of([&] { read_account(builder.document, ""); }), HasSubstr("has no name"));
}

TEST(ReadAccount, MendsANegativeAutorefresh) {
    const auto account = account_with("autorefresh", "-3");
    EXPECT_EQ(account.autorefresh_minutes, 0);
    EXPECT_THAT(account.notices, ElementsAre("autorefresh for A is negative, fixing it to 0."));
    EXPECT_THAT(failure_with("autorefresh", "1e300"), HasSubstr("hundred years"));
}

TEST(ReadAccount, ReadsAnAgeInDaysOrAsADay) {
    using std::chrono::February;
    EXPECT_EQ(account_with("maxage", "2024-02-29").maxage, MaxAge(std::chrono::year(2024) / February / 29));
    EXPECT_EQ(account_with("maxage", "20000").maxage, MaxAge(20000));
    EXPECT_EQ(account_with("maxage", " +3_0 ").maxage, MaxAge(30));
    for (const char* value : {"0", "-1", "", "2023-02-29", "2024-13-01", "2024-1-", "2024-001-1", "24-01-01",
                              "1.5", "2024-01-01x"}) {
        EXPECT_THAT(failure_with("maxage", value),
                    StartsWith("rc:4: [Account A] maxage: invalid maxage value"))
            << value;
    }
}

TEST(ReadAccount, HonoursStatusBackendAndSaysWhatTheOriginalDoes) {
    const auto sqlite = account_with("status_backend", "SQLite");
    EXPECT_EQ(sqlite.status_backend, StatusBackend::sqlite);
    EXPECT_THAT(sqlite.notices,
                ElementsAre("rc:4: [Account A] status_backend: 'sqlite' is what every account "
                            "has; OfflineIMAP 8.x refuses the option: remove it"));
    const auto plain = account_with("status_backend", "plain");
    EXPECT_EQ(plain.status_backend, StatusBackend::plain);
    EXPECT_THAT(plain.notices,
                ElementsAre(StartsWith("rc:4: [Account A] status_backend: 'plain' keeps the status "
                                       "as text, which OfflineIMAP 8.x does not read")));
}

TEST(ReadAccount, RefusesValuesThatMeanNothing) {
    EXPECT_THAT(failure_with("maxsize", "0"), HasSubstr("at least 1"));
    EXPECT_THAT(failure_with("status_backend", "mysql"),
                HasSubstr("[Account A] status_backend: 'mysql' is unknown: write one of sqlite, plain"));
    EXPECT_THAT(failure_with("quick", "often"), HasSubstr("not a whole number"));
}

}  // namespace
}  // namespace offlineimap::config

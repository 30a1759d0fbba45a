#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "builder.hpp"

namespace offlineimap::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// One account, whose sections stand in the order general, account, remote, local.
class Audit : public ::testing::Test {
  protected:
    void general(std::string_view option, std::string value) { put("general", option, std::move(value)); }
    void account(std::string_view option, std::string value) { put("Account A", option, std::move(value)); }
    void remote(std::string_view option, std::string value) { put("Repository R", option, std::move(value)); }
    void local(std::string_view option, std::string value) { put("Repository L", option, std::move(value)); }
    void put(std::string_view section, std::string_view option, std::string value) {
        document_.set(section, option, std::move(value), {"rc", ++line_});
    }
    void SetUp() override {
        general("accounts", "A");
        account("localrepository", "L");
        account("remoterepository", "R");
        remote("type", "IMAP");
        remote("remotehost", "h");
        local("type", "Maildir");
        local("localfolders", "/m");
    }
    std::vector<std::string> unknown() { return unknown_option_warnings(document_, {"A"}); }
    std::vector<std::string> unsupported() {
        const auto account = read_account(document_, "A");
        const auto remote = read_repository(document_, "R", Role::remote, account, {}, surroundings());
        const auto local = read_repository(document_, "L", Role::local, account, {}, surroundings());
        return unsupported_options(document_, account, remote, local);
    }
    Document document_;
    std::size_t line_ = 0;
};

TEST_F(Audit, FindsNothingInAPlainConfiguration) {
    EXPECT_THAT(unknown(), IsEmpty());
    EXPECT_THAT(unsupported(), IsEmpty());
}

TEST_F(Audit, NamesTheNearestOption) {
    remote("remotepassevl", "f()");
    remote("repoteport", "993");
    account("postsyncooh", "mu index");
    general("sockettimeout", "60");
    local("ametrans", "lambda f: f");
    EXPECT_THAT(
        unknown(),
        ElementsAre("rc:11: [general] sockettimeout is not an option here and is ignored; did you mean "
                    "'socktimeout'?",
                    "rc:10: [Account A] postsyncooh is not an option here and is ignored; did you mean "
                    "'postsynchook'?",
                    "rc:8: [Repository R] remotepassevl is not an option here and is ignored; did you mean "
                    "'remotepasseval'?",
                    "rc:9: [Repository R] repoteport is not an option here and is ignored; did you mean "
                    "'remoteport'?",
                    "rc:12: [Repository L] ametrans is not an option here and is ignored; did you mean "
                    "'nametrans'?"));
}

TEST_F(Audit, NamesTheSectionWhereAnOptionBelongs) {
    general("autorefresh", "5");
    general("status_backend", "sqlite");
    account("keepalive", "60");
    remote("localfolders", "/x");
    local("maxconnections", "3");
    EXPECT_THAT(
        unknown(),
        ElementsAre(HasSubstr("[general] autorefresh is not an option here and is ignored; it belongs in "
                              "[Account …]"),
                    HasSubstr("status_backend is not an option here and is ignored; it belongs in "
                              "[Account …]"),
                    HasSubstr("[Account A] keepalive is not an option here and is ignored; it belongs "
                              "in the [Repository …] of type IMAP"),
                    HasSubstr("[Repository R] localfolders is not an option here and is ignored; it "
                              "belongs in the [Repository …] of type Maildir"),
                    HasSubstr("[Repository L] maxconnections")));
}

TEST_F(Audit, SaysSoWhenNoOptionIsNear) {
    remote("protocol", "smtp");
    account("foo", "1");
    EXPECT_THAT(
        unknown(),
        ElementsAre(HasSubstr("[Account A] foo is not an option here and is ignored; no option of this "
                              "program is called so"),
                    HasSubstr("protocol")));
}

TEST_F(Audit, LooksAtTheDefaultsOfAllSections) {
    put("DEFAULT", "autorefresh", "5");
    put("DEFAULT", "sslcacertfile", "/c");
    put("DEFAULT", "subscribedolny", "yes");
    EXPECT_THAT(unknown(),
                ElementsAre("rc:10: [DEFAULT] subscribedolny is not an option here and is ignored; "
                            "did you mean 'subscribedonly'?"));
}

TEST_F(Audit, LeavesVariablesOfTheDefaultsAlone) {
    put("DEFAULT", "root", "~/Mail");
    put("DEFAULT", "localfolders", "%(root)s/%(Directory)s");
    put("DEFAULT", "company", "example");
    local("directory", "work");
    remote("remotehost", "imap.%(company)s.org");
    EXPECT_THAT(unknown(), IsEmpty());
}

TEST_F(Audit, HasAShortWordForRealdelete) {
    remote("realdelete", "no");
    EXPECT_THAT(
        unknown(),
        ElementsAre("rc:8: [Repository R] realdelete was removed from the program long ago and has no "
                    "effect; remove it"));
}

TEST_F(Audit, LeavesSectionsAloneThatNobodyReads) {
    put("ui.Curses.Blinkenlights", "statuschar", "%");
    put("notifications", "notifier", "x");
    put("Account Later", "anything", "x");
    put("Repository Unused", "anything", "x");
    EXPECT_THAT(unknown(), IsEmpty());
    EXPECT_THAT(unknown_option_warnings(document_, {"A", "missing"}), IsEmpty());
}

TEST_F(Audit, LeavesVariablesOfTheUserAlone) {
    remote("hostname", "h");
    remote("remoteuser", "me@%(HostName)s");
    EXPECT_THAT(unknown(), IsEmpty());
}

TEST_F(Audit, LooksIntoASharedRepositoryOnce) {
    put("Account B", "localrepository", "L");
    put("Account B", "remoterepository", "R");
    remote("auth", "on");
    EXPECT_EQ(unknown_option_warnings(document_, {"A", "B"}).size(), 1U);
}

TEST_F(Audit, KnowsEveryOptionThatIsRead) {
    for (const char* option : {"metadata", "maxsyncaccounts", "ui", "ignore-readonly", "pythonfile",
                               "socktimeout", "fsync", "dry-run", "ignore-keyring", "update-keyring",
                               "filename_use_mail_timestamp", "utime_from_header"}) {
        general(option, "1");
    }
    for (const char* option : {"autorefresh", "quick", "presynchook", "postsynchook", "maxsize", "maxage",
                               "synclabels", "maildir-windows-compatible", "labelsheader", "ignorelabels",
                               "filterheaders", "proxy", "authproxy", "utf8foldernames", "status_backend"}) {
        account(option, "1");
    }
    for (const char* option :
         {"nametrans", "folderfilter", "folderincludes", "foldersort", "dynamic_folderfilter",
          "createfolders", "readonly", "sync_deletes", "startdate"}) {
        remote(option, "1");
        local(option, "1");
    }
    for (const char* option : {"remotehosteval",
                               "remoteport",
                               "remoteporteval",
                               "ssl",
                               "starttls",
                               "sslclientcert",
                               "sslclientkey",
                               "sslcacertfile",
                               "cert_fingerprint",
                               "ssl_version",
                               "tls_level",
                               "ipv6",
                               "remoteuser",
                               "remoteusereval",
                               "remote_identity",
                               "auth_mechanisms",
                               "remotepass",
                               "remotepassfile",
                               "remotepasscmd",
                               "remotepasseval",
                               "oauth2_client_id",
                               "oauth2_client_id_eval",
                               "oauth2_client_secret",
                               "oauth2_client_secret_eval",
                               "oauth2_refresh_token",
                               "oauth2_refresh_token_eval",
                               "oauth2_access_token",
                               "oauth2_access_token_eval",
                               "oauth2_request_url",
                               "oauth2_access_token_file",
                               "oauth2_access_token_command",
                               "oauth2_refresh_token_file",
                               "oauth2_authorize_url",
                               "oauth2_device_url",
                               "oauth2_scope",
                               "oauth2_flow",
                               "preauthtunnel",
                               "transporttunnel",
                               "reference",
                               "subscribedonly",
                               "maxconnections",
                               "singlethreadperfolder",
                               "holdconnectionopen",
                               "keepalive",
                               "idlefolders",
                               "expunge",
                               "usecompression",
                               "decodefoldernames",
                               "retrycount",
                               "copy_ignore_eval",
                               "newmail_hook",
                               "trashfolder",
                               "spamfolder",
                               "sep"}) {
        remote(option, "1");
    }
    for (const char* option : {"sep", "restoreatime", "utime_from_header", "filename_use_mail_timestamp",
                               "customflag_a", "customflag_m", "customflag_z"}) {
        local(option, "1");
    }
    for (const char* option : {"enabled", "filename", "header", "peritem", "sep", "footer", "folderfilter",
                               "sort_keyfunc", "incremental"}) {
        put("mbnames", option, "1");
    }
    EXPECT_THAT(unknown(), IsEmpty());
}

TEST_F(Audit, RefusesOptionsOfTheAccountThatCannotBeHonoured) {
    account("synclabels", "yes");
    EXPECT_THAT(unsupported(), ElementsAre(StartsWith("rc:8: [Account A] synclabels: ")));
}

TEST_F(Audit, RefusesNoRestriction) {
    account("maxsize", "1000");
    account("maxage", "3");
    remote("startdate", "2024-01-31");
    EXPECT_THAT(unsupported(), IsEmpty());
}

TEST_F(Audit, RefusesOptionsOfAServerThatCannotBeHonoured) {
    remote("idlefolders", "['INBOX']");
    EXPECT_THAT(unsupported(), ElementsAre(StartsWith("rc:8: [Repository R] idlefolders: ")));
}

TEST_F(Audit, RefusesTypesThatCannotBeHonoured) {
    remote("type", "Gmail");
    local("type", "GmailMaildir");
    EXPECT_THAT(unsupported(), ElementsAre(StartsWith("rc:8: [Repository R] type: "),
                                           StartsWith("rc:9: [Repository L] type: ")));
    remote("type", "IMAP");
    local("type", "IMAP");
    local("remotehost", "h");
    EXPECT_THAT(
        unsupported(),
        ElementsAre(HasSubstr("[Repository L] type: this version cannot use IMAP as the local side")));
}

TEST_F(Audit, AcceptsTheOlderWayToDecodedNames) {
    remote("decodefoldernames", "yes");
    EXPECT_THAT(unsupported(), IsEmpty());
}

TEST_F(Audit, AcceptsWhatIsOffOrHonoured) {
    account("synclabels", "no");
    account("proxy", "SOCKS5:h:1");
    account("authproxy", "HTTP:h:1");
    account("utf8foldernames", "yes");
    remote("decodefoldernames", "no");
    remote("idlefolders", "[]");
    remote("keepalive", "60");
    remote("usecompression", "yes");
    remote("sslclientcert", "/c");
    remote("newmail_hook", "f");
    EXPECT_THAT(unsupported(), IsEmpty());
}

}  // namespace
}  // namespace offlineimap::config

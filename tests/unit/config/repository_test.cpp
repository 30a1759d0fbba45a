#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "builder.hpp"

namespace offlineimap::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Builder of_type(std::string type) {
    Builder builder;
    builder.section("Repository R").with("type", std::move(type));
    return builder;
}
Builder imap() {
    auto builder = of_type("IMAP");
    builder.with("remotehost", "imap.example.org");
    return builder;
}
Builder maildir() {
    auto builder = of_type("Maildir");
    builder.with("localfolders", "~/Mail");
    return builder;
}
Repository read(const Builder& builder, Role role, const Account& account = {}, const General& general = {}) {
    return read_repository(builder.document, "R", role, account, general, surroundings());
}
Repository imap_with(std::string_view option, std::string value) {
    return read(imap().with(option, std::move(value)), Role::remote);
}
std::string imap_failure(std::string_view option, std::string value) {
    return failure_of([&] { imap_with(option, std::move(value)); });
}
std::string maildir_failure(std::string_view option, std::string value) {
    return failure_of([&] { read(maildir().with(option, std::move(value)), Role::local); });
}

TEST(ReadRepository, HasTheDefaultsOfTheOriginalForMaildir) {
    const auto repository = read(maildir(), Role::local);
    EXPECT_EQ(repository.name, "R");
    EXPECT_EQ(repository.type, RepositoryType::maildir);
    EXPECT_FALSE(repository.nametrans || repository.folderfilter || repository.folderincludes ||
                 repository.foldersort);
    EXPECT_FALSE(repository.dynamic_folderfilter);
    EXPECT_TRUE(repository.createfolders);
    EXPECT_FALSE(repository.readonly);
    EXPECT_TRUE(repository.sync_deletes);
    EXPECT_EQ(repository.startdate, std::nullopt);
    EXPECT_EQ(repository.only_folders, std::nullopt);
    EXPECT_THAT(repository.notices, IsEmpty());
    const auto& options = repository.maildir();
    EXPECT_EQ(options.localfolders, "/home/me/Mail");
    EXPECT_EQ(options.separator, '.');
    EXPECT_FALSE(options.restoreatime || options.utime_from_header || options.filename_use_mail_timestamp);
    EXPECT_THAT(options.customflags, ::testing::Each(""));
}

TEST(ReadRepository, HasTheDefaultsOfTheOriginalForImap) {
    const auto repository = read(imap(), Role::remote);
    ASSERT_TRUE(repository.is_imap());
    const auto& options = repository.imap();
    EXPECT_EQ(options.remotehost, "imap.example.org");
    EXPECT_EQ(options.remoteport, std::nullopt);
    EXPECT_TRUE(options.ssl);
    EXPECT_EQ(options.starttls, std::nullopt);
    EXPECT_EQ(options.sslcacertfile, std::nullopt);
    EXPECT_THAT(options.cert_fingerprints, IsEmpty());
    EXPECT_EQ(options.ssl_version, "");
    EXPECT_EQ(options.tls_level, "tls_compat");
    EXPECT_EQ(options.family, AddressFamily::any);
    EXPECT_EQ(options.remoteuser, std::nullopt);
    EXPECT_EQ(options.auth_mechanisms, std::nullopt);
    EXPECT_EQ(options.remotepass, std::nullopt);
    EXPECT_EQ(options.preauthtunnel + options.transporttunnel + options.reference, "");
    EXPECT_FALSE(options.subscribedonly);
    EXPECT_EQ(options.maxconnections, 1);
    EXPECT_FALSE(options.holdconnectionopen || options.usecompression);
    EXPECT_EQ(options.keepalive, 0);
    EXPECT_FALSE(options.idlefolders || options.copy_ignore_eval || options.newmail_hook);
    EXPECT_TRUE(options.expunge);
    EXPECT_FALSE(options.decodefoldernames);
    EXPECT_EQ(options.retrycount, 2);
    EXPECT_FALSE(options.oauth2.has_token());
}

TEST(ReadRepository, ReadsWhatAllTypesHave) {
    auto builder = maildir();
    builder.with("nametrans", "lambda f: f")
        .with("folderfilter", "lambda f: True")
        .with("folderincludes", "['a']");
    builder.with("foldersort", "lambda x, y: 0")
        .with("dynamic_folderfilter", "yes")
        .with("createfolders", "no");
    builder.with("readonly", "True").with("sync_deletes", "no").with("startdate", "2020-01-31");
    const auto repository = read(builder, Role::local);
    EXPECT_EQ(repository.nametrans->text, "lambda f: f");
    EXPECT_EQ(repository.nametrans->origin.to_string(), "rc:4");
    EXPECT_EQ(repository.nametrans->section, "Repository R");
    EXPECT_EQ(repository.folderfilter->text, "lambda f: True");
    EXPECT_EQ(repository.folderincludes->text, "['a']");
    EXPECT_EQ(repository.foldersort->text, "lambda x, y: 0");
    EXPECT_TRUE(repository.dynamic_folderfilter);
    EXPECT_FALSE(repository.createfolders);
    EXPECT_TRUE(repository.readonly);
    EXPECT_FALSE(repository.sync_deletes);
    EXPECT_EQ(repository.startdate, std::chrono::year(2020) / std::chrono::January / 31);
    EXPECT_THAT(maildir_failure("startdate", "31.1.2020"), HasSubstr("write it as YYYY-MM-DD"));
    EXPECT_THAT(maildir_failure("nametrans", " "), HasSubstr("is empty"));
}

TEST(ReadRepository, ReadsMaildirOptions) {
    auto builder = maildir();
    builder.with("sep", " / ").with("restoreatime", "yes").with("utime_from_header", "yes");
    builder.with("filename_use_mail_timestamp", "no")
        .with("customflag_A", "$Junk")
        .with("customflag_z", "Later");
    General general;
    general.filename_use_mail_timestamp = true;
    const auto repository = read(builder, Role::local, {}, general);
    const auto& options = repository.maildir();
    EXPECT_EQ(options.separator, '/');
    EXPECT_TRUE(options.restoreatime);
    EXPECT_TRUE(options.utime_from_header);
    EXPECT_FALSE(options.filename_use_mail_timestamp);
    EXPECT_EQ(options.customflags[0], "$Junk");
    EXPECT_EQ(options.customflags[25], "Later");
    general.utime_from_header = true;
    EXPECT_TRUE(read(maildir(), Role::local, {}, general).maildir().utime_from_header);
    EXPECT_TRUE(read(maildir(), Role::local, {}, general).maildir().filename_use_mail_timestamp);
    for (const char* separator : {"\".\"", "..", "\xC3\xA4", "\x7f"}) {
        EXPECT_THAT(maildir_failure("sep", separator), HasSubstr("is not one ASCII character")) << separator;
    }
    EXPECT_THAT(maildir_failure("localfolders", ""), HasSubstr("localfolders: is missing"));
}

TEST(ReadRepository, ReadsHowToReachAServer) {
    auto builder = imap();
    builder.with("remotehosteval", "host()")
        .with("remoteport", "1143")
        .with("remoteporteval", "port()")
        .with("ssl", "no");
    builder.with("starttls", "no").with("sslclientcert", "~/c.pem").with("sslclientkey", "$MAIL/k.pem");
    builder.with("sslcacertfile", "~/ca.pem").with("cert_fingerprint", "AB:cd:01, ef ,").with("ipv6", "no");
    builder.with("ssl_version", "tls1_2").with("tls_level", "tls_secure");
    const auto repository = read(builder, Role::remote);
    const auto& options = repository.imap();
    EXPECT_EQ(options.remotehosteval->text, "host()");
    EXPECT_EQ(options.remoteport, 1143);
    EXPECT_EQ(options.remoteporteval->text, "port()");
    EXPECT_FALSE(options.ssl);
    EXPECT_EQ(options.starttls, false);
    EXPECT_EQ(options.sslclientcert, "/home/me/c.pem");
    EXPECT_EQ(options.sslclientkey, "/var/mail/k.pem");
    EXPECT_EQ(options.sslcacertfile, "/home/me/ca.pem");
    EXPECT_THAT(options.cert_fingerprints, ElementsAre("abcd01", "ef"));
    EXPECT_EQ(options.family, AddressFamily::ipv4);
    EXPECT_EQ(options.ssl_version, "tls1_2");
    EXPECT_EQ(options.tls_level, "tls_secure");
    EXPECT_EQ(imap_with("ipv6", "yes").imap().family, AddressFamily::ipv6);
    EXPECT_EQ(imap_with("sslcacertfile", "OS-DEFAULT").imap().sslcacertfile, "OS-DEFAULT");
}

TEST(ReadRepository, ReadsCredentials) {
    auto builder = imap();
    builder.with("remoteuser", "me").with("remoteusereval", "user()").with("remote_identity", "boss");
    builder.with("auth_mechanisms", "CRAM-MD5,PLAIN,  LOGIN")
        .with("remotepass", "p%%w")
        .with("remotepassfile", "~/$MAIL");
    builder.with("remotepasseval", "f()").with("remotepasscmd", "pass show $MAIL");
    const auto repository = read(builder, Role::remote);
    const auto& options = repository.imap();
    EXPECT_EQ(options.remoteuser, "me");
    EXPECT_EQ(options.remoteusereval->text, "user()");
    EXPECT_EQ(options.remote_identity, "boss");
    EXPECT_THAT(*options.auth_mechanisms, ElementsAre("CRAM-MD5", "PLAIN", "LOGIN"));
    EXPECT_EQ(options.remotepass, "p%w");
    EXPECT_EQ(options.remotepassfile, "/home/me/$MAIL");
    EXPECT_EQ(options.remotepasseval->text, "f()");
    EXPECT_EQ(options.remotepasscmd, "pass show $MAIL");
    EXPECT_EQ(imap_with("remotepass", "").imap().remotepass, std::nullopt);
    EXPECT_THAT(imap_failure("auth_mechanisms", "PLAIN, plain"),
                HasSubstr("Repository R: unknown authentication mechanism 'plain'"));
}

TEST(ReadRepository, ReadsOAuth2Options) {
    auto builder = imap();
    builder.with("oauth2_client_id", "id").with("oauth2_client_secret_eval", "secret()");
    builder.with("oauth2_access_token", "a").with("oauth2_access_token_eval", "token()");
    builder.with("oauth2_refresh_token_eval", "refresh()").with("oauth2_request_url", "https://x/token");
    builder.with("oauth2_access_token_file", "~/access")
        .with("oauth2_access_token_command", "oama access me");
    builder.with("oauth2_refresh_token_file", "~/refresh").with("oauth2_scope", "mail offline");
    builder.with("oauth2_authorize_url", "https://x/a").with("oauth2_device_url", "https://x/d");
    const auto oauth2 = read(builder.with("oauth2_flow", "device"), Role::remote).imap().oauth2;
    EXPECT_EQ(oauth2.client_id.text, "id");
    EXPECT_EQ(oauth2.client_secret.expression->text, "secret()");
    EXPECT_EQ(oauth2.access_token.text, "a");
    EXPECT_EQ(oauth2.access_token.expression->text, "token()");
    EXPECT_EQ(oauth2.refresh_token.expression->text, "refresh()");
    EXPECT_EQ(oauth2.request_url, "https://x/token");
    EXPECT_EQ(oauth2.access_token_file, "/home/me/access");
    EXPECT_EQ(oauth2.access_token_command, "oama access me");
    EXPECT_EQ(oauth2.refresh_token_file, "/home/me/refresh");
    EXPECT_EQ(oauth2.authorize_url, "https://x/a");
    EXPECT_EQ(oauth2.device_url, "https://x/d");
    EXPECT_EQ(oauth2.scope, "mail offline");
    EXPECT_EQ(oauth2.flow, OAuth2Flow::device);
    EXPECT_TRUE(oauth2.has_token());
    EXPECT_FALSE(imap_with("oauth2_client_id", "id").imap().oauth2.has_token());
}

TEST(ReadRepository, TakesTokensNowhereWithoutTls) {
    for (const char* option : {"oauth2_request_url", "oauth2_authorize_url", "oauth2_device_url"}) {
        EXPECT_THAT(imap_failure(option, "http://x/token"),
                    HasSubstr("'http://x/token' is no https:// address"));
    }
}

TEST(ReadRepository, KnowsEveryMechanismThatCanBeTried) {
    for (const auto name : kAuthMechanisms) {
        const std::string mechanism(name);
        const auto repository = imap_with("auth_mechanisms", mechanism);
        EXPECT_THAT(*repository.imap().auth_mechanisms, ElementsAre(mechanism));
        EXPECT_THAT(repository.notices, IsEmpty());
    }
    EXPECT_EQ(imap_with("remoteuser", "me").imap().auth_mechanisms, std::nullopt);
}

TEST(ReadRepository, SaysThatAFolderNeverHasSeveralConnections) {
    EXPECT_THAT(imap_with("singlethreadperfolder", "no").notices,
                ElementsAre(HasSubstr("singlethreadperfolder: 'no' has no effect")));
    EXPECT_THAT(imap_with("singlethreadperfolder", "yes").notices, IsEmpty());
}

TEST(ReadRepository, SaysThatTrashAndSpamFolderHaveNoEffect) {
    EXPECT_THAT(imap_with("trashfolder", "Bin").notices,
                ElementsAre(HasSubstr("trashfolder: has no effect")));
    EXPECT_THAT(imap_with("spamfolder", "Junk").notices, ElementsAre(HasSubstr("spamfolder: has no effect")));
}

TEST(ReadRepository, ReadsHowToUseAServer) {
    auto builder = imap();
    builder.with("reference", "Mail/").with("subscribedonly", "yes").with("maxconnections", "5");
    builder.with("holdconnectionopen", "yes").with("keepalive", "60");
    builder.with("expunge", "no")
        .with("usecompression", "yes")
        .with("retrycount", "4")
        .with("copy_ignore_eval", "f");
    builder.with("newmail_hook", "lambda: None");
    const auto repository = read(builder, Role::remote);
    const auto& options = repository.imap();
    EXPECT_EQ(options.reference, "Mail/");
    EXPECT_TRUE(options.subscribedonly);
    EXPECT_EQ(options.maxconnections, 5);
    EXPECT_TRUE(options.holdconnectionopen);
    EXPECT_EQ(options.keepalive, 60);
    EXPECT_FALSE(options.expunge);
    EXPECT_TRUE(options.usecompression);
    EXPECT_EQ(options.retrycount, 4);
    EXPECT_EQ(options.copy_ignore_eval->text, "f");
    EXPECT_EQ(options.newmail_hook->text, "lambda: None");
    EXPECT_EQ(imap_with("reference", "\"\"").imap().reference, "");
}

TEST(ReadRepository, ChangesDefaultsForIdlefolders) {
    const auto options = imap_with("idlefolders", "['INBOX']").imap();
    EXPECT_EQ(options.idlefolders->text, "['INBOX']");
    EXPECT_EQ(options.keepalive, 29 * 60);
    EXPECT_TRUE(options.holdconnectionopen);
    EXPECT_FALSE(imap_with("idlefolders", "[\n]").imap().idlefolders);
}

TEST(ReadRepository, MendsNumbersThatAreTooSmall) {
    const auto repository = imap_with("maxconnections", "0");
    EXPECT_EQ(repository.imap().maxconnections, 1);
    EXPECT_THAT(repository.notices,
                ElementsAre("rc:4: [Repository R] maxconnections: is less than 1, using 1"));
    EXPECT_EQ(imap_with("retrycount", "-1").imap().retrycount, 1);
    EXPECT_EQ(imap_with("keepalive", "-1").imap().keepalive, 0);
}

TEST(ReadRepository, GivesGmailItsHostAndPort) {
    const auto repository = read(of_type("Gmail").with("preauthtunnel", "ignored"), Role::remote);
    EXPECT_EQ(repository.imap().remotehost, "imap.gmail.com");
    EXPECT_EQ(repository.imap().remoteport, 993);
    EXPECT_EQ(repository.imap().preauthtunnel, "");
    EXPECT_EQ(read(of_type("Gmail").with("remoteport", "1993"), Role::remote).imap().remoteport, 1993);
}

TEST(ReadRepository, NeedsAHostUnlessThereIsATunnel) {
    EXPECT_THAT(failure_of([] { read(of_type("IMAP"), Role::remote); }),
                HasSubstr("remotehost: No remote host for repository 'R' specified."));
    EXPECT_EQ(read(of_type("IMAP").with("preauthtunnel", "ssh x"), Role::remote).imap().preauthtunnel,
              "ssh x");
    EXPECT_EQ(read(of_type("IMAP").with("transporttunnel", "nc x"), Role::remote).imap().transporttunnel,
              "nc x");
    EXPECT_EQ(read(of_type("IMAP").with("remotehosteval", "h"), Role::remote).imap().remotehost,
              std::nullopt);
    EXPECT_THAT(
        failure_of(
            [] { read(imap().with("preauthtunnel", "a").with("transporttunnel", "b"), Role::remote); }),
        HasSubstr("R: you must enable precisely one type of tunnel (preauth or transport), not both"));
}

TEST(ReadRepository, ChecksThatTlsOptionsFitTogether) {
    EXPECT_THAT(imap_failure("tls_level", "tls_secure"),
                HasSubstr("When 'tls_level' is not 'tls_compat' the 'ssl_version' must be set explicitly."));
    EXPECT_EQ(read(imap().with("tls_level", "tls_secure").with("ssl", "no"), Role::remote).imap().ssl_version,
              "");
    EXPECT_THAT(
        failure_of(
            [] { read(imap().with("tls_level", "tls_secure").with("ssl_version", "tls1"), Role::remote); }),
        HasSubstr(
            "ssl_version: 'tls1' is not allowed with tls_level 'tls_secure': write one of tls1_1, tls1_2"));
    EXPECT_EQ(imap_with("ssl_version", "ssl23").imap().ssl_version, "ssl23");
    EXPECT_THAT(imap_failure("ssl_version", "ssl2"), HasSubstr("'ssl2' is unknown: write one of ssl23, "));
    EXPECT_THAT(imap_failure("tls_level", "secure"),
                HasSubstr("write one of tls_secure, tls_no_ssl, tls_compat"));
    EXPECT_THAT(imap_failure("remoteport", "65536"), HasSubstr("write a number from 1 to 65535"));
    EXPECT_THAT(imap_failure("remoteport", "0"), HasSubstr("out of range"));
}

TEST(ReadRepository, RefusesATypeThatDoesNotSuitItsSide) {
    EXPECT_THAT(
        failure_of([] { read(of_type("Maildir"), Role::remote); }),
        StartsWith(
            "rc:2: [Repository R] type: 'Maildir' repository not supported for 'remote' repositories."));
    EXPECT_THAT(
        failure_of([] { read(of_type("Gmail"), Role::local); }),
        HasSubstr("'Gmail' repository not supported for 'local' repositories. Write one of IMAP, Maildir, "));
    EXPECT_THAT(failure_of([] { read(of_type("imap"), Role::remote); }),
                HasSubstr("'imap' repository not supported"));
    EXPECT_THAT(failure_of([] { read(of_type(""), Role::remote); }), HasSubstr("type: is missing"));
    EXPECT_EQ(read(imap(), Role::local).type, RepositoryType::imap);
}

TEST(ReadRepository, SaysWhichAccountNeedsAMissingSection) {
    Account account;
    account.name = "A";
    EXPECT_EQ(
        failure_of([&] { read_repository(Document{}, "X", Role::remote, account, {}, surroundings()); }),
        "Could not find section 'Repository X' in configuration. Required for account 'A'.");
}

TEST(ReadRepository, KeepsOldAndNewFolderNamesApart) {
    Account account;
    account.name = "A";
    const auto old = read(imap().with("decodefoldernames", "yes"), Role::remote, account);
    EXPECT_TRUE(old.imap().decodefoldernames);
    EXPECT_THAT(old.notices, ElementsAre(HasSubstr("is deprecated; use utf8foldernames in [Account A]")));
    account.utf8foldernames = true;
    EXPECT_THAT(failure_of([&] { read(imap().with("decodefoldernames", "yes"), Role::remote, account); }),
                HasSubstr("Configuration mismatch in account 'A'."));
}

TEST(ReadRepository, SaysThatASeparatorOfAServerIsIgnored) {
    EXPECT_THAT(
        imap_with("sep", "/").notices,
        ElementsAre("The 'sep' setting is being ignored for IMAP repository 'R' (it's autodetected)"));
}

}  // namespace
}  // namespace offlineimap::config

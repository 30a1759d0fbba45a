#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "builder.hpp"

namespace offlineimap::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

General general(const Builder& builder) {
    return read_general(builder.document, surroundings());
}
General general_with(std::string_view option, std::string value) {
    Builder builder;
    return general(builder.section("general").with("accounts", "A").with(option, std::move(value)));
}
std::string failure_with(std::string_view option, std::string value) {
    return failure_of([&] { general_with(option, std::move(value)); });
}

TEST(ReadGeneral, HasTheDefaultsOfTheOriginal) {
    Builder builder;
    const auto options = general(builder.section("general").with("accounts", "A"));
    EXPECT_THAT(options.accounts, ElementsAre("A"));
    EXPECT_EQ(options.metadata, "/home/me/.offlineimap");
    EXPECT_EQ(options.max_sync_accounts, 1);
    EXPECT_EQ(options.ui, "ttyui");
    EXPECT_FALSE(options.ignore_readonly);
    EXPECT_EQ(options.pythonfile, std::nullopt);
    EXPECT_EQ(options.socket_timeout.count(), 0);
    EXPECT_TRUE(options.fsync);
    EXPECT_FALSE(options.dry_run);
    EXPECT_FALSE(options.filename_use_mail_timestamp);
    EXPECT_FALSE(options.utime_from_header);
    EXPECT_THAT(options.notices, IsEmpty());
}

TEST(ReadGeneral, ReadsEveryOption) {
    Builder builder;
    builder.section("general")
        .with("accounts", " A , B\n,C,,")
        .with("metadata", "$MAIL/meta")
        .with("maxsyncaccounts", "3");
    builder.with("ui", "Quiet").with("ignore-readonly", "yes").with("pythonfile", "~/.offlineimap.py");
    builder.with("socktimeout", "60").with("fsync", "False").with("dry-run", "on");
    builder.with("filename_use_mail_timestamp", "1").with("utime_from_header", "true");
    builder.with("ignore-keyring", "yes").with("update-keyring", "on");
    const auto options = general(builder);
    EXPECT_TRUE(options.ignore_keyring && options.update_keyring);
    EXPECT_THAT(options.accounts, ElementsAre("A", "B", "C"));
    EXPECT_EQ(options.metadata, "/var/mail/meta");
    EXPECT_EQ(options.max_sync_accounts, 3);
    EXPECT_EQ(options.ui, "Quiet");
    EXPECT_TRUE(options.ignore_readonly);
    EXPECT_EQ(options.pythonfile, "/home/me/.offlineimap.py");
    EXPECT_EQ(options.socket_timeout.count(), 60);
    EXPECT_FALSE(options.fsync);
    EXPECT_TRUE(options.dry_run);
    EXPECT_TRUE(options.filename_use_mail_timestamp);
    EXPECT_TRUE(options.utime_from_header);
}

TEST(ReadGeneral, NeedsTheSectionAndItsAccounts) {
    EXPECT_THAT(failure_of([] { read_general(Document{}, surroundings()); }),
                HasSubstr("[general]: this section is missing"));
    Builder builder;
    builder.section("general");
    EXPECT_THAT(failure_of([&] { general(builder); }), StartsWith("rc:1: [general] accounts: is missing"));
    builder.with("accounts", " , ");
    EXPECT_THAT(failure_of([&] { general(builder); }),
                StartsWith("rc:2: [general] accounts: names no account"));
}

TEST(ReadGeneral, TakesAnAccountOnce) {
    const auto options = general_with("accounts", "A, B, A");
    EXPECT_THAT(options.accounts, ElementsAre("A", "B"));
    EXPECT_THAT(options.notices, ElementsAre(HasSubstr("names account 'A' twice")));
}

TEST(ChooseUi, TakesTheFirstUsableNameOfAList) {
    const std::vector<std::string> usable = {"ttyui", "basic", "quiet"};
    EXPECT_EQ(choose_ui("BASIC", usable).name, "basic");
    EXPECT_EQ(choose_ui("blinkenlights, quiet, basic", usable).name, "quiet");
    EXPECT_EQ(choose_ui(" , TTYUI,", usable).name, "ttyui");
    EXPECT_EQ(choose_ui("Foo", usable).name, "foo");
    EXPECT_EQ(choose_ui("foo, bar", usable).name, "foo");
    EXPECT_EQ(choose_ui("", usable).name, "");
    EXPECT_EQ(choose_ui("basic", usable).notice, std::nullopt);
}

TEST(ChooseUi, AcceptsOldNamesWithANotice) {
    const std::vector<std::string> usable = {"ttyui", "basic", "quiet"};
    for (const auto& [written, name] :
         {std::pair("TTY.TTYUI", "ttyui"), std::pair("Curses.Blinkenlights", "blinkenlights"),
          std::pair("Curses.Blinkenlights, TTY.TTYUI", "ttyui"),
          std::pair("Tk.VerboseUI, Noninteractive.Quiet", "quiet")}) {
        const auto choice = choose_ui(written, usable);
        EXPECT_EQ(choice.name, name) << written;
        EXPECT_EQ(choice.notice, "Using old interface name, consider using one of ttyui, basic, quiet");
    }
}

TEST(ReadGeneral, MendsWhatIsTooSmall) {
    EXPECT_EQ(general_with("socktimeout", "-5").socket_timeout.count(), 0);
    const auto options = general_with("maxsyncaccounts", "0");
    EXPECT_EQ(options.max_sync_accounts, 1);
    EXPECT_THAT(options.notices, ElementsAre("rc:3: [general] maxsyncaccounts: is less than 1, using 1"));
}

TEST(ReadGeneral, RefusesWhatIsNoNumber) {
    EXPECT_EQ(failure_with("socktimeout", "soon"),
              "rc:3: [general] socktimeout: 'soon' is not a whole number");
    EXPECT_THAT(failure_with("maxsyncaccounts", "99999999999"), HasSubstr("out of range"));
    EXPECT_THAT(failure_with("fsync", "perhaps"), HasSubstr("neither yes nor no"));
}

TEST(ExpandUser, KnowsHomesAndLeavesTheRest) {
    EXPECT_EQ(expand_user("~", surroundings()), "/home/me");
    EXPECT_EQ(expand_user("~/Mail", surroundings()), "/home/me/Mail");
    EXPECT_EQ(expand_user("~other/Mail", surroundings()), "/home/other/Mail");
    EXPECT_EQ(expand_user("~other", surroundings()), "/home/other");
    EXPECT_EQ(expand_user("~nobody/Mail", surroundings()), "~nobody/Mail");
    EXPECT_EQ(expand_user("/a/~/b", surroundings()), "/a/~/b");
    EXPECT_EQ(expand_user("~", Surroundings{.home = "/", .environment = {}, .homes_of_users = {}}), "/");
    EXPECT_EQ(expand_user("~/x", Surroundings{}), "~/x");
    EXPECT_EQ(expand_user("$MAIL", surroundings()), "$MAIL");
}

TEST(ExpandPath, FillsInVariablesAndLeavesUnknownOnes) {
    EXPECT_EQ(expand_path("~/$A_1/${MAIL}/x", surroundings()), "/home/me/a1//var/mail/x");
    EXPECT_EQ(expand_path("/m-$MAILX/${NO}/$/${MAIL", surroundings()), "/m-$MAILX/${NO}/$/${MAIL");
    EXPECT_EQ(expand_path("a${EMPTY}b$$MAIL", surroundings()), "ab$/var/mail");
}

TEST(ReadMbnames, IsNothingWithoutItsSection) {
    EXPECT_FALSE(read_mbnames(Document{}, surroundings()));
}

TEST(ReadMbnames, NeedsItsFiveOptionsEvenWhenItIsOff) {
    Builder builder;
    builder.section("mbnames").with("enabled", "no");
    for (const char* option : {"peritem", "header", "sep", "footer", "filename"}) {
        EXPECT_EQ(
            failure_of([&] { read_mbnames(builder.document, surroundings()); }),
            std::string("rc:1: [mbnames] ") + option + ": No option '" + option + "' in section: 'mbnames'");
        builder.with(option, "'x'");
    }
    EXPECT_FALSE(read_mbnames(builder.document, surroundings())->enabled);
}

TEST(ReadMbnames, ReadsPeritemRaw) {
    Builder builder;
    builder.section("mbnames")
        .with("enabled", "yes")
        .with("filename", "~/.mutt/mailboxes")
        .with("header", "\"mailboxes \"");
    builder.with("peritem", "\"+%(accountname)s/%(foldername)s\"")
        .with("sep", "\" \"")
        .with("footer", "\"\\n\"");
    builder.with("incremental", "yes")
        .with("folderfilter", "lambda a, f: True")
        .with("sort_keyfunc", "lambda d: 0");
    const auto options = read_mbnames(builder.document, surroundings());
    ASSERT_TRUE(options);
    EXPECT_TRUE(options->enabled);
    EXPECT_TRUE(options->incremental);
    EXPECT_EQ(options->filename, "/home/me/.mutt/mailboxes");
    EXPECT_EQ(options->peritem.text, "\"+%(accountname)s/%(foldername)s\"");
    EXPECT_EQ(options->header.text, "\"mailboxes \"");
    EXPECT_EQ(options->separator.text, "\" \"");
    EXPECT_EQ(options->footer.text, "\"\\n\"");
    EXPECT_EQ(options->folderfilter->text, "lambda a, f: True");
    EXPECT_EQ(options->sort_keyfunc->text, "lambda d: 0");
}

}  // namespace
}  // namespace offlineimap::config

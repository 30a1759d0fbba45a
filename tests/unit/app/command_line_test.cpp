#include "offlineimap/app/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offlineimap::app {
namespace {

using events::DebugType;
using events::DebugTypes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

using Arguments = std::vector<const char*>;
using Parsed = std::variant<CommandLine, ExitNow>;

Parsed parse(Arguments arguments) {
    arguments.insert(arguments.begin(), "offlineimap");
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data(),
                              {.version = "9.0.0", .full = "offlineimap v9.0.0, OpenSSL 3"});
}

CommandLine run_of(const Arguments& arguments) {
    const auto parsed = parse(arguments);
    if (const auto* const exit = std::get_if<ExitNow>(&parsed)) {
        ADD_FAILURE() << exit->standard_output << exit->standard_error;
        return {};
    }
    return std::get<CommandLine>(parsed);
}

ExitNow exit_of(const Arguments& arguments) {
    const auto parsed = parse(arguments);
    if (std::holds_alternative<CommandLine>(parsed)) {
        ADD_FAILURE() << "goes on";
        return {.status = -1, .standard_output = {}, .standard_error = {}};
    }
    return std::get<ExitNow>(parsed);
}

TEST(CommandLine, NothingGivenIsAPlainSync) {
    const auto line = run_of({});
    EXPECT_EQ(line.accounts, std::nullopt);
    EXPECT_EQ(line.config_file, std::nullopt);
    EXPECT_FALSE(line.debug.has_value());
    EXPECT_EQ(line.folders, std::nullopt);
    EXPECT_THAT(line.overrides, IsEmpty());
    EXPECT_EQ(line.log_file, std::nullopt);
    EXPECT_EQ(line.interface, std::nullopt);
    EXPECT_EQ(line.oauth2_login, std::nullopt);
    EXPECT_FALSE(line.single_thread || line.once || line.quick || line.dry_run || line.info);
    EXPECT_FALSE(line.debug_forces_single_thread());
    EXPECT_FALSE(line.runs_in_a_single_thread());
}

TEST(CommandLine, ProgramWithoutEvenANameIsAPlainSync) {
    EXPECT_TRUE(std::holds_alternative<CommandLine>(parse_command_line(0, nullptr, {})));
}

TEST(CommandLine, EachFlagSetsItsOwn) {
    struct Case {
        const char* argument;
        bool CommandLine::*field;
    };
    const std::vector<Case> cases = {{"-1", &CommandLine::single_thread},
                                     {"-o", &CommandLine::once},
                                     {"-q", &CommandLine::quick},
                                     {"-s", &CommandLine::syslog},
                                     {"--dry-run", &CommandLine::dry_run},
                                     {"--info", &CommandLine::info},
                                     {"--migrate-fmd5-using-nametrans", &CommandLine::migrate_fmd5},
                                     {"--mbnames-prune", &CommandLine::prune_mbnames},
                                     {"--ignore-keyring", &CommandLine::ignore_keyring},
                                     {"--update-keyring", &CommandLine::update_keyring}};
    for (const auto& given : cases) {
        const auto line = run_of({given.argument, given.argument});
        for (const auto& each : cases) {
            EXPECT_EQ(line.*each.field, each.argument == given.argument) << given.argument << each.argument;
        }
    }
}

TEST(CommandLine, ValueStandsApartGluedOrBehindAnEqualsSign) {
    EXPECT_EQ(run_of({"-c", "rc"}).config_file, "rc");
    EXPECT_EQ(run_of({"-crc"}).config_file, "rc");
    EXPECT_EQ(run_of({"-c=rc"}).config_file, "=rc");  // optparse: short options know no '='
    EXPECT_EQ(run_of({"-uquiet"}).interface, "quiet");
    EXPECT_EQ(run_of({"-l", "log"}).log_file, "log");
    EXPECT_EQ(run_of({"-P", "prof"}).profile_directory, "prof");
    EXPECT_EQ(run_of({"--delete-folder", "a b"}).delete_folder, "a b");
    EXPECT_EQ(run_of({"--delete-folder=a=b"}).delete_folder, "a=b");
    EXPECT_EQ(run_of({"--oauth2-login", "Work"}).oauth2_login, "Work");
}

TEST(CommandLine, ValueMayBeAnything) {
    EXPECT_EQ(run_of({"-c", "-1"}).config_file, "-1");
    EXPECT_FALSE(run_of({"-c", "-1"}).single_thread);
    EXPECT_EQ(run_of({"-c", "--"}).config_file, "--");
    EXPECT_EQ(run_of({"-c", ""}).config_file, "");
    EXPECT_EQ(run_of({"-c", "[a,b]"}).config_file, "[a,b]");
    EXPECT_EQ(run_of({"-c", "{}"}).config_file, "{}");
    EXPECT_EQ(run_of({"--delete-folder="}).delete_folder, "");
    EXPECT_EQ(run_of({"-c", "a\nb%(x)s"}).config_file, "a\nb%(x)s");
}

TEST(CommandLine, RepeatedValueKeepsTheLast) {
    EXPECT_EQ(run_of({"-c", "one", "-c", "two"}).config_file, "two");
    EXPECT_EQ(run_of({"-c", "one", "-c", ""}).config_file, "");
}

TEST(CommandLine, FlagsMayBeBundledWithAValueAtTheEnd) {
    const auto line = run_of({"-1oququiet"});
    EXPECT_TRUE(line.single_thread && line.once && line.quick);
    EXPECT_EQ(line.interface, "quiet");
    EXPECT_EQ(run_of({"-1u", "basic"}).interface, "basic");
}

TEST(CommandLine, LongOptionsMayBeAbbreviated) {
    EXPECT_TRUE(run_of({"--dry"}).dry_run);
    EXPECT_TRUE(run_of({"--inf"}).info);
    EXPECT_EQ(run_of({"--del", "x"}).delete_folder, "x");
    EXPECT_EQ(run_of({"--del=x"}).delete_folder, "x");
    EXPECT_TRUE(run_of({"--mb"}).prune_mbnames);
    EXPECT_EQ(exit_of({"--vers"}).standard_output, "9.0.0\n");
}

TEST(CommandLine, ArgumentsThatAreNoOptionsAreIgnored) {
    const auto line = run_of({"INBOX", "-o", "-", "", "more", "-q"});
    EXPECT_TRUE(line.once && line.quick);
}

TEST(CommandLine, TwoDashesEndTheOptions) {
    const auto line = run_of({"-o", "--", "-q", "--foo"});
    EXPECT_TRUE(line.once);
    EXPECT_FALSE(line.quick);
}

TEST(CommandLine, AccountsAreSplitAndLoseTheirLeftBlanks) {
    EXPECT_THAT(run_of({"-a", "One, Two,Three x"}).accounts, Optional(ElementsAre("One", "Two", "Three x")));
    EXPECT_THAT(run_of({"-a", "One", "-a", "Two"}).accounts, Optional(ElementsAre("Two")));
}

TEST(CommandLine, FoldersKeepTheirBlanks) {
    EXPECT_THAT(run_of({"-f", "INBOX, Sent Items,100%"}).folders,
                Optional(ElementsAre("INBOX", " Sent Items", "100%")));
}

TEST(CommandLine, OverridesAreCollectedInOrderAsWritten) {
    EXPECT_THAT(run_of({"-k", "ui=basic", "-kR:x=a:b=c", "-k", "[x]:y=[1]", "-k", "malformed"}).overrides,
                ElementsAre("ui=basic", "R:x=a:b=c", "[x]:y=[1]", "malformed"));
}

TEST(CommandLine, DebugTypesAreCollectedAndUnknownOnesKept) {
    const auto line = run_of({"-d", "imap, maildir,foo,IMAP"});
    ASSERT_TRUE(line.debug.has_value());
    EXPECT_EQ(line.debug->types,
              DebugTypes().add(DebugType::imap).add(DebugType::maildir).add(DebugType::other));
    EXPECT_THAT(line.debug->unknown, ElementsAre("foo", "IMAP"));
    EXPECT_EQ(run_of({"-d", "ALL"}).debug->types, DebugTypes::all());
    EXPECT_EQ(run_of({"-d", ""}).debug->types, DebugTypes().add(DebugType::other));
}

TEST(CommandLine, DebuggingForcesASingleThreadUnlessThreadsAreDebugged) {
    EXPECT_TRUE(run_of({"-d", "imap"}).debug_forces_single_thread());
    EXPECT_FALSE(run_of({"-d", "imap,thread"}).debug_forces_single_thread());
    EXPECT_FALSE(run_of({"-d", "all"}).debug_forces_single_thread());
    EXPECT_TRUE(run_of({"-d", "thread", "-1"}).debug_forces_single_thread());
}

TEST(CommandLine, ProfilingImpliesASingleThread) {
    EXPECT_TRUE(run_of({"-P", "x"}).runs_in_a_single_thread());
    EXPECT_TRUE(run_of({"-P", "x", "-dthread"}).runs_in_a_single_thread());
    EXPECT_TRUE(run_of({"-1"}).runs_in_a_single_thread());
    EXPECT_TRUE(run_of({"-dimap"}).runs_in_a_single_thread());
    EXPECT_FALSE(run_of({"-dthread"}).runs_in_a_single_thread());
}

TEST(CommandLine, UsageErrorsHaveOptparsesWords) {
    struct Case {
        Arguments arguments;
        const char* sentence;
    };
    const std::vector<Case> cases = {
        {{"--foo"}, "no such option: --foo"},
        {{"--foo=bar"}, "no such option: --foo"},
        {{"--", "--foo", "-Z"}, nullptr},
        {{"-Z"}, "no such option: -Z"},
        {{"-1oZ"}, "no such option: -Z"},
        {{"-a"}, "-a option requires 1 argument"},
        {{"-1oa"}, "-a option requires 1 argument"},
        {{"--delete-folder"}, "--delete-folder option requires 1 argument"},
        {{"-P", ""}, "-P option requires a directory that has a name"},
        {{"--delete"}, "--delete-folder option requires 1 argument"},
        {{"--dry-run=1"}, "--dry-run option does not take a value"},
        {{"--dry=1"}, "--dry-run option does not take a value"},
        {{"--m"}, "ambiguous option: --m (--mbnames-prune, --migrate-fmd5-using-nametrans?)"},
        {{"--i"}, "ambiguous option: --i (--ignore-keyring, --info?)"},
        {{"--a"}, "no such option: --a"},
        {{"---1"}, "no such option: ---1"},
        {{"--foo", "-h"}, "no such option: --foo"},
        {{"-V", "--foo"}, "no such option: --foo"},
        {{"--f\x1b"}, "no such option: --f\\x1b"},
    };
    for (const auto& each : cases) {
        if (each.sentence == nullptr) {
            run_of(each.arguments);
            continue;
        }
        const auto exit = exit_of(each.arguments);
        EXPECT_EQ(exit.status, 2);
        EXPECT_EQ(exit.standard_output, "");
        EXPECT_EQ(exit.standard_error,
                  "Usage: offlineimap [options]\n\nofflineimap: error: " + std::string(each.sentence) + "\n");
    }
}

TEST(CommandLine, VersionsGoToStandardOutput) {
    const auto version = exit_of({"--version"});
    EXPECT_EQ(version.status, 0);
    EXPECT_EQ(version.standard_output, "9.0.0\n");
    EXPECT_EQ(version.standard_error, "");
    const auto full = exit_of({"-V", "-k", "malformed"});
    EXPECT_EQ(full.status, 0);
    EXPECT_EQ(full.standard_output, "offlineimap v9.0.0, OpenSSL 3\n");
}

TEST(CommandLine, HelpAndVersionAreObeyedWhereTheyStand) {
    EXPECT_EQ(exit_of({"--help", "--foo"}).status, 0);
    EXPECT_EQ(exit_of({"--version", "-h"}).standard_output, "9.0.0\n");
    EXPECT_EQ(exit_of({"-1h", "-Z"}).status, 0);
    EXPECT_EQ(exit_of({"-hZ"}).status, 0);
}

TEST(CommandLine, HelpIsLaidOutAsTheOriginals) {
    const auto help = exit_of({"-h"});
    EXPECT_EQ(help.status, 0);
    EXPECT_EQ(help.standard_error, "");
    const std::string& text = help.standard_output;
    EXPECT_TRUE(text.starts_with("Usage: offlineimap [options]\n\nCopyright 2002-2021 John Goerzen")) << text;
    EXPECT_THAT(text, HasSubstr(".  Licensed under"));
    EXPECT_THAT(text, HasSubstr("exception)\n\nOptions:\n"
                                "  --version             print the version number and exit\n"
                                "  -h, --help            print this help and exit\n"));
    EXPECT_THAT(text, HasSubstr("\n  -a account1[,account2[,...]]\n"
                                "                        sync these accounts only\n"));
    EXPECT_THAT(text, HasSubstr("\n  --delete-folder=FOLDERNAME\n"
                                "                        delete a folder of the remote repository\n"));
    EXPECT_THAT(text, HasSubstr("\n  -u INTERFACE          use this user interface (ttyui, basic, quiet, "
                                "syslog,\n                        machineui, blinkenlights, json)\n"));
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        EXPECT_LE(end - at, 78U) << text.substr(at, end - at);
        at = end + 1;
    }
}

}  // namespace
}  // namespace offlineimap::app

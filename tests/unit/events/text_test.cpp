#include "offlineimap/events/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/noon.hpp"

namespace offlineimap::events {
namespace {

using mail::MessageKey;
using testing::ElementsAre;
using testing::IsEmpty;

const FolderEnd kRemote{.repository = "Remote", .kind = "IMAP", .folder = "Archive/2024"};
const FolderEnd kLocal{.repository = "Local", .kind = "Maildir", .folder = "Archive.2024"};

MessageKey key(std::uint32_t uid) {
    return MessageKey(base::Uid(uid));
}
MessageKey fresh(std::uint32_t nth) {
    return MessageKey::unassigned(nth);
}

struct Case {
    Event event;
    Level level;
    std::string text;
};

const std::vector<Case>& cases() {
    using std::chrono::seconds;
    static const std::vector<Case> kCases = {
        {AccountStarted{"Test"}, Level::info, "*** Processing account Test"},
        {AccountFinished{"Test", seconds(3)}, Level::info, "*** Finished account 'Test' in 0:03"},
        {AccountFinished{"Test", seconds(3671)}, Level::info, "*** Finished account 'Test' in 61:11"},
        {Connecting{"imap.example.org", 993, "", "Remote"}, Level::info,
         "Establishing connection to imap.example.org:993 (Remote)"},
        {Connecting{"", 0, "ssh host imapd", "Remote"}, Level::info,
         "Establishing connection to tunnel:ssh host imapd (Remote)"},
        {Connecting{"", 0, "", "Remote"}, Level::info, "Establishing connection (Remote)"},
        {Connecting{"imap.example.org", 0, "", "Remote"}, Level::info,
         "Establishing connection to imap.example.org (Remote)"},
        {CreatingFolder{"Sent Items", "Local", Run::real}, Level::info, "Creating folder Sent Items[Local]"},
        {CreatingFolder{"INBOX", "Local", Run::dry}, Level::info, "[DRYRUN] Creating folder INBOX[Local]"},
        {StatusCreated{"Local", "INBOX"}, Level::info, "Creating new Local Status db for Local:INBOX"},
        {StatusUpgraded{"Local", "INBOX"}, Level::info,
         "Upgrading LocalStatus cache from version 1 to version 2 for Local:INBOX"},
        {StatusMigrated{"Local", "INBOX"}, Level::info,
         "Migrating LocalStatus cache from plain to sqlite status folder for Local:INBOX"},
        {SyncingFolderStructure{kRemote, kLocal}, Level::debug,
         "[]: Copying folder structure from Remote to Local"},
        {SyncingFolder{kRemote, kLocal}, Level::info, "Syncing Archive/2024: IMAP -> Maildir"},
        {SkippingUnchangedFolder{"Archive/2024"}, Level::info, "Skipping Archive/2024 (not changed)"},
        {FolderFiltered{"Spam", "Remote"}, Level::debug, "[]: Not syncing filtered folder 'Spam'[Remote]"},
        {LoadingMessageList{"IMAP", "a/b", "a.b"}, Level::debug, "Loading message list for IMAP[a/b]"},
        {MessageListLoaded{"IMAP", "INBOX", 3}, Level::debug,
         "Message list for IMAP[INBOX] loaded: 3 messages"},
        {SyncingMessages{kRemote, kLocal}, Level::debug,
         "Syncing messages IMAP[Archive/2024] -> Maildir[Archive.2024]"},
        {IgnoringMessage{key(7), kRemote, kLocal}, Level::info,
         "IGNORED: Copy message UID 7 Remote:Archive/2024 -> Local"},
        {CopyingMessage{key(1), 1, 3, kRemote, kLocal}, Level::info,
         "Copy message UID 1 (1/3) Remote:Archive/2024 -> Local:Archive.2024"},
        {CopyingMessage{fresh(3), 1, 3, kLocal, kRemote}, Level::info,
         "Copy message UID -3 (1/3) Local:Archive.2024 -> Remote:Archive/2024"},
        {WouldCopyMessages{{key(1), key(2), key(3)}, kRemote, kLocal}, Level::info,
         "[DRYRUN] Copy 3 messages from Archive/2024[Remote] to Local"},
        {DeletingMessages{{key(7), key(2), key(1), key(3)}, kRemote, Run::real}, Level::info,
         "Deleting 4 messages (1:3,7) in IMAP[Archive/2024]"},
        {DeletingMessages{{key(3)}, kRemote, Run::dry}, Level::info,
         "[DRYRUN] Deleting 1 messages (3) in IMAP[Archive/2024]"},
        {DeletingMessages{{key(1), fresh(1), fresh(2), fresh(4)}, kLocal, Run::real}, Level::info,
         "Deleting 4 messages (-4,-2:-1,1) in Maildir[Archive.2024]"},
        {DeletingMessages{{key(4294967294U), key(4294967295U)}, kLocal, Run::real}, Level::info,
         "Deleting 2 messages (4294967294:4294967295) in Maildir[Archive.2024]"},
        {AddingFlags{{key(1), key(2)}, mail::Flags::parse("S"), kLocal}, Level::info,
         "Adding flag S to 2 messages on Archive.2024"},
        {RemovingFlags{{key(1)}, mail::Flags::parse("F"), kRemote}, Level::info,
         "Deleting flag F from 1 messages on Archive/2024"},
        {UnknownKeywords{{"$Work", "it's", "a\\b", "\"'"}}, Level::warning,
         "Unknown keywords skipped: ['$Work', \"it's\", 'a\\\\b', '\"\\'']\n"
         "You may want to change your configuration to include those\n"},
        {CallingHook{"echo pre", Run::real}, Level::info, "Calling hook: echo pre"},
        {CallingHook{"echo pre", Run::dry}, Level::info, "[DRYRUN] Calling hook: echo pre"},
        {HookFinished{"echo pre", "pre\n", "err\n", 0}, Level::info,
         "Hook stdout: pre\n\nHook stderr:err\n\n\nHook return code: 0"},
        {Sleeping{seconds(10), seconds(300)}, Level::debug, "Next refresh in 5.0 minutes"},
        {Sleeping{seconds(10), seconds(245)}, Level::debug, "Next refresh in 4.1 minutes"},
        {ReadOnlyFolder{ReadOnlyAction::copy, {key(5)}, kRemote}, Level::warning,
         "Attempted to synchronize message 5 to folder IMAP[Archive/2024], but that folder is read-only.  "
         "The "
         "message will not be copied to that folder."},
        {ReadOnlyFolder{ReadOnlyAction::flags, {key(5), key(6)}, kRemote}, Level::warning,
         "Attempted to modify flags for messages [5, 6] in folder IMAP[Archive/2024], but that folder is "
         "read-only.  No flags have been modified for that message."},
        {ReadOnlyFolder{ReadOnlyAction::labels, {key(5)}, kRemote}, Level::warning,
         "Attempted to modify labels for messages [5] in folder IMAP[Archive/2024], but that folder is "
         "read-only.  No labels have been modified for that message."},
        {ReadOnlyFolder{ReadOnlyAction::deletion, {key(5)}, kRemote}, Level::warning,
         "Attempted to delete messages [5] in folder IMAP[Archive/2024], but that folder is read-only.  No "
         "messages have been deleted in that folder."},
        {UidValidityProblem{"INBOX", "Remote", 12345, 1795376872}, Level::warning,
         "UID validity problem for folder INBOX (repo Remote) (saved 12345; got 1795376872); skipping it. "
         "Please see FAQ and manual on how to handle this."},
        {AuthenticationFailed{"PLAIN", "[AUTHENTICATIONFAILED] no"}, Level::warning,
         "PLAIN authentication failed: [AUTHENTICATIONFAILED] no"},
        {ErrorOccurred{"", "The account 'Foo' does not exist"}, Level::error,
         "ERROR: The account 'Foo' does not exist"},
        {ErrorOccurred{"While attempting to sync account 'Test'", "no route"}, Level::error,
         "ERROR: While attempting to sync account 'Test'\n  no route"},
        {WarningGiven{"careful"}, Level::warning, "careful"},
        {Information{"plain"}, Level::info, "plain"},
        {DebugMessage{DebugType::imap, "> A1 NOOP", support::after_noon(), "Thread"}, Level::debug,
         "[imap]: > A1 NOOP"},
        {DebugMessage{DebugType::maildir, "x", support::after_noon(), "Thread"}, Level::debug,
         "[maildir]: x"},
        {DebugMessage{DebugType::thread, "x", support::after_noon(), "Thread"}, Level::debug, "[thread]: x"},
        {DebugMessage{DebugType::other, "x", support::after_noon(), "Thread"}, Level::debug, "[]: x"},
    };
    return kCases;
}

TEST(EventText, DebugMessagesCanBeDated) {
    EXPECT_EQ(dated_text_of({DebugType::imap, "#1 > A1 NOOP", support::after_noon(), "Folder A"}),
              "[imap]: 12:00:00.250 Folder A: #1 > A1 NOOP");
}

TEST(EventText, HasTheOriginalsWords) {
    for (const auto& each : cases()) EXPECT_EQ(text_of(each.event), each.text);
}

TEST(EventText, HasTheOriginalsLevels) {
    for (const auto& each : cases()) {
        EXPECT_EQ(static_cast<int>(level_of(each.event)), static_cast<int>(each.level)) << each.text;
    }
}

TEST(EventText, ThreadsComeAndGoSilently) {
    EXPECT_THAT(records_of(ThreadStarted{"Test"}), IsEmpty());
    EXPECT_THAT(records_of(ThreadEnded{}), IsEmpty());
}

TEST(EventText, SleepSpeaksOnlyWhenAMinuteIsCrossed) {
    using std::chrono::seconds;
    EXPECT_THAT(records_of(Sleeping{seconds(10), seconds(299)}), IsEmpty());
    EXPECT_THAT(records_of(Sleeping{seconds(0), seconds(0)}), IsEmpty());
    EXPECT_THAT(records_of(Sleeping{seconds(10), seconds(5)}), ElementsAre("Next refresh in 0.1 minutes"));
}

TEST(EventText, FlagsHaveARecordForEachLetter) {
    EXPECT_THAT(records_of(AddingFlags{{key(1)}, mail::Flags::parse("SF"), kLocal}),
                ElementsAre("Adding flag F to 1 messages on Archive.2024",
                            "Adding flag S to 1 messages on Archive.2024"));
}

TEST(EventText, ReadOnlyCopyHasARecordForEachMessage) {
    EXPECT_EQ(records_of(ReadOnlyFolder{ReadOnlyAction::copy, {key(5), key(6)}, kRemote}).size(), 2U);
}

TEST(EventText, HookOutputAndReturnCodeAreTwoRecords) {
    EXPECT_THAT(records_of(HookFinished{"x", "out\n", "", 3}),
                ElementsAre("Hook stdout: out\n\nHook stderr:\n", "Hook return code: 3"));
}

TEST(EventText, FolderNameCannotForgeALine) {
    EXPECT_EQ(text_of(SkippingUnchangedFolder{"x\nERROR: forged\x1b[2J"}),
              "Skipping x\\x0aERROR: forged\\x1b[2J (not changed)");
    EXPECT_EQ(text_of(UnknownKeywords{{"a\nb"}}),
              "Unknown keywords skipped: ['a\\x0ab']\nYou may want to change your configuration to include "
              "those\n");
}

TEST(EventText, LongFolderNamesAreNotCut) {
    const std::string long_name(900, 'x');
    EXPECT_EQ(text_of(SkippingUnchangedFolder{long_name}), "Skipping " + long_name + " (not changed)");
}

}  // namespace
}  // namespace offlineimap::events

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/ui/interface.hpp"

#include "pipe.hpp"
#include "support/noon.hpp"

namespace offlineimap::ui {
namespace {

using events::DebugType;
using events::Event;

const events::FolderEnd kRemote{.repository = "Remote", .kind = "IMAP", .folder = "Archive/2024"};
const events::FolderEnd kLocal{.repository = "Local", .kind = "Maildir", .folder = "Archive.2024"};

mail::MessageKey key(std::uint32_t uid) {
    return mail::MessageKey(base::Uid(uid));
}

std::string shown(const Event& event, const std::string& thread = "T", events::DebugTypes debug = {}) {
    Pipe pipe;
    const auto interface =
        make_interface(Name::machineui, {.debug = debug, .stop = {}, .output = pipe.writer()});
    interface->report({thread, event});
    return pipe.content();
}

TEST(MachineUi, BeginsWithTheBannerAsItIsAndTheProtocol) {
    EXPECT_EQ(shown(events::ProgramStarted{"OfflineIMAP 9.0.0\n  Licensed (GPL)"}, "MainThread"),
              "OfflineIMAP 9.0.0\n  Licensed (GPL)\n"
              "msg:protocol:MainThread:7.2.0\n"
              "msg:initbanner:MainThread:OfflineIMAP+9.0.0%0A++Licensed+%28GPL%29\n");
}

TEST(MachineUi, EncodesThreadsAndDataAsAFormDoes) {
    EXPECT_EQ(
        shown(events::Information{"a_b.c-d~e f/g:h[i]j+k%l\n\xC3\xA4"}, "Folder Archive/2024 [acc: Test]"),
        "msg::Folder+Archive%2F2024+%5Bacc%3A+Test%5D:a_b.c-d~e+f%2Fg%3Ah%5Bi%5Dj%2Bk%25l%0A%C3%A4\n");
}

TEST(MachineUi, GivesEachEventItsCommandAndFields) {
    const std::vector<std::pair<Event, std::string>> cases = {
        {events::ThreadStarted{"Test"}, "msg:registerthread:T:Test\n"},
        {events::ThreadEnded{}, "msg:threadExited:MainThread:T\nmsg:unregisterthread:MainThread:T\n"},
        {events::AccountStarted{"Test"}, "msg:acct:T:Test\n"},
        {events::AccountFinished{"Test", std::chrono::seconds(2)}, "msg:acctdone:T:Test\n"},
        {events::Connecting{"127.0.0.1", 20001, "", "Remote"},
         "msg:connecting:T:127.0.0.1%0A20001%0ARemote\n"},
        {events::Connecting{"", 0, "ssh host", "Remote"}, "msg:connecting:T:tunnel%0Assh+host%0ARemote\n"},
        {events::Connecting{"", 0, "", "Remote"}, "msg:connecting:T:None%0ANone%0ARemote\n"},
        {events::CreatingFolder{"A", "Local", events::Run::real}, "msg::T:Creating+folder+A%5BLocal%5D\n"},
        {events::StatusCreated{"Local", "A"}, "msg:_display:T:Creating+new+Local+Status+db+for+Local%3AA\n"},
        {events::SyncingFolderStructure{kRemote, kLocal}, "msg:syncfolders:T:IMAP%0AMaildir\n"},
        {events::SyncingFolder{kRemote, kLocal},
         "msg:syncingfolder:T:IMAP%0AArchive%2F2024%0AMaildir%0AArchive.2024%0A\n"},
        {events::LoadingMessageList{"IMAP", "Archive/2024", "Archive.2024"},
         "msg:loadmessagelist:T:IMAP%0AArchive.2024\n"},
        {events::MessageListLoaded{"IMAP", "Archive/2024", 3},
         "msg:messagelistloaded:T:IMAP%0AArchive%2F2024%0A3\n"},
        {events::SyncingMessages{kLocal, kRemote},
         "msg:syncingmessages:T:Maildir%0AArchive.2024%0AIMAP%0AArchive%2F2024%0A\n"},
        {events::CopyingMessage{mail::MessageKey::unassigned(3), 1, 3, kLocal, kRemote},
         "msg:copyingmessage:T:-3%0AMaildir%0AArchive.2024%0AIMAP%5BArchive%2F2024%5D\n"},
        {events::IgnoringMessage{key(7), kRemote, kLocal},
         "msg:ignorecopyingmessage:T:7%0AIMAP%0AArchive%2F2024%0AMaildir%5BArchive.2024%5D\n"},
        {events::DeletingMessages{{key(2), key(5)}, kRemote, events::Run::dry},
         "msg:deletingmessages:T:2%0C5%0AIMAP%09Archive%2F2024\n"},
        {events::AddingFlags{{key(1), key(2)}, mail::Flags::parse("RS"), kRemote},
         "msg:addingflags:T:1%0C2%0AR%0AArchive%2F2024\nmsg:addingflags:T:1%0C2%0AS%0AArchive%2F2024\n"},
        {events::RemovingFlags{{key(1)}, mail::Flags::parse("F"), kLocal},
         "msg:deletingflags:T:1%0AF%0AArchive.2024\n"},
        {events::UidValidityProblem{"INBOX", "Remote", 12345, 1795376872},
         "warn:validityproblem:T:INBOX%0ARemote%0A12345%0A1795376872\n"},
        {events::CallingHook{"notmuch new", events::Run::dry},
         "msg:callhook:T:Calling+hook%3A+notmuch+new\n"},
        {events::HookFinished{"x", "out\n", "err", 1},
         "msg:callhook:T:Hook+stdout%3A+out%0A%0AHook+stderr%3Aerr%0A\n"
         "msg:callhook:T:Hook+return+code%3A+1\n"},
        {events::Sleeping{std::chrono::seconds(10), std::chrono::seconds(30)}, "msg:sleeping:T:10%0A30\n"},
        {events::WarningGiven{"odd"}, "warn::T:odd\n"},
        {events::ErrorOccurred{"", "bad"}, "error::T:ERROR%3A+bad\n"},
        {events::EndReport{"ERROR: once more"}, ""},
        {events::ProgramEnded{false, ""}, "msg:terminate:MainThread:0%0A%0A\n"},
        {events::ProgramEnded{true, "No accounts"}, "msg:terminate:MainThread:1%0A%0ANo+accounts\n"},
    };
    for (const auto& [event, expected] : cases) EXPECT_EQ(shown(event), expected);
}

TEST(MachineUi, EndsUnderTheLastNameOfAMainThreadThatDidAllTheWork) {
    Pipe pipe;
    const auto interface =
        make_interface(Name::machineui, {.debug = {}, .stop = {}, .output = pipe.writer()});
    interface->report({"Account sync Test", events::ThreadEnded{.was_main = true}});
    interface->report({"MainThread", events::ProgramEnded{false, ""}});
    EXPECT_EQ(pipe.content(), "msg:terminate:Account+sync+Test:0%0A%0A\n");
}

TEST(MachineUi, ListsEachMessageOfADryRun) {
    EXPECT_EQ(shown(events::WouldCopyMessages{{key(1), key(4)}, kRemote, kLocal}),
              "msg::T:%5BDRYRUN%5D+Copy+2+messages+from+Archive%2F2024%5BRemote%5D+to+Local\n"
              "msg::T:%5BDRYRUN%5D+Copy+message+UID+1+%281%2F2%29+Remote%3AArchive%2F2024+-%3E+Local%"
              "3AArchive.2024\n"
              "msg::T:%5BDRYRUN%5D+Copy+message+UID+4+%282%2F2%29+Remote%3AArchive%2F2024+-%3E+Local%"
              "3AArchive.2024\n");
}

TEST(MachineUi, ShowsDebugMessagesOfTheTypesAskedFor) {
    const events::DebugMessage message{DebugType::imap, "> A1 NOOP", support::after_noon(), "T"};
    EXPECT_EQ(shown(message), "");
    EXPECT_EQ(shown(message, "T", events::DebugTypes().add(DebugType::maildir)), "");
    EXPECT_EQ(shown(message, "T", events::DebugTypes().add(DebugType::imap)),
              "debug::T:%5Bimap%5D%3A+%3E+A1+NOOP\n");
    EXPECT_EQ(
        shown(events::DebuggingEnabled{DebugType::imap}, "T", events::DebugTypes().add(DebugType::imap)),
        "debug:debugging:T:imap\n");
    EXPECT_EQ(shown(events::FolderFiltered{"A", "Remote"}), "");
}

}  // namespace
}  // namespace offlineimap::ui

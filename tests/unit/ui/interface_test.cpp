#include "offlineimap/ui/interface.hpp"

#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"

#include "pipe.hpp"
#include "support/noon.hpp"

namespace offlineimap::ui {
namespace {

using events::DebugType;
using events::DebugTypes;
using events::Event;
using events::Record;
using testing::ElementsAre;

const events::FolderEnd kRemote{.repository = "Remote", .kind = "IMAP", .folder = "INBOX"};
const events::FolderEnd kLocal{.repository = "Local", .kind = "Maildir", .folder = "INBOX"};
constexpr const char* kAccount = "Account sync Test";
constexpr const char* kInbox = "Folder INBOX [acc: Test]";
constexpr const char* kSent = "Folder Sent Items [acc: Test]";

std::string shown(Name name, const std::vector<Record>& records, DebugTypes debug = {}) {
    Pipe pipe;
    const auto interface = make_interface(name, {.debug = debug, .stop = {}, .output = pipe.writer()});
    for (const auto& record : records) interface->report(record);
    return pipe.content();
}

events::SyncingFolder syncing(const std::string& folder) {
    return {{.repository = "Remote", .kind = "IMAP", .folder = folder},
            {.repository = "Local", .kind = "Maildir", .folder = folder}};
}

TEST(InterfaceNames, AreFoundInAnyCase) {
    EXPECT_EQ(parse_name("ttyui"), Name::ttyui);
    EXPECT_EQ(parse_name("TTYUI"), Name::ttyui);
    EXPECT_EQ(parse_name("Quiet"), Name::quiet);
    EXPECT_EQ(parse_name("MachineUI"), Name::machineui);
    EXPECT_EQ(parse_name("foo"), std::nullopt);
    EXPECT_EQ(parse_name(""), std::nullopt);
}

TEST(InterfaceNames, RoundTrip) {
    for (const auto& name : available_names()) {
        const auto parsed = parse_name(name);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(name_of(*parsed), name);
    }
}

TEST(InterfaceNames, UnknownOneIsAnsweredWithTheChoice) {
    EXPECT_EQ(unknown_name_message("foo"),
              "UI 'foo' does not exist, choose one of: ttyui, basic, quiet, syslog, machineui, "
              "blinkenlights, json");
}

// Standard input is no terminal while it lives.
class NoTerminal {
  public:
    NoTerminal() : kept_(::dup(STDIN_FILENO)) {
        const Pipe pipe;
        ::dup2(pipe.reader(), STDIN_FILENO);
    }
    ~NoTerminal() { ::dup2(kept_.get(), STDIN_FILENO); }
    NoTerminal(const NoTerminal&) = delete;
    NoTerminal& operator=(const NoTerminal&) = delete;

  private:
    const os::FileDescriptor kept_;
};

TEST(InterfaceFactory, RefusesToDrawWhereThereIsNoTerminal) {
    const NoTerminal nothing_to_draw_on;
    EXPECT_FALSE(works_here(Name::blinkenlights));
    try {
        make_interface(Name::blinkenlights, {});
        ADD_FAILURE() << "it was made";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), base::ErrorCode::unsupported);
        EXPECT_STREQ(error.what(), "UI 'blinkenlights' needs a terminal that it can draw on");
    }
}

TEST(InterfaceFactory, MakesEachThatWorksHere) {
    const NoTerminal nothing_to_draw_on;
    EXPECT_THAT(names_that_work_here(),
                ElementsAre("ttyui", "basic", "quiet", "syslog", "machineui", "json"));
    for (const auto& name : names_that_work_here()) EXPECT_NE(make_interface(*parse_name(name), {}), nullptr);
}

TEST(TtyUi, SetsThreadsApartAsTheOriginalDoes) {
    EXPECT_EQ(shown(Name::ttyui,
                    {{"MainThread", events::Information{"imaplib2 v3.05, Python v3.11.2"}},
                     {kAccount, events::AccountStarted{"Test"}},
                     {kAccount, events::Connecting{"127.0.0.1", 20001, "", "Remote"}},
                     {kAccount, events::CreatingFolder{"INBOX", "Local", events::Run::real}},
                     {kInbox, syncing("INBOX")},
                     {kSent, syncing("Sent Items")},
                     {kInbox, events::CopyingMessage{mail::MessageKey(base::Uid(1)), 1, 3, kRemote, kLocal}},
                     {kAccount, events::AccountFinished{"Test", std::chrono::seconds(3)}}}),
              "imaplib2 v3.05, Python v3.11.2\n"
              "Account sync Test:\n"
              " *** Processing account Test\n"
              " Establishing connection to 127.0.0.1:20001 (Remote)\n"
              " Creating folder INBOX[Local]\n"
              "Folder INBOX [acc: Test]:\n"
              " Syncing INBOX: IMAP -> Maildir\n"
              "Folder Sent Items [acc: Test]:\n"
              " Syncing Sent Items: IMAP -> Maildir\n"
              "Folder INBOX [acc: Test]:\n"
              " Copy message UID 1 (1/3) Remote:INBOX -> Local:INBOX\n"
              "Account sync Test:\n"
              " *** Finished account 'Test' in 0:03\n");
}

TEST(TtyUi, MainThreadDoesNotResetTheRememberedThread) {
    EXPECT_EQ(shown(Name::ttyui, {{kAccount, events::Information{"one"}},
                                  {"MainThread", events::WarningGiven{"main"}},
                                  {kAccount, events::Information{"two"}}}),
              "Account sync Test:\n one\nmain\n two\n");
}

TEST(TtyUi, IndentsOnlyTheFirstLineOfARecord) {
    EXPECT_EQ(shown(Name::ttyui, {{kAccount, events::HookFinished{"x", "pre\n", "err\n", 0}}}),
              "Account sync Test:\n Hook stdout: pre\n\nHook stderr:err\n\n\n Hook return code: 0\n");
}

TEST(TtyUi, HiddenRecordLeavesNoHeader) {
    EXPECT_EQ(shown(Name::ttyui, {{kInbox, events::LoadingMessageList{"IMAP", "INBOX", "INBOX"}}}), "");
}

TEST(TtyUi, TellsOfTheSleep) {
    const Event sleeping = events::Sleeping{std::chrono::seconds(10), std::chrono::seconds(300)};
    EXPECT_EQ(shown(Name::ttyui, {{"MainThread", sleeping}}), "Next refresh in 5.0 minutes\n");
    EXPECT_EQ(shown(Name::basic, {{"MainThread", sleeping}}), "");
    EXPECT_EQ(shown(Name::basic, {{"MainThread", sleeping}}, DebugTypes().add(DebugType::other)),
              "Next refresh in 5.0 minutes\n");
}

TEST(TtyUi, ThreadNameCannotReachTheTerminalRaw) {
    EXPECT_EQ(shown(Name::ttyui, {{"Folder a\x1b[2J\nb [acc: Test]", events::Information{"x"}}}),
              "Folder a\\x1b[2J\\x0ab [acc: Test]:\n x\n");
}

TEST(Basic, PrintsRecordsAsTheyAre) {
    EXPECT_EQ(shown(Name::basic, {{kAccount, events::AccountStarted{"Test"}},
                                  {kInbox, syncing("INBOX")},
                                  {kAccount, events::ErrorOccurred{"While x", "broken"}}}),
              "*** Processing account Test\nSyncing INBOX: IMAP -> Maildir\nERROR: While x\n  broken\n");
}

TEST(Quiet, PrintsWarningsAndErrorsOnly) {
    EXPECT_EQ(shown(Name::quiet, {{kAccount, events::AccountStarted{"Test"}},
                                  {kAccount, events::WarningGiven{"careful"}},
                                  {kAccount, events::ErrorOccurred{"", "broken"}}}),
              "careful\nERROR: broken\n");
}

TEST(TextInterfaces, ShowDebugMessagesOfTheEnabledTypesOnly) {
    const std::vector<Record> records = {
        {kInbox, events::DebugMessage{DebugType::imap, "wire", support::after_noon(), "Thread"}},
        {kInbox, events::DebugMessage{DebugType::thread, "thread", support::after_noon(), "Thread"}},
        {kInbox, events::LoadingMessageList{"IMAP", "INBOX", "INBOX"}}};
    for (const auto name : {Name::basic, Name::quiet}) {
        EXPECT_EQ(shown(name, records, DebugTypes().add(DebugType::imap)),
                  "[imap]: 12:00:00.250 Thread: wire\nLoading message list for IMAP[INBOX]\n");
    }
    EXPECT_EQ(shown(Name::basic, records), "");
}

TEST(TextInterfaces, WantTheEnabledDebugTypes) {
    for (const auto name : {Name::ttyui, Name::basic, Name::quiet}) {
        const auto interface =
            make_interface(name, {.debug = DebugTypes().add(DebugType::imap), .stop = {}, .output = {}});
        EXPECT_TRUE(interface->wants(DebugType::imap));
        EXPECT_FALSE(interface->wants(DebugType::maildir));
    }
}

TEST(TextInterfaces, OnlyTtyUiAsksPasswords) {
    EXPECT_TRUE(make_interface(Name::ttyui, {})->can_ask_password());
    for (const auto name : {Name::basic, Name::quiet}) {
        const auto interface = make_interface(name, {});
        EXPECT_FALSE(interface->can_ask_password());
        EXPECT_EQ(interface->ask_password({}), std::nullopt);
    }
}

TEST(TextInterfaces, ControlCharactersNeverReachTheTerminal) {
    EXPECT_EQ(shown(Name::basic, {{"MainThread", events::WarningGiven{"a\x1b]0;title\x07\tb\r\nc\xc2\x9b"}}}),
              "a\\x1b]0;title\\x07\tb\\x0d\nc\\xc2\\x9b\n");
}

TEST(TextInterfaces, NeverMixTheRecordsOfThreads) {
    constexpr int kRecords = 200;
    const std::string tail(600, 'x');
    Pipe pipe;
    std::string content;
    {
        const std::jthread reader([&] {
            std::array<char, 4096> buffer{};
            for (;;) {
                const auto count = ::read(pipe.reader(), buffer.data(), buffer.size());
                if (count <= 0) return;
                content.append(buffer.data(), static_cast<std::size_t>(count));
            }
        });
        {
            const auto interface =
                make_interface(Name::ttyui, {.debug = {}, .stop = {}, .output = pipe.writer()});
            std::vector<std::jthread> speakers;
            speakers.reserve(4);
            for (int number = 0; number < 4; ++number) {
                speakers.emplace_back([&interface, &tail, number] {
                    for (int i = 0; i < kRecords; ++i) {
                        interface->report({"Thread " + std::to_string(number),
                                           events::Information{std::to_string(number) + tail}});
                    }
                });
            }
        }
        pipe.close_writer();
    }

    int records = 0;
    std::string header;
    for (std::size_t at = 0; at < content.size();) {
        const auto end = content.find('\n', at);
        const auto line = content.substr(at, end - at);
        at = end + 1;
        if (line.front() == 'T') {
            header = line;
        } else {
            ++records;
            ASSERT_EQ(line, " " + header.substr(7, 1) + tail);
        }
    }
    EXPECT_EQ(records, 4 * kRecords);
}

TEST(TextInterfaces, OutlastAReaderThatWentAway) {
    Pipe pipe;
    pipe.close_reader();
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    const auto interface = make_interface(Name::basic, {.debug = {}, .stop = {}, .output = pipe.writer()});
    EXPECT_NO_THROW(interface->report({"MainThread", events::Information{"nobody reads this"}}));
    std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace offlineimap::ui

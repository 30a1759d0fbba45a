#include "offlineimap/ui/log_file.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"
#include "offlineimap/ui/interface.hpp"
#include "offlineimap/ui/tee.hpp"

#include "recorder.hpp"
#include "support/noon.hpp"

namespace offlineimap::ui {
namespace {

using support::noon;
using testing::ElementsAre;

class LogFileTest : public testing::Test {
  protected:
    LogFileTest() {
        std::string pattern = testing::TempDir() + "logfileXXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
        directory_ = pattern;
    }
    ~LogFileTest() override { std::filesystem::remove_all(directory_); }

    std::filesystem::path path() const { return directory_ / "log"; }
    std::string content() const {
        std::ostringstream text;
        text << std::ifstream(path()).rdbuf();
        return text.str();
    }

  private:
    std::filesystem::path directory_;
};

TEST_F(LogFileTest, StampsEveryRecordThatTheInterfaceShows) {
    LogFile log(path(), visibility_of(Name::ttyui, {}), "starting...\n  Args: x", noon);
    log.report({"a", events::AccountStarted{"Test"}});
    log.report({"a", events::LoadingMessageList{"IMAP", "INBOX", "INBOX"}});
    log.report({"a", events::WarningGiven{"careful"}});
    log.report({"a", events::ErrorOccurred{"While x", "broken\x1b"}});
    log.report({"a", events::Sleeping{std::chrono::seconds(10), std::chrono::seconds(60)}});
    EXPECT_EQ(content(),
              "2026-11-22 12:00:00 INFO: starting...\n  Args: x\n"
              "2026-11-22 12:00:00 INFO: *** Processing account Test\n"
              "2026-11-22 12:00:00 WARNING: careful\n"
              "2026-11-22 12:00:00 ERROR: ERROR: While x\n  broken\\x1b\n"
              "2026-11-22 12:00:00 INFO: Next refresh in 1.0 minutes\n");
}

TEST_F(LogFileTest, QuietRunLogsWarningsAndErrorsOnlyAfterTheStart) {
    LogFile log(path(), visibility_of(Name::quiet, {}), "starting...", noon);
    log.report({"a", events::AccountStarted{"Test"}});
    log.report({"a", events::WarningGiven{"careful"}});
    EXPECT_EQ(content(), "2026-11-22 12:00:00 INFO: starting...\n2026-11-22 12:00:00 WARNING: careful\n");
}

TEST_F(LogFileTest, DebugRunLogsDebugMessages) {
    LogFile log(path(), visibility_of(Name::basic, events::DebugTypes().add(events::DebugType::imap)), "s",
                noon);
    log.report(
        {"a", events::DebugMessage{events::DebugType::imap, "> NOOP", support::after_noon(), "Thread"}});
    EXPECT_EQ(
        content(),
        "2026-11-22 12:00:00 INFO: s\n2026-11-22 12:00:00 DEBUG: [imap]: 12:00:00.250 Thread: > NOOP\n");
    EXPECT_TRUE(log.wants(events::DebugType::imap));
    EXPECT_FALSE(log.wants(events::DebugType::thread));
}

TEST_F(LogFileTest, AppendsToWhatIsThere) {
    { const LogFile first(path(), {}, "first", noon); }
    { const LogFile second(path(), {}, "second", noon); }
    EXPECT_EQ(content(), "2026-11-22 12:00:00 INFO: first\n2026-11-22 12:00:00 INFO: second\n");
}

TEST_F(LogFileTest, NewFileIsForItsOwnerOnly) {
    const mode_t before = ::umask(0);
    const LogFile log(path(), {}, "start", noon);
    ::umask(before);
    struct stat status {};
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(LogFileTest, FileThatCannotBeOpenedEndsTheStart) {
    try {
        const LogFile log(path() / "below", {}, "start", noon);
        ADD_FAILURE() << "opened";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.severity(), base::Severity::critical);
        EXPECT_THAT(error.what(), testing::HasSubstr((path() / "below").string()));
    }
}

TEST(LogFile, FullDiskIsToldOnceAndEndsNothing) {
    testing::internal::CaptureStderr();
    {
        LogFile log("/dev/full", {}, "start", noon);
        log.report({"a", events::WarningGiven{"careful"}});
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "WARNING: log file '/dev/full' is incomplete: No space left on device\n");
}

TEST(Tee, HandsRecordsToAllAndQuestionsToTheInterface) {
    Recorder interface;
    Recorder listener;
    Tee tee(interface, {&listener});
    tee.report({"a", events::WarningGiven{"careful"}});
    EXPECT_THAT(interface.texts, ElementsAre("careful"));
    EXPECT_THAT(listener.texts, ElementsAre("careful"));
    EXPECT_TRUE(tee.can_ask_password());
    EXPECT_EQ(tee.ask_password({}), "answer");
}

TEST(Tee, WantsWhatAnyoneWants) {
    const auto interface = make_interface(Name::basic, {});
    Recorder listener;
    const Tee tee(*interface, {&listener});
    EXPECT_TRUE(tee.wants(events::DebugType::imap));
    EXPECT_FALSE(tee.wants(events::DebugType::thread));
    EXPECT_FALSE(tee.can_ask_password());
}

}  // namespace
}  // namespace offlineimap::ui

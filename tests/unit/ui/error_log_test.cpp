#include "offlineimap/ui/error_log.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recorder.hpp"

namespace offlineimap::ui {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ErrorLog, CleanRunHasNoReport) {
    Recorder next;
    ErrorLog log(next);
    log.report({"MainThread", events::WarningGiven{"only a warning"}});
    EXPECT_THAT(log.final_report(), IsEmpty());
    EXPECT_EQ(log.exit_status(), 0);
}

TEST(ErrorLog, PassesEverythingOn) {
    Recorder next;
    ErrorLog log(next);
    log.report({"MainThread", events::WarningGiven{"warning"}});
    log.report({"MainThread", events::ErrorOccurred{"", "error"}});
    EXPECT_THAT(next.texts, ElementsAre("warning", "ERROR: error"));
    EXPECT_TRUE(log.wants(events::DebugType::imap));
    EXPECT_FALSE(log.wants(events::DebugType::maildir));
    EXPECT_TRUE(log.can_ask_password());
    EXPECT_EQ(log.ask_password({}), "answer");
}

TEST(ErrorLog, RepeatsErrorsAtTheEnd) {
    Recorder next;
    ErrorLog log(next);
    log.report({"a", events::ErrorOccurred{"While attempting to sync account 'Test'", "no route"}});
    log.report({"b", events::ErrorOccurred{"", "second"}});
    EXPECT_THAT(log.final_report(),
                ElementsAre("ERROR: Exceptions occurred during the run!",
                            "ERROR: While attempting to sync account 'Test'\n  no route", "ERROR: second"));
    EXPECT_EQ(log.exit_status(), 1);
}

TEST(ErrorLog, ClosingWordsFollowTheErrors) {
    Recorder next;
    ErrorLog log(next);
    log.report({"MainThread", events::ErrorOccurred{"", "The account 'Foo' does not exist"}});
    EXPECT_THAT(log.final_report("Valid accounts are: Test"),
                ElementsAre("ERROR: Exceptions occurred during the run!",
                            "ERROR: The account 'Foo' does not exist", "Valid accounts are: Test\n"));
}

TEST(ErrorLog, UidValidityProblemAloneHasAStatusOfItsOwn) {
    Recorder next;
    ErrorLog log(next);
    log.report({"a", events::UidValidityProblem{"INBOX", "Remote", 1, 2}});
    EXPECT_THAT(log.final_report(), ElementsAre("At least one folder skipped due to UID validity problem"));
    EXPECT_EQ(log.exit_status(), 2);
}

TEST(ErrorLog, ErrorOutranksUidValidityProblem) {
    Recorder next;
    ErrorLog log(next);
    log.report({"a", events::UidValidityProblem{"INBOX", "Remote", 1, 2}});
    log.report({"a", events::ErrorOccurred{"", "error"}});
    EXPECT_THAT(log.final_report(), ElementsAre("ERROR: Exceptions occurred during the run!", "ERROR: error",
                                                "At least one folder skipped due to UID validity problem"));
    EXPECT_EQ(log.exit_status(), 1);
}

TEST(ErrorLog, ExtendedStatusSaysWhichSideChanged) {
    const events::Changes none;
    const events::Changes some{.copied = 0, .bytes = 0, .deleted = 0, .flagged = 1};
    const auto status_after = [](const events::Changes& to_remote, const events::Changes& to_local,
                                 const events::Event& also) {
        Recorder recorder;
        ErrorLog log(recorder);
        log.report({"T", events::FolderFinished{"Test", {}, {}, to_remote, to_local, {}}});
        log.report({"T", also});
        return log.extended_exit_status();
    };
    const events::Event nothing = events::Information{"x"};
    EXPECT_EQ(status_after(none, none, nothing), 0);
    EXPECT_EQ(status_after(some, none, nothing), 32);
    EXPECT_EQ(status_after(none, some, nothing), 64);
    EXPECT_EQ(status_after(some, some, nothing), 96);
    EXPECT_EQ(status_after(some, none, events::ErrorOccurred{"", "bad"}), 33);
    EXPECT_EQ(status_after(none, some, events::UidValidityProblem{"A", "R", 1, 2}), 66);
}

TEST(ErrorLog, KeepsTheFirstErrorsOfAnEndlessRunAndCountsTheRest) {
    Recorder next;
    ErrorLog log(next);
    {
        std::vector<std::jthread> failing;
        failing.reserve(4);
        for (int thread = 0; thread < 4; ++thread) {
            failing.emplace_back([&log] {
                for (std::size_t i = 0; i < ErrorLog::kErrorsKept; ++i) {
                    log.report({"a", events::ErrorOccurred{"", "error"}});
                }
            });
        }
    }
    const auto report = log.final_report();
    ASSERT_EQ(report.size(), ErrorLog::kErrorsKept + 2);
    EXPECT_EQ(report.back(), "ERROR: 3000 more errors are not repeated here");
}

}  // namespace
}  // namespace offlineimap::ui

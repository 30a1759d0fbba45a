#include "offlineimap/os/process.hpp"

#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <signal.h>
#include <stop_token>
#include <string>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"

#include "support/temporary_directory.hpp"

namespace offlineimap::os {
namespace {

using base::Deadline;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

CommandResult run(const std::string& command) {
    return run_shell({.command = command, .environment = {}}, {});
}

// False also for a zombie: nobody of ours reaps an orphan.
bool is_running(const std::string& id) {
    const auto stat = read_file("/proc/" + id + "/stat", base::Severity::critical);
    return stat && stat->find(") Z ") == std::string::npos;
}

TEST(RunShell, ReturnsBothOutputsAndTheExitCode) {
    const auto result = run("printf out; printf err >&2; exit 3");
    EXPECT_EQ(result.standard_output, "out");
    EXPECT_EQ(result.standard_error, "err");
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_FALSE(result.timed_out);
    EXPECT_FALSE(result.truncated);
}

TEST(RunShell, ReportsTheSignalThatKilledIt) {
    EXPECT_EQ(run("kill -9 $$").exit_code, 128 + SIGKILL);
    EXPECT_EQ(run("no-such-command-at-all").exit_code, 127);
}

TEST(RunShell, StandardInputIsAtItsEnd) {
    EXPECT_EQ(run("cat; echo done").standard_output, "done\n");
}

TEST(RunShell, AddsToTheEnvironmentAndReplaces) {
    ::setenv("OFFLINEIMAP_TEST_INHERITED", "ours", 1);
    ::setenv("OFFLINEIMAP_TEST_REPLACED", "ours", 1);
    const auto result = run_shell(
        {.command = "echo $OFFLINEIMAP_TEST_INHERITED/$OFFLINEIMAP_TEST_REPLACED/\"$OFFLINEIMAP_TEST_NEW\"",
         .environment = {{"OFFLINEIMAP_TEST_REPLACED", "theirs"}, {"OFFLINEIMAP_TEST_NEW", "a b; c"}}},
        {});
    EXPECT_EQ(result.standard_output, "ours/theirs/a b; c\n");
}

TEST(RunShell, LargeOutputsOnBothStreamsAreDrainedAndCutAtTheLimit) {
    const auto result = run_shell(
        {.command = "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; head -c 10 /dev/zero",
         .environment = {},
         .output_limit = 1000},
        {});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.standard_output.size(), 1000U);
    EXPECT_EQ(result.standard_error.size(), 1000U);
    EXPECT_TRUE(result.truncated);
}

TEST(RunShell, OutputBelowTheLimitIsWhole) {
    const auto result = run("head -c 900000 /dev/zero");
    EXPECT_EQ(result.standard_output.size(), 900000U);
    EXPECT_FALSE(result.truncated);
}

TEST(RunShell, DeadlineEndsTheWholeGroup) {
    const auto result = run_shell({.command = "sleep 100 & printf $!; wait",
                                   .environment = {},
                                   .deadline = Deadline::after(milliseconds(200))},
                                  {});
    EXPECT_TRUE(result.timed_out);
    EXPECT_EQ(result.exit_code, 128 + SIGTERM);
    EXPECT_FALSE(is_running(result.standard_output));
}

TEST(RunShell, WhatTheShellStartedMayCleanUpAfterTheTermSignal) {
    const support::TemporaryDirectory directory;
    const std::string mark = (directory / "cleaned").string();
    const auto result = run_shell(
        {.command = "(trap 'sleep 0.1; touch " + mark + "; exit' TERM; while :; do sleep 0.01; done) & wait",
         .environment = {},
         .deadline = Deadline::after(milliseconds(200))},
        {});
    EXPECT_TRUE(result.timed_out);
    EXPECT_TRUE(std::filesystem::exists(mark));
}

TEST(RunShell, OneThatIgnoresTheTermSignalIsKilled) {
    const auto begin = Clock::now();
    const auto result = run_shell({.command = "trap '' TERM; while :; do sleep 0.05; done",
                                   .environment = {},
                                   .deadline = Deadline::after(milliseconds(100))},
                                  {});
    EXPECT_TRUE(result.timed_out);
    EXPECT_EQ(result.exit_code, 128 + SIGKILL);
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(4));
}

TEST(RunShell, EndlessOutputDoesNotOutliveTheDeadline) {
    const auto result =
        run_shell({.command = "yes", .environment = {}, .deadline = Deadline::after(milliseconds(200))}, {});
    EXPECT_TRUE(result.timed_out);
    EXPECT_TRUE(result.truncated);
}

TEST(RunShell, StopEndsItWithinASecond) {
    for (const std::string command : {"sleep 100", "trap '' TERM; while :; do sleep 0.05; done"}) {
        std::stop_source source;
        const auto begin = Clock::now();
        std::jthread stopper([&] {
            std::this_thread::sleep_for(milliseconds(50));
            source.request_stop();
        });
        EXPECT_THROW(run_shell({.command = command, .environment = {}}, source.get_token()), base::Cancelled);
        EXPECT_LT(Clock::now() - begin, milliseconds(1050)) << command;
    }
}

TEST(RunShell, StopBeforeTheStartStartsNothing) {
    const support::TemporaryDirectory directory;
    std::stop_source source;
    source.request_stop();
    const ShellCommand command{.command = "touch " + (directory / "f").string(), .environment = {}};
    EXPECT_THROW(run_shell(command, source.get_token()), base::Cancelled);
    EXPECT_FALSE(std::filesystem::exists(directory / "f"));
}

TEST(RunShell, WhatItLeavesInTheBackgroundDoesNotKeepUs) {
    const auto begin = Clock::now();
    const auto result = run("sleep 3 & echo started");
    EXPECT_EQ(result.standard_output, "started\n");
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(2));
}

TEST(RunShell, ChildThatClosesItsOutputsIsStillWaitedFor) {
    EXPECT_EQ(run("exec >&- 2>&-; sleep 0.2; exit 7").exit_code, 7);
}

TEST(RunShell, ChildGetsNoDescriptorOfOurs) {
    const auto directory = open_directory("/", base::Severity::critical);
    const FileDescriptor high(::fcntl(directory.get(), F_DUPFD_CLOEXEC, 200));
    const auto result = run("ls /proc/self/fd/" + std::to_string(high.get()));
    EXPECT_EQ(result.standard_output, "");
    EXPECT_NE(result.exit_code, 0);
}

TEST(RunShell, ChildStartsWithDefaultSignals) {
    struct sigaction ignore {};
    struct sigaction before {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before);
    sigset_t blocked;
    sigset_t mask_before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &mask_before);
    const auto result = run("sed -nE 's/^Sig(Blk|Ign):\\t//p' /proc/self/status");
    ::pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
    ::sigaction(SIGPIPE, &before, nullptr);
    ASSERT_EQ(result.standard_output.size(), 2 * 17U) << result.standard_output;
    const auto bit = [](int signal) { return 1ULL << static_cast<unsigned>(signal - 1); };
    const auto mask = [&](std::size_t line) {
        return base::parse_integer<std::uint64_t>(result.standard_output.substr(17 * line, 16), 16).value();
    };
    EXPECT_EQ(mask(0), 0U);
    EXPECT_EQ(mask(1) & bit(SIGPIPE), 0U);
}

}  // namespace
}  // namespace offlineimap::os

#include "offlineimap/os/stop_point.hpp"

#include <signal.h>
#include <stdlib.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "offlineimap/os/file.hpp"

#include "support/temporary_directory.hpp"

namespace offlineimap::os {
namespace {

#ifdef OFFLINEIMAP_STOP_POINTS

struct Outcome {
    bool killed;
    std::string trace;
};

// Passes "copy", "delete", "copy" in a process whose environment names `stop_at`.
Outcome run_to(const char* stop_at) {
    const support::TemporaryDirectory directory;
    const auto trace = directory / "trace";
    const pid_t child = ::fork();
    if (child == 0) {
        ::setenv("OFFLINEIMAP_STOP_AT", stop_at, 1);
        ::setenv("OFFLINEIMAP_STOP_TRACE", trace.c_str(), 1);
        for (const char* name : {"copy", "delete", "copy"}) stop_point(name);
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return {WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
            read_file(trace, base::Severity::critical).value_or("")};
}

TEST(StopPoint, KillsAtTheNamedPoint) {
    const auto outcome = run_to("delete");
    EXPECT_TRUE(outcome.killed);
    EXPECT_EQ(outcome.trace, "copy\ndelete\n");
}

TEST(StopPoint, KillsAtTheNthVisit) {
    const auto outcome = run_to("copy:2");
    EXPECT_TRUE(outcome.killed);
    EXPECT_EQ(outcome.trace, "copy\ndelete\ncopy\n");
}

TEST(StopPoint, LetsARunPassThatNeverReachesIt) {
    EXPECT_FALSE(run_to("copy:3").killed);
    EXPECT_FALSE(run_to("other").killed);
    EXPECT_FALSE(run_to("").killed);
}

#else

TEST(StopPoint, IsNothingInWhatUsersRun) {
    ::setenv("OFFLINEIMAP_STOP_AT", "copy", 1);
    stop_point("copy");
    EXPECT_EQ(::unsetenv("OFFLINEIMAP_STOP_AT"), 0);
}

#endif

}  // namespace
}  // namespace offlineimap::os

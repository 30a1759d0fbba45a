#include "offlineimap/sync/control.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace offlineimap::sync {
namespace {

using namespace std::chrono_literals;
using Ended = Control::Ended;

TEST(Control, WaitsNoLongerThanItIsTold) {
    Control control;
    EXPECT_EQ(control.wait(0ms, "Work", control.wakes("Work")), Ended::elapsed);
}

TEST(Control, WakesEveryAccountAtOnce) {
    Control control;
    const auto work = control.wakes("Work");
    const auto home = control.wakes("Home");
    control.wake();
    EXPECT_EQ(control.wait(1h, "Work", work), Ended::woken);
    EXPECT_EQ(control.wait(1h, "Home", home), Ended::woken);
}

TEST(Control, WakesOneAccountAndLetsTheOthersSleep) {
    Control control;
    const auto work = control.wakes("Work");
    const auto home = control.wakes("Home");
    control.wake("Work");
    EXPECT_EQ(control.wait(1h, "Work", work), Ended::woken);
    EXPECT_EQ(control.wait(0ms, "Home", home), Ended::elapsed);
}

TEST(Control, KeepsAWakeForTheNextSleepUntilItIsActedOn) {
    Control control;
    const auto before = control.wakes("Work");
    control.wake("Work");
    const auto acted_on = control.wakes("Work");
    EXPECT_EQ(control.wait(1h, "Work", before), Ended::woken);
    EXPECT_EQ(control.wait(0ms, "Work", acted_on), Ended::elapsed);
}

TEST(Control, WakesAnAccountThatSleepsAlready) {
    Control control;
    const auto seen = control.wakes("Work");
    Ended ended = Ended::elapsed;
    std::jthread sleeper([&] { ended = control.wait(1h, "Work", seen); });
    control.wake("Work");
    sleeper.join();
    EXPECT_EQ(ended, Ended::woken);
}

TEST(Control, EndsASleepWhenTheRunIsToEnd) {
    Control finishing;
    finishing.request_finish();
    EXPECT_EQ(finishing.wait(1h, "Work", 0), Ended::told_to_end);
    Control stopping;
    stopping.wake("Work");
    stopping.request_stop();
    EXPECT_EQ(stopping.wait(1h, "Work", 0), Ended::told_to_end);
}

}  // namespace
}  // namespace offlineimap::sync

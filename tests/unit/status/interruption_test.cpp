// A process that is killed right before or after a commit: the next one finds all of a change or nothing.
#include <csignal>
#include <string>
#include <unistd.h>

#include "offlineimap/os/stop_point.hpp"

#include "state_directory.hpp"

#ifdef OFFLINEIMAP_STOP_POINTS

namespace {

std::string deadly_point;

}  // namespace

// Takes the place of the real one in this program, which reads the environment once in a process; here every
// test forks children that are to end at different points.
void offlineimap::os::stop_point(const char* name) {
    if (deadly_point == name) ::kill(::getpid(), SIGKILL);
}

namespace offlineimap::status::test {
namespace {

using Open = std::unique_ptr<FolderStatus> (*)(const StatusPaths&, Durability);

class InterruptedStatus : public StateDirectory, public testing::WithParamInterface<Open> {
  protected:
    std::unique_ptr<FolderStatus> open() const { return GetParam()(paths(), Durability::fsync); }

    // Applies the change in a child process that ends at the named point.
    void expect_killed_at(const char* point, const Changes& changes) const {
        const auto apply_until_killed = [&] {
            deadly_point = point;
            open()->apply(changes);
        };
        EXPECT_EXIT(apply_until_killed(), testing::KilledBySignal(SIGKILL), "") << point;
    }
};

TEST_P(InterruptedStatus, HasNothingOfAChangeBeforeItsCommit) {
    expect_killed_at("status-before-commit", {.put = {row(1, "S")}});
    EXPECT_EQ(open()->load(), std::vector<Row>{});
}

TEST_P(InterruptedStatus, HasAllOfAChangeAfterItsCommit) {
    expect_killed_at("status-after-commit", {.put = {row(1, "S"), row(2, "F")}});
    EXPECT_EQ(open()->load(), (std::vector<Row>{row(1, "S"), row(2, "F")}));
}

TEST_P(InterruptedStatus, HasAnIntentOnlyAfterItsCommit) {
    expect_killed_at("intent-before-commit", {.open_intents = {intent("a")}});
    EXPECT_EQ(open()->intents(), std::vector<Intent>{});
    expect_killed_at("intent-after-commit", {.open_intents = {intent("a")}});
    EXPECT_EQ(open()->intents(), std::vector<Intent>{intent("a")});
}

TEST_P(InterruptedStatus, NeverLosesAnIntentBeforeItsUidIsRecorded) {
    expect_killed_at("intent-after-commit", {.open_intents = {intent("a")}});
    const Changes done = {.put = {row(1, "S")}, .close_intents = {"a"}};
    expect_killed_at("status-before-commit", done);
    EXPECT_EQ(open()->intents(), std::vector<Intent>{intent("a")});
    EXPECT_EQ(open()->load(), std::vector<Row>{});
    expect_killed_at("status-after-commit", done);
    EXPECT_EQ(open()->load(), std::vector<Row>{row(1, "S")});
}

INSTANTIATE_TEST_SUITE_P(BothFormats, InterruptedStatus, testing::Values(&open_sqlite, &open_plain),
                         [](const auto& format) { return format.index == 0 ? "Sqlite" : "Plain"; });

}  // namespace
}  // namespace offlineimap::status::test

#endif

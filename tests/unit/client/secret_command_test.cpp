#include "offlineimap/client/secret_command.hpp"

#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"

#include "support/temporary_directory.hpp"

namespace offlineimap::client {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string output_of(const std::string& command) {
    const auto secret =
        run_secret_command({.command = command, .option = "remotepasscmd", .repository = "R"}, {});
    return secret ? std::string(secret->reveal()) : "(none)";
}

base::Error failure_of(const std::string& command,
                       std::chrono::milliseconds limit = std::chrono::minutes(1)) {
    try {
        run_secret_command({.command = command, .option = "remotepasscmd", .repository = "R", .limit = limit},
                           {});
    } catch (const base::Error& error) {
        return error;
    }
    return {base::Severity::message, base::ErrorCode::general, "no error"};
}

TEST(SecretCommand, GivesTheFirstLineWithoutItsEnd) {
    EXPECT_EQ(output_of("printf 'word'"), "word");
    EXPECT_EQ(output_of("printf 'word\\nmore\\n'"), "word");
    EXPECT_EQ(output_of("printf 'word\\r\\n'"), "word");
    EXPECT_EQ(output_of("printf ' a word \\n'"), " a word ");
    EXPECT_EQ(output_of("printf '\\303\\244\\n'"), "\xc3\xa4");
}

TEST(SecretCommand, NothingPrintedIsNoSecret) {
    EXPECT_EQ(output_of("true"), "(none)");
    EXPECT_EQ(output_of("printf '\\nword\\n'"), "(none)");
}

TEST(SecretCommand, HasAnEmptyInput) {
    EXPECT_EQ(output_of("cat; echo end"), "end");
}

TEST(SecretCommand, FailureShowsWhatItSaysAndNeverWhatItPrints) {
    const auto error = failure_of("echo hunter2; echo 'no key \033[2J' >&2; exit 3");
    EXPECT_EQ(error.severity(), base::Severity::repository);
    EXPECT_EQ(error.code(), base::ErrorCode::authentication);
    EXPECT_STREQ(error.what(), "Repository R: remotepasscmd failed with status 3; it says: no key \\x1b[2J");
}

TEST(SecretCommand, OneThatHangsIsEnded) {
    const auto error = failure_of("echo hunter2; sleep 1000", std::chrono::milliseconds(1000));
    EXPECT_EQ(error.code(), base::ErrorCode::timeout);
    EXPECT_STREQ(error.what(), "Repository R: remotepasscmd was ended: it ran for more than 1 seconds");
}

TEST(SecretCommand, LineWithoutEndIsRefused) {
    const std::string error = failure_of("head -c 1000000 /dev/zero | tr '\\0' x").what();
    EXPECT_THAT(error, HasSubstr("printed a line of more than 64 KiB"));
    EXPECT_THAT(error, Not(HasSubstr("xx")));
    EXPECT_EQ(output_of("echo word; head -c 1000000 /dev/zero"), "word");
}

TEST(SecretCommand, StopEndsIt) {
    support::TemporaryDirectory directory;
    const auto started = directory / "started";
    std::stop_source stop;
    std::jthread user([&] {
        while (!std::filesystem::exists(started)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        stop.request_stop();
    });
    EXPECT_THROW(run_secret_command({.command = "touch '" + started.string() + "'; sleep 1000",
                                     .option = "remotepasscmd",
                                     .repository = "R"},
                                    stop.get_token()),
                 base::Cancelled);
}

}  // namespace
}  // namespace offlineimap::client

#include <chrono>
#include <signal.h>
#include <string>

#include <gtest/gtest.h>

#include "net_fixture.hpp"

namespace offlineimap::net {
namespace {

TEST(Tunnel, CarriesBytesBothWays) {
    const auto stream = open_tunnel("cat", "Remote");
    const std::string bytes = numbered_bytes(1'000'000);
    const std::string_view out = bytes;
    std::string got;
    std::string in(64U << 10U, '\0');
    std::size_t written = 0;
    while (got.size() < bytes.size()) {
        const auto progress = stream->exchange(out.substr(written), in, true, kPatience, {});
        written += progress.written;
        got.append(in, 0, progress.read);
        ASSERT_FALSE(progress.end_of_stream);
    }
    EXPECT_TRUE(got == bytes);
    EXPECT_FALSE(stream->is_encrypted());
}

TEST(Tunnel, CommandIsRunByTheShell) {
    const auto stream = open_tunnel("echo one; echo two", "Remote");
    EXPECT_EQ(receive_all(*stream), "one\ntwo\n");
}

TEST(Tunnel, CommandHasPipesAndNoSocket) {
    const auto stream = open_tunnel("test -p /dev/stdin && test -p /dev/stdout && echo pipes", "Remote");
    EXPECT_EQ(receive_all(*stream), "pipes\n");
}

TEST(Tunnel, CommandThatReadsNoMoreIsAnErrorAndNoSignal) {
    const auto stream = open_tunnel("exec <&-; echo closed; sleep 100", "Remote");
    EXPECT_EQ(receive(*stream), "closed\n");
    const auto error = error_of([&] { send(*stream, "A1 NOOP\r\n"); });
    EXPECT_EQ(error.code(), base::ErrorCode::network);
    EXPECT_EQ(error.severity(), base::Severity::folder_retry);
}

TEST(Tunnel, CommandThatEndsAtOnceIsAnEndOfStream) {
    const auto stream = open_tunnel("exit 1", "Remote");
    EXPECT_EQ(receive(*stream), "");
}

TEST(Tunnel, ChildIsEndedWithTheStream) {
    auto stream = open_tunnel("echo $$; trap '' TERM; while :; do sleep 0.05; done", "Remote");
    const pid_t child = std::stoi(receive(*stream));
    ASSERT_EQ(::kill(child, 0), 0);
    const auto begin = Clock::now();
    stream.reset();
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(3));
    EXPECT_NE(::kill(child, 0), 0) << "neither running nor a zombie";
}

TEST(Tunnel, SilentCommandIsATimeoutNamingTheRepository) {
    const auto stream = open_tunnel("sleep 100", "Remote");
    std::string in(10, '\0');
    const auto error = error_of([&] { stream->exchange({}, in, true, std::chrono::milliseconds(100), {}); });
    EXPECT_EQ(error.code(), base::ErrorCode::timeout);
    EXPECT_NE(std::string(error.what()).find("the tunnel of repository 'Remote'"), std::string::npos);
}

}  // namespace
}  // namespace offlineimap::net

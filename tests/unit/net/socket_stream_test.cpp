#include <atomic>
#include <chrono>
#include <string>
#include <sys/socket.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net_fixture.hpp"

namespace offlineimap::net {
namespace {

using base::Cancelled;
using base::Deadline;
using base::ErrorCode;
using base::Severity;
using std::chrono::milliseconds;
using support::LoopbackServer;
using support::ServerConnection;
using testing::HasSubstr;

void stay_silent(ServerConnection& client) {
    client.receive_all();
}

TEST(SocketStream, SendsAndReceives) {
    const LoopbackServer echo([](ServerConnection& client) { client.send(client.receive(100)); });
    const auto stream = connect_to(echo.port());
    std::string in(100, '\0');
    const auto sent = stream->exchange("hello", {}, false, kPatience, {});
    EXPECT_EQ(sent.written, 5U);
    EXPECT_EQ(receive(*stream), "hello");
    const auto end = stream->exchange({}, in, true, kPatience, {});
    EXPECT_TRUE(end.end_of_stream);
    EXPECT_EQ(end.read, 0U);
    EXPECT_FALSE(stream->is_encrypted());
    EXPECT_EQ(stream->description(), "");
    EXPECT_EQ(stream->peer_certificate(), "");
}

TEST(SocketStream, WaitingForNothingReturnsAtOnce) {
    const LoopbackServer silent(stay_silent);
    const auto stream = connect_to(silent.port());
    std::string in(100, '\0');
    const auto progress = stream->exchange({}, in, false, milliseconds(0), {});
    EXPECT_EQ(progress.read, 0U);
    EXPECT_FALSE(progress.end_of_stream);
}

TEST(SocketStream, BothSidesMaySendMuchBeforeReading) {
    const std::string much = numbered_bytes(10'000'000);
    std::string server_got;
    {
        const LoopbackServer server([&](ServerConnection& client) {
            client.send(much);
            server_got = client.receive_exactly(much.size());
        });
        const auto stream = connect_to(server.port());
        const std::string_view out = much;
        std::string got;
        std::string in(64U << 10U, '\0');
        std::size_t written = 0;
        while (written < much.size() || got.size() < much.size()) {
            const bool wait = written == much.size();
            const auto progress = stream->exchange(out.substr(written), in, wait, kPatience, {});
            written += progress.written;
            got.append(in, 0, progress.read);
            ASSERT_FALSE(progress.end_of_stream && got.size() < much.size());
        }
        EXPECT_TRUE(got == much);
    }
    EXPECT_TRUE(server_got == much);
}

TEST(SocketStream, SilenceIsATimeout) {
    const LoopbackServer silent(stay_silent);
    const auto stream = connect_to(silent.port());
    std::string in(100, '\0');
    const auto begin = Clock::now();
    const auto error = error_of([&] { stream->exchange("A1 NOOP\r\n", in, true, milliseconds(200), {}); });
    EXPECT_EQ(error.code(), ErrorCode::timeout);
    EXPECT_EQ(error.severity(), Severity::folder_retry);
    EXPECT_THAT(error.what(), HasSubstr("for 0.2 seconds"));
    EXPECT_GE(Clock::now() - begin, milliseconds(200));
    EXPECT_LT(Clock::now() - begin, milliseconds(2000));
}

TEST(SocketStream, WriterIsTimedOutWhenNobodyReads) {
    std::atomic<bool> done = false;
    const LoopbackServer never_reads([&](ServerConnection&) { done.wait(false); });
    const auto stream = connect_to(never_reads.port());
    std::string much;
    much.resize(50'000'000);
    const auto error = error_of([&] { stream->exchange(much, {}, false, milliseconds(200), {}); });
    EXPECT_EQ(error.code(), ErrorCode::timeout);
    done = true;
    done.notify_all();
}

TEST(SocketStream, LimitCountsLackOfProgressOnly) {
    const LoopbackServer slow([](ServerConnection& client) {
        while (!client.receive_exactly(2'000'000).empty()) std::this_thread::sleep_for(milliseconds(60));
    });
    const auto stream = connect_to(slow.port());
    std::string much;
    much.resize(60'000'000);
    const auto begin = Clock::now();
    EXPECT_EQ(stream->exchange(much, {}, false, milliseconds(700), {}).written, much.size());
    EXPECT_GT(Clock::now() - begin, milliseconds(700));
}

TEST(SocketStream, DeadlineOfReadUntilIsAnOrdinaryOutcome) {
    const LoopbackServer late([](ServerConnection& client) {
        client.receive(1);
        client.send("now");
        client.receive_all();
    });
    const auto stream = connect_to(late.port());
    std::string in(100, '\0');
    EXPECT_FALSE(stream->read_until(in, Deadline::after(milliseconds(50)), {}));
    EXPECT_FALSE(stream->read_until(in, Deadline::at(Clock::now()), {}));
    send(*stream, "x");
    const auto progress = stream->read_until(in, Deadline::never(), {});
    ASSERT_TRUE(progress);
    EXPECT_EQ(in.substr(0, progress->read), "now");
}

TEST(SocketStream, StopIsObeyedWithinASecond) {
    const LoopbackServer silent(stay_silent);
    const auto stream = connect_to(silent.port());
    std::string in(100, '\0');
    for (int i = 0; i < 2; ++i) {
        const StopSoon stop;
        const auto begin = Clock::now();
        if (i == 0)
            EXPECT_THROW(stream->exchange("x", in, true, kPatience, stop.token()), Cancelled);
        else
            EXPECT_THROW(stream->read_until(in, Deadline::never(), stop.token()), Cancelled);
        EXPECT_LT(Clock::now() - begin, milliseconds(1000));
    }
}

TEST(SocketStream, StopThatCameBeforeIsObeyedEvenIfDataIsThere) {
    const LoopbackServer talkative([](ServerConnection& client) {
        client.send("hello");
        client.receive_all();
    });
    const auto stream = connect_to(talkative.port());
    std::stop_source source;
    source.request_stop();
    std::string in(100, '\0');
    EXPECT_THROW(stream->exchange({}, in, true, kPatience, source.get_token()), Cancelled);
    EXPECT_EQ(receive(*stream), "hello") << "a stop loses no byte";
}

TEST(SocketStream, ResetIsANetworkError) {
    const LoopbackServer rude([](ServerConnection& client) {
        client.receive(1);
        client.reset();
    });
    const auto stream = connect_to(rude.port());
    std::string in(100, '\0');
    const auto error = error_of([&] { stream->exchange("x", in, true, kPatience, {}); });
    EXPECT_EQ(error.code(), ErrorCode::network);
    EXPECT_EQ(error.severity(), Severity::folder_retry);
    EXPECT_THAT(error.what(), HasSubstr("Connection reset by peer"));
    EXPECT_THAT(error.what(), HasSubstr("'Remote'"));
}

TEST(SocketStream, LastWordsAreReadAlthoughWritingFails) {
    // The kernel throws away what it has received when a reset arrives, so the server closes properly, and
    // the first write of the client finds it gone.
    std::atomic<bool> closed = false;
    const LoopbackServer bye([&](ServerConnection& client) {
        client.send("* BYE shutting down\r\n");
        ::shutdown(client.socket(), SHUT_RDWR);
        closed = true;
        closed.notify_all();
        client.receive_all();
    });
    const auto stream = connect_to(bye.port());
    closed.wait(false);
    std::string in(100, '\0');
    const auto progress = stream->exchange("A1 NOOP\r\n", in, true, kPatience, {});
    EXPECT_EQ(in.substr(0, progress.read), "* BYE shutting down\r\n");
}

TEST(SocketStream, ClosedStreamFailsAndTheServerSeesTheEnd) {
    std::string rest = "unset";
    {
        const LoopbackServer server([&](ServerConnection& client) {
            client.send("* OK\r\n");
            rest = client.receive_all();
        });
        const auto stream = connect_to(server.port());
        EXPECT_EQ(receive(*stream), "* OK\r\n");
        stream->close();
        EXPECT_EQ(error_of([&] { receive(*stream); }).code(), ErrorCode::network);
        stream->close();
    }
    EXPECT_EQ(rest, "");
}

}  // namespace
}  // namespace offlineimap::net

#include "offlineimap/client/pool.hpp"

#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "offlineimap/client/throttled.hpp"

#include "client_fixture.hpp"

namespace offlineimap::client {
namespace {

using Strings = std::vector<std::string>;

class Pools : public ClientTest {
  protected:
    // Answers every command with OK and counts LOGOUTs.
    void serve(Peer& peer) {
        peer.log_in();
        for (;;) {
            const auto command = peer.line();
            const auto blank = command.find(' ');
            if (command.substr(blank + 1) == "LOGOUT") ++logouts;
            if (command.substr(blank + 1) == "NOOP") ++noops;
            peer.ok(command.substr(0, blank));
        }
    }
    Pool::Opener opener() {
        return [this](const events::Reporter& speaker, std::stop_token token) {
            ++opened;
            return Connection::open(settings_for(server), credentials, speaker, std::move(token));
        };
    }
    ConnectionLease lease(Pool& pool) { return pool.lease(reporter, stop.get_token()); }

    std::atomic<int> logouts = 0;
    std::atomic<int> noops = 0;
    std::atomic<int> opened = 0;
    support::ScriptedServer server{[this](Peer& peer) { serve(peer); }};
};

TEST_F(Pools, LendConnectionsAgain) {
    Pool pool(3, opener());
    const Connection* first = nullptr;
    {
        const auto one = lease(pool);
        first = &*one;
        const auto two = lease(pool);
        EXPECT_NE(&*one, &*two);
    }
    EXPECT_EQ(opened, 2);
    const auto again = lease(pool);
    const auto other = lease(pool);
    EXPECT_TRUE(&*again == first || &*other == first);
    EXPECT_EQ(opened, 2);
}

TEST_F(Pools, OpenNoMoreThanAllowedAndWait) {
    Pool pool(1, opener());
    std::optional<ConnectionLease> held(lease(pool));
    std::promise<void> got_it;
    std::thread waiter([&] {
        const auto second = lease(pool);
        got_it.set_value();
    });
    auto got = got_it.get_future();
    EXPECT_EQ(got.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    held.reset();
    got.wait();
    waiter.join();
    EXPECT_EQ(opened, 1);
}

TEST_F(Pools, ObeyAStopWhileWaiting) {
    Pool pool(1, opener());
    const auto held = lease(pool);
    std::thread stopper([&] { stop.request_stop(); });
    EXPECT_THROW(lease(pool), base::Cancelled);
    stopper.join();
}

TEST_F(Pools, ForgetConnectionsThatBroke) {
    Pool pool(1, opener());
    {
        const auto broken = lease(pool);
        broken->close();
        EXPECT_FALSE(broken->usable());
    }
    EXPECT_TRUE(lease(pool)->usable());
    EXPECT_EQ(opened, 2);
}

TEST_F(Pools, FreeTheRoomOfAConnectionThatCouldNotBeOpened) {
    int attempts = 0;
    Pool pool(1, [&](const events::Reporter&, const std::stop_token&) -> std::unique_ptr<Connection> {
        ++attempts;
        throw base::Error(base::Severity::repository, base::ErrorCode::network, "refused");
    });
    EXPECT_THROW(lease(pool), base::Error);
    EXPECT_THROW(lease(pool), base::Error);
    EXPECT_EQ(attempts, 2);
}

TEST_F(Pools, GoOnWithFewerWhereTheServerTakesNoMore) {
    std::atomic<int> refused = 0;
    Pool pool(5, [&](const events::Reporter& speaker, const std::stop_token& token) {
        if (opened == 2) {
            ++refused;
            throw Throttled(base::ErrorCode::authentication, "full", std::nullopt);
        }
        return opener()(speaker, token);
    });
    std::optional<ConnectionLease> first(lease(pool));
    const auto second = lease(pool);
    std::vector<std::thread> waiters;
    waiters.reserve(3);
    std::atomic<int> served = 0;
    for (int i = 0; i < 3; ++i) {
        waiters.emplace_back([&] {
            const auto other = lease(pool);
            ++served;
        });
    }
    while (refused == 0) std::this_thread::yield();
    EXPECT_EQ(served, 0);
    first.reset();
    for (auto& waiter : waiters) waiter.join();
    EXPECT_EQ(served, 3);
    EXPECT_EQ(opened, 2);
    const auto warnings = sink.all<events::WarningGiven>();
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings[0].text, "full; going on with fewer");
}

TEST_F(Pools, TryOneMoreInTheNextRound) {
    int most = 1;
    Pool pool(3, [&](const events::Reporter& speaker, const std::stop_token& token) {
        if (opened >= most) throw Throttled(base::ErrorCode::authentication, "full", std::nullopt);
        return opener()(speaker, token);
    });
    {
        const auto held = lease(pool);
        std::stop_source enough;
        std::thread other([&] {
            EXPECT_THROW(pool.lease(reporter, enough.get_token()),
                         base::Cancelled);  // there is no room for it
        });
        while (sink.all<events::WarningGiven>().empty()) std::this_thread::yield();
        enough.request_stop();
        other.join();
    }
    EXPECT_EQ(opened, 1);
    pool.begin_round();
    most = 3;
    const auto first = lease(pool);
    const auto second = lease(pool);
    EXPECT_EQ(opened, 2);
}

TEST_F(Pools, WaitForAServerThatTakesNoConnection) {
    int attempts = 0;
    Pool pool(2,
              [&](const events::Reporter& speaker, const std::stop_token& token) {
                  if (++attempts < 4)
                      throw Throttled(base::ErrorCode::authentication, "busy", std::chrono::milliseconds(1));
                  return opener()(speaker, token);
              },
              {.first = std::chrono::hours(1), .most = std::chrono::milliseconds(4)});
    EXPECT_TRUE(lease(pool)->usable());
    EXPECT_EQ(attempts, 4);
    const auto warnings = sink.all<events::WarningGiven>();
    ASSERT_EQ(warnings.size(), 3U);
    EXPECT_EQ(warnings[0].text, "busy; trying again in 1 s");
}

TEST_F(Pools, DoNotWaitForEver) {
    int attempts = 0;
    Pool pool(2,
              [&](const events::Reporter&, const std::stop_token&) -> std::unique_ptr<Connection> {
                  ++attempts;
                  throw Throttled(base::ErrorCode::authentication, "busy", std::nullopt);
              },
              {.first = std::chrono::milliseconds(1), .most = std::chrono::milliseconds(7)});
    EXPECT_STREQ(error_of([&] { lease(pool); }).what(), "busy");
    EXPECT_EQ(attempts, 4);  // 1, 1 and 2 ms are waited, 4 more would be too much
}

TEST_F(Pools, TellEverybodyWhoWaitsThatThereWasEnoughWaiting) {
    Pool pool(2,
              [&](const events::Reporter&, const std::stop_token&) -> std::unique_ptr<Connection> {
                  throw Throttled(base::ErrorCode::authentication, "busy", std::nullopt);
              },
              {.first = std::chrono::milliseconds(20), .most = std::chrono::milliseconds(100)});
    std::thread other([&] { EXPECT_STREQ(error_of([&] { lease(pool); }).what(), "busy"); });
    EXPECT_STREQ(error_of([&] { lease(pool); }).what(), "busy");
    other.join();
}

TEST_F(Pools, ObeyAStopWhileTheServerTakesNoConnection) {
    Pool pool(2, [&](const events::Reporter&, const std::stop_token&) -> std::unique_ptr<Connection> {
        throw Throttled(base::ErrorCode::authentication, "busy", std::chrono::minutes(4));
    });
    std::thread stopper([&] {
        while (sink.all<events::WarningGiven>().empty()) std::this_thread::yield();
        stop.request_stop();
    });
    EXPECT_THROW(lease(pool), base::Cancelled);
    stopper.join();
}

TEST_F(Pools, DropIdleConnectionsAtOnceAndLentOnesWhenTheyComeBack) {
    Pool pool(2, opener());
    {
        const auto lent = lease(pool);
        { const auto idle = lease(pool); }
        pool.drop_all();
        EXPECT_EQ(logouts, 1);
        EXPECT_TRUE(lent->usable());
    }
    EXPECT_EQ(logouts, 2);
    lease(pool);
    EXPECT_EQ(opened, 3);
}

TEST_F(Pools, KeepIdleConnectionsAlive) {
    Pool pool(2, opener());
    const auto lent = lease(pool);
    { const auto idle = lease(pool); }
    pool.keep_alive(stop.get_token());
    EXPECT_EQ(noops, 1);
    lease(pool);
    EXPECT_EQ(opened, 2);
}

TEST_F(Pools, DropConnectionsThatDoNotSurviveTheKeepalive) {
    support::ScriptedServer closing([](Peer& peer) {
        peer.log_in();
        peer.expect("NOOP");
    });
    int attempts = 0;
    Pool pool(1, [&](const events::Reporter& speaker, std::stop_token token) {
        ++attempts;
        return Connection::open(settings_for(closing), credentials, speaker, std::move(token));
    });
    lease(pool);
    pool.keep_alive(stop.get_token());
    lease(pool);
    EXPECT_EQ(attempts, 2);
}

TEST_F(Pools, MoveLeases) {
    Pool pool(2, opener());
    auto one = lease(pool);
    auto two = lease(pool);
    const auto* second = &*two;
    one = std::move(two);
    EXPECT_EQ(&*one, second);
    const auto third = lease(pool);  // what `one` had was given back
    EXPECT_EQ(opened, 2);
}

TEST_F(Pools, ServeManyThreads) {
    {
        Pool pool(3, opener());
        std::vector<std::thread> threads;
        threads.reserve(8);
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (int j = 0; j < 20; ++j) lease(pool)->noop(stop.get_token());
            });
        }
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(noops, 160);
        EXPECT_LE(opened, 3);
    }
    EXPECT_EQ(logouts, opened);
    EXPECT_EQ(server.complaints(), Strings{});
}

TEST_F(Pools, SpeakAsWhoeverHasTheLease) {
    RecordingSink other;
    other.debug = true;
    Pool pool(1, opener());
    lease(pool);
    pool.lease(events::Reporter(other, "Folder"), stop.get_token())->noop(stop.get_token());
    const auto lines = other.all<events::DebugMessage>();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[0].text.ends_with(" > A2 NOOP")) << lines[0].text;
    EXPECT_EQ(lines[0].thread, "Folder");
}

}  // namespace
}  // namespace offlineimap::client

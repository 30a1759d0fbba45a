#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client_fixture.hpp"

namespace offlineimap::client {
namespace {

using base::ErrorCode;
using base::MailboxName;
using base::Severity;
using base::Uid;
using Strings = std::vector<std::string>;

std::vector<Uid> uids(std::initializer_list<std::uint32_t> numbers) {
    std::vector<Uid> all;
    for (const auto number : numbers) all.emplace_back(number);
    return all;
}
std::vector<Uid> range(std::uint32_t first, std::uint32_t last) {
    std::vector<Uid> all;
    for (auto number = first; number <= last; ++number) all.emplace_back(number);
    return all;
}

// What the handler was told, as text.
class RecordingHandler final : public BodyHandler {
  public:
    void begin(std::uint64_t size) override {
        EXPECT_FALSE(open_);
        open_ = true;
        told.push_back("begin " + std::to_string(size));
        bytes_.clear();
    }
    void data(std::string_view bytes) override {
        EXPECT_TRUE(open_);
        bytes_ += bytes;
        if (fail_on_data) throw base::Error(Severity::critical, ErrorCode::disk_full, "disk full");
    }
    void complete(Uid uid) override { end("complete " + std::to_string(uid.value()) + " " + bytes_); }
    void abandon() override { end("abandon"); }
    void missing(Uid uid, const std::string& why) override {
        EXPECT_FALSE(open_);
        told.push_back("missing " + std::to_string(uid.value()) + ": " + why);
    }

    Strings told;
    bool fail_on_data = false;

  private:
    void end(std::string how) {
        EXPECT_TRUE(open_);
        open_ = false;
        told.push_back(std::move(how));
    }
    bool open_ = false;
    std::string bytes_;
};

class FetchBodies : public ClientTest {
  protected:
    Strings told(const std::vector<Uid>& asked, const Script& script) {
        RecordingHandler handler;
        with_connection(with_select(script), [&](Connection& connection) {
            connection.select(MailboxName("INBOX"), Access::read_only, stop.get_token());
            connection.fetch_bodies(asked, handler, stop.get_token());
            EXPECT_TRUE(connection.usable());
        });
        return handler.told;
    }
    static Script with_select(const Script& script) {
        return [script](Peer& peer) {
            peer.log_in();
            const auto tag = peer.expect("EXAMINE \"INBOX\"");
            peer.send("* 900 EXISTS\r\n" + tag + " OK done\r\n");
            script(peer);
        };
    }
    static std::string message(std::uint32_t number) {
        return "* " + std::to_string(number) + " FETCH (UID " + std::to_string(number) +
               " BODY[] {1}\r\nx)\r\n";
    }
};

TEST_F(FetchBodies, StreamsEachMessage) {
    EXPECT_EQ(
        told(uids({2, 5}),
             [](Peer& peer) {
                 const auto tag = peer.expect("UID FETCH 2,5 (UID BODY.PEEK[])");
                 peer.send(
                     "* 2 FETCH (UID 2 BODY[] {7}\r\na\r\nb\r\n))\r\n* 5 FETCH (BODY[] {1}\r\nx UID 5)\r\n" +
                     tag + " OK done\r\n");
             }),
        (Strings{"begin 7", "complete 2 a\r\nb\r\n)", "begin 1", "complete 5 x"}));
}

TEST_F(FetchBodies, StreamsALargeMessageInPieces) {
    const std::string body(3'000'000, 'b');
    const auto result = told(uids({2}), [&](Peer& peer) {
        const auto tag = peer.expect("UID FETCH 2 (UID BODY.PEEK[])");
        peer.send("* 2 FETCH (UID 2 BODY[] {3000000}\r\n" + body + ")\r\n" + tag + " OK done\r\n");
    });
    ASSERT_EQ(result.size(), 2U);
    EXPECT_EQ(result[1], "complete 2 " + body);
}

TEST_F(FetchBodies, KeepsSeveralCommandsInFlight) {
    const auto result = told(range(1, 550), [](Peer& peer) {
        std::vector<std::string> tags;
        const auto answer = [&](std::size_t command) {
            std::string text;
            for (std::uint32_t n = 1; n <= 100 && command * 100 + n <= 550; ++n) {
                text += message(static_cast<std::uint32_t>(command * 100) + n);
            }
            peer.send(text + tags[command] + " OK done\r\n");
        };
        tags.push_back(peer.expect("UID FETCH 1:100 (UID BODY.PEEK[])"));
        tags.push_back(peer.expect("UID FETCH 101:200 (UID BODY.PEEK[])"));
        tags.push_back(peer.expect("UID FETCH 201:300 (UID BODY.PEEK[])"));
        tags.push_back(peer.expect("UID FETCH 301:400 (UID BODY.PEEK[])"));
        answer(0);
        tags.push_back(peer.expect("UID FETCH 401:500 (UID BODY.PEEK[])"));
        answer(1);
        tags.push_back(peer.expect("UID FETCH 501:550 (UID BODY.PEEK[])"));
        for (std::size_t command = 2; command < 6; ++command) answer(command);
    });
    EXPECT_EQ(result.size(), 1100U);
    EXPECT_EQ(result.back(), "complete 550 x");
}

TEST_F(FetchBodies, StoresNothingUnderAWrongUid) {
    EXPECT_EQ(told(uids({2, 3, 4, 5}),
                   [](Peer& peer) {
                       const auto tag = peer.expect("UID FETCH 2:5 (UID BODY.PEEK[])");
                       peer.send(
                           "* 9 FETCH (UID 9 BODY[] {1}\r\na)\r\n"                   // not asked for
                           "* 3 FETCH (BODY[] {1}\r\nb)\r\n"                         // no UID
                           "* 3 FETCH (UID 0 BODY[] {1}\r\nc)\r\n"                   // no possible UID
                           "* 3 FETCH (UID 3 BODY[] {1}\r\nd UID 4)\r\n"             // two UIDs
                           "* 3 FETCH (UID 3 BODY[] {1}\r\ne BODY[] {1}\r\nf)\r\n"   // two bodies
                           "* 3 FETCH (UID 3 BODY[] {1}\r\ng BODY[TEXT] \"h\")\r\n"  // a body and a part
                           "* 3 FETCH (X (BODY[] {1}\r\nh) UID 3)\r\n"               // no body at all
                           "* 3 FETCH (UID 3 BODY[TEXT] {1}\r\ni)\r\n"               // a part
                           "* 3 FETCH (UID 3 BODY[]<0> {1}\r\nj)\r\n"                // a piece
                           "* 2 FETCH (UID 2 BODY[] {1}\r\nk)\r\n"                   // at last
                           "* 2 FETCH (UID 2 BODY[] {1}\r\nl)\r\n"                   // again
                           "* 4 FETCH (FLAGS (\\Seen))\r\n* 4 FETCH (UID 4 FLAGS ())\r\n" +  // news
                           tag +
                           " OK done\r\n");
                   }),
              (Strings{"begin 1",
                       "abandon",
                       "begin 1",
                       "abandon",
                       "begin 1",
                       "abandon",
                       "begin 1",
                       "abandon",
                       "begin 1",
                       "abandon",
                       "begin 1",
                       "abandon",
                       "begin 1",
                       "abandon",
                       "begin 1",
                       "complete 2 k",
                       "begin 1",
                       "abandon",
                       "missing 3: the server did not send it",
                       "missing 4: the server did not send it",
                       "missing 5: the server did not send it"}));
}

TEST_F(FetchBodies, TakesNilForMissing) {
    EXPECT_EQ(told(uids({2, 3}),
                   [](Peer& peer) {
                       const auto tag = peer.expect("UID FETCH 2:3 (UID BODY.PEEK[])");
                       peer.send(
                           "* 2 FETCH (UID 2 BODY[] NIL)\r\n* 3 FETCH (UID 3 BODY[] \"\")\r\n* 2 FETCH (UID "
                           "2 BODY[] "
                           "NIL)\r\n" +
                           tag + " OK done\r\n");
                   }),
              (Strings{"missing 2: the server has no content for it (NIL)", "begin 0", "complete 3 "}));
}

TEST_F(FetchBodies, AsksOneByOneWhenOneOfManyIsRefused) {
    EXPECT_EQ(told(uids({2, 3, 4}),
                   [](Peer& peer) {
                       peer.send(message(2) + peer.expect("UID FETCH 2:4 (UID BODY.PEEK[])") +
                                 " NO [SERVERBUG] oops\r\n");
                       const auto third = peer.expect("UID FETCH 3 (UID BODY.PEEK[])");
                       const auto fourth = peer.expect("UID FETCH 4 (UID BODY.PEEK[])");
                       peer.send(third + " NO [SERVERBUG] oops\r\n" + message(4) + fourth + " OK done\r\n");
                   }),
              (Strings{"begin 1", "complete 2 x", "missing 3: the server refused it: oops", "begin 1",
                       "complete 4 x"}));
}

TEST_F(FetchBodies, AsksOneByOneWhenACommandForManyIsBad) {
    EXPECT_EQ(told(uids({2, 3, 4}),
                   [](Peer& peer) {
                       peer.send(peer.expect("UID FETCH 2:4 (UID BODY.PEEK[])") + " BAD internal error\r\n");
                       const auto second = peer.expect("UID FETCH 2 (UID BODY.PEEK[])");
                       const auto third = peer.expect("UID FETCH 3 (UID BODY.PEEK[])");
                       const auto fourth = peer.expect("UID FETCH 4 (UID BODY.PEEK[])");
                       peer.send(message(2) + second + " OK done\r\n" + third + " BAD internal error\r\n" +
                                 message(4) + fourth + " OK done\r\n");
                   }),
              (Strings{"begin 1", "complete 2 x", "missing 3: the server refused it: internal error",
                       "begin 1", "complete 4 x"}));
}

TEST_F(FetchBodies, GoesOnThoughEverySetHasABadMessage) {
    const auto result = told(range(1, 1000), [](Peer& peer) {
        for (int command = 0; command < 10 + 1000; ++command) {
            std::string rest;
            const auto tag = peer.expect_beginning("UID FETCH ", &rest);
            const auto set = rest.substr(0, rest.find(' '));
            const bool is_bad = set.find(':') != std::string::npos || set.ends_with("50");
            if (!is_bad) peer.send(message(static_cast<std::uint32_t>(std::stoul(set))));
            peer.send(tag + (is_bad ? " BAD internal error\r\n" : " OK done\r\n"));
        }
    });
    const auto is_missing = [](const std::string& line) { return line.starts_with("missing"); };
    EXPECT_EQ(std::count_if(result.begin(), result.end(), is_missing), 10);
    EXPECT_EQ(result.size(), 10U + 2U * 990U);
}

TEST_F(FetchBodies, EndsTheFolderWhereEveryCommandIsBad) {
    RecordingHandler handler;
    with_connection(with_select([](Peer& peer) {
                        peer.send(peer.expect("UID FETCH 1:20 (UID BODY.PEEK[])") + " BAD what?\r\n");
                        for (int uid = 1; uid <= 7; ++uid) {
                            peer.send(peer.expect("UID FETCH " + std::to_string(uid) + " (UID BODY.PEEK[])") +
                                      " BAD what?\r\n");
                        }
                    }),
                    [&](Connection& connection) {
                        connection.select(MailboxName("INBOX"), Access::read_only, stop.get_token());
                        const auto error = error_of(
                            [&] { connection.fetch_bodies(range(1, 20), handler, stop.get_token()); });
                        EXPECT_EQ(error.severity(), Severity::folder);
                        EXPECT_EQ(error.code(), ErrorCode::refused);
                    });
    EXPECT_EQ(handler.told.size(), 6U);
}

TEST_F(FetchBodies, AsksNothingForNothing) {
    EXPECT_EQ(told({}, [](Peer& peer) { peer.expect_end(); }), Strings{});
}

TEST_F(FetchBodies, LeavesAnUnfinishedMessageWhenTheConnectionIsLost) {
    RecordingHandler handler;
    with_connection(with_select([](Peer& peer) {
                        peer.expect("UID FETCH 2:3 (UID BODY.PEEK[])");
                        peer.send(message(2) + "* 3 FETCH (UID 3 BODY[] {10}\r\nhalf");
                    }),
                    [&](Connection& connection) {
                        connection.select(MailboxName("INBOX"), Access::read_only, stop.get_token());
                        const auto error = error_of([&] {
                            connection.fetch_bodies(uids({2, 3}), handler, stop.get_token());
                        });
                        EXPECT_EQ(error.severity(), Severity::folder_retry);
                        EXPECT_EQ(error.code(), ErrorCode::network);
                        EXPECT_FALSE(connection.usable());
                    });
    EXPECT_EQ(handler.told, (Strings{"begin 1", "complete 2 x", "begin 10"}));
}

TEST_F(FetchBodies, GivesTheConnectionUpWhenTheHandlerFails) {
    RecordingHandler handler;
    handler.fail_on_data = true;
    with_connection(with_select([](Peer& peer) {
                        peer.expect("UID FETCH 2 (UID BODY.PEEK[])");
                        peer.send("* 2 FETCH (UID 2 BODY[] {10}\r\nhalf");
                        peer.expect_end();
                    }),
                    [&](Connection& connection) {
                        connection.select(MailboxName("INBOX"), Access::read_only, stop.get_token());
                        const auto error =
                            error_of([&] { connection.fetch_bodies(uids({2}), handler, stop.get_token()); });
                        EXPECT_EQ(error.code(), ErrorCode::disk_full);
                        EXPECT_FALSE(connection.usable());
                    });
}

}  // namespace
}  // namespace offlineimap::client

#include <cstdlib>
#include <ctime>
#include <future>
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

// A message that comes in pieces of `step` bytes.
Outgoing message(const std::string& bytes, std::size_t step = 1000) {
    Outgoing outgoing;
    outgoing.wire_size = bytes.size();
    outgoing.open = [bytes, step] {
        return [bytes, step, at = std::size_t{0}](std::string& buffer) mutable {
            if (at >= bytes.size()) return false;
            buffer.append(bytes, at, step);
            at += step;
            return true;
        };
    };
    return outgoing;
}

std::string text_of(const AppendOutcome& outcome) {
    struct {
        std::string operator()(const Appended& o) const {
            return "appended " + std::to_string(o.uid_validity.value()) + " " + std::to_string(o.uid.value());
        }
        std::string operator()(const AppendedUidUnknown&) const { return "appended"; }
        std::string operator()(const AppendRefused& o) const {
            return (o.quota ? "quota: " : "refused: ") + o.text;
        }
        std::string operator()(const AppendBad& o) const { return "bad: " + o.text; }
        std::string operator()(const AppendUnanswered& o) const { return "unanswered: " + o.why; }
    } to_text;
    return std::visit(to_text, outcome);
}

class Appends : public ClientTest {
  protected:
    Strings outcomes(const std::vector<Outgoing>& messages, const std::string& capabilities,
                     const Script& script, bool usable_afterwards = true) {
        Strings all;
        with_connection(
            [&](Peer& peer) {
                peer.log_in(capabilities);
                script(peer);
            },
            [&](Connection& connection) {
                for (const auto& outcome :
                     connection.append(MailboxName("Box"), messages, stop.get_token())) {
                    all.push_back(text_of(outcome));
                }
                EXPECT_EQ(connection.usable(), usable_afterwards);
            });
        return all;
    }
};

constexpr const char* kPlus = "IMAP4rev1 UIDPLUS LITERAL+";
constexpr const char* kSynchronizing = "IMAP4rev1 UIDPLUS";

TEST_F(Appends, GoOutWithoutWaitingWithLiteralPlus) {
    EXPECT_EQ(outcomes({message("one"), message("three", 2), message("")}, kPlus,
                       [](Peer& peer) {
                           std::string first, second, third;
                           const auto a = peer.expect_append("APPEND \"Box\" () {3+}", &first);
                           const auto b = peer.expect_append("APPEND \"Box\" () {5+}", &second);
                           const auto c = peer.expect_append("APPEND \"Box\" () {0+}", &third);
                           EXPECT_EQ(first + "|" + second + "|" + third, "one|three|");
                           peer.send(a + " OK [APPENDUID 7 11] done\r\n" + b +
                                     " OK [APPENDUID 7 12] done\r\n" + c + " OK done\r\n");
                       }),
              (Strings{"appended 7 11", "appended 7 12", "appended"}));
}

TEST_F(Appends, WaitForTheServerWithoutIt) {
    EXPECT_EQ(
        outcomes({message("one"), message("three")}, kSynchronizing,
                 [](Peer& peer) {
                     std::string first, second;
                     const auto a = peer.expect_append("APPEND \"Box\" () {3}", &first);
                     const auto b = peer.expect_append("APPEND \"Box\" () {5}", &second);
                     EXPECT_EQ(first + "|" + second, "one|three");
                     peer.send(b + " OK [APPENDUID 7 12] done\r\n" + a + " OK [APPENDUID 7 11] done\r\n");
                 }),
        (Strings{"appended 7 11", "appended 7 12"}));
}

TEST_F(Appends, SendFlagsAndDateInTheLocalZone) {
    ::setenv("TZ", "America/St_Johns", 1);
    ::tzset();
    auto outgoing = message("x");
    outgoing.flags = mail::Flags::parse("STRPa");
    outgoing.internal_date = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000));
    auto old = message("y");
    old.internal_date = std::chrono::sys_seconds(std::chrono::seconds(86'400));
    const auto result = outcomes({outgoing, old}, kPlus, [](Peer& peer) {
        peer.ok(peer.expect_append(
            "APPEND \"Box\" (\\Answered \\Deleted \\Seen) \"14-Nov-2023 18:43:20 -0330\" {1+}"));
        peer.ok(peer.expect_append("APPEND \"Box\" () {1+}"));
    });
    ::unsetenv("TZ");
    ::tzset();
    EXPECT_EQ(result, (Strings{"appended", "appended"}));
}

TEST_F(Appends, TakeNoUidThatIsNotOne) {
    EXPECT_EQ(outcomes({message("a"), message("b"), message("c"), message("d")}, kPlus,
                       [](Peer& peer) {
                           for (const char* code : {"[APPENDUID 7 0]", "[APPENDUID 7 1:9]", "[COPYUID 7 1 2]",
                                                    "[APPENDUID 7 99999999999999999999]"}) {
                               peer.ok(peer.expect_append("APPEND \"Box\" () {1+}"),
                                       std::string(code) + " done");
                           }
                       }),
              (Strings{"appended", "appended", "appended", "appended"}));
}

TEST_F(Appends, StopAtARefusal) {
    for (const char* text : {"[OVERQUOTA] full", "Quota exceeded"}) {
        EXPECT_EQ(outcomes({message("one"), message("two"), message("three")}, kSynchronizing,
                           [text](Peer& peer) {
                               peer.ok(peer.expect_append("APPEND \"Box\" () {3}"), "[APPENDUID 7 11] done");
                               peer.send(peer.expect("APPEND \"Box\" () {3}") + " NO " + text + "\r\n");
                               peer.expect_end();
                           }),
                  (Strings{"appended 7 11", text[0] == '[' ? "quota: full" : "quota: Quota exceeded",
                           "unanswered: not sent"}));
    }
}

TEST_F(Appends, TellARefusalFromAFullMailbox) {
    EXPECT_EQ(
        outcomes({message("one")}, kSynchronizing,
                 [](Peer& peer) {
                     peer.send(peer.expect("APPEND \"Box\" () {3}") + " NO [TRYCREATE] no such\x1b box\r\n");
                 }),
        Strings{"refused: no such\\x1b box"});
}

TEST_F(Appends, KeepTheOutcomesOfMessagesInFlightAtARefusal) {
    const std::vector<Outgoing> messages(20, message("x"));
    const auto result = outcomes(messages, kPlus, [](Peer& peer) {
        Strings tags;
        for (int i = 0; i < 16; ++i) tags.push_back(peer.expect_append("APPEND \"Box\" () {1+}"));
        peer.send(tags[0] + " NO [OVERQUOTA] full\r\n" + tags[1] + " OK [APPENDUID 7 5] done\r\n");
        for (std::size_t i = 2; i < tags.size(); ++i) peer.send(tags[i] + " NO [OVERQUOTA] full\r\n");
        peer.expect_end();
    });
    EXPECT_EQ(result[0], "quota: full");
    EXPECT_EQ(result[1], "appended 7 5");
    EXPECT_EQ(result[15], "quota: full");
    for (std::size_t i = 16; i < 20; ++i) EXPECT_EQ(result[i], "unanswered: not sent");
}

TEST_F(Appends, GoOnBehindABadMessage) {
    EXPECT_EQ(
        outcomes({message("one"), message("two")}, kPlus,
                 [](Peer& peer) {
                     peer.send(peer.expect_append("APPEND \"Box\" () {3+}") + " BAD NUL in literal\r\n");
                     peer.ok(peer.expect_append("APPEND \"Box\" () {3+}"));
                 }),
        (Strings{"bad: NUL in literal", "appended"}));
}

TEST_F(Appends, FinishALiteralThatWasRefusedOnItsWay) {
    const std::string large(5'000'000, 'x');
    EXPECT_EQ(outcomes({message(large, 70'000)}, kPlus,
                       [&](Peer& peer) {
                           const auto tag = peer.expect("APPEND \"Box\" () {5000000+}");
                           peer.send(tag + " NO [TOOBIG] too large\r\n");
                           EXPECT_TRUE(peer.bytes(large.size()) == large);
                           peer.expect_line("");
                       })
                  .at(0),
              "refused: too large");
}

TEST_F(Appends, AnswersDuringALargeMessageDoNotBlockIt) {
    const std::string large(5'000'000, 'x');
    const auto result = outcomes({message("one"), message(large, 70'000)}, kPlus, [&](Peer& peer) {
        const auto first = peer.expect_append("APPEND \"Box\" () {3+}");
        const auto second = peer.expect("APPEND \"Box\" () {5000000+}");
        // More than any socket buffer holds: the client must read while it writes.
        std::string chatter;
        for (int i = 0; i < 200'000; ++i) chatter += "* OK still here, still here, still here\r\n";
        peer.send(chatter);
        peer.ok(first);
        EXPECT_TRUE(peer.bytes(large.size()) == large);
        peer.expect_line("");
        peer.ok(second);
    });
    EXPECT_EQ(result, (Strings{"appended", "appended"}));
}

TEST_F(Appends, KeepWhatIsKnownWhenTheConnectionIsLost) {
    const auto result = outcomes(
        {message("one"), message("two"), message("three")}, kPlus,
        [](Peer& peer) {
            const auto first = peer.expect_append("APPEND \"Box\" () {3+}");
            peer.expect_append("APPEND \"Box\" () {3+}");
            peer.ok(first, "[APPENDUID 7 11] done");
        },
        false);
    EXPECT_EQ(result[0], "appended 7 11");
    EXPECT_TRUE(result[1].starts_with("unanswered: ")) << result[1];
    EXPECT_TRUE(result[2].starts_with("unanswered: ")) << result[2];
}

TEST_F(Appends, LeaveAMessageThatCannotBeReadAndGoOn) {
    auto unreadable = message("x");
    unreadable.open = []() -> Outgoing::Reader {
        throw base::Error(Severity::message, ErrorCode::io, "no such file");
    };
    EXPECT_EQ(outcomes({unreadable, message("two")}, kPlus,
                       [](Peer& peer) { peer.ok(peer.expect_append("APPEND \"Box\" () {3+}")); }),
              (Strings{"unanswered: no such file", "appended"}));
}

TEST_F(Appends, NeverCompleteAMessageThatChangedMeanwhile) {
    auto shrunk = message("four");
    shrunk.wire_size = 9;
    auto grown = message("fourfour", 4);
    grown.wire_size = 4;
    auto grown_piece = message("fourfour");
    grown_piece.wire_size = 4;
    for (const auto& changed : {shrunk, grown, grown_piece}) {
        const auto result = outcomes(
            {message("one"), changed, message("last")}, kPlus,
            [](Peer& peer) {
                const auto tag = peer.expect_append("APPEND \"Box\" () {3+}");
                peer.expect_beginning("APPEND \"Box\" () {");
                peer.ok(tag, "[APPENDUID 7 11] done");
                peer.line();
            },
            false);
        EXPECT_EQ(result, (Strings{"appended 7 11", "unanswered: the message changed while it was being sent",
                                   "unanswered: not sent"}));
    }
}

TEST_F(Appends, ReturnWhatIsKnownWhenStopped) {
    std::promise<void> waiting;
    std::jthread stopper([&] {
        waiting.get_future().wait();
        stop.request_stop();
    });
    const auto result = outcomes(
        {message("one"), message("two")}, kSynchronizing,
        [&](Peer& peer) {
            peer.ok(peer.expect_append("APPEND \"Box\" () {3}"), "[APPENDUID 7 11] done");
            // The literal comes only after the `+` behind the first answer: that answer has been read by
            // then.
            peer.expect_append("APPEND \"Box\" () {3}");
            waiting.set_value();
            peer.expect_end();
        },
        false);
    stopper.join();
    EXPECT_EQ(result, (Strings{"appended 7 11", "unanswered: stopped"}));
}

TEST_F(Appends, ThrowWhenStoppedWithNothingKnown) {
    with_connection([](Peer& peer) { peer.log_in(); },
                    [&](Connection& connection) {
                        const auto outgoing = message("one");
                        stop.request_stop();
                        EXPECT_THROW(
                            connection.append(MailboxName("Box"), std::span(&outgoing, 1), stop.get_token()),
                            base::Cancelled);
                        EXPECT_FALSE(connection.usable());
                    });
}

}  // namespace
}  // namespace offlineimap::client

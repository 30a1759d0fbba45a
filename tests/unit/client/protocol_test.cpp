// Servers that speak more, less, or another form of the protocol than IMAP4rev1 with UIDPLUS.
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "client_fixture.hpp"

namespace offlineimap::client {
namespace {

using base::ErrorCode;
using base::MailboxName;
using Strings = std::vector<std::string>;

class Protocols : public ClientTest {
  protected:
    // Logs in to a server of these capabilities, which then ENABLEs what it has to.
    static void log_in_to_rev2(Peer& peer) {
        peer.log_in("IMAP4rev2 LITERAL-");
        const auto tag = peer.expect("ENABLE IMAP4rev2");
        peer.send("* ENABLED IMAP4rev2\r\n" + tag + " OK done\r\n");
    }
    static void log_in_to_utf8_only(Peer& peer) {
        peer.log_in("IMAP4rev1 ENABLE UNSELECT UTF8=ONLY LITERAL+");
        const auto tag = peer.expect("ENABLE UTF8=ACCEPT");
        peer.send("* ENABLED UTF8=ACCEPT\r\n" + tag + " OK done\r\n");
    }
    static void open_inbox(Peer& peer) {
        const auto tag = peer.expect("SELECT \"INBOX\"");
        peer.send("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n" + tag + " OK [READ-WRITE] done\r\n");
    }
    void select_inbox(Connection& connection) {
        connection.select(MailboxName("INBOX"), Access::read_write, token());
    }
    static Outgoing message_of(std::string bytes) {
        Outgoing message;
        message.wire_size = bytes.size();
        message.open = [bytes = std::move(bytes)]() -> Outgoing::Reader {
            return [bytes, given = false](std::string& buffer) mutable {
                if (std::exchange(given, true)) return false;
                buffer = bytes;
                return true;
            };
        };
        return message;
    }
    std::stop_token token() { return stop.get_token(); }
};

// Capabilities.

TEST_F(Protocols, NeedNoCapabilityButTheProtocols) {
    for (const std::string capabilities : {"IMAP4rev1", "IMAP4"}) {
        with_connection(
            [&](Peer& peer) {
                peer.log_in(capabilities);
                open_inbox(peer);
                auto tag = peer.expect("UID STORE 1 +FLAGS.SILENT (\\Deleted)");
                peer.ok(tag);
                peer.ok(peer.expect("EXPUNGE"));
            },
            [&](Connection& connection) {
                select_inbox(connection);
                connection.delete_messages(*base::UidSet::parse("1"), true, token());
                EXPECT_FALSE(connection.personal_namespace(token()));
            });
    }
}

TEST_F(Protocols, EnableNothingThatIsNotRequired) {
    with_connection(
        [](Peer& peer) {
            peer.log_in("IMAP4rev1 IMAP4rev2 ENABLE UTF8=ACCEPT CONDSTORE QRESYNC");
            const auto tag = peer.expect("LIST \"\" \"*\"");
            peer.send("* LIST () \"/\" Entw&APw-rfe\r\n" + tag + " OK done\r\n");
        },
        [&](Connection& connection) {
            const auto listed = connection.list("", "*", false, token());
            ASSERT_EQ(listed.size(), 1U);
            EXPECT_EQ(listed[0].name, MailboxName("Entw&APw-rfe"));
        });
}

// UTF-8 on the wire.

TEST_F(Protocols, KeepNamesAsTheyWereWhereTheWireHasUtf8) {
    for (const bool rev2 : {true, false}) {
        with_connection(
            [&](Peer& peer) {
                rev2 ? log_in_to_rev2(peer) : log_in_to_utf8_only(peer);
                auto tag = peer.expect("LIST \"\" \"*\"");
                peer.send(
                    "* LIST (\\HasNoChildren) \"/\" \"Entw\xc3\xbcrfe\" (CHILDINFO (\"SUBSCRIBED\"))\r\n"
                    "* LIST (\\NonExistent) \"/\" {4}\r\na&\xc3\xa4 (\"OLDNAME\" (\"b\"))\r\n"
                    "* LIST () \"/\" R&D\r\n* LIST () \"/\" \"\xff\"\r\n" +
                    tag + " OK done\r\n");
                tag = peer.expect("SELECT {9+}");
                peer.expect_line("Entw\xc3\xbcrfe");
                peer.ok(tag);
                tag = peer.expect("CREATE {4+}");
                peer.expect_line("\xe6\x97\xa5/");
                peer.ok(tag);
                peer.ok(peer.expect("CREATE \"R&D\""));
                peer.ok(peer.expect("UNSELECT"));
                tag = peer.expect("DELETE {9+}");
                peer.expect_line("Entw\xc3\xbcrfe");
                peer.ok(tag);
            },
            [&](Connection& connection) {
                Strings names;
                for (const auto& listed : connection.list("", "*", false, token()))
                    names.push_back(listed.name.text());
                EXPECT_EQ(names, (Strings{"Entw&APw-rfe", "a&-&AOQ-", "R&-D", "\xff"}));
                connection.select(MailboxName("Entw&APw-rfe"), Access::read_write, token());
                EXPECT_TRUE(connection.create(MailboxName("&ZeU-/"), token()));
                EXPECT_TRUE(connection.create(MailboxName("R&-D"), token()));
                connection.delete_mailbox(MailboxName("Entw&APw-rfe"), token());
            });
    }
}

TEST_F(Protocols, RefuseAServerThatDoesNotEnableWhatItRequires) {
    const auto error = error_of_opening([](Peer& peer) {
        peer.log_in("IMAP4rev1 ENABLE UTF8=ONLY");
        peer.send(peer.expect("ENABLE UTF8=ACCEPT") + " NO not for you\r\n");
        peer.expect_end();
    });
    EXPECT_EQ(error.code(), ErrorCode::protocol);
    EXPECT_STREQ(error.what(),
                 "Repository Remote: the server '127.0.0.1' speaks UTF-8 only and does not enable "
                 "UTF8=ACCEPT: not for you");
}

TEST_F(Protocols, SpeakImap4rev2EvenWhereItIsNotEnabled) {
    with_connection(
        [](Peer& peer) {
            peer.log_in("IMAP4rev2");
            peer.send(peer.expect("ENABLE IMAP4rev2") + " BAD what?\r\n");
            const auto tag = peer.expect("LIST \"\" \"*\"");
            peer.send("* LIST () \"/\" \"\xc3\xa4\"\r\n" + tag + " OK done\r\n");
        },
        [&](Connection& connection) {
            EXPECT_EQ(connection.list("", "*", false, token()).at(0).name, MailboxName("&AOQ-"));
        });
}

TEST_F(Protocols, AskForSubscriptionsTheWayOfImap4rev2) {
    with_connection(
        [](Peer& peer) {
            log_in_to_rev2(peer);
            const auto tag = peer.expect("LIST (SUBSCRIBED) \"\" \"*\"");
            peer.send("* LIST (\\Subscribed) \"/\" INBOX\r\n" + tag + " OK done\r\n");
        },
        [&](Connection& connection) { EXPECT_EQ(connection.list("", "*", true, token()).size(), 1U); });
}

TEST_F(Protocols, TakeAsOfferedWhatIsPartOfImap4rev2) {
    with_connection(
        [](Peer& peer) {
            log_in_to_rev2(peer);
            open_inbox(peer);
            peer.ok(peer.expect("UID STORE 1 +FLAGS.SILENT (\\Deleted)"));
            peer.ok(peer.expect("UID EXPUNGE 1"));
            peer.ok(peer.expect("UNSELECT"));
        },
        [&](Connection& connection) {
            select_inbox(connection);
            connection.delete_messages(*base::UidSet::parse("1"), true, token());
            connection.leave_mailbox(token());
            EXPECT_FALSE(connection.selected());
        });
}

TEST_F(Protocols, MarkMessagesWithUtf8HeadersWhereTheServerWantsIt) {
    const std::string plain = "Subject: x\r\n\r\n\xc3\xa4\r\n";
    const std::string utf8 = "Subject: \xc3\xa4\r\n\r\nx\r\n";
    with_connection(
        [&](Peer& peer) {
            log_in_to_utf8_only(peer);
            auto tag = peer.expect("APPEND \"INBOX\" () {18+}");
            EXPECT_EQ(peer.bytes(18), plain);
            peer.expect_line("");
            peer.ok(tag, "[APPENDUID 7 1] done");
            tag = peer.expect("APPEND \"INBOX\" () UTF8 (~{18+}");
            EXPECT_EQ(peer.bytes(18), utf8);
            peer.expect_line(")");
            peer.ok(tag, "[APPENDUID 7 2] done");
        },
        [&](Connection& connection) {
            for (const auto& bytes : {plain, utf8}) {
                const std::vector<Outgoing> messages = {message_of(bytes)};
                const auto outcomes = connection.append(MailboxName("INBOX"), messages, token());
                EXPECT_TRUE(std::holds_alternative<Appended>(outcomes.at(0)));
            }
        });
}

TEST_F(Protocols, SendUtf8HeadersAsTheyAreAnywhereElse) {
    const std::string utf8 = "Subject: \xc3\xa4\r\n\r\nx\r\n";
    with_connection(
        [&](Peer& peer) {
            log_in_to_rev2(peer);
            const auto tag = peer.expect("APPEND \"INBOX\" () {18+}");
            EXPECT_EQ(peer.bytes(18), utf8);
            peer.expect_line("");
            peer.ok(tag);
        },
        [&](Connection& connection) {
            const std::vector<Outgoing> messages = {message_of(utf8)};
            connection.append(MailboxName("INBOX"), messages, token());
        });
}

// NAMESPACE.

TEST_F(Protocols, TellThePersonalNamespace) {
    const auto answered = [&](const std::string& answer) {
        std::optional<PersonalNamespace> personal;
        with_connection(
            [&](Peer& peer) {
                peer.log_in("IMAP4rev1 NAMESPACE");
                const auto tag = peer.expect("NAMESPACE");
                peer.send(answer + tag + " OK done\r\n");
            },
            [&](Connection& connection) { personal = connection.personal_namespace(token()); });
        return personal;
    };
    const auto courier =
        answered("* NAMESPACE ((\"INBOX.\" \".\")) NIL ((\"#shared.\" \".\")(\"shared.\" \".\"))\r\n");
    ASSERT_TRUE(courier);
    EXPECT_EQ(courier->prefix, "INBOX.");
    EXPECT_EQ(courier->delimiter, '.');
    const auto flat = answered("* NAMESPACE ((\"\" NIL \"X-PARAM\" (\"a\" \"b\"))) NIL NIL\r\n");
    ASSERT_TRUE(flat);
    EXPECT_FALSE(flat->delimiter);
    EXPECT_FALSE(answered("* NAMESPACE NIL NIL NIL\r\n"));
    EXPECT_FALSE(answered(""));
}

TEST_F(Protocols, DoWithoutANamespaceThatIsRefused) {
    with_connection(
        [](Peer& peer) {
            peer.log_in("IMAP4rev1 NAMESPACE");
            peer.send(peer.expect("NAMESPACE") + " NO not today\r\n");
        },
        [&](Connection& connection) { EXPECT_FALSE(connection.personal_namespace(token())); });
}

// Leaving a mailbox.

TEST_F(Protocols, LeaveAMailboxBeforeItIsDeletedAndRemoveNothing) {
    with_connection(
        [](Peer& peer) {
            peer.log_in("IMAP4rev1 UNSELECT");
            open_inbox(peer);
            peer.ok(peer.expect("UNSELECT"));
            peer.ok(peer.expect("DELETE \"INBOX\""));
            peer.ok(peer.expect("DELETE \"INBOX\""));
        },
        [&](Connection& connection) {
            select_inbox(connection);
            connection.delete_mailbox(MailboxName("INBOX"), token());
            EXPECT_FALSE(connection.selected());
            connection.delete_mailbox(MailboxName("INBOX"), token());
        });
}

TEST_F(Protocols, LeaveAMailboxByClosingItReadOnlyWhereThereIsNoUnselect) {
    with_connection(
        [](Peer& peer) {
            peer.log_in();
            open_inbox(peer);
            auto tag = peer.expect("EXAMINE \"INBOX\"");
            peer.send("* 3 EXISTS\r\n" + tag + " OK [READ-ONLY] done\r\n");
            peer.ok(peer.expect("CLOSE"));
            peer.ok(peer.expect("DELETE \"INBOX\""));
        },
        [&](Connection& connection) {
            select_inbox(connection);
            connection.delete_mailbox(MailboxName("INBOX"), token());
        });
}

// Servers that ask for time.

constexpr const char* kThrottled = " BAD Request is throttled. Suggested Backoff Time: 1 milliseconds\r\n";

TEST_F(Protocols, GiveAServerTheTimeThatItAsksFor) {
    with_connection(
        [](Peer& peer) {
            peer.log_in();
            peer.send(peer.expect("SELECT \"INBOX\"") + kThrottled);
            open_inbox(peer);
            peer.send(peer.expect("UID FETCH 1:* (UID FLAGS)") + kThrottled);
            auto tag = peer.expect("UID FETCH 1:* (UID FLAGS)");
            peer.send(
                "* 1 FETCH (UID 1 FLAGS ())\r\n* 2 FETCH (UID 2 FLAGS ())\r\n* 3 FETCH (UID 3 FLAGS ())\r\n" +
                tag + " OK done\r\n");
            peer.send(peer.expect("UID STORE 1 +FLAGS.SILENT (\\Seen)") + kThrottled);
            peer.ok(peer.expect("UID STORE 1 +FLAGS.SILENT (\\Seen)"));
            tag = peer.expect("APPEND \"INBOX\" () {4}");
            peer.send("+ \r\n");
            EXPECT_EQ(peer.bytes(4), "text");
            peer.expect_line("");
            peer.send(tag + kThrottled);
            tag = peer.expect("APPEND \"INBOX\" () {4}");
            peer.send("+ \r\n");
            EXPECT_EQ(peer.bytes(4), "text");
            peer.expect_line("");
            peer.ok(tag, "[APPENDUID 7 4] done");
        },
        [&](Connection& connection) {
            select_inbox(connection);
            int messages = 0;
            EXPECT_TRUE(connection.fetch_flags([&](const ListedMessage&) { ++messages; }, token()));
            EXPECT_EQ(messages, 3);
            EXPECT_TRUE(
                connection
                    .store_flags(*base::UidSet::parse("1"), FlagChange::add, mail::Flags().add('S'), token())
                    .empty());
            const std::vector<Outgoing> outgoing = {message_of("text")};
            const auto outcomes = connection.append(MailboxName("INBOX"), outgoing, token());
            EXPECT_TRUE(std::holds_alternative<Appended>(outcomes.at(0)));
        });
    const auto warnings = sink.all<events::WarningGiven>();
    ASSERT_EQ(warnings.size(), 4U);
    EXPECT_EQ(warnings[0].text,
              "The server '127.0.0.1' of repository 'Remote' asks for less: Request is throttled. Suggested "
              "Backoff Time: 1 milliseconds; waiting 1 s");
}

TEST_F(Protocols, FetchTheRestOfTheMessagesAfterATimeOfRest) {
    struct Bodies final : BodyHandler {
        void begin(std::uint64_t) override { ++begun; }
        void data(std::string_view) override {}
        void complete(base::Uid uid) override { completed.push_back(uid.value()); }
        void abandon() override {}
        void missing(base::Uid uid, const std::string&) override { missed.push_back(uid.value()); }
        int begun = 0;
        std::vector<std::uint32_t> completed;
        std::vector<std::uint32_t> missed;
    } bodies;
    with_connection(
        [](Peer& peer) {
            peer.log_in();
            open_inbox(peer);
            auto tag = peer.expect("UID FETCH 1:3 (UID BODY.PEEK[])");
            peer.send("* 1 FETCH (UID 1 BODY[] {1}\r\na)\r\n" + tag + kThrottled);
            tag = peer.expect("UID FETCH 2:3 (UID BODY.PEEK[])");
            peer.send("* 2 FETCH (UID 2 BODY[] {1}\r\nb)\r\n* 3 FETCH (UID 3 BODY[] {1}\r\nc)\r\n" + tag +
                      " OK done\r\n");
        },
        [&](Connection& connection) {
            select_inbox(connection);
            const std::vector<base::Uid> uids = {base::Uid(1), base::Uid(2), base::Uid(3)};
            connection.fetch_bodies(uids, bodies, token());
        });
    EXPECT_EQ(bodies.completed, (std::vector<std::uint32_t>{1, 2, 3}));
    EXPECT_TRUE(bodies.missed.empty());
    EXPECT_EQ(bodies.begun, 3);
}

TEST_F(Protocols, WaitOnceForAllCommandsThatWereUnderWay) {
    with_connection(
        [](Peer& peer) {
            peer.log_in();
            open_inbox(peer);
            std::vector<std::string> tags;
            for (const char* set : {"1:100", "101:150"})
                tags.push_back(peer.expect("UID STORE " + std::string(set) + " +FLAGS.SILENT (\\Seen)"));
            peer.send(tags[0] + kThrottled + tags[1] + kThrottled);
            for (const char* set : {"1:100", "101:150"})
                peer.ok(peer.expect("UID STORE " + std::string(set) + " +FLAGS.SILENT (\\Seen)"));
        },
        [&](Connection& connection) {
            select_inbox(connection);
            EXPECT_TRUE(connection
                            .store_flags(*base::UidSet::parse("1:150"), FlagChange::add,
                                         mail::Flags().add('S'), token())
                            .empty());
        });
    EXPECT_EQ(sink.all<events::WarningGiven>().size(), 1U);
}

TEST_F(Protocols, GiveNoServerMoreTimeThanIsReasonable) {
    with_connection(
        [](Peer& peer) {
            peer.log_in();
            peer.send(peer.expect("SELECT \"INBOX\"") +
                      " NO Request is throttled. Suggested Backoff Time: 300001 milliseconds\r\n");
        },
        [&](Connection& connection) {
            EXPECT_EQ(error_of([&] { select_inbox(connection); }).code(), ErrorCode::refused);
        });
}

TEST_F(Protocols, ObeyAStopWhileTheServerHasItsTime) {
    with_connection(
        [](Peer& peer) {
            peer.log_in();
            peer.send(peer.expect("SELECT \"INBOX\"") +
                      " NO Request is throttled. Suggested Backoff Time: 290000 milliseconds\r\n");
            peer.expect_end();
        },
        [&](Connection& connection) {
            std::thread stopper([&] {
                while (sink.all<events::WarningGiven>().empty()) std::this_thread::yield();
                stop.request_stop();
            });
            EXPECT_THROW(select_inbox(connection), base::Cancelled);
            stopper.join();
        });
}

}  // namespace
}  // namespace offlineimap::client

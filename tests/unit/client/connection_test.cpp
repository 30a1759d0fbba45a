#include "offlineimap/client/connection.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "offlineimap/base/text.hpp"

#include "client_fixture.hpp"

namespace offlineimap::client {
namespace {

using base::ErrorCode;
using base::MailboxName;
using base::Severity;
using base::Uid;
using base::UidSet;
using base::UidValidity;
using Strings = std::vector<std::string>;

UidSet set(std::string_view text) {
    return *UidSet::parse(text);
}

class Connections : public ClientTest {
  protected:
    // A connection with "INBOX" of `exists` messages open.
    template <class Work>
    void with_inbox(std::uint32_t exists, const Script& script, const Work& work,
                    const std::string& capabilities = "IMAP4rev1 UIDPLUS") {
        with_connection(
            [&](Peer& peer) {
                peer.log_in(capabilities);
                const auto tag = peer.expect("SELECT \"INBOX\"");
                peer.send("* " + std::to_string(exists) +
                          " EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 100] n\r\n" + tag +
                          " OK [READ-WRITE] done\r\n");
                script(peer);
            },
            [&](Connection& connection) {
                connection.select(MailboxName("INBOX"), Access::read_write, stop.get_token());
                work(connection);
            });
    }
    std::stop_token token() { return stop.get_token(); }
};

// Mailboxes.

TEST_F(Connections, ListMailboxes) {
    with_connection(
        [](Peer& peer) {
            peer.log_in();
            auto tag = peer.expect("LIST \"\" \"*\"");
            peer.send(
                "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LSUB () \"/\" other\r\n* LIST (\\Noselect) \"/\" "
                "{3}\r\na\"b\r\n" +
                tag + " OK done\r\n");
            tag = peer.expect("LSUB \"INBOX.\" \"%\"");
            peer.send("* LSUB () NIL one\r\n* LIST () NIL two\r\n" + tag + " OK done\r\n");
        },
        [&](Connection& connection) {
            const auto all = connection.list("", "*", false, token());
            ASSERT_EQ(all.size(), 2U);
            EXPECT_EQ(all[0].name, MailboxName("INBOX"));
            EXPECT_EQ(all[0].attributes, Strings{"\\HasNoChildren"});
            EXPECT_EQ(all[0].delimiter, '/');
            EXPECT_EQ(all[1].name, MailboxName("a\"b"));
            const auto subscribed = connection.list("INBOX.", "%", true, token());
            ASSERT_EQ(subscribed.size(), 1U);
            EXPECT_EQ(subscribed[0].name, MailboxName("one"));
            EXPECT_EQ(subscribed[0].delimiter, std::nullopt);
        });
}

TEST_F(Connections, SelectMailboxes) {
    with_connection(
        [](Peer& peer) {
            peer.log_in();
            auto tag = peer.expect("SELECT \"Sent \\\"x\\\"\"");
            peer.send(
                "* 17 EXISTS\r\n* OK [UIDVALIDITY 3857529045] v\r\n* OK [UIDNEXT 4392] n\r\n* OK "
                "[HIGHESTMODSEQ 5] m\r\n"
                "* OK [PERMANENTFLAGS (\\Seen \\*)] p\r\n" +
                tag + " OK [READ-WRITE] done\r\n");
            peer.ok(peer.expect("EXAMINE \"a\""));
        },
        [&](Connection& connection) {
            EXPECT_FALSE(connection.selected());
            const auto mailbox = connection.select(MailboxName("Sent \"x\""), Access::read_write, token());
            EXPECT_EQ(mailbox.exists, 17U);
            EXPECT_EQ(mailbox.uid_validity, UidValidity(3857529045U));
            EXPECT_EQ(mailbox.uid_next, Uid(4392));
            EXPECT_EQ(mailbox.highest_mod_seq, base::ModSeq(5));
            EXPECT_EQ(mailbox.permanent_flags, (Strings{"\\Seen", "\\*"}));
            EXPECT_FALSE(mailbox.read_only);
            EXPECT_TRUE(connection.selected());
            EXPECT_TRUE(connection.select(MailboxName("a"), Access::read_only, token()).read_only);
        });
}

TEST_F(Connections, StayUsableWhenAMailboxCannotBeOpened) {
    with_connection(
        [](Peer& peer) {
            peer.log_in();
            peer.send(peer.expect("SELECT \"gone\"") + " NO [NONEXISTENT] no such box\r\n");
            peer.send(peer.expect("SELECT \"locked\"") + " NO in use\r\n");
            peer.ok(peer.expect("NOOP"));
        },
        [&](Connection& connection) {
            const auto gone =
                error_of([&] { connection.select(MailboxName("gone"), Access::read_write, token()); });
            EXPECT_EQ(gone.severity(), Severity::folder);
            EXPECT_EQ(gone.code(), ErrorCode::not_found);
            EXPECT_STREQ(gone.what(), "Repository Remote: opening mailbox 'gone' was refused: no such box");
            const auto locked =
                error_of([&] { connection.select(MailboxName("locked"), Access::read_write, token()); });
            EXPECT_EQ(locked.code(), ErrorCode::refused);
            EXPECT_FALSE(connection.selected());
            EXPECT_TRUE(connection.usable());
            connection.noop(token());
        });
}

TEST_F(Connections, NeverSendNamesThatHoldLineEnds) {
    with_connection(
        [](Peer& peer) { peer.log_in(); },
        [&](Connection& connection) {
            for (const auto& name : Strings{"x\r\nA1 DELETE INBOX", "x\n", "x\r", std::string("x\0y", 3)}) {
                const MailboxName mailbox(name);
                const std::vector<base::Error> errors = {
                    error_of([&] { connection.select(mailbox, Access::read_write, token()); }),
                    error_of([&] { connection.create(mailbox, token()); }),
                    error_of([&] { connection.delete_mailbox(mailbox, token()); }),
                    error_of([&] { connection.append(mailbox, {}, token()); }),
                    error_of([&] { connection.list(name, "*", false, token()); }),
                };
                for (const auto& error : errors) {
                    EXPECT_EQ(error.severity(), Severity::folder);
                    EXPECT_EQ(error.code(), ErrorCode::unsafe_name);
                }
            }
            EXPECT_TRUE(connection.usable());
        });
}

TEST_F(Connections, CreateMailboxes) {
    with_connection(
        [](Peer& peer) {
            peer.log_in();
            peer.ok(peer.expect("CREATE \"new\""));
            peer.send(peer.expect("CREATE \"old\"") + " NO [ALREADYEXISTS] there\r\n");
            peer.send(peer.expect("CREATE \"older\"") + " NO Mailbox exists\r\n");
            auto tag = peer.expect("LIST \"\" \"older\"");
            peer.send("* LIST () \"/\" older\r\n" + tag + " OK done\r\n");
            peer.send(peer.expect("CREATE \"bad\"") + " NO name is not allowed\r\n");
            peer.ok(peer.expect("LIST \"\" \"bad\""));
            peer.ok(peer.expect("DELETE \"new\""));
            peer.send(peer.expect("DELETE \"INBOX\"") + " NO never\r\n");
        },
        [&](Connection& connection) {
            EXPECT_TRUE(connection.create(MailboxName("new"), token()));
            EXPECT_FALSE(connection.create(MailboxName("old"), token()));
            EXPECT_FALSE(connection.create(MailboxName("older"), token()));
            const auto refused = error_of([&] { connection.create(MailboxName("bad"), token()); });
            EXPECT_EQ(refused.code(), ErrorCode::refused);
            EXPECT_STREQ(refused.what(),
                         "Repository Remote: creating mailbox 'bad' was refused: name is not allowed");
            connection.delete_mailbox(MailboxName("new"), token());
            EXPECT_EQ(error_of([&] { connection.delete_mailbox(MailboxName("INBOX"), token()); }).code(),
                      ErrorCode::refused);
        });
}

// Flags.

TEST_F(Connections, FetchFlags) {
    std::vector<ListedMessage> messages;
    with_inbox(
        3,
        [](Peer& peer) {
            const auto tag = peer.expect("UID FETCH 1:* (UID FLAGS)");
            peer.send(
                "* 1 FETCH (UID 4 FLAGS (\\Seen \\Recent $Junk a))\r\n* 2 FETCH (FLAGS () UID 5)\r\n"
                "* 3 FETCH (FLAGS (\\deleted \\X b B b) UID 4294967295)\r\n" +
                tag + " OK done\r\n");
        },
        [&](Connection& connection) {
            EXPECT_TRUE(connection.fetch_flags(
                [&](ListedMessage message) { messages.push_back(std::move(message)); }, token()));
        });
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages[0].uid, Uid(4));
    EXPECT_EQ(messages[0].flags.to_string(), "S");
    EXPECT_EQ(messages[0].keywords, (Strings{"$Junk", "a"}));
    EXPECT_EQ(messages[1].uid, Uid(5));
    EXPECT_TRUE(messages[1].flags.empty());
    EXPECT_EQ(messages[2].flags.to_string(), "T");
    EXPECT_EQ(messages[2].keywords, (Strings{"B", "\\X", "b"}));
    EXPECT_EQ(messages[2].uid, Uid(4294967295U));
}

TEST_F(Connections, AskNothingAboutAnEmptyMailbox) {
    with_inbox(
        0, [](Peer& peer) { peer.ok(peer.expect("NOOP")); },
        [&](Connection& connection) {
            EXPECT_TRUE(connection.fetch_flags([](const ListedMessage&) { FAIL(); }, token()));
            connection.noop(token());
        });
}

TEST_F(Connections, LeaveOutAMessageWhoseUidCannotBeAndSaySo) {
    std::vector<Uid> uids;
    with_inbox(
        3,
        [](Peer& peer) {
            const auto tag = peer.expect("UID FETCH 1:* (UID FLAGS)");
            peer.send(
                "* 1 FETCH (UID 5 FLAGS ())\r\n* 2 FETCH (UID 0 FLAGS ())\r\n* 3 FETCH (UID 6 FLAGS ())\r\n" +
                tag + " OK done\r\n");
        },
        [&](Connection& connection) {
            EXPECT_TRUE(connection.fetch_flags(
                [&](const ListedMessage& message) { uids.push_back(message.uid); }, token()));
        });
    EXPECT_EQ(uids, (std::vector<Uid>{Uid(5), Uid(6)}));
    const auto warnings = sink.all<events::WarningGiven>();
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings[0].text, "No usable UID in the server's answer for message number 2; it is left out");
}

TEST_F(Connections, TakeAListWithoutUidsForNoList) {
    for (const std::string lines : {"* 1 FETCH (FLAGS ())\r\n* 2 FETCH (FLAGS ())\r\n",
                                    "* 1 FETCH (UID 0 FLAGS ())\r\n* 2 FETCH (FLAGS () UID 0)\r\n"}) {
        with_inbox(
            2,
            [&](Peer& peer) {
                const auto tag = peer.expect("UID FETCH 1:* (UID FLAGS)");
                peer.send(lines + tag + " OK done\r\n");
            },
            [&](Connection& connection) {
                const auto error =
                    error_of([&] { (void)connection.fetch_flags([](const ListedMessage&) {}, token()); });
                EXPECT_STREQ(
                    error.what(),
                    "Repository Remote: the server listed only 0 of the 2 messages of mailbox 'INBOX'");
            });
    }
}

TEST_F(Connections, CountEveryMessageOnceAndNoOther) {
    for (const std::string lines :
         {"* 1 FETCH (UID 1 FLAGS ())\r\n* 4 FETCH (UID 4 FLAGS ())\r\n* 5 FETCH (UID 5 FLAGS ())\r\n",
          "* 1 FETCH (UID 1 FLAGS ())\r\n* 2 FETCH (UID 1 FLAGS ())\r\n* 3 FETCH (UID 1 FLAGS ())\r\n",
          "* 1 FETCH (UID 1 FLAGS ())\r\n* 0 FETCH (UID 2 FLAGS ())\r\n* 0 FETCH (UID 3 FLAGS ())\r\n"}) {
        with_inbox(
            3,
            [&](Peer& peer) {
                const auto tag = peer.expect("UID FETCH 1:* (UID FLAGS)");
                peer.send(lines + tag + " OK done\r\n");
            },
            [&](Connection& connection) {
                const auto error =
                    error_of([&] { (void)connection.fetch_flags([](const ListedMessage&) {}, token()); });
                EXPECT_STREQ(
                    error.what(),
                    "Repository Remote: the server listed only 1 of the 3 messages of mailbox 'INBOX'");
            });
    }
}

TEST_F(Connections, BelieveNoCountThatCannotBe) {
    with_inbox(
        4294967295, [](Peer& peer) { peer.expect_end(); },
        [&](Connection& connection) {
            const auto error =
                error_of([&] { (void)connection.fetch_flags([](const ListedMessage&) {}, token()); });
            EXPECT_STREQ(error.what(),
                         "Repository Remote: the server counts 4294967295 messages in mailbox 'INBOX', which "
                         "cannot be");
        });
}

TEST_F(Connections, EndAnAnswerThatDoesNotEnd) {
    with_inbox(
        1,
        [](Peer& peer) {
            peer.expect("UID FETCH 1:* (UID FLAGS)");
            std::string many;
            for (int i = 0; i < 1000; ++i) many += "* 1 FETCH (UID 4 FLAGS ())\r\n";
            for (int i = 0; i < 101; ++i) peer.send(many);
            peer.expect_end();
        },
        [&](Connection& connection) {
            const auto error =
                error_of([&] { (void)connection.fetch_flags([](const ListedMessage&) {}, token()); });
            EXPECT_NE(std::string(error.what()).find("does not end"), std::string::npos) << error.what();
        });
}

TEST_F(Connections, NeverTakeAnUnlistedMessageForADeletedOne) {
    with_inbox(
        3,
        [](Peer& peer) {
            auto tag = peer.expect("UID FETCH 1:* (UID FLAGS)");
            peer.send(
                "* 1 FETCH (UID 4 FLAGS ())\r\n* 1 FETCH (UID 4 FLAGS (\\Seen))\r\n* 3 FETCH (UID 6 FLAGS "
                "())\r\n" +
                tag + " OK done\r\n");
            tag = peer.expect("UID FETCH 1:* (UID FLAGS)");
            peer.send(
                "* 1 FETCH (UID 4 FLAGS ())\r\n* 1 FETCH (UID 0 FLAGS ())\r\n* 2 FETCH (UID 5 FLAGS "
                "())\r\n" +
                tag + " OK done\r\n");
            tag = peer.expect("UID FETCH 1:* (UID FLAGS)");
            peer.send(
                "* 1 FETCH (UID 4 FLAGS ())\r\n* 2 FETCH (UID 6 FLAGS ())\r\n* 2 EXPUNGE\r\n* 4 EXISTS\r\n" +
                tag + " OK done\r\n");
        },
        [&](Connection& connection) {
            const auto error =
                error_of([&] { (void)connection.fetch_flags([](const ListedMessage&) {}, token()); });
            EXPECT_EQ(error.severity(), Severity::folder_retry);
            EXPECT_EQ(error.code(), ErrorCode::protocol);
            EXPECT_STREQ(error.what(),
                         "Repository Remote: the server listed only 2 of the 3 messages of mailbox 'INBOX'");
            // One with a UID and without is one.
            EXPECT_EQ(error_of([&] {
                          (void)connection.fetch_flags([](const ListedMessage&) {}, token());
                      }).severity(),
                      Severity::folder_retry);
            // One was expunged meanwhile.
            EXPECT_FALSE(connection.fetch_flags([](const ListedMessage&) {}, token()));
        });
}

TEST_F(Connections, TakeAListForWholeThatAnExpungeFollows) {
    std::vector<Uid> uids;
    with_inbox(
        3,
        [](Peer& peer) {
            const auto tag = peer.expect("UID FETCH 1:* (UID FLAGS)");
            peer.send(
                "* 1 FETCH (UID 4 FLAGS ())\r\n* 2 FETCH (UID 5 FLAGS ())\r\n* 3 FETCH (UID 6 FLAGS "
                "())\r\n* 2 EXPUNGE\r\n" +
                tag + " OK done\r\n");
        },
        [&](Connection& connection) {
            EXPECT_TRUE(connection.fetch_flags(
                [&](const ListedMessage& message) { uids.push_back(message.uid); }, token()));
        });
    EXPECT_EQ(uids, (std::vector<Uid>{Uid(4), Uid(5), Uid(6)}));
}

TEST_F(Connections, FetchFlagsOfSomeMessages) {
    std::vector<Uid> uids;
    with_inbox(
        9,
        [](Peer& peer) {
            const auto tag = peer.expect("UID FETCH 4:6,9 (UID FLAGS)");
            peer.send("* 4 FETCH (UID 4 FLAGS ())\r\n* 9 FETCH (UID 9 FLAGS ())\r\n" + tag + " OK done\r\n");
        },
        [&](Connection& connection) {
            connection.fetch_flags(
                set("4:6,9"), [&](const ListedMessage& message) { uids.push_back(message.uid); }, token());
        });
    EXPECT_EQ(uids, (std::vector<Uid>{Uid(4), Uid(9)}));
}

TEST_F(Connections, EndTheFolderWhenTheServersAnswerMakesNoSense) {
    with_inbox(
        1,
        [](Peer& peer) {
            peer.expect("UID FETCH 1:* (UID FLAGS)");
            peer.send("* 1 FETCH (UID 4 FLAGS (\\Seen)\r\n");
            peer.expect_end();
        },
        [&](Connection& connection) {
            const auto error =
                error_of([&] { (void)connection.fetch_flags([](const ListedMessage&) {}, token()); });
            EXPECT_EQ(error.severity(), Severity::folder);
            EXPECT_EQ(error.code(), ErrorCode::protocol);
            EXPECT_FALSE(connection.usable());
        });
}

TEST_F(Connections, StoreFlagsOfAHundredMessagesAtATime) {
    std::vector<Connection::StoreRefusal> refusals;
    with_inbox(
        9,
        [](Peer& peer) {
            const auto first = peer.expect("UID STORE 1:100 +FLAGS.SILENT (\\Flagged \\Seen)");
            const auto second = peer.expect("UID STORE 101:199,300 +FLAGS.SILENT (\\Flagged \\Seen)");
            const auto third = peer.expect("UID STORE 301 +FLAGS.SILENT (\\Flagged \\Seen)");
            peer.send(first + " OK done\r\n" + second + " NO read-\x01only\r\n" + third + " OK done\r\n");
            peer.ok(peer.expect("UID STORE 4 -FLAGS.SILENT (\\Answered)"));
        },
        [&](Connection& connection) {
            refusals = connection.store_flags(set("1:199,300:301"), FlagChange::add,
                                              mail::Flags::parse("FSa"), token());
            EXPECT_TRUE(connection.store_flags(set("4"), FlagChange::remove, mail::Flags::parse("R"), token())
                            .empty());
            EXPECT_TRUE(
                connection.store_flags(set("4"), FlagChange::add, mail::Flags::parse("a"), token()).empty());
        });
    ASSERT_EQ(refusals.size(), 1U);
    EXPECT_EQ(refusals[0].uids, set("101:199,300"));
    EXPECT_EQ(refusals[0].text, "read-\\x01only");
}

TEST_F(Connections, ExpungeTheirOwnMessagesOnlyWhereTheServerCan) {
    with_inbox(
        9,
        [](Peer& peer) {
            peer.ok(peer.expect("UID STORE 2:3 +FLAGS.SILENT (\\Deleted)"));
            peer.ok(peer.expect("UID EXPUNGE 2:3"));
            peer.ok(peer.expect("UID STORE 5 +FLAGS.SILENT (\\Deleted)"));
        },
        [&](Connection& connection) {
            connection.delete_messages(set("2:3"), true, token());
            connection.delete_messages(set("5"), false, token());
            connection.delete_messages({}, true, token());
        });
    with_inbox(
        9,
        [](Peer& peer) {
            peer.ok(peer.expect("UID STORE 2:3 +FLAGS.SILENT (\\Deleted)"));
            peer.ok(peer.expect("EXPUNGE"));
        },
        [&](Connection& connection) { connection.delete_messages(set("2:3"), true, token()); }, "IMAP4rev1");
}

TEST_F(Connections, ExpungeNothingWhenMarkingIsRefused) {
    with_inbox(
        9,
        [](Peer& peer) {
            peer.send(peer.expect("UID STORE 2:3 +FLAGS.SILENT (\\Deleted)") + " NO read-only\r\n");
            peer.expect_end();
        },
        [&](Connection& connection) {
            const auto error = error_of([&] { connection.delete_messages(set("2:3"), true, token()); });
            EXPECT_EQ(error.severity(), Severity::folder);
            EXPECT_EQ(error.code(), ErrorCode::refused);
        });
}

// Search.

TEST_F(Connections, Search) {
    with_inbox(
        9,
        [](Peer& peer) {
            auto tag = peer.expect("UID SEARCH SINCE 01-Jan-2026");
            peer.send("* SEARCH 9 2\r\n* SEARCH 2 4\r\n" + tag + " OK done\r\n");
            tag = peer.expect("UID SEARCH HEADER X \"a\\\"b\"");
            peer.send("* SEARCH\r\n" + tag + " OK done\r\n");
            tag = peer.expect("UID SEARCH SUBJECT {2}");
            peer.send("+ \r\n");
            peer.expect_line("\xc3\xa4");
            peer.send(tag + " NO [BADCHARSET] no\r\n");
        },
        [&](Connection& connection) {
            EXPECT_EQ(connection.search("SINCE 01-Jan-2026", token()),
                      (std::vector<Uid>{Uid(2), Uid(4), Uid(9)}));
            EXPECT_TRUE(connection.search("HEADER X " + Connection::quote("a\"b"), token()).empty());
            const auto refused =
                error_of([&] { connection.search("SUBJECT " + Connection::quote("\xc3\xa4"), token()); });
            EXPECT_EQ(refused.code(), ErrorCode::refused);
        });
}

TEST_F(Connections, NeverTakeSilenceForNoResult) {
    with_inbox(
        9,
        [](Peer& peer) {
            peer.send("* SEARCH\r\n" + peer.expect("NOOP") + " OK done\r\n");  // for nobody
            const auto tag = peer.expect("UID SEARCH ALL");
            peer.send(
                "* ESEARCH (TAG \"A999\") UID\r\n* ESEARCH UID ALL 1:9\r\n* ESEARCH\r\n* ESEARCH (TAG \"" +
                tag + "\")\r\n" + tag + " OK done\r\n* SEARCH\r\n");
        },
        [&](Connection& connection) {
            connection.noop(token());
            EXPECT_EQ(error_of([&] { connection.search("ALL", token()); }).code(), ErrorCode::protocol);
        });
}

TEST_F(Connections, ReadTheSetsOfAnExtendedSearch) {
    with_inbox(
        9,
        [](Peer& peer) {
            auto tag = peer.expect("UID SEARCH ALL");
            peer.send("* ESEARCH (TAG \"" + tag + "\") UID COUNT 4 ALL 9,2:4 MODSEQ 917162500\r\n" + tag +
                      " OK done\r\n");
            tag = peer.expect("UID SEARCH ALL");
            peer.send("* esearch (tag " + tag + ") uid \r\n" + tag + " OK done\r\n");
        },
        [&](Connection& connection) {
            EXPECT_EQ(connection.search("ALL", token()), (std::vector<Uid>{Uid(2), Uid(3), Uid(4), Uid(9)}));
            EXPECT_TRUE(connection.search("ALL", token()).empty());
        });
}

TEST_F(Connections, BelieveNoMoreResultsThanThereAreMessages) {
    for (const std::string answer :
         {"* ESEARCH (TAG \"%\") UID ALL 1:4294967295\r\n",
          "* ESEARCH (TAG \"%\") UID ALL 1:600\r\n* ESEARCH (TAG \"%\") UID ALL 1:600\r\n"}) {
        with_inbox(
            9,
            [&](Peer& peer) {
                const auto tag = peer.expect("UID SEARCH ALL");
                peer.send(base::replace_all(answer, "%", tag));
                peer.expect_end();
            },
            [&](Connection& connection) {
                const auto error = error_of([&] { connection.search("ALL", token()); });
                EXPECT_STREQ(error.what(),
                             "Repository Remote: the server finds more messages than the mailbox has");
            });
    }
}

TEST_F(Connections, RefuseCriteriaThatHoldCommands) {
    with_inbox(
        9, [](Peer& peer) { peer.expect_end(); },
        [&](Connection& connection) {
            EXPECT_EQ(error_of([&] { connection.search("ALL\r\nA9 DELETE INBOX", token()); }).code(),
                      ErrorCode::general);
        });
}

TEST(Quote, MakesAStringOfAnyText) {
    EXPECT_EQ(Connection::quote("plain"), "\"plain\"");
    EXPECT_EQ(Connection::quote("a\"b\\c"), "\"a\\\"b\\\\c\"");
    EXPECT_EQ(Connection::quote("a\r\nb"), "{4}\r\na\r\nb");
    EXPECT_EQ(Connection::quote("\xc3\xa4"), "{2}\r\n\xc3\xa4");
}

// Fingerprints.

TEST_F(Connections, FetchFingerprints) {
    std::vector<Fingerprint> found;
    with_inbox(
        9,
        [](Peer& peer) {
            const auto tag = peer.expect("UID FETCH 2:9 (UID RFC822.SIZE BODY.PEEK[HEADER])");
            peer.send(
                "* 3 FETCH (UID 3 RFC822.SIZE 30 BODY[HEADER] {3}\r\nabc)\r\n"
                "* 2 FETCH (BODY[HEADER] \"abc\" RFC822.SIZE 20 UID 2)\r\n"
                "* 4 FETCH (UID 4 RFC822.SIZE 40 BODY[HEADER] NIL)\r\n"
                "* 5 FETCH (UID 5 RFC822.SIZE 50 BODY[TEXT] {3}\r\nabc)\r\n"
                "* 6 FETCH (UID 6 RFC822.SIZE 60 BODY[HEADER] {1}\r\na BODY[HEADER] {1}\r\nb)\r\n"
                "* 7 FETCH (UID 7 BODY[HEADER] {3}\r\nabc)\r\n"
                "* 8 FETCH (UID 10 RFC822.SIZE 80 BODY[HEADER] {3}\r\nabc)\r\n"
                "* 9 FETCH (RFC822.SIZE 90 BODY[HEADER] {3}\r\nabc)\r\n" +
                tag + " OK done\r\n");
        },
        [&](Connection& connection) { found = connection.fetch_fingerprints(set("2:9"), token()); });
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].uid, Uid(2));
    EXPECT_EQ(found[0].size, 20U);
    EXPECT_EQ(found[1].uid, Uid(3));
    EXPECT_EQ(found[1].header_sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(found[0].header_sha256, found[1].header_sha256);
}

// A long session, cut at every write of the server.

void whole_session(support::ScriptedPeer& peer) {
    peer.log_in("IMAP4rev1 UIDPLUS LITERAL+");
    auto tag = peer.expect("LIST \"\" \"*\"");
    peer.send("* LIST () \"/\" INBOX\r\n");
    peer.ok(tag);
    tag = peer.expect("SELECT \"INBOX\"");
    peer.send("* 2 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n");
    peer.ok(tag);
    tag = peer.expect("UID FETCH 1:* (UID FLAGS)");
    peer.send("* 1 FETCH (UID 1 FLAGS ())\r\n* 2 FETCH (UID 2 FLAGS ())\r\n");
    peer.ok(tag);
    tag = peer.expect("UID FETCH 1:2 (UID BODY.PEEK[])");
    peer.send("* 1 FETCH (UID 1 BODY[] {4}\r\nab");
    peer.send("cd)\r\n");
    peer.send("* 2 FETCH (UID 2 BODY[] {1}\r\nx");
    peer.send(")\r\n");
    peer.ok(tag);
    tag = peer.expect_append("APPEND \"INBOX\" () ");
    peer.ok(tag, "[APPENDUID 7 3] done");
    tag = peer.expect("UID STORE 1 +FLAGS.SILENT (\\Seen)");
    peer.ok(tag);
    peer.ok(peer.expect("UID STORE 2 +FLAGS.SILENT (\\Deleted)"));
    peer.ok(peer.expect("UID EXPUNGE 2"));
    peer.ok(peer.expect("CREATE \"new\""));
    tag = peer.expect("LOGOUT");
    peer.send("* BYE bye\r\n");
    peer.ok(tag);
}

class CountingHandler final : public BodyHandler {
  public:
    void begin(std::uint64_t) override {}
    void data(std::string_view) override {}
    void complete(Uid) override { ++completed; }
    void abandon() override {}
    void missing(Uid, const std::string&) override {}
    int completed = 0;
};

TEST_F(Connections, EndCleanlyWhereverTheServerCloses) {
    constexpr std::size_t kWrites = 20;
    for (std::size_t writes = 0; writes <= kWrites; ++writes) {
        support::ScriptedServer server(whole_session, writes);
        bool opened = false;
        bool unanswered = false;
        std::optional<base::Error> error;
        try {
            const auto connection = open(server);
            opened = true;
            connection->list("", "*", false, token());
            connection->select(MailboxName("INBOX"), Access::read_write, token());
            connection->fetch_flags([](const ListedMessage&) {}, token());
            CountingHandler handler;
            connection->fetch_bodies(std::vector<Uid>{Uid(1), Uid(2)}, handler, token());
            EXPECT_EQ(handler.completed, 2);
            Outgoing message;
            message.wire_size = 5;
            message.open = [] {
                return [sent = false](std::string& buffer) mutable {
                    buffer = "hello";
                    return !std::exchange(sent, true);
                };
            };
            const auto outcomes = connection->append(MailboxName("INBOX"), std::span(&message, 1), token());
            ASSERT_EQ(outcomes.size(), 1U);
            unanswered = std::holds_alternative<AppendUnanswered>(outcomes[0]);
            EXPECT_EQ(connection->usable(), !unanswered);
            if (!unanswered) {
                EXPECT_EQ(std::get<Appended>(outcomes[0]).uid, Uid(3));
                connection->store_flags(set("1"), FlagChange::add, mail::Flags::parse("S"), token());
                connection->delete_messages(set("2"), true, token());
                connection->create(MailboxName("new"), token());
            }
            connection->close();
        } catch (const base::Error& failure) {
            error = failure;
        }
        EXPECT_EQ(server.complaints(), Strings{}) << writes;
        if (error) {
            EXPECT_EQ(error->severity(), opened ? Severity::folder_retry : Severity::repository) << writes;
            EXPECT_EQ(error->code(), ErrorCode::network) << writes << ": " << error->what();
        }
        // LOGOUT's answer is nobody's loss.
        EXPECT_EQ(error.has_value() || unanswered, writes + 2 < kWrites) << writes;
    }
}

}  // namespace
}  // namespace offlineimap::client

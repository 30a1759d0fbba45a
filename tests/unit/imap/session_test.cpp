#include "offlineimap/imap/session.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "transcript.hpp"

namespace offlineimap::imap {
namespace {

using Strings = std::vector<std::string>;

class SessionFed : public testing::TestWithParam<Feeding> {
  protected:
    static Transcript greeted(Feeding feeding, const std::string& capabilities = "IMAP4rev1",
                              SessionOptions options = {}) {
        Transcript transcript(feeding, options);
        transcript.receives("* PREAUTH [CAPABILITY " + capabilities + "] hi\r\n");
        transcript.events();
        return transcript;
    }
    // With "INBOX" of three messages open.
    static Transcript selected(Feeding feeding, const std::string& capabilities = "IMAP4rev1",
                               SessionOptions options = {}) {
        auto transcript = greeted(feeding, capabilities, options);
        transcript->enqueue(select_command(base::MailboxName("INBOX")));
        transcript.run();
        transcript.receives(
            "* 3 EXISTS\r\n* OK [UIDVALIDITY 9] v\r\n* OK [UIDNEXT 12] n\r\n* OK [HIGHESTMODSEQ "
            "715194045007] m\r\n"
            "* OK [PERMANENTFLAGS (\\Seen a]b \\*)] p\r\nA1 OK [READ-WRITE] done\r\n");
        transcript.sent();
        transcript.events();
        return transcript;
    }
    Transcript greeted(const std::string& capabilities = "IMAP4rev1", SessionOptions options = {}) const {
        return greeted(GetParam(), capabilities, options);
    }
    Transcript selected(const std::string& capabilities = "IMAP4rev1", SessionOptions options = {}) const {
        return selected(GetParam(), capabilities, options);
    }
};
INSTANTIATE_TEST_SUITE_P(WholeAndByteByByte, SessionFed,
                         testing::Values(Feeding::whole, Feeding::byte_by_byte));

Command noop() {
    return noop_command();
}
Command append(std::uint64_t size) {
    return append_command(base::MailboxName("a"), {}, std::nullopt, size);
}

// Greeting.

TEST_P(SessionFed, WaitsForTheGreetingBeforeItSpeaks) {
    Transcript transcript(GetParam());
    transcript->enqueue(capability_command());
    transcript.run();
    EXPECT_EQ(transcript.sent(), "");
    transcript.receives("* OK hi there\r\n");
    EXPECT_EQ(transcript.events(), Strings{"greeted OK hi there"});
    EXPECT_EQ(transcript.sent(), "A1 CAPABILITY\r\n");
    EXPECT_FALSE(transcript->knows_capabilities());
    EXPECT_FALSE(transcript->authenticated());
}

TEST_P(SessionFed, TakesCapabilitiesFromTheGreeting) {
    Transcript transcript(GetParam());
    transcript.receives("* OK [CAPABILITY IMAP4rev1 starttls] hi\r\n");
    EXPECT_TRUE(transcript->knows_capabilities());
    EXPECT_TRUE(transcript->has("STARTTLS"));
}

TEST_P(SessionFed, IsAuthenticatedByPreauth) {
    EXPECT_TRUE(greeted()->authenticated());
}

TEST_P(SessionFed, ClosesAtAGreetingOfBye) {
    Transcript transcript(GetParam());
    transcript.receives("* BYE Too many connections\r\n");
    EXPECT_EQ(transcript.events(), Strings{"closed Too many connections"});
}

TEST_P(SessionFed, RefusesAnythingElseAsGreeting) {
    for (const char* line : {"A1 OK hi\r\n", "+ hi\r\n", "* CAPABILITY IMAP4rev1\r\n", "* 3 EXISTS\r\n",
                             "* NO hi\r\n", "* BAD hi\r\n"}) {
        Transcript transcript(GetParam());
        transcript.receives(line);
        EXPECT_EQ(transcript.events(), Strings{"violation: the server's first line is not a greeting"})
            << line;
    }
}

TEST_P(SessionFed, ShowsWhatCouldNotBeRead) {
    Transcript transcript(GetParam());
    transcript.receives("SSH-2.0-OpenSSH_9.2\x1b[2J\r\n");
    EXPECT_EQ(transcript.events(),
              Strings{"violation: expected a blank at byte 23 of: SSH-2.0-OpenSSH_9.2\\x1b[2J"});
}

TEST_P(SessionFed, ClosesWhenTheInputEnds) {
    Transcript transcript(GetParam());
    transcript.receives("* OK hi\r\n* OK unfinished");
    transcript.end_of_input();
    EXPECT_EQ(transcript.events(), (Strings{"greeted OK hi", "closed "}));
}

// Commands and answers.

TEST_P(SessionFed, PipelinesCommandsAndMatchesAnswersByTag) {
    auto transcript = greeted();
    transcript->enqueue(noop());
    transcript->enqueue(create_command(base::MailboxName("x")));
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 NOOP\r\nA2 CREATE \"x\"\r\n");
    EXPECT_EQ(transcript->unanswered(), 2U);
    transcript.receives("A2 NO [ALREADYEXISTS] there\r\nA1 OK done\r\n");
    EXPECT_EQ(transcript.events(), (Strings{"completed 2 NO [ALREADYEXISTS ] there", "completed 1 OK done"}));
    EXPECT_EQ(transcript->unanswered(), 0U);
}

TEST_P(SessionFed, RefusesAnAnswerToNoCommand) {
    auto transcript = greeted();
    transcript.receives("A1 OK done\r\n");
    EXPECT_EQ(transcript.events(), Strings{"violation: an answer to no command: A1"});
}

TEST_P(SessionFed, RefusesASecondAnswer) {
    auto transcript = greeted();
    transcript->enqueue(noop());
    transcript.run();
    transcript.receives("A1 OK done\r\nA1 OK done\r\n");
    EXPECT_EQ(transcript.events(),
              (Strings{"completed 1 OK done", "violation: an answer to no command: A1"}));
}

TEST_P(SessionFed, SaysTheSameForEverOnceItIsOver) {
    auto transcript = greeted();
    transcript.receives("x\r\n");
    transcript.events();
    transcript->enqueue(noop());
    transcript.run();
    EXPECT_EQ(transcript.events().size(), 1U);
    EXPECT_EQ(transcript.sent(), "");
}

TEST_P(SessionFed, ClosesAtByeWithItsText) {
    auto transcript = greeted();
    transcript->enqueue(noop());
    transcript.run();
    transcript.receives("* BYE going down\r\nA1 OK done\r\n");
    EXPECT_EQ(transcript.events(), Strings{"closed going down"});
}

TEST_P(SessionFed, WelcomesByeAfterLogout) {
    auto transcript = greeted();
    transcript->enqueue(logout_command());
    transcript.run();
    transcript.receives("* BYE bye\r\nA1 OK done\r\n");
    EXPECT_EQ(transcript.events(), Strings{"completed 1 OK done"});
}

TEST_P(SessionFed, PassesAlertsOn) {
    auto transcript = greeted();
    transcript.receives("* OK [ALERT] Disk is full\r\n* NO just a warning\r\n");
    EXPECT_EQ(transcript.events(), Strings{"alert Disk is full"});
}

TEST_P(SessionFed, TakesBackCommandsThatHaveNotBegun) {
    auto transcript = greeted();
    const auto first = transcript->enqueue(append(5));
    const auto second = transcript->enqueue(append(5));
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 APPEND \"a\" () {5}\r\n");
    EXPECT_FALSE(transcript->withdraw(first));
    EXPECT_TRUE(transcript->withdraw(second));
    EXPECT_FALSE(transcript->withdraw(second));
    transcript.receives("A1 NO full\r\n");
    EXPECT_EQ(transcript->unanswered(), 0U);
    EXPECT_EQ(transcript.sent(), "");
}

// Literals.

TEST_P(SessionFed, WaitsForTheContinuationOfALiteral) {
    auto transcript = greeted();
    transcript.has_body("hello");
    transcript->enqueue(append(5));
    transcript->enqueue(noop());
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 APPEND \"a\" () {5}\r\n");
    transcript.receives("+ go on\r\n");
    EXPECT_EQ(transcript.sent(), "hello\r\nA2 NOOP\r\n");
    transcript.receives("A1 OK [APPENDUID 3 4] done\r\nA2 OK done\r\n");
    EXPECT_EQ(transcript.events(), (Strings{"completed 1 OK [APPENDUID 3 4] done", "completed 2 OK done"}));
}

TEST_P(SessionFed, DropsTheLiteralThatWasRefused) {
    auto transcript = greeted();
    transcript.has_body("hello");
    transcript->enqueue(append(5));
    transcript->enqueue(noop());
    transcript.run();
    transcript.sent();
    transcript.receives("A1 NO [OVERQUOTA] full\r\n");
    EXPECT_EQ(transcript.events(), Strings{"completed 1 NO [OVERQUOTA ] full"});
    EXPECT_EQ(transcript.sent(), "A2 NOOP\r\n");
}

TEST_P(SessionFed, SendsLiteralsAtOnceWithLiteralPlus) {
    auto transcript = greeted("IMAP4rev1 LITERAL+");
    transcript.has_body("helloworld");
    transcript->enqueue(append(5));
    transcript->enqueue(append(5));
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 APPEND \"a\" () {5+}\r\nhello\r\nA2 APPEND \"a\" () {5+}\r\nworld\r\n");
}

TEST_P(SessionFed, SendsSmallLiteralsAtOnceWithLiteralMinus) {
    auto transcript = greeted("IMAP4rev1 LITERAL-");
    transcript.has_body(std::string(4096, 'x'));
    transcript->enqueue(append(4096));
    transcript->enqueue(append(4097));
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 APPEND \"a\" () {4096+}\r\n" + std::string(4096, 'x') +
                                     "\r\nA2 APPEND \"a\" () {4097}\r\n");
}

TEST_P(SessionFed, SendsAnEmptyLiteral) {
    auto transcript = greeted();
    transcript->enqueue(append(0));
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 APPEND \"a\" () {0}\r\n");
    transcript.receives("+\r\n");
    EXPECT_EQ(transcript.sent(), "\r\n");
}

TEST_P(SessionFed, FinishesALiteralThatWasRefusedOnItsWay) {
    auto transcript = greeted("IMAP4rev1 LITERAL+");
    transcript.has_body("he");
    transcript->enqueue(append(5));
    transcript->enqueue(noop());
    transcript.run();
    transcript.receives("A1 NO full\r\n");
    EXPECT_EQ(transcript.events(), Strings{});
    EXPECT_EQ(transcript->unanswered(), 2U);
    transcript.has_body("llo");
    transcript.run();
    EXPECT_EQ(transcript.events(), Strings{"completed 1 NO full"});
    EXPECT_EQ(transcript.sent(), "A1 APPEND \"a\" () {5+}\r\nhello\r\nA2 NOOP\r\n");
}

TEST_P(SessionFed, RefusesTwoAnswersToACommandOnItsWay) {
    auto transcript = greeted("IMAP4rev1 LITERAL+");
    transcript->enqueue(append(5));
    transcript.run();
    transcript.receives("A1 NO full\r\nA1 NO full\r\n");
    EXPECT_EQ(transcript.events(), Strings{"violation: two answers to one command"});
}

TEST_P(SessionFed, RefusesOkToACommandThatIsStillOnItsWay) {
    auto transcript = greeted("IMAP4rev1 LITERAL+");
    transcript->enqueue(append(5));
    transcript.run();
    transcript.receives("A1 OK done\r\n");
    EXPECT_EQ(transcript.events(), Strings{"violation: OK to a command that is still on its way"});
}

TEST_P(SessionFed, SendsNothingMoreOfAnAbandonedLiteral) {
    auto transcript = greeted("IMAP4rev1 LITERAL+");
    transcript.has_body("hellowo");
    transcript->enqueue(append(5));
    transcript->enqueue(append(5));
    transcript->enqueue(noop());
    transcript.run();
    transcript->abandon_output();
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 APPEND \"a\" () {5+}\r\nhello\r\nA2 APPEND \"a\" () {5+}\r\nwo");
    transcript.receives("A1 OK done\r\n");
    EXPECT_EQ(transcript.events(), Strings{"completed 1 OK done"});
}

TEST_P(SessionFed, SendsNamesAsLiteralsWhenNeeded) {
    auto transcript = greeted();
    transcript->enqueue(create_command(base::MailboxName("G\xc3\xa4ste")));
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 CREATE {6}\r\n");
    transcript.receives("+ \r\n");
    EXPECT_EQ(transcript.sent(), "G\xc3\xa4ste\r\n");
}

TEST_P(SessionFed, RefusesAContinuationThatNothingWaitsFor) {
    auto transcript = greeted();
    transcript->enqueue(noop());
    transcript.run();
    transcript.receives("+ go on\r\n");
    EXPECT_EQ(transcript.events(), Strings{"violation: a continuation request that nothing waits for"});
}

TEST(SessionOutput, IsBoundedWhileALiteralIsSupplied) {
    Session session;
    session.receive("* PREAUTH [CAPABILITY LITERAL+] hi\r\n");
    ASSERT_TRUE(std::holds_alternative<Event>(session.next()));
    session.enqueue(append(10'000'000));
    const std::string piece(50'000, 'x');
    std::size_t supplied = 0;
    for (;;) {
        const auto step = session.next();
        const auto* event = std::get_if<Event>(&step);
        if (event == nullptr) break;
        ASSERT_TRUE(std::holds_alternative<BodyWanted>(*event));
        session.supply(piece);
        supplied += piece.size();
    }
    EXPECT_GE(supplied, 200'000U);
    EXPECT_LE(supplied, 400'000U);
}

TEST(SessionOutput, GoesOnWhereAPartialWriteEnded) {
    Session session;
    session.receive("* PREAUTH [CAPABILITY LITERAL+] hi\r\n");
    session.next();
    session.enqueue(append(600'000));
    std::string sent;
    std::uint64_t supplied = 0;
    for (;;) {
        const auto step = session.next();
        if (const auto* send = std::get_if<Send>(&step)) {
            const auto part = send->bytes.substr(0, 1000);
            sent += part;
            session.sent(part.size());
        } else if (std::holds_alternative<Event>(step)) {
            session.supply(std::string(60'000, static_cast<char>('a' + supplied++ % 26)));
        } else {
            break;
        }
    }
    const std::string head = "A1 APPEND \"a\" () {600000+}\r\n";
    ASSERT_EQ(sent.size(), head.size() + 600'002);
    for (std::size_t i = 0; i < 10; ++i)
        EXPECT_EQ(sent[head.size() + i * 60'000 + 59'999], 'a' + static_cast<char>(i));
}

// Login.

TEST_P(SessionFed, LogsIn) {
    Transcript transcript(GetParam());
    transcript.receives("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n");
    transcript->enqueue(login_command("me", base::Secret("secret")));
    transcript->enqueue(noop());
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 LOGIN \"me\" \"secret\"\r\n");
    EXPECT_FALSE(transcript->knows_capabilities());
    transcript.receives("A1 OK [CAPABILITY IMAP4rev1 IDLE] welcome\r\n");
    EXPECT_TRUE(transcript->authenticated());
    EXPECT_TRUE(transcript->knows_capabilities());
    EXPECT_TRUE(transcript->has("IDLE"));
    EXPECT_FALSE(transcript->has("STARTTLS"));
    EXPECT_EQ(transcript.sent(), "A2 NOOP\r\n");
}

// Gmail (modern-email/defects#18).
TEST_P(SessionFed, TakesCapabilitiesToldJustBeforeTheAnswerToTheLogin) {
    Transcript transcript(GetParam());
    transcript.receives("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n");
    transcript->enqueue(login_command("u", base::Secret("p")));
    transcript.run();
    transcript.receives("* CAPABILITY IMAP4rev1 UIDPLUS\r\nA1 OK LOGIN Completed.\r\n");
    EXPECT_TRUE(transcript->knows_capabilities());
    EXPECT_TRUE(transcript->has("UIDPLUS"));
}

TEST_P(SessionFed, KeepsItsCapabilitiesWhenALoginIsRefused) {
    Transcript transcript(GetParam());
    transcript.receives("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n");
    transcript->enqueue(login_command("me", base::Secret("secret")));
    transcript.run();
    transcript.receives("A1 NO [AUTHENTICATIONFAILED] no\r\n");
    EXPECT_FALSE(transcript->authenticated());
    EXPECT_TRUE(transcript->knows_capabilities());
    EXPECT_TRUE(transcript->has("AUTH=PLAIN"));
}

TEST_P(SessionFed, ExchangesChallengesAndResponses) {
    Transcript transcript(GetParam());
    transcript.receives("* OK hi\r\n");
    transcript->enqueue(authenticate_command("PLAIN", std::nullopt));
    transcript.run();
    transcript.receives("+ \r\n");
    EXPECT_EQ(transcript.events(), (Strings{"greeted OK hi", "challenge "}));
    EXPECT_EQ(transcript.sent(), "A1 AUTHENTICATE PLAIN\r\n");
    transcript->respond(base::Secret("AGEAYg=="));
    transcript.run();
    EXPECT_EQ(transcript.sent(), "AGEAYg==\r\n");
    transcript.receives("A1 OK in\r\n");
    EXPECT_TRUE(transcript->authenticated());
}

TEST_P(SessionFed, IgnoresDataBeforeLogin) {
    Transcript transcript(GetParam());
    transcript.receives(
        "* OK hi\r\n* LIST () \"/\" evil\r\n* SEARCH 1\r\n* 5 EXISTS\r\n* 1 EXPUNGE\r\n* 1 FETCH (UID 1 "
        "BODY[] {1}\r\nx)\r\n"
        "* STATUS INBOX (MESSAGES 0)\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 4] x\r\n");
    EXPECT_EQ(transcript.events(), Strings{"greeted OK hi"});
    EXPECT_FALSE(transcript->mailbox());
}

// Changes of the stream.

TEST_P(SessionFed, StandsStillAfterStartTls) {
    Transcript transcript(GetParam());
    transcript.stand_still_after_completion();
    transcript.receives("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=EVIL] hi\r\n");
    transcript->enqueue(starttls_command());
    transcript->enqueue(capability_command());
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 STARTTLS\r\n");
    transcript.receives("A1 OK begin\r\n* CAPABILITY IMAP4rev1 INJECTED\r\n");
    EXPECT_EQ(transcript.unread(), "* CAPABILITY IMAP4rev1 INJECTED\r\n");
    EXPECT_EQ(transcript.sent(), "");
    transcript.resume(Session::StreamChange::tls);
    EXPECT_FALSE(transcript->knows_capabilities());
    EXPECT_TRUE(transcript->capabilities().empty());
    EXPECT_EQ(transcript.sent(), "A2 CAPABILITY\r\n");
}

TEST_P(SessionFed, GoesOnInTheClearWhenStartTlsIsRefused) {
    Transcript transcript(GetParam());
    transcript.receives("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n");
    transcript->enqueue(starttls_command());
    transcript->enqueue(noop());
    transcript.run();
    transcript.sent();
    transcript.receives("A1 NO not now\r\n");
    EXPECT_EQ(transcript.sent(), "A2 NOOP\r\n");
}

TEST_P(SessionFed, RefusesAContinuationToStartTls) {
    Transcript transcript(GetParam());
    transcript.receives("* OK hi\r\n");
    transcript->enqueue(starttls_command());
    transcript.run();
    transcript.events();
    transcript.receives("+ go on\r\n");
    EXPECT_EQ(transcript.events(), Strings{"violation: a continuation request that nothing waits for"});
}

TEST_P(SessionFed, KeepsItsCapabilitiesWhenCompressionBegins) {
    auto transcript = greeted("IMAP4rev1 COMPRESS=DEFLATE");
    transcript.stand_still_after_completion();
    transcript->enqueue(compress_command());
    transcript.run();
    transcript.receives("A1 OK active\r\n\x01\x02");
    EXPECT_EQ(transcript.unread(), "\x01\x02");
    EXPECT_TRUE(transcript->authenticated());
    transcript.resume(Session::StreamChange::compression);
    EXPECT_TRUE(transcript->has("IMAP4REV1"));
}

// Mailboxes.

TEST_P(SessionFed, KnowsTheSelectedMailbox) {
    const auto mailbox = selected()->mailbox();
    ASSERT_TRUE(mailbox);
    EXPECT_EQ(mailbox->exists, 3U);
    EXPECT_EQ(mailbox->uid_validity, base::UidValidity(9));
    EXPECT_EQ(mailbox->uid_next, base::Uid(12));
    EXPECT_EQ(mailbox->highest_mod_seq, base::ModSeq(715194045007));
    EXPECT_EQ(mailbox->permanent_flags, (Strings{"\\Seen", "a]b", "\\*"}));
    EXPECT_FALSE(mailbox->read_only);
}

TEST_P(SessionFed, SelectsOneMailboxAtATime) {
    auto transcript = greeted();
    transcript->enqueue(noop());
    transcript->enqueue(select_command(base::MailboxName("a")));
    transcript->enqueue(uid_fetch_command("1:*", "(UID FLAGS)"));
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 NOOP\r\n");
    transcript.receives("A1 OK done\r\n");
    EXPECT_EQ(transcript.sent(), "A2 SELECT \"a\"\r\n");
    transcript.receives("* 1 EXISTS\r\nA2 OK done\r\n");
    EXPECT_EQ(transcript.sent(), "A3 UID FETCH 1:* (UID FLAGS)\r\n");
}

TEST_P(SessionFed, DoesNotWaitWithSelectForCommandsInTheBackground) {
    auto transcript = greeted();
    transcript->enqueue(capability_command());
    transcript->enqueue(select_command(base::MailboxName("a")));
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 CAPABILITY\r\nA2 SELECT \"a\"\r\n");
}

TEST_P(SessionFed, HasNoMailboxAfterAFailedSelect) {
    auto transcript = selected();
    transcript->enqueue(select_command(base::MailboxName("gone")));
    transcript.run();
    transcript.receives("* 7 EXISTS\r\nA2 NO [NONEXISTENT] gone\r\n");
    EXPECT_FALSE(transcript->mailbox());
}

TEST_P(SessionFed, KnowsWhenAMailboxIsReadOnly) {
    auto transcript = greeted();
    transcript->enqueue(select_command(base::MailboxName("a")));
    transcript.run();
    transcript.receives("A1 OK [READ-ONLY] done\r\n");
    EXPECT_TRUE(transcript->mailbox()->read_only);
}

TEST_P(SessionFed, TakesHugeModSequencesForNone) {
    auto transcript = selected();
    transcript.receives("* OK [HIGHESTMODSEQ 9223372036854775808] x\r\n");
    EXPECT_EQ(transcript->mailbox()->highest_mod_seq, base::ModSeq(0));
    transcript.receives("* OK [HIGHESTMODSEQ 9223372036854775807] x\r\n");
    EXPECT_EQ(transcript->mailbox()->highest_mod_seq, base::ModSeq(0x7FFFFFFFFFFFFFFF));
    transcript.receives("* OK [NOMODSEQ] x\r\n");
    EXPECT_EQ(transcript->mailbox()->highest_mod_seq, base::ModSeq(0));
}

TEST_P(SessionFed, RefusesAnotherUidValidityOfTheSelectedMailbox) {
    auto transcript = selected();
    transcript.receives("* OK [UIDVALIDITY 9] same\r\n");
    EXPECT_EQ(transcript.events(), Strings{});
    transcript.receives("* OK [UIDVALIDITY 10] other\r\n");
    EXPECT_EQ(transcript.events(), Strings{"violation: UIDVALIDITY changed while the mailbox was selected"});
}

TEST_P(SessionFed, CountsExpunges) {
    auto transcript = selected();
    transcript.receives("* 3 EXPUNGE\r\n* 3 EXPUNGE\r\n* 0 EXPUNGE\r\n* 1 EXPUNGE\r\n* 5 EXISTS\r\n");
    EXPECT_EQ(transcript->mailbox()->exists, 5U);
    EXPECT_EQ(transcript->mailbox()->expunged, 2U);
}

TEST_P(SessionFed, CountsMessagesThatWentWithoutAWordAsExpunged) {
    auto transcript = selected();
    transcript.receives("* 1 EXISTS\r\n");
    EXPECT_EQ(transcript->mailbox()->exists, 1U);
    EXPECT_EQ(transcript->mailbox()->expunged, 2U);
}

TEST_P(SessionFed, HasNoMailboxAfterUnselect) {
    auto transcript = selected();
    transcript->enqueue(unselect_command());
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A2 UNSELECT\r\n");
    EXPECT_TRUE(transcript->mailbox());
    transcript.receives("A2 OK done\r\n");
    EXPECT_FALSE(transcript->mailbox());
}

TEST_P(SessionFed, KeepsTheMailboxThatItMayNotLeave) {
    auto transcript = selected();
    transcript->enqueue(unselect_command());
    transcript.run();
    transcript.receives("A2 BAD what?\r\n");
    EXPECT_TRUE(transcript->mailbox());
}

TEST_P(SessionFed, KnowsWhatIsEnabledByItsOwnCommandOnly) {
    auto transcript = greeted("IMAP4rev1 ENABLE");
    transcript.receives("* ENABLED CONDSTORE\r\n");
    EXPECT_FALSE(transcript->has_enabled("CONDSTORE"));
    transcript->enqueue(enable_command("UTF8=ACCEPT"));
    transcript.run();
    EXPECT_EQ(transcript.sent(), "A1 ENABLE UTF8=ACCEPT\r\n");
    transcript.receives("* ENABLED utf8=accept\r\nA1 OK done\r\n");
    EXPECT_TRUE(transcript->has_enabled("UTF8=ACCEPT"));
}

TEST_P(SessionFed, TakesTheExtensionsInsideImap4rev2AsOffered) {
    EXPECT_TRUE(greeted("IMAP4rev2")->has("UIDPLUS"));
    EXPECT_FALSE(greeted("IMAP4rev2 IMAP4rev1")->has("UIDPLUS"));
    EXPECT_FALSE(greeted("IMAP4rev2")->has("COMPRESS=DEFLATE"));
    EXPECT_TRUE(greeted("IMAP4rev2")->is_rev2_only());
    EXPECT_FALSE(greeted("IMAP4rev1")->is_rev2_only());
}

TEST_P(SessionFed, TakesAnExtendedSearchByItsTag) {
    auto transcript = selected();
    transcript->enqueue(*uid_search_command("ALL"));
    transcript.run();
    transcript.receives(
        "* ESEARCH (TAG \"A9\") UID ALL 1\r\n* ESEARCH UID ALL 2\r\n* ESEARCH (TAG \"A2\") ALL 3\r\n"
        "* ESEARCH (TAG \"A2\") UID ALL 4:6\r\nA2 OK done\r\n* ESEARCH (TAG \"A2\") UID ALL 7\r\n");
    EXPECT_EQ(transcript.events(), (Strings{"found set 4:6", "completed 2 OK done"}));
}

TEST_P(SessionFed, TakesNoEmptySearchForAnAnswerInImap4rev2) {
    auto transcript = selected("IMAP4rev2");
    transcript->enqueue(*uid_search_command("ALL"));
    transcript.run();
    transcript.receives("* SEARCH\r\n* SEARCH 4\r\nA2 OK done\r\n");
    EXPECT_EQ(transcript.events(), (Strings{"found 4", "completed 2 OK done"}));
}

TEST_P(SessionFed, TellsNamespacesToThoseWhoAsked) {
    auto transcript = greeted("IMAP4rev1 NAMESPACE");
    transcript.receives("* NAMESPACE ((\"x\" \"/\")) NIL NIL\r\n");
    transcript->enqueue(namespace_command());
    transcript.run();
    transcript.receives("* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL\r\nA1 OK done\r\n");
    EXPECT_EQ(transcript.events(), (Strings{"namespaces INBOX..", "completed 1 OK done"}));
}

TEST_P(SessionFed, EndsAServerThatGoesOnWithoutAnswering) {
    SessionOptions options;
    options.most_unwanted = 10;
    options.most_listed = 3;
    options.most_fetched = 3;
    for (const std::string line :
         {"* OK hi\r\n", "* X\r\n", "* SEARCH 1\r\n", "* 3 EXISTS\r\n", "* 9 EXPUNGE\r\n",
          "* CAPABILITY IMAP4rev1\r\n", "* LIST () \"/\" a\r\n", "* ENABLED X\r\n", "* ESEARCH\r\n"}) {
        auto transcript = selected("IMAP4rev1", options);
        transcript->enqueue(noop());
        transcript.run();
        std::string lines;
        for (int i = 0; i < 10; ++i) lines += line;
        transcript.receives(lines);
        transcript.receives("A2 OK done\r\n");
        transcript.receives(lines);
        EXPECT_EQ(transcript.events(), Strings{"completed 2 OK done"}) << line;
        transcript.receives(line);
        EXPECT_EQ(transcript.events(), Strings{"violation: the server goes on and on without answering"})
            << line;
    }
    auto listing = selected("IMAP4rev1", options);
    listing->enqueue(list_command(ListKind::all, "", "*"));
    listing.run();
    for (int i = 0; i < 4; ++i) listing.receives("* LIST () \"/\" a\r\n");
    EXPECT_EQ(listing.events().back(), "violation: the list of mailboxes does not end");
    auto fetching = selected("IMAP4rev1", options);
    for (int i = 0; i < 34; ++i) fetching.receives("* 1 FETCH (FLAGS ())\r\n");
    EXPECT_EQ(fetching.events().back(), "violation: what the server tells of messages does not end");
}

TEST_P(SessionFed, EndsALoginOfChallengesWithoutEnd) {
    Transcript transcript(GetParam());
    transcript.receives("* OK [CAPABILITY IMAP4rev1] hi\r\n");
    transcript->enqueue(authenticate_command("X", std::nullopt));
    transcript.run();
    for (int i = 0; i < 51; ++i) {
        transcript.receives("+ YQ==\r\n");
        transcript->respond(base::Secret("*"));
        transcript.run();
    }
    EXPECT_EQ(transcript.events().back(), "violation: the login does not end");
}

TEST_P(SessionFed, PassesAFewAlertsOn) {
    auto transcript = greeted();
    for (int i = 0; i < 30; ++i) transcript.receives("* OK [ALERT] look\r\n");
    EXPECT_EQ(transcript.events().size(), 20U);
}

TEST_P(SessionFed, PassesOnOnlyWhatWasAskedFor) {
    auto transcript = selected();
    transcript.receives(
        "* SEARCH\r\n* LIST () \"/\" a\r\n* ESEARCH (TAG \"A9\") UID\r\n* VANISHED 1:4294967295\r\n");
    EXPECT_EQ(transcript.events(), Strings{});
    transcript->enqueue(list_command(ListKind::all, "", "*"));
    transcript->enqueue(*uid_search_command("ALL"));
    transcript.run();
    transcript.receives("* LIST () \"/\" a\r\n* SEARCH 4 2\r\nA2 OK x\r\nA3 OK x\r\n* SEARCH 9\r\n");
    EXPECT_EQ(transcript.events(),
              (Strings{"listed a", "found 4 2", "completed 2 OK x", "completed 3 OK x"}));
}

// Bodies.

TEST_P(SessionFed, StreamsBodies) {
    auto transcript = selected();
    transcript.receives("* 2 FETCH (UID 11 BODY[] {12}\r\nSubject: a\r\n)\r\n");
    EXPECT_EQ(transcript.events(),
              (Strings{"begins 2 [] 12", "bytes Subject: a\r\n", "fetched 2 uid 11 []"}));
}

TEST_P(SessionFed, TakesTheUidBehindTheBody) {
    auto transcript = selected();
    transcript.receives("* 2 FETCH (FLAGS (\\Seen) BODY[] {3}\r\n{9} RFC822.SIZE 3 UID 11)\r\n");
    EXPECT_EQ(transcript.events(),
              (Strings{"begins 2 [] 3", "bytes {9}", "fetched 2 uid 11 flags \\Seen size 3 []"}));
}

TEST_P(SessionFed, StreamsEmptyBodies) {
    auto transcript = selected();
    transcript.receives("* 2 FETCH (BODY[] {0}\r\n UID 11)\r\n* 3 FETCH (BODY[] \"\" UID 12)\r\n");
    EXPECT_EQ(transcript.events(),
              (Strings{"begins 2 [] 0", "fetched 2 uid 11 []", "begins 3 [] 0", "fetched 3 uid 12 []"}));
}

TEST_P(SessionFed, StreamsBodiesInQuotes) {
    auto transcript = selected();
    transcript.receives("* 2 FETCH (UID 11 BODY[] \"a \\\"b\\\"\")\r\n");
    EXPECT_EQ(transcript.events(), (Strings{"begins 2 [] 5", "bytes a \"b\"", "fetched 2 uid 11 []"}));
}

TEST_P(SessionFed, SaysWhenThereIsNoBody) {
    auto transcript = selected();
    transcript.receives("* 2 FETCH (UID 11 BODY[] NIL)\r\n");
    EXPECT_EQ(transcript.events(), Strings{"fetched 2 uid 11 [] nil"});
}

TEST_P(SessionFed, ShowsEveryBodyOfAResponse) {
    auto transcript = selected();
    transcript.receives("* 2 FETCH (BODY[HEADER] {1}\r\na BODY[TEXT] {2}\r\nbc BODY[1] \"q\" UID 11)\r\n");
    EXPECT_EQ(transcript.events(), (Strings{"begins 2 [HEADER] 1", "bytes a", "begins 2 [TEXT] 2", "bytes bc",
                                            "fetched 2 uid 11 [HEADER] [TEXT] [1]"}));
}

TEST_P(SessionFed, StreamsWhatLooksLikeABodyButCountsNoSection) {
    auto transcript = selected();
    transcript.receives("* 2 FETCH (X (BODY[] {1}\r\na) UID 11)\r\n");
    EXPECT_EQ(transcript.events(), (Strings{"begins 2 [] 1", "bytes a", "fetched 2 uid 11"}));
}

TEST_P(SessionFed, HoldsSmallLiteralsOnly) {
    auto transcript = selected();
    transcript.receives("* 2 FETCH (X {3}\r\nabc UID 11)\r\n");
    EXPECT_EQ(transcript.events(), Strings{"fetched 2 uid 11"});
    transcript.receives("* 2 FETCH (X {65537}\r\n");
    EXPECT_EQ(transcript.events(), Strings{"violation: a literal is larger than the limit"});
}

TEST_P(SessionFed, BoundsAResponseOfManyLiterals) {
    SessionOptions options;
    options.response_limit = 200;
    options.literal_limit = 100;
    auto transcript = selected("IMAP4rev1", options);
    const std::string literal = "{60}\r\n" + std::string(60, 'x') + " ";
    transcript.receives("* 2 FETCH (X (" + literal + literal + literal);
    EXPECT_EQ(transcript.events(), Strings{"violation: a response is larger than the limit"});
}

TEST_P(SessionFed, TakesBodiesOfAnyAnnouncedSizeWithoutHoldingThem) {
    auto transcript = selected();
    transcript.receives("* 2 FETCH (BODY[] {9223372036854775807}\r\nabc");
    transcript.end_of_input();
    EXPECT_EQ(transcript.events(), (Strings{"begins 2 [] 9223372036854775807", "bytes abc", "closed "}));
}

TEST_P(SessionFed, RefusesALiteralInsideAStatus) {
    auto transcript = selected();
    transcript.receives("* OK see {2}\r\nab\r\n");
    EXPECT_EQ(transcript.events(),
              Strings{"violation: a literal stands where none may: * OK see {2}\\x0d\\x0aab"});
}

TEST_P(SessionFed, RefusesMalformedAnswersWithTheirPlace) {
    auto transcript = selected();
    transcript.receives("* 2 FETCH (UID x)\r\n");
    EXPECT_EQ(transcript.events(), Strings{"violation: expected a UID at byte 15 of: * 2 FETCH (UID x)"});
}

// Limits.

TEST(SessionLimits, AllowLongLinesOnlyForSearch) {
    SessionOptions options;
    options.line_limit = 100;
    options.search_line_limit = 1000;
    std::string answer = "* SEARCH";
    for (int i = 1; i < 100; ++i) answer += " " + std::to_string(i);
    answer += "\r\n";

    Transcript silent(Feeding::whole, options);
    silent.receives("* PREAUTH hi\r\n" + answer);
    EXPECT_EQ(silent.events().back(), "violation: a line is longer than the limit");

    Transcript searching(Feeding::whole, options);
    searching.receives("* PREAUTH hi\r\n");
    searching->enqueue(*uid_search_command("ALL"));
    searching.run();
    searching.receives(answer + "A1 OK done\r\n");
    EXPECT_EQ(searching.events().back(), "completed 1 OK done");
    searching.receives(answer);
    EXPECT_EQ(searching.events().back(), "violation: a line is longer than the limit");
}

TEST(SessionLimits, TakeAMillionSearchResults) {
    Transcript transcript(Feeding::whole);
    transcript.receives("* PREAUTH hi\r\n");
    transcript->enqueue(*uid_search_command("ALL"));
    transcript.run();
    std::string answer = "* SEARCH";
    for (int i = 1; i <= 1'000'000; ++i) answer += " " + std::to_string(i);
    for (std::size_t i = 0; i < answer.size(); i += 65536) transcript.receives(answer.substr(i, 65536));
    transcript.receives("\r\nA1 OK done\r\n");
    const auto events = transcript.events();
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[1].size(), answer.size() - 8 + 5);
}

TEST(SessionLimits, EndALineWithoutEnd) {
    Transcript transcript(Feeding::whole);
    transcript.receives("* PREAUTH hi\r\n");
    transcript.events();
    for (int i = 0; i < 17 && transcript->next().index() != 2; ++i)
        transcript.receives(std::string(65536, 'x'));
    EXPECT_EQ(transcript.events(), Strings{"violation: a line is longer than the limit"});
}

// Traces.

TEST_P(SessionFed, TracesTheWireWithoutSecretsOrLiterals) {
    SessionOptions options;
    options.trace = true;
    Transcript transcript(GetParam(), options);
    transcript.receives("* OK [CAPABILITY IMAP4rev1 LITERAL+] hi\r\n");
    transcript->enqueue(authenticate_command("PLAIN", std::nullopt));
    transcript.run();
    transcript.receives("+ c2VjcmV0\r\n");
    transcript->respond(base::Secret("AGEAYg=="));
    transcript.run();
    transcript.receives("A1 OK\r\n");
    transcript->enqueue(login_command("me", base::Secret("hunter2")));
    transcript.run();
    transcript.receives("A2 OK in\r\n");
    transcript.has_body("hello");
    transcript->enqueue(append(5));
    transcript.run();
    EXPECT_EQ(
        transcript.events(),
        (Strings{"< * OK [CAPABILITY IMAP4rev1 LITERAL+] hi", "greeted OK [CAPABILITY IMAP4rev1 LITERAL+] hi",
                 "> A1 AUTHENTICATE PLAIN", "< + [hidden]", "challenge c2VjcmV0", "> [hidden]", "< A1 OK",
                 "< (quirk: status without text)", "completed 1 OK ", "> A2 LOGIN [hidden] [hidden]",
                 "< A2 OK in", "completed 2 OK in", "> A3 APPEND \"a\" () {5}"}));
}

}  // namespace
}  // namespace offlineimap::imap

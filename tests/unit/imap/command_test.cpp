#include "offlineimap/imap/command.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace offlineimap::imap {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;

// What goes over the wire behind the tag, literals as "{n}" and bytes, secrets shown.
std::string wire(const Command& command) {
    std::string text;
    for (const auto& part : command.parts()) {
        if (const auto* plain = std::get_if<std::string>(&part)) text += *plain;
        if (const auto* secret = std::get_if<base::Secret>(&part)) text += secret->reveal();
        if (const auto* literal = std::get_if<Literal>(&part)) {
            text += "{" + std::to_string(literal->bytes.size()) + "}" + literal->bytes;
        }
        if (const auto* literal = std::get_if<Command::SecretLiteral>(&part)) {
            text += "{" + std::to_string(literal->bytes.reveal().size()) + "}" +
                    std::string(literal->bytes.reveal());
        }
        if (const auto* streamed = std::get_if<StreamedLiteral>(&part)) {
            text += "{" + std::to_string(streamed->size) + "}…";
        }
    }
    return text;
}

base::UidSet set(std::string_view text) {
    return *base::UidSet::parse(text);
}

TEST(Commands, HaveTheWordsOfTheRfc) {
    EXPECT_EQ(wire(capability_command()), "CAPABILITY");
    EXPECT_EQ(wire(noop_command()), "NOOP");
    EXPECT_EQ(wire(logout_command()), "LOGOUT");
    EXPECT_EQ(wire(starttls_command()), "STARTTLS");
    EXPECT_EQ(wire(compress_command()), "COMPRESS DEFLATE");
    EXPECT_EQ(wire(list_command(ListKind::all, "", "*")), "LIST \"\" \"*\"");
    EXPECT_EQ(wire(list_command(ListKind::subscribed, "INBOX.", "%")), "LSUB \"INBOX.\" \"%\"");
    EXPECT_EQ(wire(select_command(base::MailboxName("INBOX"))), "SELECT \"INBOX\"");
    EXPECT_EQ(wire(examine_command(base::MailboxName("Sent Items"))), "EXAMINE \"Sent Items\"");
    EXPECT_EQ(wire(create_command(base::MailboxName("a/b"))), "CREATE \"a/b\"");
    EXPECT_EQ(wire(delete_command(base::MailboxName("a"))), "DELETE \"a\"");
    EXPECT_EQ(wire(uid_fetch_command("1:*", "(UID FLAGS)")), "UID FETCH 1:* (UID FLAGS)");
    EXPECT_EQ(wire(uid_store_command(set("1:3,7"), StoreMode::add, {"\\Answered", "\\Seen"})),
              "UID STORE 1:3,7 +FLAGS.SILENT (\\Answered \\Seen)");
    EXPECT_EQ(wire(uid_store_command(set("4"), StoreMode::remove, {"\\Seen"})),
              "UID STORE 4 -FLAGS.SILENT (\\Seen)");
    EXPECT_EQ(wire(expunge_command()), "EXPUNGE");
    EXPECT_EQ(wire(uid_expunge_command(set("2,9"))), "UID EXPUNGE 2,9");
}

TEST(Commands, MarkMessagesThatHoldUtf8InTheirHeader) {
    EXPECT_EQ(append_command(base::MailboxName("a"), {}, std::nullopt, 5, MessageForm::utf8).description(),
              "APPEND \"a\" () UTF8 (~{5})");
}

TEST(Commands, IdentifyTheProgram) {
    const std::array<std::pair<std::string, std::string>, 2> fields = {
        {{"name", "OfflineIMAP"}, {"version", "9"}}};
    EXPECT_EQ(wire(id_command(fields)), "ID (\"name\" \"OfflineIMAP\" \"version\" \"9\")");
}

TEST(AppendCommand, HasFlagsInParenthesesAlways) {
    const base::MailboxName mailbox("Drafts");
    EXPECT_EQ(wire(append_command(mailbox, {}, std::nullopt, 12)), "APPEND \"Drafts\" () {12}…");
    EXPECT_EQ(wire(append_command(mailbox, {"\\Draft", "\\Seen"}, "17-Jul-1996 02:44:25 -0700", 0)),
              "APPEND \"Drafts\" (\\Draft \\Seen) \"17-Jul-1996 02:44:25 -0700\" {0}…");
}

TEST(Names, AreQuotedWithTheirSpecialCharactersEscaped) {
    EXPECT_EQ(wire(select_command(base::MailboxName("q;w\"x\\y"))), "SELECT \"q;w\\\"x\\\\y\"");
    EXPECT_EQ(wire(select_command(base::MailboxName("%*(){ }"))), "SELECT \"%*(){ }\"");
    EXPECT_EQ(wire(select_command(base::MailboxName(""))), "SELECT \"\"");
}

TEST(Names, ThatNoQuotedStringCanHoldBecomeLiterals) {
    EXPECT_EQ(wire(select_command(base::MailboxName("x\"\r\nA1 DELETE INBOX"))),
              "SELECT {19}x\"\r\nA1 DELETE INBOX");
    EXPECT_EQ(wire(create_command(base::MailboxName("G\xc3\xa4ste"))), "CREATE {6}G\xc3\xa4ste");
}

TEST(Names, WithNulCannotBeSent) {
    EXPECT_FALSE(can_be_sent(std::string_view("a\0b", 3)));
    EXPECT_TRUE(can_be_sent("a\r\nb\xff"));
}

TEST(LoginCommand, QuotesUserAndPassword) {
    EXPECT_EQ(wire(login_command("me \"x\"", base::Secret("p\\w"))), "LOGIN \"me \\\"x\\\"\" \"p\\\\w\"");
}

TEST(LoginCommand, SendsEightBitTextAsLiterals) {
    EXPECT_EQ(wire(login_command("m\xc3\xa9", base::Secret("\xc3\xa4"))), "LOGIN {3}m\xc3\xa9 {2}\xc3\xa4");
}

TEST(Descriptions, HideSecretsAndShortenLiterals) {
    EXPECT_EQ(login_command("me", base::Secret("hunter2")).description(), "LOGIN [hidden] [hidden]");
    EXPECT_EQ(login_command("m\xc3\xa9", base::Secret("\xc3\xa4")).description(), "LOGIN [hidden] [hidden]");
    EXPECT_EQ(authenticate_command("PLAIN", base::Secret("AGI=")).description(),
              "AUTHENTICATE PLAIN [hidden]");
    EXPECT_EQ(authenticate_command("PLAIN", std::nullopt).description(), "AUTHENTICATE PLAIN");
    EXPECT_EQ(select_command(base::MailboxName("\xc3\xa4")).description(), "SELECT {2}");
    EXPECT_EQ(append_command(base::MailboxName("a"), {}, std::nullopt, 99).description(),
              "APPEND \"a\" () {99}");
}

TEST(SearchCommand, TakesCriteriaAsTheyAre) {
    EXPECT_EQ(wire(*uid_search_command("HEADER X-OfflineIMAP \"1-2\"")),
              "UID SEARCH HEADER X-OfflineIMAP \"1-2\"");
    EXPECT_EQ(wire(*uid_search_command("SUBJECT \"{5}\"")), "UID SEARCH SUBJECT \"{5}\"");
}

TEST(SearchCommand, TakesLiteralsInline) {
    EXPECT_EQ(wire(*uid_search_command("SUBJECT {2}\r\n\xc3\xa4 SEEN")),
              "UID SEARCH SUBJECT {2}\xc3\xa4 SEEN");
}

TEST(SearchCommand, RefusesLineEndsAnywhereElse) {
    EXPECT_FALSE(uid_search_command("ALL\r\nA1 DELETE INBOX"));
    EXPECT_FALSE(uid_search_command("ALL\n"));
    EXPECT_FALSE(uid_search_command(std::string_view("A\0", 2)));
    EXPECT_FALSE(uid_search_command("SUBJECT {9}\r\nshort"));
    EXPECT_FALSE(uid_search_command(std::string_view("SUBJECT {1}\r\n\0", 14)));
}

TEST(DateTime, IsInTheZoneGiven) {
    const sys_seconds when{seconds{837596665}};  // 1996-07-17 09:44:25 UTC
    EXPECT_EQ(date_time(when, hours{-7}), "17-Jul-1996 02:44:25 -0700");
    EXPECT_EQ(date_time(when, seconds{0}), "17-Jul-1996 09:44:25 +0000");
    EXPECT_EQ(date_time(when, hours{14}), "17-Jul-1996 23:44:25 +1400");
    EXPECT_EQ(date_time(sys_seconds{seconds{978307199}}, seconds{0}), "31-Dec-2000 23:59:59 +0000");
    EXPECT_EQ(date_time(sys_seconds{seconds{978307200}}, seconds{0}), "01-Jan-2001 00:00:00 +0000");
}

TEST(DateTime, WritesHalfHourZonesWestOfGreenwich) {
    const sys_seconds when{seconds{837596665}};
    EXPECT_EQ(date_time(when, -(hours{3} + minutes{30})), "17-Jul-1996 06:14:25 -0330");
    EXPECT_EQ(date_time(when, hours{5} + minutes{45}), "17-Jul-1996 15:29:25 +0545");
    EXPECT_EQ(date_time(when, -minutes{30}), "17-Jul-1996 09:14:25 -0030");
}

TEST(DateTime, LeavesOutYearsThatTheOriginalLeavesOut) {
    EXPECT_EQ(date_time(sys_seconds{seconds{0}}, seconds{0}), std::nullopt);
    EXPECT_EQ(date_time(sys_seconds{seconds{347155199}}, seconds{0}), std::nullopt);  // 1980-12-31 23:59:59
    EXPECT_EQ(date_time(sys_seconds{seconds{347155200}}, seconds{0}), "01-Jan-1981 00:00:00 +0000");
    EXPECT_EQ(date_time(sys_seconds{seconds{253402300800}}, seconds{0}), std::nullopt);  // 10000
    EXPECT_EQ(date_time(sys_seconds{seconds{-86400 * 400}}, seconds{0}), std::nullopt);
}

}  // namespace
}  // namespace offlineimap::imap

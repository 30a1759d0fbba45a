#include "offlineimap/imap/parser.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace offlineimap::imap {
namespace {

using Strings = std::vector<std::string>;

// The response, which must be whole and well-formed.
template <class T>
T parsed(const std::string& bytes) {
    auto outcome = parse_response(bytes);
    auto* value = std::get_if<ParsedResponse>(&outcome);
    if (value == nullptr || !std::holds_alternative<T>(value->response)) {
        throw std::runtime_error("not parsed as expected: " + bytes);
    }
    EXPECT_EQ(value->consumed, bytes.size()) << bytes;
    return std::get<T>(std::move(value->response));
}

bool has_quirk(const std::string& bytes, Quirk quirk) {
    const auto outcome = parse_response(bytes);
    const auto* value = std::get_if<ParsedResponse>(&outcome);
    return value != nullptr && value->quirks.contains(quirk);
}

// "offset: expectation", or what else came out.
std::string malformed(const std::string& bytes) {
    const auto outcome = parse_response(bytes);
    if (const auto* failure = std::get_if<Malformed>(&outcome)) {
        return std::to_string(failure->offset) + ": " + failure->expected;
    }
    return std::holds_alternative<Incomplete>(outcome) ? "incomplete" : "well-formed";
}

Fetched fetched(std::uint32_t number) {
    Fetched value;
    value.number = base::SequenceNumber(number);
    return value;
}

Status status(Condition condition, std::optional<ResponseCode> code, std::string text) {
    return Status{condition, std::move(code), std::move(text)};
}

// Status responses.

TEST(ParseStatus, TaggedWithText) {
    EXPECT_EQ(parsed<Tagged>("A1 OK LOGIN completed\r\n"),
              (Tagged{"A1", status(Condition::ok, std::nullopt, "LOGIN completed")}));
    EXPECT_EQ(parsed<Tagged>("A2 no x\r\n").status.condition, Condition::no);
    EXPECT_EQ(parsed<Tagged>("A2 BAD x\r\n").status.condition, Condition::bad);
}

TEST(ParseStatus, WithCode) {
    EXPECT_EQ(parsed<Tagged>("A1 OK [APPENDUID 38505 3955] done\r\n"),
              (Tagged{"A1", status(Condition::ok, ResponseCode{"APPENDUID", "38505 3955"}, "done")}));
    EXPECT_EQ(parsed<UntaggedStatus>("* OK [Alert] System down\r\n"),
              (UntaggedStatus{status(Condition::ok, ResponseCode{"ALERT", ""}, "System down")}));
    EXPECT_EQ(parsed<UntaggedStatus>("* OK [READ-ONLY]\r\n"),
              (UntaggedStatus{status(Condition::ok, ResponseCode{"READ-ONLY", ""}, "")}));
}

TEST(ParseStatus, CodeWithBracketsInAFlag) {
    EXPECT_EQ(parsed<UntaggedStatus>("* OK [PERMANENTFLAGS (a]b \\*)] ok\r\n"),
              (UntaggedStatus{status(Condition::ok, ResponseCode{"PERMANENTFLAGS", "(a]b \\*)"}, "ok")}));
    EXPECT_EQ(parsed<UntaggedStatus>("* NO [BADCHARSET (\"]\\\"\" x)] no\r\n"),
              (UntaggedStatus{status(Condition::no, ResponseCode{"BADCHARSET", "(\"]\\\"\" x)"}, "no")}));
}

TEST(ParseStatus, CodeThatNeverClosesIsText) {
    const std::string line = "* OK [UIDNEXT 5 next\r\n";
    EXPECT_EQ(parsed<UntaggedStatus>(line).status, status(Condition::ok, std::nullopt, "[UIDNEXT 5 next"));
    EXPECT_TRUE(has_quirk(line, Quirk::unclosed_code));
}

TEST(ParseStatus, WithoutText) {
    EXPECT_EQ(parsed<Tagged>("A1 OK\r\n"), (Tagged{"A1", status(Condition::ok, std::nullopt, "")}));
    EXPECT_TRUE(has_quirk("A1 OK\r\n", Quirk::missing_text));
    EXPECT_FALSE(has_quirk("A1 OK x\r\n", Quirk::missing_text));
}

TEST(ParseStatus, GreetingsAndFarewells) {
    EXPECT_EQ(parsed<UntaggedStatus>("* PREAUTH hi\r\n").status.condition, Condition::preauth);
    EXPECT_EQ(parsed<UntaggedStatus>("* BYE Too many connections\r\n").status,
              status(Condition::bye, std::nullopt, "Too many connections"));
}

TEST(ParseStatus, OnlyOkNoAndBadAnswerACommand) {
    EXPECT_EQ(malformed("A1 PREAUTH x\r\n"), "10: OK, NO or BAD");
    EXPECT_EQ(malformed("A1 BYE x\r\n"), "6: OK, NO or BAD");
    EXPECT_EQ(malformed("A1 MAYBE x\r\n"), "8: OK, NO or BAD");
    EXPECT_EQ(malformed("HTTP/1.1 400 Bad Request\r\n"), "12: OK, NO or BAD");
}

TEST(ParseContinuation, WithAndWithoutText) {
    EXPECT_EQ(parsed<Continuation>("+ Ready\r\n"), (Continuation{"Ready"}));
    EXPECT_EQ(parsed<Continuation>("+ \r\n"), (Continuation{""}));
    EXPECT_EQ(parsed<Continuation>("+\r\n"), (Continuation{""}));
    EXPECT_TRUE(has_quirk("+\r\n", Quirk::bare_continuation));
    EXPECT_EQ(malformed("+OK POP3 ready\r\n"), "1: the end of the line");
}

// Untagged data.

TEST(ParseCapabilities, AreUpperCased) {
    EXPECT_EQ(parsed<Capabilities>("* CAPABILITY IMAP4rev1 auth=Plain IDLE\r\n"),
              (Capabilities{{"IMAP4REV1", "AUTH=PLAIN", "IDLE"}}));
    EXPECT_EQ(parsed<Capabilities>("* CAPABILITY\r\n"), (Capabilities{}));
    EXPECT_EQ(parsed<Capabilities>("* capability  IMAP4rev1 \r\n"), (Capabilities{{"IMAP4REV1"}}));
    EXPECT_TRUE(has_quirk("* CAPABILITY IMAP4rev1 \r\n", Quirk::trailing_blank));
}

TEST(ParseListed, TakesNamesInEveryForm) {
    const auto listed = [](std::optional<char> delimiter, std::string name, Strings attributes = {}) {
        return Listed{false, std::move(attributes), delimiter, base::MailboxName(std::move(name))};
    };
    EXPECT_EQ(parsed<Listed>("* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent Items\"\r\n"),
              listed('/', "Sent Items", {"\\HasNoChildren", "\\Sent"}));
    EXPECT_EQ(parsed<Listed>("* LIST () \".\" INBOX.a\r\n"), listed('.', "INBOX.a"));
    EXPECT_EQ(parsed<Listed>("* list () NIL inbox\r\n"), listed(std::nullopt, "inbox"));
    EXPECT_EQ(parsed<Listed>("* LIST () \"\\\\\" \"a\\\"b\\\\c\"\r\n"), listed('\\', "a\"b\\c"));
    EXPECT_EQ(parsed<Listed>("* LIST () \"/\" {5}\r\na\r\nb\"\r\n"), listed('/', "a\r\nb\""));
    EXPECT_EQ(parsed<Listed>("* LIST () \"/\" \"\"\r\n"), listed('/', ""));
    EXPECT_EQ(parsed<Listed>("* LIST () \"/\" G\xc3\xa4ste[%*]\\\r\n"), listed('/', "G\xc3\xa4ste[%*]\\"));
    EXPECT_TRUE(parsed<Listed>("* LSUB () \"/\" a\r\n").subscription);
}

TEST(ParseListed, SkipsExtendedData) {
    EXPECT_EQ(parsed<Listed>("* LIST () \"/\" a (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n").name.text(), "a");
}

TEST(ParseListed, TakesAnEmptyDelimiterForNone) {
    EXPECT_EQ(parsed<Listed>("* LIST () \"\" a\r\n").delimiter, std::nullopt);
    EXPECT_TRUE(has_quirk("* LIST () \"\" a\r\n", Quirk::empty_delimiter));
    EXPECT_EQ(malformed("* LIST () \"//\" a\r\n"), "14: a delimiter of one character");
}

TEST(ParseListed, RefusesNonsense) {
    EXPECT_EQ(malformed("* LIST \"/\" a\r\n"), "7: a list in parentheses");
    EXPECT_EQ(malformed("* LIST () / a\r\n"), "11: a delimiter or NIL");
    EXPECT_EQ(malformed("* LIST () \"/\" \r\n"), "14: a mailbox name");
    EXPECT_EQ(malformed("* LIST () \"/\" \"a\r\n"), "16: a closing quotation mark");
    EXPECT_EQ(malformed("* LIST () \"/\" \"a\\\r\n"), "17: a closing quotation mark");
    EXPECT_EQ(malformed("* LIST () \"/\" a b\r\n"), "16: the end of the line");
}

TEST(ParseFound, NumbersInAnyAmount) {
    EXPECT_EQ(parsed<Found>("* SEARCH\r\n"), (Found{}));
    EXPECT_EQ(parsed<Found>("* SEARCH 2 84 882\r\n"), (Found{{2, 84, 882}}));
    EXPECT_EQ(parsed<Found>("* SEARCH 4294967295 \r\n"), (Found{{4294967295U}}));
    EXPECT_TRUE(has_quirk("* SEARCH 1 \r\n", Quirk::trailing_blank));
    EXPECT_EQ(parsed<Found>("* SEARCH 2 5 (MODSEQ 917162500)\r\n"), (Found{{2, 5}}));
}

TEST(ParseFound, RefusesWhatIsNoMessageNumber) {
    EXPECT_EQ(malformed("* SEARCH 0\r\n"), "10: a message number above 0");
    EXPECT_EQ(malformed("* SEARCH 4294967296\r\n"), "19: a message number");
    EXPECT_EQ(malformed("* SEARCH -1\r\n"), "9: a message number");
    EXPECT_EQ(malformed("* SEARCH 1,2\r\n"), "10: the end of the line");
}

TEST(ParseNumbered, ExistsAndExpunge) {
    EXPECT_EQ(parsed<Exists>("* 23 EXISTS\r\n").count, 23U);
    EXPECT_EQ(parsed<Expunged>("* 44 expunge\r\n").number, base::SequenceNumber(44));
    EXPECT_EQ(parsed<Unrecognised>("* 3 RECENT\r\n").name, "RECENT");
    EXPECT_EQ(malformed("* 4294967296 EXISTS\r\n"), "12: a number of 32 bits");
}

TEST(ParseUnrecognised, TakesWhateverFollows) {
    EXPECT_EQ(parsed<Unrecognised>("* FLAGS (\\Seen \\Deleted)\r\n").name, "FLAGS");
    EXPECT_EQ(parsed<Unrecognised>("* STATUS INBOX ()\r\n").name, "STATUS");
    EXPECT_EQ(parsed<Unrecognised>("* STATUS INBOX (MESSAGES 1) \r\n").name, "STATUS");
    EXPECT_EQ(parsed<Unrecognised>("* QUOTA \"\" (STORAGE 1 2)\r\n").name, "QUOTA");
    EXPECT_EQ(parsed<Unrecognised>("* ID (\"name\" {4}\r\nD\r\nx)\r\n").name, "ID");
    EXPECT_EQ(parsed<Unrecognised>("* VANISHED 1:4294967295\r\n").name, "VANISHED");
    EXPECT_EQ(parsed<Unrecognised>("* X it's \"{5} {\r\n").name, "X");
}

TEST(ParseExtendedFound, TakesTheTagAndTheSet) {
    const ExtendedFound all{"A1", true, *base::UidSet::parse("1:3,5")};
    EXPECT_EQ(parsed<ExtendedFound>("* ESEARCH (TAG \"A1\") UID ALL 5,1:3\r\n"), all);
    EXPECT_EQ(parsed<ExtendedFound>("* esearch (tag A1) uid MIN 1 MAX 5 COUNT 4 all 1:3,5 MODSEQ 9\r\n"),
              all);
    EXPECT_EQ(parsed<ExtendedFound>("* ESEARCH (TAG \"A1\") UID X (a (b)) ALL 1:3,5\r\n"), all);
    EXPECT_EQ(parsed<ExtendedFound>("* ESEARCH (TAG \"A1\") UID\r\n"), (ExtendedFound{"A1", true, {}}));
    EXPECT_EQ(parsed<ExtendedFound>("* ESEARCH \r\n"), ExtendedFound{});
}

TEST(ParseExtendedFound, RefusesNonsense) {
    EXPECT_EQ(malformed("* ESEARCH (X \"A1\")\r\n"), "12: TAG");
    EXPECT_EQ(malformed("* ESEARCH (TAG \"A1\") UID ALL 0:3\r\n"), "32: a set of message numbers");
    EXPECT_EQ(malformed("* ESEARCH (TAG \"A1\") UID ALL 4294967296\r\n"), "39: a set of message numbers");
    EXPECT_EQ(malformed("* ESEARCH (TAG \"A1\") UID ALL *\r\n"), "30: a set of message numbers");
}

TEST(ParseExtendedFound, TakesASetInAnyOrderInReasonableTime) {
    std::string set;
    for (int number = 400'000; number > 0; number -= 2)
        set += std::to_string(number) + (number > 2 ? "," : "");
    EXPECT_EQ(parsed<ExtendedFound>("* ESEARCH (TAG \"A1\") UID ALL " + set + "\r\n").all.size(), 200'000U);
}

TEST(ParseNamespaces, TakesThePersonalOnes) {
    using Personal = Namespaces::Personal;
    EXPECT_EQ(parsed<Namespaces>("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"),
              (Namespaces{{Personal{"", '/'}}}));
    EXPECT_EQ(parsed<Namespaces>("* NAMESPACE ((\"INBOX.\" \".\")(\"#mh\" NIL)) ((\"~\" \"/\")) NIL\r\n"),
              (Namespaces{{Personal{"INBOX.", '.'}, Personal{"#mh", std::nullopt}}}));
    EXPECT_EQ(parsed<Namespaces>("* NAMESPACE ((\"\" \"/\" \"X\" (\"a\" \"b\"))) NIL NIL\r\n"),
              (Namespaces{{Personal{"", '/'}}}));
    EXPECT_EQ(parsed<Namespaces>("* NAMESPACE NIL NIL (({1}\r\na \"/\"))\r\n"), Namespaces{});
    EXPECT_EQ(malformed("* NAMESPACE ((x\r\n"), "14: the prefix of a namespace");
}

TEST(ParseEnabled, TakesWhatIsSwitchedOn) {
    EXPECT_EQ(parsed<Enabled>("* ENABLED IMAP4rev2 utf8=accept\r\n").names,
              (std::vector<std::string>{"IMAP4REV2", "UTF8=ACCEPT"}));
    EXPECT_TRUE(parsed<Enabled>("* ENABLED\r\n").names.empty());
}

// FETCH.

TEST(ParseFetched, UidAndFlags) {
    auto expected = fetched(12);
    expected.uid = base::Uid(34);
    expected.flags = Strings{"\\Seen", "$Forwarded"};
    EXPECT_EQ(parsed<Fetched>("* 12 FETCH (UID 34 FLAGS (\\Seen $Forwarded))\r\n"), expected);
    EXPECT_EQ(parsed<Fetched>("* 12 fetch (flags (\\Seen $Forwarded) uid 34)\r\n"), expected);
}

TEST(ParseFetched, FlagsOfEveryKind) {
    const auto flags = [](const std::string& list) {
        return parsed<Fetched>("* 1 FETCH (FLAGS " + list + ")\r\n").flags;
    };
    EXPECT_EQ(flags("()"), Strings{});
    EXPECT_EQ(flags("(\\*)"), Strings{"\\*"});
    EXPECT_EQ(flags("([Gmail]/x a\\b c\"d {e} ]f)"), (Strings{"[Gmail]/x", "a\\b", "c\"d", "{e}", "]f"}));
    EXPECT_EQ(flags("(" + std::string(1000, 'k') + ")"), Strings{std::string(1000, 'k')});
    EXPECT_EQ(flags("(\\sEEN K\xc3\xa9)"), (Strings{"\\sEEN", "K\xc3\xa9"}));
    EXPECT_EQ(flags("(\"Junk\" b)"), (Strings{"Junk", "b"}));
    EXPECT_TRUE(has_quirk("* 1 FETCH (FLAGS (\"Junk\"))\r\n", Quirk::quoted_flag));
    EXPECT_EQ(flags("(a )"), Strings{"a"});
}

TEST(ParseFetched, SizesOf63Bits) {
    EXPECT_EQ(parsed<Fetched>("* 1 FETCH (RFC822.SIZE 9223372036854775807)\r\n").size, 9223372036854775807U);
    EXPECT_EQ(malformed("* 1 FETCH (RFC822.SIZE -1)\r\n"), "23: a size");
    EXPECT_EQ(malformed("* 1 FETCH (RFC822.SIZE 18446744073709551616)\r\n"), "43: a size");
}

TEST(ParseFetched, Sections) {
    const auto sections = [](const std::string& items) {
        return parsed<Fetched>("* 1 FETCH (" + items + ")\r\n").sections;
    };
    using Sections = std::vector<FetchedSection>;
    EXPECT_EQ(sections("BODY[] {3}\r\na\r\n UID 1"), (Sections{{"", "a\r\n"}}));
    EXPECT_EQ(sections("UID 1 BODY[] \"q\""), (Sections{{"", "q"}}));
    EXPECT_EQ(sections("BODY[] NIL"), (Sections{{"", std::nullopt}}));
    EXPECT_EQ(sections("body[header] {0}\r\n"), (Sections{{"HEADER", ""}}));
    EXPECT_EQ(sections("BODY[]<0> {1}\r\nx"), (Sections{{"<0>", "x"}}));
    EXPECT_EQ(sections("BODY[HEADER.FIELDS (DATE FROM)] {1}\r\nx"),
              (Sections{{"HEADER.FIELDS (DATE FROM)", "x"}}));
    EXPECT_EQ(sections("RFC822 {1}\r\nx"), (Sections{{"", "x"}}));
    EXPECT_EQ(sections("RFC822.HEADER \"h\" RFC822.TEXT \"t\""), (Sections{{"HEADER", "h"}, {"TEXT", "t"}}));
}

TEST(ParseFetched, SkipsItemsThatNobodyAskedFor) {
    EXPECT_EQ(
        parsed<Fetched>(
            "* 1 FETCH (X-GM-LABELS (\\Inbox \"a b\" {2}\r\n\r\n) ENVELOPE (NIL (\"a\" (b)) 3) "
            "INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" MODSEQ (12121231000) BODY (\"text\" \"plain\") "
            "BINARY[1] \"x\" BINARY.SIZE[2] 5 UID 9)\r\n")
            .uid,
        base::Uid(9));
}

TEST(ParseFetched, UidThatCannotBeIsNone) {
    const auto uid = [](const std::string& items) {
        return parsed<Fetched>("* 1 FETCH (" + items + ")\r\n").uid;
    };
    EXPECT_EQ(uid("UID 4294967295"), base::Uid(4294967295U));
    EXPECT_EQ(uid("UID 2147483648"), base::Uid(2147483648U));
    EXPECT_EQ(uid("UID 0"), std::nullopt);
    EXPECT_EQ(uid("UID 4294967296"), std::nullopt);
    EXPECT_EQ(uid("UID 5 UID 5"), base::Uid(5));
    EXPECT_EQ(uid("UID 5 FLAGS () UID 6"), std::nullopt);
    EXPECT_EQ(uid("UID 0 UID 6"), std::nullopt);
    EXPECT_TRUE(has_quirk("* 1 FETCH (UID 0)\r\n", Quirk::unusable_uid));
}

TEST(ParseFetched, ToleratesSeveralBlanks) {
    EXPECT_EQ(parsed<Fetched>("* 1 FETCH (UID 3  FLAGS  () )\r\n").uid, base::Uid(3));
    EXPECT_TRUE(has_quirk("* 1 FETCH (UID 3  FLAGS ())\r\n", Quirk::extra_blank));
}

TEST(ParseFetched, RefusesNonsense) {
    EXPECT_EQ(malformed("* 1 FETCH UID 3\r\n"), "10: a list in parentheses");
    EXPECT_EQ(malformed("* 1 FETCH (UID)\r\n"), "14: a blank");
    EXPECT_EQ(malformed("* 1 FETCH (UID x)\r\n"), "15: a UID");
    EXPECT_EQ(malformed("* 1 FETCH (UID 3\r\n"), "16: a blank");
    EXPECT_EQ(malformed("* 1 FETCH (FLAGS (a\r\n"), "19: a blank");
    EXPECT_EQ(malformed("* 1 FETCH (BODY[HEADER \"x\")\r\n"), "27: ']'");
    EXPECT_EQ(malformed("* 1 FETCH (BODY[] x)\r\n"), "19: a string or NIL");
    EXPECT_EQ(malformed("* 1 FETCH (ENVELOPE (\"a\"b\" x))\r\n"), "30: a closing quotation mark");
    EXPECT_EQ(malformed("* 1 FETCH (UID 3))\r\n"), "17: the end of the line");
}

// Limits.

TEST(ParseNesting, IsBounded) {
    const auto nested = [](std::size_t depth) {
        return "* 1 FETCH (X " + std::string(depth, '(') + std::string(depth, ')') + " UID 3)\r\n";
    };
    EXPECT_EQ(parsed<Fetched>(nested(100)).uid, base::Uid(3));
    EXPECT_EQ(malformed(nested(101)), "114: fewer nested lists");
    EXPECT_EQ(malformed(nested(1000000)), "114: fewer nested lists");
}

TEST(ParseManyFlags, IsLinear) {
    std::string line = "* 1 FETCH (FLAGS (a";
    for (int i = 1; i < 300000; ++i) line += " a";
    EXPECT_EQ(parsed<Fetched>(line + "))\r\n").flags->size(), 300000U);
}

TEST(ParseLiteral, IsIncompleteWhateverItAnnounces) {
    EXPECT_EQ(malformed("* 1 FETCH (BODY[] {9223372036854775807}\r\nx"), "incomplete");
    EXPECT_EQ(malformed("* 1 FETCH (BODY[] {18446744073709551615}\r\nx"), "incomplete");
    EXPECT_EQ(malformed("* 1 FETCH (BODY[] {18446744073709551616}\r\nx"), "39: the size of a literal");
    EXPECT_EQ(malformed("* 1 FETCH (BODY[] {-1}\r\n)\r\n"), "19: the size of a literal");
}

// Every proper beginning of a response wants more bytes; nothing else does.
TEST(ParseBeginnings, AreIncomplete) {
    const Strings responses = {
        "A1 OK [UIDVALIDITY 3] x\r\n",
        "A1 OK\r\n",
        "+ go on\r\n",
        "+\r\n",
        "* CAPABILITY IMAP4rev1 IDLE\r\n",
        "* LIST (\\Noselect) \"/\" \"a\\\"b\" (\"X\" (1))\r\n",
        "* LSUB () NIL {3}\r\na\r\n\r\n",
        "* SEARCH 1 2 (MODSEQ 3)\r\n",
        "* 4 EXISTS\r\n",
        "* 1 FETCH (UID 2 FLAGS (\\Seen a) BODY[TEXT] {4}\r\n)\r\nx RFC822.SIZE 9 X (y {1}\r\n\n \"z\"))\r\n",
        "* ID (\"a\" {2}\r\n\r\n NIL)\r\n",
    };
    for (const auto& response : responses) {
        for (std::size_t size = 0; size < response.size(); ++size) {
            EXPECT_EQ(malformed(response.substr(0, size)), "incomplete") << response.substr(0, size);
        }
        EXPECT_EQ(malformed(response), "well-formed") << response;
    }
}

TEST(ParseResponse, ConsumesOneResponseOnly) {
    const auto outcome = parse_response("* 1 EXISTS\r\n* 2 EXISTS\r\n");
    EXPECT_EQ(std::get<ParsedResponse>(outcome).consumed, 12U);
}

TEST(ParseResponse, RefusesEmptyLinesAndGarbage) {
    EXPECT_EQ(malformed("\r\n"), "0: a tag");
    EXPECT_EQ(malformed(" OK\r\n"), "0: a tag");
    EXPECT_EQ(malformed("*\r\n"), "1: a blank");
    EXPECT_EQ(malformed("* \r\n"), "2: the name of a response");
    EXPECT_EQ(malformed("A1\r\n"), "2: a blank");
    EXPECT_EQ(malformed("A1 OK x\n"), "7: the end of the line");
}

// Pieces that others use.

TEST(AnnouncedBody, IsTheItemBeforeTheLiteral) {
    const auto section = [](const std::string& text) -> std::optional<std::string> {
        const auto body = announced_body(text, text);
        if (!body) return std::nullopt;
        EXPECT_EQ(body->number, base::SequenceNumber(12));
        return body->section;
    };
    EXPECT_EQ(section("* 12 FETCH (BODY[] "), "");
    EXPECT_EQ(section("* 12 FETCH (UID 3 FLAGS (\\Seen) BODY[] "), "");
    EXPECT_EQ(section("* 12 fetch (body[Header] "), "HEADER");
    EXPECT_EQ(section("* 12 FETCH (BODY[HEADER.FIELDS (DATE)] "), "HEADER.FIELDS (DATE)");
    EXPECT_EQ(section("* 12 FETCH (BODY[]<0> "), "<0>");
    EXPECT_EQ(section("* 12 FETCH (RFC822 "), "");
    EXPECT_EQ(section("* 12 FETCH (RFC822.HEADER "), "HEADER");
    EXPECT_EQ(section("* 12 FETCH (ENVELOPE (\"x\" "), std::nullopt);
    EXPECT_EQ(section("* 12 FETCH (X-BODY[] "), std::nullopt);
    EXPECT_EQ(section("* 12 FETCH (BINARY[] "), std::nullopt);
    EXPECT_EQ(section("* 12 FETCH (X ("), std::nullopt);
    EXPECT_EQ(section("* 12 FETCH BODY[] "), std::nullopt);
    EXPECT_EQ(section("* LIST () NIL BODY[] "), std::nullopt);
    EXPECT_EQ(section("* 12 EXISTS BODY[] "), std::nullopt);
}

TEST(AnnouncedBody, LooksAtTheLineSinceTheLastLiteral) {
    EXPECT_EQ(announced_body("* 1 FETCH (BODY[HEADER] {0}\r\n BODY[] ", " BODY[] ")->section, "");
}

TEST(ParseAppendUid, TakesOneValidUidOnly) {
    EXPECT_EQ(parse_append_uid("38505 3955"), (AppendUid{base::UidValidity(38505), base::Uid(3955)}));
    EXPECT_EQ(parse_append_uid("4294967295 4294967295"),
              (AppendUid{base::UidValidity(4294967295U), base::Uid(4294967295U)}));
    for (const char* bad : {"", "1", "1 0", "0 1", "1 2 3", "1 2:3", "1 2,3", "1 4294967296", "4294967296 1",
                            "1 -1", "1  2", "x y", "1 18446744073709551616"}) {
        EXPECT_EQ(parse_append_uid(bad), std::nullopt) << bad;
    }
}

TEST(ParseFlagList, TakesAWholeListOnly) {
    EXPECT_EQ(parse_flag_list("(\\Seen \\*)"), (Strings{"\\Seen", "\\*"}));
    EXPECT_EQ(parse_flag_list("()"), Strings{});
    EXPECT_EQ(parse_flag_list("(a"), std::nullopt);
    EXPECT_EQ(parse_flag_list("a"), std::nullopt);
    EXPECT_EQ(parse_flag_list("(a) b"), std::nullopt);
    EXPECT_EQ(parse_flag_list(""), std::nullopt);
}

}  // namespace
}  // namespace offlineimap::imap

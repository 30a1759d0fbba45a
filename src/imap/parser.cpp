#include "offlineimap/imap/parser.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "offlineimap/base/text.hpp"

namespace offlineimap::imap {
namespace {

using base::equals_ignoring_case;
using base::to_upper;

// A cursor over the bytes of one response. The first failure sticks: every later read fails too, so callers
// check where it matters and the outcome names the first thing that was wrong.
class Reader {
  public:
    explicit Reader(std::string_view bytes) noexcept : bytes_(bytes) {}

    enum class Failure { none, incomplete, malformed };
    Failure failure() const noexcept { return failure_; }
    bool failed() const noexcept { return failure_ != Failure::none; }
    std::size_t offset() const noexcept { return offset_; }
    const std::string& expected() const noexcept { return expected_; }
    const QuirkSet& quirks() const noexcept { return quirks_; }

    bool fail(std::string_view expected) {
        if (!failed()) {
            failure_ = Failure::malformed;
            expected_ = expected;
        }
        return false;
    }
    void tolerate(Quirk quirk) noexcept { quirks_.add(quirk); }

    // The next byte; NUL, which stands nowhere in the grammar, when there is none.
    char peek() {
        if (failed()) return '\0';
        if (offset_ == bytes_.size()) {
            failure_ = Failure::incomplete;
            return '\0';
        }
        return bytes_[offset_];
    }
    bool next_is(char c) { return peek() == c && !failed(); }
    void skip() noexcept { ++offset_; }
    bool accept(char c) {
        if (!next_is(c)) return false;
        skip();
        return true;
    }
    bool expect(char c, std::string_view name) { return accept(c) || fail(name); }
    bool blank() { return expect(' ', "a blank"); }
    // One blank, or several as a quirk.
    bool blanks() {
        if (!blank()) return false;
        while (accept(' ')) tolerate(Quirk::extra_blank);
        return !failed();
    }
    bool at_line_end() { return next_is('\r'); }
    bool line_end() {
        while (accept(' ')) tolerate(Quirk::trailing_blank);
        return expect('\r', "the end of the line") && expect('\n', "LF");
    }

    template <class Predicate>
    std::string_view take_while(Predicate belongs) {
        const auto begin = offset_;
        while (!failed() && offset_ < bytes_.size() && belongs(bytes_[offset_])) ++offset_;
        peek();  // a word is whole only when something else follows
        return bytes_.substr(begin, offset_ - begin);
    }
    // Everything up to the line end.
    std::string_view rest_of_line() {
        return take_while([](char c) { return c != '\r' && c != '\n'; });
    }
    std::optional<std::uint64_t> number(std::string_view name) {
        const auto digits = take_while(base::is_ascii_digit);
        if (failed()) return std::nullopt;
        const auto value = base::parse_integer<std::uint64_t>(digits);
        if (!value) fail(name);
        return value;
    }
    std::optional<std::uint32_t> number32(std::string_view name) {
        const auto value = number(name);
        if (!value) return std::nullopt;
        if (*value > std::numeric_limits<std::uint32_t>::max()) {
            fail(name);
            return std::nullopt;
        }
        return static_cast<std::uint32_t>(*value);
    }
    // RFC 3501 §9, quoted. Precondition: the next byte is the quotation mark.
    std::string quoted() {
        skip();
        std::string text;
        for (;;) {
            text += take_while([](char c) { return c != '"' && c != '\\' && c != '\r' && c != '\n'; });
            if (accept('"') || failed()) return text;
            if (!accept('\\')) {
                fail("a closing quotation mark");
                return text;
            }
            const char escaped = peek();
            if (escaped == '\r' || escaped == '\n') fail("a closing quotation mark");
            if (failed()) return text;
            text += escaped;
            skip();
        }
    }
    // "{n}" CRLF and n bytes. Precondition: the next byte is the brace.
    std::string_view literal() {
        skip();
        const auto size = number("the size of a literal");
        accept('+');
        if (!size || !expect('}', "'}'") || !expect('\r', "CR") || !expect('\n', "LF")) return {};
        if (*size > bytes_.size() - offset_) {
            failure_ = Failure::incomplete;
            return {};
        }
        const auto bytes = bytes_.substr(offset_, static_cast<std::size_t>(*size));
        offset_ += bytes.size();
        return bytes;
    }
    std::optional<std::string> string_if_next() {
        if (next_is('"')) return quoted();
        if (next_is('{')) return std::string(literal());
        return std::nullopt;
    }

  private:
    std::string_view bytes_;
    std::size_t offset_ = 0;
    Failure failure_ = Failure::none;
    std::string expected_;
    QuirkSet quirks_;
};

constexpr bool is_word(char c) noexcept {
    return c != ' ' && c != '(' && c != ')' && c != '\r' && c != '\n';
}
// Names and flags come with every byte that a server's users ever typed: 8-bit, brackets, '%', '*', '\'.
constexpr bool is_lenient_atom(char c) noexcept {
    return is_word(c) && c != '"' && c != '{';
}
constexpr bool is_item_name(char c) noexcept {
    return is_word(c) && c != '[' && c != '"' && c != '{';
}

std::vector<std::string> upper_words(std::string_view text) {
    std::vector<std::string> words;
    for (const auto word : base::split(text, ' ')) {
        if (!word.empty()) words.push_back(to_upper(word));
    }
    return words;
}

// RFC 3501 §9, flag-list and the like: "(\Seen $Forwarded)".
std::vector<std::string> read_flag_list(Reader& reader) {
    std::vector<std::string> flags;
    if (!reader.expect('(', "a list in parentheses")) return flags;
    while (!reader.accept(')') && !reader.failed()) {
        if (!flags.empty() && !reader.blanks()) break;
        if (reader.accept(')')) {
            reader.tolerate(Quirk::extra_blank);
            break;
        }
        if (reader.next_is('"')) {
            reader.tolerate(Quirk::quoted_flag);
            flags.push_back(reader.quoted());
            continue;
        }
        const auto flag = reader.take_while(is_word);
        if (flag.empty()) reader.fail("a flag");
        flags.emplace_back(flag);
    }
    return flags;
}

// Skips one value of any shape: atom, number, string, literal, or a list of those, nested.
bool skip_value(Reader& reader) {
    int depth = 0;
    do {
        while (depth > 0 && reader.accept(' ')) continue;
        if (reader.accept('(')) {
            if (++depth > kMostNesting) return reader.fail("fewer nested lists");
        } else if (depth > 0 && reader.accept(')')) {
            --depth;
        } else if (reader.next_is('"')) {
            reader.quoted();
        } else if (reader.next_is('{')) {
            reader.literal();
        } else if (reader.take_while(is_lenient_atom).empty()) {
            return reader.fail("a value");
        }
    } while (depth > 0 && !reader.failed());
    return !reader.failed();
}

// The rest of a response that we have no use for, with its literals.
void skip_rest(Reader& reader) {
    while (!reader.failed()) {
        const auto passed =
            reader.take_while([](char c) { return c != '\r' && c != '\n' && c != '{' && c != '"'; });
        if (reader.next_is('"')) {
            // Not quoted(): in text for people one may stand alone.
            reader.skip();
        } else if (reader.next_is('{')) {
            Reader ahead = reader;
            ahead.literal();
            if (ahead.failure() == Reader::Failure::malformed) {
                reader.skip();
            } else {
                reader = ahead;
            }
        } else {
            if (passed.ends_with(' ')) reader.tolerate(Quirk::trailing_blank);
            reader.line_end();
            return;
        }
    }
}

// RFC 3501 §7.1: "[NAME argument]" before the text. Brackets may stand in a flag or a string of the argument.
std::optional<std::size_t> end_of_code(std::string_view text) {
    int depth = 0;
    bool in_quotes = false;
    for (std::size_t i = 1; i < text.size(); ++i) {
        const char c = text[i];
        if (in_quotes) {
            if (c == '\\') ++i;
            in_quotes = c != '"';
            continue;
        }
        if (c == '"') in_quotes = true;
        if (c == '(') ++depth;
        if (c == ')') --depth;
        if (c == ']' && depth <= 0) return i;
    }
    return std::nullopt;
}

void take_code(Reader& reader, Status& status) {
    const auto end = end_of_code(status.text);
    if (!end) return reader.tolerate(Quirk::unclosed_code);
    const auto code = std::string_view{status.text}.substr(1, *end - 1);
    const auto blank = code.find(' ');
    const bool has_argument = blank != std::string_view::npos;
    status.code = ResponseCode{to_upper(code.substr(0, blank)),
                               std::string(has_argument ? code.substr(blank + 1) : std::string_view{})};
    const auto rest = std::string_view{status.text}.substr(*end + 1);
    if (rest.empty()) reader.tolerate(Quirk::missing_text);
    status.text = std::string(rest.substr(rest.starts_with(' ') ? 1 : 0));
}

std::optional<Condition> condition_of(std::string_view word) {
    if (equals_ignoring_case(word, "OK")) return Condition::ok;
    if (equals_ignoring_case(word, "NO")) return Condition::no;
    if (equals_ignoring_case(word, "BAD")) return Condition::bad;
    if (equals_ignoring_case(word, "PREAUTH")) return Condition::preauth;
    if (equals_ignoring_case(word, "BYE")) return Condition::bye;
    return std::nullopt;
}

// Behind the condition: blank, code, text, line end.
Status read_status(Reader& reader, Condition condition) {
    Status status;
    status.condition = condition;
    if (reader.accept(' ')) {
        status.text = std::string(reader.rest_of_line());
        if (status.text.starts_with('[')) take_code(reader, status);
    } else {
        reader.tolerate(Quirk::missing_text);
    }
    reader.line_end();
    return status;
}

Response read_continuation(Reader& reader) {
    reader.skip();
    Continuation continuation;
    if (reader.accept(' ')) {
        continuation.text = std::string(reader.rest_of_line());
    } else {
        reader.tolerate(Quirk::bare_continuation);
    }
    reader.line_end();
    return continuation;
}

Response read_tagged(Reader& reader) {
    Tagged tagged;
    tagged.tag = std::string(reader.take_while(is_lenient_atom));
    if (tagged.tag.empty()) reader.fail("a tag");
    reader.blank();
    const auto condition = condition_of(reader.take_while(is_word));
    if (!condition || *condition == Condition::preauth || *condition == Condition::bye) {
        reader.fail("OK, NO or BAD");
        return tagged;
    }
    tagged.status = read_status(reader, *condition);
    return tagged;
}

Response read_capabilities(Reader& reader) {
    const auto text = reader.rest_of_line();
    if (text.ends_with(' ')) reader.tolerate(Quirk::trailing_blank);
    reader.line_end();
    return Capabilities{upper_words(text)};
}

Response read_enabled(Reader& reader) {
    auto names = upper_words(reader.rest_of_line());
    reader.line_end();
    return Enabled{std::move(names)};
}

// A quoted character or NIL.
std::optional<char> read_delimiter(Reader& reader) {
    if (!reader.next_is('"')) {
        if (!equals_ignoring_case(reader.take_while(is_lenient_atom), "NIL"))
            reader.fail("a delimiter or NIL");
        return std::nullopt;
    }
    const auto delimiter = reader.quoted();
    if (delimiter.size() > 1) reader.fail("a delimiter of one character");
    if (!delimiter.empty()) return delimiter.front();
    reader.tolerate(Quirk::empty_delimiter);
    return std::nullopt;
}

// RFC 3501 §7.2.2: "(" attributes ")" SP delimiter SP name; RFC 5258 §6 may add a list behind it.
Response read_listed(Reader& reader, bool subscription) {
    Listed listed;
    listed.subscription = subscription;
    reader.blanks();
    listed.attributes = read_flag_list(reader);
    reader.blanks();
    listed.delimiter = read_delimiter(reader);
    reader.blanks();
    if (auto name = reader.string_if_next()) {
        listed.name = base::MailboxName(std::move(*name));
    } else {
        const auto atom = reader.take_while(is_lenient_atom);
        if (atom.empty()) reader.fail("a mailbox name");
        listed.name = base::MailboxName(std::string(atom));
    }
    if (reader.accept(' ')) {
        if (reader.next_is('(')) {
            skip_value(reader);
        } else {
            reader.tolerate(Quirk::trailing_blank);
        }
    }
    reader.line_end();
    return listed;
}

// RFC 3501 §7.2.5; RFC 7162 §3.1.5 may end it with "(MODSEQ n)".
Response read_found(Reader& reader) {
    Found found;
    while (reader.accept(' ')) {
        if (reader.next_is('(')) {
            skip_value(reader);
        } else if (reader.at_line_end() || reader.next_is(' ')) {
            reader.tolerate(Quirk::trailing_blank);
        } else {
            const auto number = reader.number32("a message number");
            if (number && *number == 0) reader.fail("a message number above 0");
            if (number) found.numbers.push_back(*number);
        }
    }
    reader.line_end();
    return found;
}

// "((" prefix SP delimiter … ")" … ")" or NIL (RFC 2342 §6); two more of that kind are skipped.
Response read_namespaces(Reader& reader) {
    Namespaces namespaces;
    reader.blanks();
    if (reader.accept('(')) {
        while (!reader.accept(')') && !reader.failed()) {
            while (reader.accept(' ')) reader.tolerate(Quirk::extra_blank);
            Namespaces::Personal personal;
            reader.expect('(', "a namespace in parentheses");
            if (auto prefix = reader.string_if_next()) {
                personal.prefix = std::move(*prefix);
            } else {
                reader.fail("the prefix of a namespace");
            }
            reader.blanks();
            personal.delimiter = read_delimiter(reader);
            // Extensions: a string and a list, any number of times.
            while (reader.accept(' ')) skip_value(reader);
            reader.expect(')', "')'");
            namespaces.personal.push_back(std::move(personal));
        }
    } else {
        skip_value(reader);
    }
    while (reader.accept(' ') && !reader.at_line_end()) skip_value(reader);
    reader.line_end();
    return namespaces;
}

// RFC 4731 §3.1: correlator, "UID", then names with values; of these only ALL is of use here.
Response read_extended_found(Reader& reader) {
    ExtendedFound found;
    while (reader.accept(' ')) {
        if (reader.at_line_end() || reader.next_is(' ')) {
            reader.tolerate(Quirk::trailing_blank);
            continue;
        }
        if (reader.accept('(')) {
            if (!equals_ignoring_case(reader.take_while(is_lenient_atom), "TAG")) reader.fail("TAG");
            reader.blanks();
            found.tag = reader.string_if_next();
            if (!found.tag) found.tag = std::string(reader.take_while(is_lenient_atom));
            reader.expect(')', "')'");
            continue;
        }
        const auto name = reader.take_while(is_lenient_atom);
        if (name.empty()) reader.fail("the name of a result");
        if (equals_ignoring_case(name, "UID")) {
            found.has_uids = true;
            continue;
        }
        reader.blanks();
        if (!equals_ignoring_case(name, "ALL")) {
            skip_value(reader);
            continue;
        }
        auto set = base::UidSet::parse(reader.take_while(is_lenient_atom));
        if (!set) reader.fail("a set of message numbers");
        if (set) found.all = std::move(*set);
    }
    reader.line_end();
    return found;
}

// "BODY[HEADER]<0>" behind "BODY": the section with its origin.
std::string read_section(Reader& reader) {
    reader.skip();
    auto section = to_upper(reader.take_while([](char c) { return c != ']' && c != '\r' && c != '\n'; }));
    reader.expect(']', "']'");
    if (reader.next_is('<')) {
        section += reader.take_while([](char c) { return c != ' ' && c != '\r' && c != '\n'; });
    }
    return section;
}

void read_nstring(Reader& reader, FetchedSection& section) {
    section.text = reader.string_if_next();
    if (section.text || reader.failed()) return;
    if (!equals_ignoring_case(reader.take_while(is_lenient_atom), "NIL")) reader.fail("a string or NIL");
}

// An answer whose UID cannot be believed is one without UID, so that nothing is stored under a wrong one.
class UidOfFetch {
  public:
    void take(Reader& reader) {
        const auto number = reader.number("a UID");
        if (!number) return;
        const auto uid = base::Uid::make(*number);
        if (!uid || (seen_ && uid_ != uid)) {
            reader.tolerate(Quirk::unusable_uid);
            unusable_ = true;
        }
        seen_ = true;
        uid_ = uid;
    }
    std::optional<base::Uid> value() const noexcept { return unusable_ ? std::nullopt : uid_; }
    bool is_unusable() const noexcept { return unusable_; }

  private:
    std::optional<base::Uid> uid_;
    bool seen_ = false;
    bool unusable_ = false;
};

// The old names of sections (RFC 3501 §6.4.5).
std::optional<std::string_view> rfc822_section(std::string_view item) {
    if (equals_ignoring_case(item, "RFC822")) return "";
    if (equals_ignoring_case(item, "RFC822.HEADER")) return "HEADER";
    if (equals_ignoring_case(item, "RFC822.TEXT")) return "TEXT";
    return std::nullopt;
}

void read_fetch_item(Reader& reader, Fetched& fetched, UidOfFetch& uid) {
    const auto item = reader.take_while(is_item_name);
    if (item.empty()) {
        reader.fail("a data item");
        return;
    }
    if (reader.next_is('[')) {
        auto section = read_section(reader);
        reader.blanks();
        if (!equals_ignoring_case(item, "BODY")) {
            skip_value(reader);
            return;
        }
        read_nstring(reader, fetched.sections.emplace_back(FetchedSection{std::move(section), std::nullopt}));
        return;
    }
    reader.blanks();
    if (equals_ignoring_case(item, "UID")) {
        uid.take(reader);
    } else if (equals_ignoring_case(item, "FLAGS")) {
        fetched.flags = read_flag_list(reader);
    } else if (equals_ignoring_case(item, "RFC822.SIZE")) {
        fetched.size = reader.number("a size");
    } else if (const auto section = rfc822_section(item)) {
        read_nstring(reader,
                     fetched.sections.emplace_back(FetchedSection{std::string(*section), std::nullopt}));
    } else {
        skip_value(reader);
    }
}

Response read_fetched(Reader& reader, std::uint32_t number) {
    Fetched fetched;
    UidOfFetch uid;
    fetched.number = base::SequenceNumber(number);
    reader.blanks();
    reader.expect('(', "a list in parentheses");
    bool first = true;
    while (!reader.accept(')') && !reader.failed()) {
        if (!first && !reader.blanks()) break;
        if (!first && reader.accept(')')) {
            reader.tolerate(Quirk::extra_blank);
            break;
        }
        first = false;
        read_fetch_item(reader, fetched, uid);
    }
    fetched.uid = uid.value();
    fetched.uid_is_unusable = uid.is_unusable();
    reader.line_end();
    return fetched;
}

// RFC 3501 §7.3: responses that begin with a number.
Response read_numbered(Reader& reader) {
    const auto number = reader.number32("a number of 32 bits");
    reader.blanks();
    const auto name = reader.take_while(is_word);
    if (!number || reader.failed()) return Unrecognised{};
    if (equals_ignoring_case(name, "FETCH")) return read_fetched(reader, *number);
    Response response = Unrecognised{to_upper(name)};
    if (equals_ignoring_case(name, "EXISTS")) response = Exists{*number};
    if (equals_ignoring_case(name, "EXPUNGE")) response = Expunged{base::SequenceNumber(*number)};
    skip_rest(reader);
    return response;
}

Response read_untagged(Reader& reader) {
    reader.skip();
    reader.blanks();
    if (base::is_ascii_digit(reader.peek())) return read_numbered(reader);
    const auto name = reader.take_while(is_word);
    if (name.empty()) reader.fail("the name of a response");
    if (reader.failed()) return Unrecognised{};
    if (const auto condition = condition_of(name)) return UntaggedStatus{read_status(reader, *condition)};
    if (equals_ignoring_case(name, "CAPABILITY")) return read_capabilities(reader);
    if (equals_ignoring_case(name, "LIST")) return read_listed(reader, false);
    if (equals_ignoring_case(name, "LSUB")) return read_listed(reader, true);
    if (equals_ignoring_case(name, "SEARCH")) return read_found(reader);
    if (equals_ignoring_case(name, "ESEARCH")) return read_extended_found(reader);
    if (equals_ignoring_case(name, "NAMESPACE")) return read_namespaces(reader);
    if (equals_ignoring_case(name, "ENABLED")) return read_enabled(reader);
    skip_rest(reader);
    return Unrecognised{to_upper(name)};
}

Response read_response(Reader& reader) {
    switch (reader.peek()) {
        case '+':
            return read_continuation(reader);
        case '*':
            return read_untagged(reader);
        default:
            return read_tagged(reader);
    }
}

// "* 12 FETCH (": the number, or nothing.
std::optional<base::SequenceNumber> number_of_fetch(std::string_view response) {
    Reader reader(response);
    if (!reader.accept('*') || !reader.accept(' ')) return std::nullopt;
    const auto number = reader.number32("a number");
    if (!number || !reader.accept(' ')) return std::nullopt;
    if (!equals_ignoring_case(reader.take_while(is_word), "FETCH")) return std::nullopt;
    if (!reader.accept(' ') || !reader.next_is('(')) return std::nullopt;
    return base::SequenceNumber(*number);
}

// The data item that a literal at the end of `line` is the value of: "UID 7 BODY[] " → "BODY[]".
std::string_view last_item(std::string_view line) {
    while (line.ends_with(' ')) line.remove_suffix(1);
    // A section may hold blanks: BODY[HEADER.FIELDS (DATE FROM)]<0>.
    const auto bracket =
        line.ends_with(']') || line.ends_with('>') ? line.rfind('[') : std::string_view::npos;
    const auto name_end = bracket == std::string_view::npos ? line.size() : bracket;
    auto name_begin = name_end;
    while (name_begin > 0 && is_item_name(line[name_begin - 1])) --name_begin;
    return line.substr(name_begin);
}

}  // namespace

ParseOutcome parse_response(std::string_view bytes) {
    Reader reader(bytes);
    auto response = read_response(reader);
    switch (reader.failure()) {
        case Reader::Failure::incomplete:
            return Incomplete{};
        case Reader::Failure::malformed:
            return Malformed{reader.offset(), reader.expected()};
        case Reader::Failure::none:
            break;
    }
    return ParsedResponse{std::move(response), reader.offset(), reader.quirks()};
}

std::optional<AnnouncedBody> announced_body(std::string_view response, std::string_view line) {
    const auto number = number_of_fetch(response);
    if (!number) return std::nullopt;
    const auto item = last_item(line);
    if (const auto section = rfc822_section(item)) return AnnouncedBody{*number, std::string(*section)};
    const auto bracket = item.find('[');
    if (bracket == std::string_view::npos || !equals_ignoring_case(item.substr(0, bracket), "BODY")) {
        return std::nullopt;
    }
    const auto close = item.find(']', bracket);
    if (close == std::string_view::npos) return std::nullopt;
    auto section = to_upper(item.substr(bracket + 1, close - bracket - 1));
    section += item.substr(close + 1);
    return AnnouncedBody{*number, std::move(section)};
}

std::optional<AppendUid> parse_append_uid(std::string_view argument) {
    const auto numbers = base::split(argument, ' ');
    if (numbers.size() != 2) return std::nullopt;
    const auto validity = base::parse_integer<std::uint32_t>(numbers[0]);
    const auto number = base::parse_integer<std::uint64_t>(numbers[1]);
    if (!validity || *validity == 0 || !number) return std::nullopt;
    const auto uid = base::Uid::make(*number);
    if (!uid) return std::nullopt;
    return AppendUid{base::UidValidity(*validity), *uid};
}

std::optional<std::vector<std::string>> parse_flag_list(std::string_view argument) {
    // A word is whole only when something follows it.
    const auto line = std::string(argument) + "\r\n";
    Reader reader(line);
    auto flags = read_flag_list(reader);
    if (!reader.line_end()) return std::nullopt;
    return flags;
}

std::vector<std::string> parse_capabilities(std::string_view argument) {
    return upper_words(argument);
}

}  // namespace offlineimap::imap

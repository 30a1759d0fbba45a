#include "offlineimap/imap/command.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>

#include "offlineimap/base/text.hpp"

namespace offlineimap::imap {
namespace {

std::string parenthesised(const std::vector<std::string>& words) {
    return "(" + base::join(words, " ") + ")";
}

// For assertions only.
[[maybe_unused]] bool is_safe(std::string_view text) noexcept {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

struct Describe {
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const base::Secret&) const { return "[hidden]"; }
    std::string operator()(const Literal& literal) const { return braces(literal.bytes.size()); }
    std::string operator()(const Command::SecretLiteral&) const { return "[hidden]"; }
    std::string operator()(const StreamedLiteral& literal) const { return braces(literal.size); }
    static std::string braces(std::uint64_t size) { return "{" + std::to_string(size) + "}"; }
};

// "{n}" CRLF at the beginning of `text`: its length and n.
struct InlineLiteral {
    std::size_t header;
    std::size_t size;
};
std::optional<InlineLiteral> inline_literal(std::string_view text) {
    const auto close = text.find('}');
    if (close == std::string_view::npos || !text.substr(close + 1).starts_with("\r\n")) return std::nullopt;
    const auto size = base::parse_integer<std::size_t>(text.substr(1, close - 1));
    if (!size || *size > text.size() - close - 3) return std::nullopt;
    return InlineLiteral{close + 3, *size};
}

}  // namespace

bool is_exclusive(CommandKind kind) noexcept {
    switch (kind) {
        case CommandKind::ordinary:
        case CommandKind::background:
        case CommandKind::enable:
        case CommandKind::namespaces:
        case CommandKind::list:
        case CommandKind::search:
            return false;
        case CommandKind::select:
        case CommandKind::unselect:
        case CommandKind::login:
        case CommandKind::authenticate:
        case CommandKind::starttls:
        case CommandKind::compress:
        case CommandKind::logout:
            return true;
    }
    return true;
}

bool can_be_sent(std::string_view text) noexcept {
    return text.find('\0') == std::string_view::npos;
}

bool fits_quoted(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c != '\r' && c != '\n' && c != '\0' && static_cast<unsigned char>(c) < 0x80;
    });
}

std::string quoted(std::string_view text) {
    assert(is_safe(text));
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result += '"';
}

Command::Command(CommandKind kind, std::string_view text) : kind_(kind) {
    assert(is_safe(text));
    parts_.emplace_back(std::string(text));
}

Command& Command::text(std::string_view text) {
    assert(is_safe(text));
    if (auto* last = std::get_if<std::string>(&parts_.back())) {
        *last += text;
    } else {
        parts_.emplace_back(std::string(text));
    }
    return *this;
}

Command& Command::string(std::string_view foreign) {
    return fits_quoted(foreign) ? text(quoted(foreign)) : literal(std::string(foreign));
}

Command& Command::secret_string(const base::Secret& foreign) {
    if (fits_quoted(foreign.reveal())) return secret_text(base::Secret(quoted(foreign.reveal())));
    parts_.emplace_back(SecretLiteral{foreign});
    return *this;
}

Command& Command::secret_text(base::Secret secret) {
    parts_.emplace_back(std::move(secret));
    return *this;
}

Command& Command::literal(std::string bytes) {
    assert(can_be_sent(bytes));
    parts_.emplace_back(Literal{std::move(bytes)});
    return *this;
}

Command& Command::streamed(std::uint64_t size) {
    parts_.emplace_back(StreamedLiteral{size});
    return *this;
}

std::string Command::description() const {
    std::string text;
    for (const auto& part : parts_) text += std::visit(Describe{}, part);
    return text;
}

std::optional<std::string> date_time(std::chrono::sys_seconds when, std::chrono::seconds utc_offset) {
    static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto local = when + utc_offset;
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(local - day);
    const int year = static_cast<int>(date.year());
    if (year < 1981 || year > 9999) return std::nullopt;

    // The sign belongs to hours and minutes together: -03:30 is "-0330".
    const auto offset_minutes =
        std::chrono::abs(std::chrono::duration_cast<std::chrono::minutes>(utc_offset));
    std::array<char, 64> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%02u-%s-%04d %02d:%02d:%02d %c%02d%02d", static_cast<unsigned>(date.day()),
        kMonths[static_cast<unsigned>(date.month()) - 1], year, static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
        utc_offset.count() < 0 ? '-' : '+', static_cast<int>(offset_minutes.count() / 60),
        static_cast<int>(offset_minutes.count() % 60));
    return std::string(text.data(), static_cast<std::size_t>(length));
}

Command capability_command() {
    return Command(CommandKind::background, "CAPABILITY");
}
Command noop_command() {
    return Command(CommandKind::ordinary, "NOOP");
}
Command logout_command() {
    return Command(CommandKind::logout, "LOGOUT");
}
Command starttls_command() {
    return Command(CommandKind::starttls, "STARTTLS");
}
Command compress_command() {
    return Command(CommandKind::compress, "COMPRESS DEFLATE");
}

Command enable_command(std::string_view extension) {
    return std::move(Command(CommandKind::enable, "ENABLE ").text(extension));
}
Command namespace_command() {
    return Command(CommandKind::namespaces, "NAMESPACE");
}

Command id_command(std::span<const std::pair<std::string, std::string>> fields) {
    Command command(CommandKind::background, "ID (");
    for (const auto& [name, value] : fields) {
        if (&name != &fields.front().first) command.text(" ");
        command.string(name).text(" ").string(value);
    }
    return std::move(command.text(")"));
}

Command login_command(std::string_view user, const base::Secret& password) {
    Command command(CommandKind::login, "LOGIN ");
    command.secret_string(base::Secret(std::string(user))).text(" ").secret_string(password);
    return command;
}

Command authenticate_command(std::string_view mechanism,
                             const std::optional<base::Secret>& initial_response) {
    Command command(CommandKind::authenticate, "AUTHENTICATE ");
    command.text(mechanism);
    if (initial_response) command.text(" ").secret_text(*initial_response);
    return command;
}

Command list_command(ListKind kind, std::string_view reference, std::string_view pattern) {
    const char* name = kind == ListKind::all          ? "LIST "
                       : kind == ListKind::subscribed ? "LSUB "
                                                      : "LIST (SUBSCRIBED) ";
    Command command(CommandKind::list, name);
    command.string(reference).text(" ").string(pattern);
    return command;
}

Command select_command(const base::MailboxName& mailbox) {
    return std::move(Command(CommandKind::select, "SELECT ").string(mailbox.text()));
}
Command examine_command(const base::MailboxName& mailbox) {
    return std::move(Command(CommandKind::select, "EXAMINE ").string(mailbox.text()));
}
Command unselect_command() {
    return Command(CommandKind::unselect, "UNSELECT");
}
Command close_command() {
    return Command(CommandKind::unselect, "CLOSE");
}
Command create_command(const base::MailboxName& mailbox) {
    return std::move(Command(CommandKind::ordinary, "CREATE ").string(mailbox.text()));
}
Command delete_command(const base::MailboxName& mailbox) {
    return std::move(Command(CommandKind::ordinary, "DELETE ").string(mailbox.text()));
}

Command uid_fetch_command(std::string_view set, std::string_view items) {
    return std::move(Command(CommandKind::ordinary, "UID FETCH ").text(set).text(" ").text(items));
}

Command uid_store_command(const base::UidSet& uids, StoreMode mode, const std::vector<std::string>& flags) {
    Command command(CommandKind::ordinary, "UID STORE ");
    command.text(uids.to_string()).text(mode == StoreMode::add ? " +" : " -").text("FLAGS.SILENT ");
    return std::move(command.text(parenthesised(flags)));
}

Command expunge_command() {
    return Command(CommandKind::ordinary, "EXPUNGE");
}
Command uid_expunge_command(const base::UidSet& uids) {
    return std::move(Command(CommandKind::ordinary, "UID EXPUNGE ").text(uids.to_string()));
}

std::optional<Command> uid_search_command(std::string_view criteria) {
    Command command(CommandKind::search, "UID SEARCH ");
    while (!criteria.empty()) {
        const auto next = criteria.find_first_of(std::string_view("{\r\n\0", 4));
        command.text(criteria.substr(0, next));
        if (next == std::string_view::npos) break;
        criteria.remove_prefix(next);
        if (criteria.front() != '{') return std::nullopt;
        if (const auto literal = inline_literal(criteria)) {
            const auto bytes = criteria.substr(literal->header, literal->size);
            if (!can_be_sent(bytes)) return std::nullopt;
            command.literal(std::string(bytes));
            criteria.remove_prefix(literal->header + literal->size);
        } else {
            command.text("{");
            criteria.remove_prefix(1);
        }
    }
    return command;
}

Command append_command(const base::MailboxName& mailbox, const std::vector<std::string>& flags,
                       const std::optional<std::string>& date_time, std::uint64_t size, MessageForm form) {
    Command command(CommandKind::ordinary, "APPEND ");
    command.string(mailbox.text()).text(" ").text(parenthesised(flags)).text(" ");
    if (date_time) command.text(quoted(*date_time)).text(" ");
    if (form == MessageForm::plain) return std::move(command.streamed(size));
    return std::move(command.text("UTF8 (~").streamed(size).text(")"));
}

}  // namespace offlineimap::imap

// What known servers send in spite of the grammar and what we read all the same. Every leniency of the parser
// has a name here with a sample from the wire; a parse reports which ones it met.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace offlineimap::imap {

enum class Quirk : std::uint8_t {
    // "+\r\n": a continuation request without the blank (modern-email/defects#7).
    bare_continuation,
    // "* STATUS INBOX (MESSAGES 1) \r\n": blanks before the line end (Exchange behind Dovecot,
    // modern-email/defects#9).
    trailing_blank,
    // "A1 OK\r\n": a status without text.
    missing_text,
    // "* OK [UIDNEXT 5 next UID\r\n": a response code that never closes; it is read as text.
    unclosed_code,
    // "* 1 FETCH (UID 3  FLAGS ())\r\n": several blanks where one stands in the grammar.
    extra_blank,
    // "* 1 FETCH (FLAGS (\"Junk\"))\r\n": a flag in quotes.
    quoted_flag,
    // "* LIST () \"\" INBOX\r\n": no hierarchy delimiter, said by an empty string instead of NIL.
    empty_delimiter,
    // "* 1 FETCH (UID 0 FLAGS ())\r\n", or two different UIDs in one answer: read as an answer without UID.
    unusable_uid,
};

struct QuirkInfo {
    Quirk quirk;
    std::string_view name;
};
inline constexpr std::array kQuirks = {
    QuirkInfo{Quirk::bare_continuation, "continuation without a blank"},
    QuirkInfo{Quirk::trailing_blank, "blank before the line end"},
    QuirkInfo{Quirk::missing_text, "status without text"},
    QuirkInfo{Quirk::unclosed_code, "response code that does not close"},
    QuirkInfo{Quirk::extra_blank, "several blanks in a row"},
    QuirkInfo{Quirk::quoted_flag, "flag in quotes"},
    QuirkInfo{Quirk::empty_delimiter, "empty hierarchy delimiter"},
    QuirkInfo{Quirk::unusable_uid, "unusable UID"},
};

// Which quirks one response showed.
class QuirkSet {
  public:
    constexpr void add(Quirk quirk) noexcept { bits_ |= bit(quirk); }
    constexpr bool contains(Quirk quirk) const noexcept { return (bits_ & bit(quirk)) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }

  private:
    static constexpr std::uint32_t bit(Quirk quirk) noexcept {
        return std::uint32_t{1} << static_cast<unsigned>(quirk);
    }
    std::uint32_t bits_ = 0;
};

}  // namespace offlineimap::imap

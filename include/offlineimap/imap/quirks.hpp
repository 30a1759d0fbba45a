// What known servers send in spite of the grammar and what we read all the same. Every leniency of the parser
// has a name here with a sample from the wire; a parse reports which ones it met. docs/servers.md has these
// and what else is known of servers (a test keeps the two in step).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace offlineimap::imap {

enum class Quirk : std::uint8_t {
    // A continuation request without the blank.
    bare_continuation,
    // Blanks before the line end.
    trailing_blank,
    // A status without text.
    missing_text,
    // A response code that never closes: it is read as text.
    unclosed_code,
    // Several blanks where one stands in the grammar, or one before a closing parenthesis.
    extra_blank,
    // A flag in quotes.
    quoted_flag,
    // No hierarchy delimiter, said by an empty string instead of NIL.
    empty_delimiter,
    // UID 0, or two different UIDs in one answer: read as an answer without UID.
    unusable_uid,
};

struct QuirkInfo {
    Quirk quirk;
    std::string_view name;
    std::string_view sample;  // a response that shows it
    std::string_view seen;    // where
};
// clang-format off
inline constexpr std::array kQuirks = {
    QuirkInfo{Quirk::bare_continuation, "continuation without a blank", "+\r\n",
              "Cyrus 2.2, modern-email/defects#7"},
    QuirkInfo{Quirk::trailing_blank, "blank before the line end", "* STATUS INBOX (MESSAGES 1) \r\n",
              "Exchange, QQ, modern-email/defects#9, #21, #26"},
    QuirkInfo{Quirk::missing_text, "status without text", "* OK [HIGHESTMODSEQ 102784]\r\n",
              "Gmail, Yahoo, modern-email/defects#28"},
    QuirkInfo{Quirk::unclosed_code, "response code that does not close", "* OK [UIDNEXT 5 next UID\r\n",
              "unknown"},
    QuirkInfo{Quirk::extra_blank, "several blanks in a row", "*  1688 EXISTS\r\n",
              "DavMail (mguessan/davmail#122), SurgeMail (modern-email/defects#48)"},
    QuirkInfo{Quirk::quoted_flag, "flag in quotes", "* 1 FETCH (FLAGS (\"Junk\"))\r\n",
              "unknown"},
    QuirkInfo{Quirk::empty_delimiter, "empty hierarchy delimiter", "* LIST () \"\" INBOX\r\n",
              "unknown"},
    QuirkInfo{Quirk::unusable_uid, "unusable UID", "* 1 FETCH (UID 0 FLAGS ())\r\n",
              "OfflineIMAP/offlineimap#336"},
};
// clang-format on

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

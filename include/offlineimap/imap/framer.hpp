// Cuts the bytes of a server into pieces: text that ends at a line end, and the bytes of literals (RFC 3501
// §4.3). Knows `{n}` and CRLF, no grammar. Nothing is allocated because of a size that a server announces: a
// literal's bytes are handed on as they come, and only an unfinished line is held, up to a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace offlineimap::imap {

// One line of a response, with its CRLF. With `literal`, the line ends in `{n}` CRLF, that many literal bytes
// come next, and the response goes on after them; without, the response ends here.
struct Fragment {
    std::string_view text;
    std::optional<std::uint64_t> literal;
    // `text` without the literal's announcement and the line end.
    std::string_view content;
};
// Some bytes of the literal announced by the last fragment; a literal of no bytes has none.
struct LiteralBytes {
    std::string_view bytes;
    bool last;
};
struct NeedMore {};
// The stream makes no sense from here on; every later call says the same.
struct BrokenFraming {
    std::string why;
};
using Piece = std::variant<NeedMore, Fragment, LiteralBytes, BrokenFraming>;

class Framer {
  public:
    explicit Framer(std::size_t line_limit) noexcept : line_limit_(line_limit) {}

    // The longest line from now on.
    void set_line_limit(std::size_t limit) noexcept { line_limit_ = limit; }
    // Gives the next bytes. Precondition: next() has said NeedMore (or nothing was given yet). `bytes` must
    // live until next() says NeedMore again.
    void receive(std::string_view bytes) noexcept { input_ = bytes; }
    // Views in a piece are valid until the next call.
    Piece next();
    // Takes everything that was given and not handed out yet: bytes behind a change of the stream itself
    // (STARTTLS, COMPRESS).
    std::string take_unread();

  private:
    Piece next_line();
    Piece literal_bytes();
    Piece broken(std::string why);

    std::size_t line_limit_;
    std::string_view input_;
    std::string held_;          // an unfinished line, or the finished one that was handed out last
    bool held_is_old_ = false;  // held_ was handed out
    std::uint64_t literal_left_ = 0;
    std::optional<std::string> broken_;
};

}  // namespace offlineimap::imap

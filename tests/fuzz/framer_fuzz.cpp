// Bytes of a server into the framer. Properties: the pieces put together are the input; how the input was cut
// when it came in changes nothing; nothing longer than the limit is held.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "offlineimap/imap/framer.hpp"

namespace imap = offlineimap::imap;

namespace {

constexpr std::size_t kLineLimit = 200;

void require(bool property) {
    if (!property) std::abort();
}

struct Transcript {
    std::string bytes;   // everything that was handed out
    std::string pieces;  // where lines end and literals begin
    bool broken = false;
};

void take(Transcript& transcript, const imap::Fragment& fragment) {
    require(fragment.text.size() <= kLineLimit);
    require(fragment.text.ends_with("\r\n"));
    require(fragment.text.starts_with(fragment.content));
    transcript.bytes += fragment.text;
    transcript.pieces += fragment.literal ? "{" + std::to_string(*fragment.literal) + "}" : ".";
    transcript.pieces += std::to_string(fragment.content.size());
}

Transcript frame(std::string_view input, std::size_t step) {
    imap::Framer framer(kLineLimit);
    Transcript transcript;
    while (!input.empty() && !transcript.broken) {
        framer.receive(input.substr(0, step));
        input.remove_prefix(std::min(step, input.size()));
        for (;;) {
            const auto piece = framer.next();
            if (std::holds_alternative<imap::NeedMore>(piece)) break;
            if (std::holds_alternative<imap::BrokenFraming>(piece)) {
                transcript.broken = true;
                break;
            }
            if (const auto* fragment = std::get_if<imap::Fragment>(&piece)) {
                take(transcript, *fragment);
            } else {
                const auto& literal = std::get<imap::LiteralBytes>(piece);
                transcript.bytes += literal.bytes;
                if (literal.last) transcript.pieces += "!";
            }
        }
    }
    if (!transcript.broken) transcript.bytes += framer.take_unread();
    return transcript;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto whole = frame(input, std::max<std::size_t>(size, 1));
    require(input.starts_with(whole.bytes));
    require(whole.broken || whole.bytes == input);
    for (const std::size_t step : {1U, 3U, 64U}) {
        const auto cut = frame(input, step);
        require(cut.bytes == whole.bytes && cut.pieces == whole.pieces && cut.broken == whole.broken);
    }
    return 0;
}

#include "offlineimap/mail/message_bytes.hpp"

namespace offlineimap::mail {

void CrlfToLf::convert(std::string_view piece, std::string& out) {
    if (piece.empty()) return;
    if (held_cr_ && piece.front() != '\n') out += '\r';
    held_cr_ = false;
    while (!piece.empty()) {
        const auto cr = piece.find('\r');
        if (cr == std::string_view::npos) {
            out += piece;
            return;
        }
        if (cr + 1 == piece.size()) {
            out += piece.substr(0, cr);
            held_cr_ = true;
            return;
        }
        // The CR goes if LF follows; that LF is then copied with what comes behind it.
        out += piece.substr(0, piece[cr + 1] == '\n' ? cr : cr + 1);
        piece.remove_prefix(cr + 1);
    }
}

void CrlfToLf::finish(std::string& out) {
    if (held_cr_) out += '\r';
    held_cr_ = false;
}

void LfToCrlf::convert(std::string_view piece, std::string& out) {
    while (!piece.empty()) {
        const auto lf = piece.find('\n');
        const auto line = piece.substr(0, lf);
        out += line;
        if (!line.empty()) last_was_cr_ = line.back() == '\r';
        if (lf == std::string_view::npos) return;
        out += last_was_cr_ ? "\n" : "\r\n";
        last_was_cr_ = false;
        piece.remove_prefix(lf + 1);
    }
}

void RecognisableForm::convert(std::string_view piece, std::string& out) {
    std::size_t i = 0;
    for (; in_header_ && i < piece.size(); ++i) {
        const char byte = piece[i];
        const bool is_ascii = (static_cast<unsigned char>(byte) & 0x80U) == 0;
        out += is_ascii ? byte : 'X';
        if (byte == '\n') {
            in_header_ = !line_is_empty_;
            line_is_empty_ = true;
        } else if (byte != '\r') {
            line_is_empty_ = false;
        }
    }
    out += piece.substr(i);
}

}  // namespace offlineimap::mail

#include "offlineimap/imap/framer.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "offlineimap/base/text.hpp"

namespace offlineimap::imap {
namespace {

// RFC 9051 §9, number64: what a literal's size may be.
constexpr auto kLargestLiteral = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

struct Announcement {
    std::size_t begin;  // of "{n}"
    std::string_view size;
};

// "… {n}" or "… {n+}" at the end of a line. A '{' with anything else behind it is text.
std::optional<Announcement> literal_announcement(std::string_view line) {
    if (line.empty() || line.back() != '}') return std::nullopt;
    const auto open = line.rfind('{');
    if (open == std::string_view::npos) return std::nullopt;
    auto size = line.substr(open + 1, line.size() - open - 2);
    if (!size.empty() && size.back() == '+') size.remove_suffix(1);
    if (size.empty() || !std::all_of(size.begin(), size.end(), base::is_ascii_digit)) return std::nullopt;
    return Announcement{open, size};
}

}  // namespace

Piece Framer::next() {
    if (held_is_old_) {
        held_.clear();
        held_is_old_ = false;
    }
    if (broken_) return BrokenFraming{*broken_};
    return literal_left_ > 0 ? literal_bytes() : next_line();
}

Piece Framer::literal_bytes() {
    if (input_.empty()) return NeedMore{};
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(literal_left_, input_.size()));
    const auto bytes = input_.substr(0, size);
    input_.remove_prefix(size);
    literal_left_ -= size;
    return LiteralBytes{bytes, literal_left_ == 0};
}

Piece Framer::next_line() {
    const auto line_feed = input_.find('\n');
    const bool whole = line_feed != std::string_view::npos;
    auto line = input_.substr(0, whole ? line_feed + 1 : input_.size());
    if (held_.size() + line.size() > line_limit_) return broken("a line is longer than the limit");
    input_.remove_prefix(line.size());
    if (!whole || !held_.empty()) held_ += line;
    if (!whole) return NeedMore{};
    if (!held_.empty()) {
        line = held_;
        held_is_old_ = true;
    }
    if (line.size() < 2 || line[line.size() - 2] != '\r') return broken("a line ends in LF without CR");

    const auto content = line.substr(0, line.size() - 2);
    const auto announcement = literal_announcement(content);
    if (!announcement) return Fragment{line, std::nullopt, content};
    const auto size = base::parse_integer<std::uint64_t>(announcement->size);
    if (!size || *size > kLargestLiteral) return broken("a literal is larger than any can be");
    literal_left_ = *size;
    return Fragment{line, *size, content.substr(0, announcement->begin)};
}

std::string Framer::take_unread() {
    std::string unread = held_is_old_ ? std::string() : std::move(held_);
    held_.clear();
    held_is_old_ = false;
    unread += std::exchange(input_, {});
    return unread;
}

Piece Framer::broken(std::string why) {
    broken_ = std::move(why);
    return BrokenFraming{*broken_};
}

}  // namespace offlineimap::imap

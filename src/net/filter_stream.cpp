#include "filter_stream.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace offlineimap::net {

using base::Deadline;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kIncoming = 64U << 10U;
// Encoded bytes that may wait for the inner stream: enough to keep it busy.
constexpr std::size_t kMostOutgoing = 64U << 10U;

milliseconds limit_until(const Deadline& deadline) {
    constexpr milliseconds kLong = std::chrono::hours(24);
    return std::chrono::ceil<milliseconds>(std::min<Deadline::Clock::duration>(deadline.remaining(), kLong));
}

}  // namespace

FilterStream::FilterStream(std::unique_ptr<Stream> inner) : inner_(std::move(inner)), incoming_(kIncoming) {}

Progress FilterStream::exchange(std::string_view out, std::span<char> in, bool wait_for_input,
                                milliseconds no_progress_limit, std::stop_token stop) {
    assert(!in.empty() || !wait_for_input);
    if (stop.stop_requested()) throw base::Cancelled();
    Progress total;
    for (;;) {
        total.written += accept(out.substr(total.written));
        const Decoded decoded = in.empty() ? Decoded{} : decode(in);
        total.read = decoded.size;
        total.end_of_stream = decoded.ended;
        const bool all_accepted = total.written == out.size();
        const bool all_sent = all_accepted && outgoing_.empty();
        if (total.read > 0 || total.end_of_stream || (all_sent && !wait_for_input)) return total;
        // Without room for what would be decoded nothing is read: it would only pile up here.
        const Direction direction = in.empty() ? Direction::send : Direction::both;
        move_encoded(direction, wait_for_input && all_accepted, no_progress_limit, stop);
    }
}

std::optional<Progress> FilterStream::read_until(std::span<char> in, Deadline deadline,
                                                 std::stop_token stop) {
    for (;;) {
        const Decoded decoded = decode(in);
        if (decoded.size > 0 || decoded.ended)
            return Progress{.written = 0, .read = decoded.size, .end_of_stream = decoded.ended};
        if (!move_encoded_until(deadline, stop)) return std::nullopt;
    }
}

std::size_t FilterStream::accept(std::string_view out) {
    std::size_t accepted = 0;
    while (accepted < out.size() && outgoing_.size() < kMostOutgoing) {
        const std::string_view piece = out.substr(accepted, kPiece);
        encode(piece);
        accepted += piece.size();
    }
    return accepted;
}

void FilterStream::move_encoded(Direction direction, bool wait_for_input, milliseconds limit,
                                const std::stop_token& stop) {
    const std::span<char> in = direction == Direction::send ? std::span<char>() : std::span(incoming_);
    take(inner_->exchange(outgoing_, in, wait_for_input, limit, stop));
}

// False when the deadline passed. What an earlier exchange() has left to send goes out here too.
bool FilterStream::move_encoded_until(Deadline deadline, const std::stop_token& stop) {
    if (outgoing_.empty()) {
        const auto moved = inner_->read_until(incoming_, deadline, stop);
        if (moved) take(*moved);
        return moved.has_value();
    }
    try {
        move_encoded(Direction::both, false, limit_until(deadline), stop);
        return true;
    } catch (const base::Error& error) {
        if (error.code() != base::ErrorCode::timeout) throw;
        return false;
    }
}

void FilterStream::take(const Progress& moved) {
    outgoing_.erase(0, moved.written);
    if (moved.read > 0) feed({incoming_.data(), moved.read});
    if (moved.end_of_stream) feed_end();
}

}  // namespace offlineimap::net

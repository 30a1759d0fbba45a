// A stream that transforms the bytes of another one: TLS and compression. The transformation works in memory
// only; all waiting is done by the stream below, so limits and stops are obeyed in one place.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "offlineimap/net/stream.hpp"

namespace offlineimap::net {

class FilterStream : public Stream {
  public:
    Progress exchange(std::string_view out, std::span<char> in, bool wait_for_input,
                      std::chrono::milliseconds no_progress_limit, std::stop_token stop) final;
    std::optional<Progress> read_until(std::span<char> in, base::Deadline deadline,
                                       std::stop_token stop) final;
    std::string channel_binding(ChannelBinding type) const override { return inner().channel_binding(type); }

  protected:
    struct Decoded {
        std::size_t size = 0;
        bool ended = false;
    };

    explicit FilterStream(std::unique_ptr<Stream> inner);

    // Appends the encoded form of all of `piece` (at most kPiece bytes) to outgoing().
    virtual void encode(std::string_view piece) = 0;
    // Puts decoded bytes into `in`, as many as are there and fit. Nothing and not ended: needs more input.
    // May append to outgoing().
    virtual Decoded decode(std::span<char> in) = 0;
    // Bytes from the inner stream, called only when decode() needs them.
    virtual void feed(std::string_view received) = 0;
    // The inner stream ended. decode() says what that means.
    virtual void feed_end() = 0;

    Stream& inner() noexcept { return *inner_; }
    const Stream& inner() const noexcept { return *inner_; }
    std::string& outgoing() noexcept { return outgoing_; }
    enum class Direction { send, both };
    // Sends outgoing() and receives, as exchange() of the inner stream does, and feeds what came.
    void move_encoded(Direction direction, bool wait_for_input, std::chrono::milliseconds limit,
                      const std::stop_token& stop);

    static constexpr std::size_t kPiece = 16U << 10U;  // a TLS record's worth (RFC 8446 §5.1)

  private:
    // Encodes what is not encoded yet, up to a limit; how much of `out` it took.
    std::size_t accept(std::string_view out);
    void take(const Progress& moved);
    bool move_encoded_until(base::Deadline deadline, const std::stop_token& stop);

    std::unique_ptr<Stream> inner_;
    std::string outgoing_;  // encoded, not yet taken by the inner stream
    std::vector<char> incoming_;
};

}  // namespace offlineimap::net

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <utility>

#include <zlib.h>

#include "filter_stream.hpp"

// RFC 4978: IMAP over raw deflate (RFC 1951), without zlib's header.

namespace offlineimap::net {

using base::Error;
using base::ErrorCode;
using base::Severity;

namespace {

constexpr int kRawWindow = -15;
constexpr int kMemoryLevel = 8;

class Compressor {
  public:
    Compressor() {
        if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawWindow, kMemoryLevel,
                         Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;
    ~Compressor() { deflateEnd(&stream_); }

    // Appends the compressed form, flushed so that the other side can read all of it.
    void compress(std::string_view piece, std::string& to) {
        std::array<char, 16U << 10U> buffer;
        stream_.next_in = reinterpret_cast<z_const Bytef*>(const_cast<char*>(piece.data()));
        stream_.avail_in = static_cast<uInt>(piece.size());
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
            stream_.avail_out = static_cast<uInt>(buffer.size());
            deflate(&stream_, Z_SYNC_FLUSH);  // fails only for a damaged z_stream
            to.append(buffer.data(), buffer.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
    }

  private:
    z_stream stream_{};
};

class Decompressor {
  public:
    enum class State { more, ended, damaged };

    Decompressor() {
        if (inflateInit2(&stream_, kRawWindow) != Z_OK) throw std::bad_alloc();
    }
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;
    ~Decompressor() { inflateEnd(&stream_); }

    // Takes what it needs off the front of `from`. A little input may mean very much output: only what fits
    // into `to` is made, the rest stays compressed.
    State decompress(std::string_view& from, std::span<char> to, std::size_t& produced) {
        stream_.next_in = reinterpret_cast<z_const Bytef*>(const_cast<char*>(from.data()));
        stream_.avail_in = static_cast<uInt>(from.size());
        stream_.next_out = reinterpret_cast<Bytef*>(to.data());
        const auto room =
            static_cast<uInt>(std::min<std::size_t>(to.size(), std::numeric_limits<uInt>::max()));
        stream_.avail_out = room;
        const int result = inflate(&stream_, Z_SYNC_FLUSH);
        from.remove_prefix(from.size() - stream_.avail_in);
        produced = room - stream_.avail_out;
        if (result == Z_STREAM_END) return State::ended;
        // Z_BUF_ERROR: no input left, or no room.
        return result == Z_OK || result == Z_BUF_ERROR ? State::more : State::damaged;
    }

    const char* message() const noexcept { return stream_.msg == nullptr ? "damaged data" : stream_.msg; }

  private:
    z_stream stream_{};
};

class DeflateStream final : public FilterStream {
  public:
    DeflateStream(std::unique_ptr<Stream> inner, std::string already_read)
        : FilterStream(std::move(inner)), compressed_(std::move(already_read)), unread_(compressed_) {}

    bool is_encrypted() const noexcept override { return inner().is_encrypted(); }
    std::string description() const override { return inner().description(); }
    std::string peer_certificate() const override { return inner().peer_certificate(); }
    void close() noexcept override { inner().close(); }

  protected:
    void encode(std::string_view piece) override { compressor_.compress(piece, outgoing()); }

    Decoded decode(std::span<char> in) override {
        Decoded decoded;
        if (!ended_) {
            const auto state = decompressor_.decompress(unread_, in, decoded.size);
            if (state == Decompressor::State::damaged && decoded.size == 0) throw_damaged();
            ended_ = state == Decompressor::State::ended;
        }
        decoded.ended = decoded.size == 0 && (ended_ || inner_ended_);
        return decoded;
    }

    // All that came before is used up: decode() asks for more only then.
    void feed(std::string_view received) override {
        compressed_.assign(received);
        unread_ = compressed_;
    }
    void feed_end() override { inner_ended_ = true; }

  private:
    [[noreturn]] void throw_damaged() const {
        throw Error(Severity::folder_retry, ErrorCode::protocol,
                    std::string("The server's compressed stream is damaged: ") + decompressor_.message());
    }

    Compressor compressor_;
    Decompressor decompressor_;
    std::string compressed_;
    std::string_view unread_;  // the part of compressed_ that is not decompressed yet
    bool ended_ = false;
    bool inner_ended_ = false;
};

}  // namespace

std::unique_ptr<Stream> start_deflate(std::unique_ptr<Stream> inner, std::string already_read) {
    return std::make_unique<DeflateStream>(std::move(inner), std::move(already_read));
}

}  // namespace offlineimap::net

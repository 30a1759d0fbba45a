#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "memory_stream.hpp"
#include "net_fixture.hpp"

namespace offlineimap::net {
namespace {

// What a server sends that compresses `content` (RFC 4978), flushed but not ended.
std::string deflated(const std::string& content, int flush = Z_SYNC_FLUSH) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string bytes(deflateBound(&stream, content.size()) + 100, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = static_cast<uInt>(bytes.size());
    deflate(&stream, flush);
    bytes.resize(bytes.size() - stream.avail_out);
    deflateEnd(&stream);
    return bytes;
}

std::unique_ptr<Stream> over(MemoryPeer& peer, std::string already_read = "") {
    return start_deflate(std::make_unique<MemoryStream>(peer), std::move(already_read));
}

class Pieces : public testing::TestWithParam<std::size_t> {};

TEST_P(Pieces, ServersDataIsInflatedHoweverItArrives) {
    const std::string content = numbered_bytes(20'000);
    MemoryPeer peer{.to_read = deflated(content), .piece = GetParam(), .written = {}};
    EXPECT_TRUE(receive_all(*over(peer)) == content);
}

INSTANTIATE_TEST_SUITE_P(OneByteAndMany, Pieces, testing::Values(1, 2, 1000, 1'000'000));

TEST(DeflateStream, WhatIsWrittenComesBackFromAnotherOne) {
    const std::string content = numbered_bytes(300'000);
    MemoryPeer sender;
    send(*over(sender), content);
    EXPECT_LT(sender.written.size(), content.size());
    MemoryPeer receiver{.to_read = sender.written, .written = {}};
    EXPECT_TRUE(receive_all(*over(receiver)) == content);
}

TEST(DeflateStream, EveryExchangeIsFlushed) {
    MemoryPeer sender;
    const auto stream = over(sender);
    std::string all;
    for (const std::string command : {"A1 NOOP\r\n", "A2 NOOP\r\n", "A3 LOGOUT\r\n"}) {
        send(*stream, command);
        all += command;
        MemoryPeer receiver{.to_read = sender.written, .written = {}};
        EXPECT_EQ(receive_all(*over(receiver)), all);
    }
}

TEST(DeflateStream, BytesReadBeforeItStartedAreUsed) {
    const std::string bytes = deflated("* OK compressed\r\n");
    MemoryPeer peer{.to_read = bytes.substr(5), .written = {}};
    EXPECT_EQ(receive_all(*over(peer, bytes.substr(0, 5))), "* OK compressed\r\n");
}

TEST(DeflateStream, BombIsHandedOutInPiecesAndNeverHeldWhole) {
    const std::string bomb = deflated(std::string(64U << 20U, '\0'));
    MemoryPeer peer{.to_read = bomb, .piece = bomb.size(), .written = {}};
    const auto stream = over(peer);
    std::string in(1000, 'x');
    for (std::size_t total = 0; total < 1'000'000;) {
        const auto progress = stream->exchange({}, in, true, kPatience, {});
        ASSERT_GT(progress.read, 0U);
        ASSERT_LE(progress.read, in.size());
        total += progress.read;
    }
    EXPECT_LE(peer.given, 64U << 10U) << "no more is taken from the server than what is needed";
}

TEST(DeflateStream, DamagedDataIsAnErrorAfterWhatWasGood) {
    std::string bytes = deflated("good");
    bytes += "\xff\xff\xff\xff";
    MemoryPeer peer{.to_read = bytes, .written = {}};
    const auto stream = over(peer);
    EXPECT_EQ(receive(*stream), "good");
    const auto error = error_of([&] { receive(*stream); });
    EXPECT_EQ(error.severity(), base::Severity::folder_retry);
    EXPECT_EQ(error.code(), base::ErrorCode::protocol);
    EXPECT_EQ(error_of([&] { receive(*stream); }).code(), base::ErrorCode::protocol) << "and it stays one";
}

TEST(DeflateStream, EndOfTheCompressedStreamIsAnEnd) {
    MemoryPeer peer{.to_read = deflated("bye", Z_FINISH) + "garbage behind it", .written = {}};
    const auto stream = over(peer);
    EXPECT_EQ(receive(*stream), "bye");
    EXPECT_EQ(receive(*stream), "");
}

TEST(DeflateStream, TellsWhatIsBelow) {
    MemoryPeer peer;
    const auto stream = over(peer);
    EXPECT_TRUE(stream->is_encrypted());
    EXPECT_EQ(stream->description(), "memory");
    EXPECT_EQ(stream->peer_certificate(), "certificate");
}

}  // namespace
}  // namespace offlineimap::net

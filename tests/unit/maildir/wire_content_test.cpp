#include "offlineimap/maildir/wire_content.hpp"

#include <cstdlib>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

#include "offlineimap/os/digest.hpp"

namespace offlineimap::maildir {
namespace {

os::FileDescriptor file_with(const std::string& content) {
    std::string name = "/tmp/wire-content-XXXXXX";
    const int descriptor = ::mkstemp(name.data());
    ::unlink(name.c_str());
    EXPECT_EQ(::write(descriptor, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    return os::FileDescriptor(descriptor);
}

std::string wire_of(const WireContent& content) {
    std::string all;
    const auto next = content.reader();
    for (std::string piece; next(piece);) all += piece;
    return all;
}

WireContent content_of(const std::string& text, std::vector<std::string> dropped = {}) {
    return WireContent(file_with(text), "test", std::move(dropped));
}

TEST(WireContent, ConvertsLineEndsAndKeepsABareCarriageReturn) {
    EXPECT_EQ(wire_of(content_of("A: b\n\nx\ry\r\nz\n")), "A: b\r\n\r\nx\ry\r\nz\r\n");
}

TEST(WireContent, SendsAnEmptyFileAsNothing) {
    EXPECT_EQ(wire_of(content_of("")), "");
    EXPECT_EQ(content_of("").identify().size, 0U);
}

TEST(WireContent, LeavesOutTheNamedHeadersWithTheirContinuationLines) {
    EXPECT_EQ(wire_of(content_of("Keep: 1\nX-Drop: a\n b\nkeep2: 2\n\nX-Drop: body\n", {"x-drop"})),
              "Keep: 1\r\nkeep2: 2\r\n\r\nX-Drop: body\r\n");
}

TEST(WireContent, MayBeReadAgainFromTheStart) {
    const auto content = content_of("A: b\n\nbody\n");
    EXPECT_EQ(wire_of(content), wire_of(content));
}

TEST(WireContent, IdentifiesWhatIsSent) {
    const auto identity = content_of("Message-ID: <1@x>\nA: b\n\nbody\n").identify();
    const std::string header = "Message-ID: <1@x>\r\nA: b\r\n\r\n";
    EXPECT_EQ(identity.size, header.size() + 6);
    EXPECT_EQ(identity.header_sha256, os::digest_hex(os::DigestKind::sha256, header));
    EXPECT_EQ(identity.sha256, os::digest_hex(os::DigestKind::sha256, header + "body\r\n"));
    EXPECT_EQ(identity.message_id, "<1@x>");
}

TEST(WireContent, FindsTheHeadersEndAcrossPieces) {
    std::string header;
    while (header.size() < 70'000) header += "X-Long: " + std::string(60, 'x') + "\n";
    const auto identity = content_of(header + "\nbody\n").identify();
    std::string wire;
    for (const char c : header) wire += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_EQ(identity.header_sha256, os::digest_hex(os::DigestKind::sha256, wire + "\r\n"));
}

}  // namespace
}  // namespace offlineimap::maildir

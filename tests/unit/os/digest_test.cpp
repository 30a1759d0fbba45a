#include "offlineimap/os/digest.hpp"

#include <utility>

#include <gtest/gtest.h>

namespace offlineimap::os {
namespace {

TEST(Digest, MatchesPublishedValues) {
    EXPECT_EQ(digest_hex(DigestKind::md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(digest_hex(DigestKind::md5, "INBOX"), "7e33429f656f1e6e9d79b29c3f82c57e");
    EXPECT_EQ(digest_hex(DigestKind::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(digest_hex(DigestKind::sha224, "abc"),
              "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
    EXPECT_EQ(digest_hex(DigestKind::sha256, "abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(digest_hex(DigestKind::sha384, "abc").substr(0, 32), "cb00753f45a35e8bb5a03d699ac65007");
    EXPECT_EQ(digest_hex(DigestKind::sha512, "abc").substr(0, 32), "ddaf35a193617abacc417349ae204131");
}

TEST(Digest, OfPiecesIsThatOfTheWhole) {
    Digest first(DigestKind::sha256);
    first.update("a");
    Digest second = std::move(first);
    second.update("");
    second.update("bc");
    EXPECT_EQ(second.finish_hex(), digest_hex(DigestKind::sha256, "abc"));
}

}  // namespace
}  // namespace offlineimap::os

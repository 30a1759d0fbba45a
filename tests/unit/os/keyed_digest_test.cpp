#include "offlineimap/os/keyed_digest.hpp"

#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"

namespace offlineimap::os {
namespace {

std::string hex(const base::Secret& bytes) {
    return base::to_hex(std::string(bytes.reveal()));
}

TEST(KeyedDigest, IsThatOfRfc4231) {
    EXPECT_EQ(hex(keyed_digest(DigestKind::sha256, "Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(keyed_digest(DigestKind::sha512, "Jefe", "what do ya want for nothing?")),
              "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6"
              "fdcaeab1a34d4a6b4b"
              "636e070a38bce737");
}

TEST(KeyedDigest, OfBytesWithoutAKeyIsTheDigest) {
    EXPECT_EQ(hex(digest_bytes(DigestKind::sha256, "abc")), digest_hex(DigestKind::sha256, "abc"));
    EXPECT_EQ(hex(digest_bytes(DigestKind::md5, "abc")), digest_hex(DigestKind::md5, "abc"));
}

TEST(KeyFromPassword, IsThatOfRfc6070AndRfc7914) {
    EXPECT_EQ(hex(key_from_password(DigestKind::sha1, "password", "salt", 4096)),
              "4b007901b765489abead49d926f721d065a429c1");
    EXPECT_EQ(hex(key_from_password(DigestKind::sha256, "passwd", "salt", 1)),
              "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
}

TEST(KeyFromPassword, CannotBeHadWithoutIterations) {
    EXPECT_THROW(key_from_password(DigestKind::sha1, "password", "salt", 0), base::Error);
}

TEST(ConstantTime, ComparesWholeTexts) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace offlineimap::os

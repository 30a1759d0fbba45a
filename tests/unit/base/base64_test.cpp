#include "offlineimap/base/base64.hpp"

#include <utility>

#include <gtest/gtest.h>

namespace offlineimap::base {
namespace {

// RFC 4648 §10, and bytes beyond ASCII.
constexpr std::pair<std::string_view, std::string_view> kVectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {std::string_view("\0\xff\xfb", 3), "AP/7"},
};

TEST(Base64, IsThatOfTheRfc) {
    for (const auto& [bytes, text] : kVectors) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
        EXPECT_EQ(from_base64(text.substr(0, text.find('=')), Padding::optional), bytes) << text;
    }
}

TEST(Base64, IsNothingElse) {
    for (const char* text : {"Z", "Zg", "Zg=", "Zm8", "====", "Z===", "Zg==Zg==", "Zm9v\n", "Zm-_", "Zm=v"})
        EXPECT_EQ(from_base64(text), std::nullopt) << text;
    for (const char* text : {"Z", "Zm9vY", "Zm9v YQ", "Zg==Zg=="})
        EXPECT_EQ(from_base64(text, Padding::optional), std::nullopt) << text;
}

}  // namespace
}  // namespace offlineimap::base

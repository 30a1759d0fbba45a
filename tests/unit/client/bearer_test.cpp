#include "../../../src/client/bearer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/base64.hpp"
#include "offlineimap/base/text.hpp"

#include "../../../src/client/json_object.hpp"

namespace offlineimap::client {
namespace {

using testing::HasSubstr;

constexpr const char* kToken = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";

std::string message(std::string_view mechanism, const BearerLogin& login) {
    return std::string(bearer_message(mechanism, login, base::Secret(kToken)).reveal());
}

// RFC 7628 §4.1.
TEST(Bearer, MessageIsThatOfTheRfc) {
    EXPECT_EQ(
        message("OAUTHBEARER", {.user = "user@example.com", .host = "server.example.com", .port = 143}),
        "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmd"
        "DRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB");
}

// Google's document of the mechanism.
TEST(Bearer, MessageOfXOAuth2IsThatOfItsDocument) {
    const BearerLogin login{.user = "someuser@example.com", .host = "imap.gmail.com", .port = 993};
    EXPECT_EQ(
        bearer_message("XOAUTH2", login, base::Secret("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"))
            .reveal(),
        "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semR"
        "HRXVZMjl0Q2cBAQ==");
}

TEST(Bearer, UserNameCannotEndItsFieldAndATunnelHasNoHost) {
    EXPECT_EQ(message("OAUTHBEARER", {.user = "a,b=c", .host = "", .port = 0}),
              base::to_base64(std::string("n,a=a=2Cb=3Dc,\x01") + "auth=Bearer " + kToken + "\x01\x01"));
}

TEST(Bearer, TokenCannotEndItsField) {
    EXPECT_EQ(bearer_obstacle(base::Secret(kToken)), "");
    EXPECT_EQ(bearer_obstacle(base::Secret("eyJ0eXAi.a-b_c~d+e/f=")), "");
    EXPECT_THAT(bearer_obstacle(base::Secret("")), HasSubstr("empty"));
    for (const char* bad : {"a\001b", "a b", "a\nb", "a\r", "\xc3\xa4"})
        EXPECT_THAT(bearer_obstacle(base::Secret(bad)), HasSubstr("RFC 6750")) << bad;
}

std::string described(const std::string& challenge) {
    return describe_bearer_error(
        challenge, [](std::string_view text) { return base::replace_all(text, "secret", "[hidden]"); });
}

// RFC 7628 §3.2.3 and §4.3.
TEST(Bearer, ErrorChallengeIsToldAndAnswered) {
    EXPECT_EQ(described("eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3Blbml"
                        "kLWNvbmZpZ3VyYXRpb24iOiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC"
                        "1jb25maWd1cmF0aW9uIn0="),
              "status invalid_token, scope example_scope");
    EXPECT_EQ(described(base::to_base64(R"({"status":"401","schemes":"bearer"})")), "status 401");
    EXPECT_EQ(described(base::to_base64("\x1b[31m")), "");
    EXPECT_EQ(described("!"), "");
    EXPECT_EQ(described(base::to_base64("{\"status\":\"\\u001b[2J\"}")), "status \\x1b[2J");
    EXPECT_EQ(described(base::to_base64(R"({"status":"Bearer secret"})")), "status Bearer [hidden]");
    EXPECT_EQ(answer_to_bearer_error("OAUTHBEARER").reveal(), base::to_base64("\x01"));
    EXPECT_EQ(answer_to_bearer_error("XOAUTH2").reveal(), "");
}

TEST(JsonObject, GivesTextsAndNumbersOfTheTopOnly) {
    const auto fields = parse_json_fields(
        R"({"a": "x\u00e9", "n": 3599, "t": true, "z": null, "o": {"a": "no"}, "l": ["a", "no"]})");
    ASSERT_TRUE(fields);
    EXPECT_EQ(field_of(*fields, "a"), "x\xc3\xa9");
    EXPECT_EQ(field_of(*fields, "n"), "3599");
    EXPECT_EQ(field_of(*fields, "t"), "true");
    EXPECT_EQ(field_of(*fields, "z"), "");
    EXPECT_EQ(fields->size(), 3U);
}

TEST(JsonObject, IsNothingElse) {
    for (const auto& text : {std::string(), std::string("[]"), std::string("\"a\""), std::string("{"),
                             std::string("<html>"), std::string("{\"a\": \"\xff\"}"),
                             "{\"a\":" + std::string(20000, '[') + std::string(20000, ']') + "}"}) {
        EXPECT_FALSE(parse_json_fields(text)) << text.substr(0, 40);
    }
}

}  // namespace
}  // namespace offlineimap::client

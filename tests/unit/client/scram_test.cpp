#include "../../../src/client/scram.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/base64.hpp"

namespace offlineimap::client {
namespace {

using os::DigestKind;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kNonce = "fyko+d2lbbFgONRv9qkxdawL";

std::unique_ptr<ScramExchange> exchange(const SaslLogin& login = {.user = "user",
                                                                  .authorization_identity = "",
                                                                  .host = ""},
                                        const ScramBinding& binding = {}) {
    return *ScramExchange::begin(DigestKind::sha1, login, base::Secret("pencil"), binding, kNonce);
}

std::string sent(ScramExchange& exchange, const std::string& challenge) {
    const auto answer = exchange.answer(challenge);
    return answer ? std::string(answer->reveal()) : "ERROR " + answer.error();
}

constexpr const char* kServerFirst = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";

TEST(Scram, IsThatOfRfc5802) {
    const auto scram = exchange();
    EXPECT_TRUE(scram->speaks_first());
    EXPECT_EQ(sent(*scram, ""), "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    EXPECT_EQ(sent(*scram, kServerFirst),
              "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
    EXPECT_FALSE(scram->is_complete());
    EXPECT_EQ(sent(*scram, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), "");
    EXPECT_TRUE(scram->is_complete());
    EXPECT_THAT(sent(*scram, ""), StartsWith("ERROR "));
}

TEST(Scram, IsThatOfRfc7677) {
    const auto scram =
        *ScramExchange::begin(DigestKind::sha256, {.user = "user", .authorization_identity = "", .host = ""},
                              base::Secret("pencil"), {}, "rOprNGfwEbeRWgbNEkqO");
    EXPECT_EQ(sent(*scram, ""), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    EXPECT_EQ(sent(*scram,
                   "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
              "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+"
              "Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    EXPECT_EQ(sent(*scram, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), "");
    EXPECT_TRUE(scram->is_complete());
}

TEST(Scram, SaysWhoToBeAndEscapesNames) {
    const auto scram = exchange({.user = "a,b=c", .authorization_identity = "the,boss", .host = ""});
    EXPECT_THAT(sent(*scram, ""), StartsWith("n,a=the=2Cboss,n=a=2Cb=3Dc,r="));
    EXPECT_THAT(sent(*scram, kServerFirst), StartsWith("c=" + base::to_base64("n,a=the=2Cboss,") + ",r="));
}

TEST(Scram, SaysWhatItIsBoundTo) {
    const auto bound = exchange({.user = "user", .authorization_identity = "", .host = ""},
                                {ScramBinding::Flag::bound, "tls-exporter", "DATA"});
    EXPECT_THAT(sent(*bound, ""), StartsWith("p=tls-exporter,,n=user,r="));
    EXPECT_THAT(sent(*bound, kServerFirst),
                StartsWith("c=" + base::to_base64("p=tls-exporter,,DATA") + ",r="));
    const auto not_offered = exchange({.user = "user", .authorization_identity = "", .host = ""},
                                      {ScramBinding::Flag::not_offered, "", "never sent"});
    EXPECT_THAT(sent(*not_offered, ""), StartsWith("y,,n=user,r="));
    EXPECT_THAT(sent(*not_offered, kServerFirst), StartsWith("c=eSws,r="));  // "y,,"
}

// RFC 4013: a soft hyphen is nothing, and a compatibility character is what it looks like.
TEST(Scram, PreparesNamesAndPasswords) {
    const auto scram = *ScramExchange::begin(DigestKind::sha1,
                                             {.user = "us\xc2\xad"
                                                      "er",
                                              .authorization_identity = "",
                                              .host = ""},
                                             base::Secret("penc\xc2\xadil"), {}, kNonce);
    EXPECT_EQ(sent(*scram, ""), "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    EXPECT_THAT(sent(*scram, kServerFirst), HasSubstr("p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="));
}

TEST(Scram, RefusesWhatCannotBePrepared) {
    const SaslLogin login{.user = "user", .authorization_identity = "", .host = ""};
    EXPECT_THAT(ScramExchange::begin(DigestKind::sha1, login, base::Secret("a\tb"), {}).error(),
                StartsWith("the password holds what it does not allow: "));
    const SaslLogin odd{.user = "a\tb", .authorization_identity = "", .host = ""};
    EXPECT_THAT(ScramExchange::begin(DigestKind::sha1, odd, base::Secret("secret"), {}).error(),
                StartsWith("the user name holds what it does not allow: "));
    const SaslLogin nobody{.user = "\xc2\xad", .authorization_identity = "", .host = ""};
    EXPECT_THAT(ScramExchange::begin(DigestKind::sha1, nobody, base::Secret("secret"), {}).error(),
                HasSubstr("nothing of the user name is left"));
}

TEST(Scram, TakesANewNonceEachTime) {
    EXPECT_NE(unpredictable_text(), unpredictable_text());
    EXPECT_EQ(unpredictable_text().size(), 24U);
}

struct BadFirstMessage {
    const char* what;
    std::string message;
    const char* complaint;
};

class ScramFirst : public testing::TestWithParam<BadFirstMessage> {};

TEST_P(ScramFirst, ThatIsWrongGetsNoProof) {
    const auto scram = exchange();
    sent(*scram, "");
    EXPECT_THAT(sent(*scram, GetParam().message), StartsWith(std::string("ERROR ") + GetParam().complaint));
    EXPECT_FALSE(scram->is_complete());
    EXPECT_FALSE(scram->was_refused());
}

const std::string kGoodNonce = std::string("r=") + kNonce + "more";
INSTANTIATE_TEST_SUITE_P(
    Messages, ScramFirst,
    testing::Values(
        BadFirstMessage{"empty", "", "the server's first message is no SCRAM"},
        BadFirstMessage{"extension", "m=x," + kGoodNonce + ",s=QSXCR+Q6sek8bf92,i=4096",
                        "the server wants an extension"},
        BadFirstMessage{"other_order", "s=QSXCR+Q6sek8bf92," + kGoodNonce + ",i=4096",
                        "the server's first message is no"},
        BadFirstMessage{"no_iterations", kGoodNonce + ",s=QSXCR+Q6sek8bf92",
                        "the server's first message is no SCRAM"},
        BadFirstMessage{"other_nonce", "r=yko+d2lbbFgONRv9qkxdawLmore,s=QSXCR+Q6sek8bf92,i=4096",
                        "the server's nonce does not continue ours"},
        BadFirstMessage{"our_nonce", std::string("r=") + kNonce + ",s=QSXCR+Q6sek8bf92,i=4096",
                        "the server's nonce does not continue ours"},
        BadFirstMessage{"salt", kGoodNonce + ",s=QSXC*+Q6,i=4096", "the server's salt is not base64"},
        BadFirstMessage{"no_salt", kGoodNonce + ",s=,i=4096", "the server's salt is not base64"},
        BadFirstMessage{"one", kGoodNonce + ",s=QSXCR+Q6sek8bf92,i=1", "the server asks for 1 iterations"},
        BadFirstMessage{"few", kGoodNonce + ",s=QSXCR+Q6sek8bf92,i=4095",
                        "the server asks for 4095 iterations"},
        BadFirstMessage{"many", kGoodNonce + ",s=QSXCR+Q6sek8bf92,i=1000001", "the server asks for 1000001"},
        BadFirstMessage{"wrapped", kGoodNonce + ",s=QSXCR+Q6sek8bf92,i=2147483648",
                        "the server asks for 2147483648"},
        BadFirstMessage{"negative", kGoodNonce + ",s=QSXCR+Q6sek8bf92,i=-4096", "the server asks for -4096"},
        BadFirstMessage{"too_long", kGoodNonce + std::string(9000, 'x') + ",s=QSXCR+Q6sek8bf92,i=4096",
                        "the challenge is too long"}),
    [](const auto& tested) { return std::string(tested.param.what); });

TEST(Scram, BelievesNoServerThatDoesNotKnowThePassword) {
    for (const char* last : {"v=rmF9pqV8S7suAoZWja4dJRkFsKA=", "v=", "v=*", "",
                             "x=rmF9pqV8S7suAoZWja4dJRkFsKQ=", "v=rmF9pqV8S7suAoZWja4dJRkF"}) {
        const auto scram = exchange();
        sent(*scram, "");
        sent(*scram, kServerFirst);
        EXPECT_EQ(sent(*scram, last), "ERROR the server did not show that it knows the password") << last;
        EXPECT_FALSE(scram->is_complete());
    }
}

TEST(Scram, TellsRefusalsFromOtherErrors) {
    struct Case {
        const char* message;
        bool refused;
        bool binding_refused;
    };
    for (const auto& each : {Case{"e=invalid-proof", true, false}, Case{"e=unknown-user,x=y", true, false},
                             Case{"e=unsupported-channel-binding-type", false, true},
                             Case{"e=channel-binding-not-supported", false, true},
                             Case{"e=channel-bindings-dont-match", false, false},
                             Case{"e=server-does-support-channel-binding", false, false}}) {
        const auto scram = exchange();
        sent(*scram, "");
        sent(*scram, kServerFirst);
        EXPECT_THAT(sent(*scram, each.message), StartsWith("ERROR "));
        EXPECT_EQ(scram->was_refused(), each.refused) << each.message;
        EXPECT_EQ(scram->was_binding_refused(), each.binding_refused) << each.message;
    }
}

TEST(Base64, IsReadStrictly) {
    EXPECT_EQ(base::from_base64(""), "");
    EXPECT_EQ(base::from_base64("Zg=="), "f");
    EXPECT_EQ(base::from_base64("Zm8="), "fo");
    EXPECT_EQ(base::from_base64("Zm9v"), "foo");
    EXPECT_EQ(base::from_base64("Zm9vYmFy"), "foobar");
    for (const char* wrong : {"Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zm9v=", "Zm9*"})
        EXPECT_EQ(base::from_base64(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace offlineimap::client

// SCRAM against the server's part of GNU SASL, which somebody else wrote.

#include <gsasl.h>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "offlineimap/base/base64.hpp"

#include "../../../src/client/scram.hpp"

namespace offlineimap::client {
namespace {

constexpr const char* kPassword = "pass,word=";
constexpr const char* kBound = "what both ends share";

struct Case {
    const char* name;
    const char* mechanism;
    os::DigestKind digest;
    ScramBinding binding;
    Gsasl_property property;  // of the server, for what the client has bound to
    const char* password = kPassword;
};

int give(Gsasl*, Gsasl_session* session, Gsasl_property property) {
    const auto& tested = *static_cast<const Case*>(gsasl_session_hook_get(session));
    std::string value;
    if (property == GSASL_PASSWORD)
        value = kPassword;
    else if (property == tested.property)
        value = base::to_base64(kBound);
    else
        return GSASL_NO_CALLBACK;
    return gsasl_property_set_raw(session, property, value.data(), value.size());
}

class ScramPeers : public testing::TestWithParam<Case> {
  protected:
    ScramPeers() {
        EXPECT_EQ(gsasl_init(&context_), GSASL_OK);
        gsasl_callback_set(context_, give);
        EXPECT_EQ(gsasl_server_start(context_, GetParam().mechanism, &session_), GSASL_OK);
        gsasl_session_hook_set(session_, const_cast<Case*>(&GetParam()));
    }
    ScramPeers(const ScramPeers&) = delete;
    ScramPeers& operator=(const ScramPeers&) = delete;
    ~ScramPeers() override {
        gsasl_finish(session_);
        gsasl_done(context_);
    }

    struct Outcome {
        int server;            // the result of its last step
        bool client_complete;  // the client believes the server
    };
    Outcome log_in() {
        const auto& tested = GetParam();
        const auto client =
            *ScramExchange::begin(tested.digest, {.user = "us,er=", .authorization_identity = "", .host = ""},
                                  base::Secret(tested.password), tested.binding);
        int result = GSASL_NEEDS_MORE;
        std::string challenge;
        while (result == GSASL_NEEDS_MORE) {
            const auto answer = client->answer(challenge);
            if (!answer) break;
            challenge = server_says(std::string(answer->reveal()), result);
        }
        if (result == GSASL_OK && !challenge.empty()) (void)client->answer(challenge);
        return {result, client->is_complete()};
    }

  private:
    std::string server_says(const std::string& words, int& result) {
        char* output = nullptr;
        std::size_t size = 0;
        result = gsasl_step(session_, words.data(), words.size(), &output, &size);
        std::string answer(output == nullptr ? "" : output, size);
        gsasl_free(output);
        return answer;
    }

    Gsasl* context_ = nullptr;
    Gsasl_session* session_ = nullptr;
};

constexpr auto kNameOf = [](const auto& tested) { return std::string(tested.param.name); };
using Flag = ScramBinding::Flag;
using os::DigestKind;

class ScramPeersThatFit : public ScramPeers {};

TEST_P(ScramPeersThatFit, BelieveEachOther) {
    const auto outcome = log_in();
    EXPECT_EQ(outcome.server, GSASL_OK);
    EXPECT_TRUE(outcome.client_complete);
}

INSTANTIATE_TEST_SUITE_P(
    Exchanges, ScramPeersThatFit,
    testing::Values(
        Case{"Sha1", "SCRAM-SHA-1", DigestKind::sha1, {}, GSASL_AUTHID},
        Case{"Sha256", "SCRAM-SHA-256", DigestKind::sha256, {}, GSASL_AUTHID},
        Case{"NotOffered", "SCRAM-SHA-256", DigestKind::sha256, {Flag::not_offered, "", ""}, GSASL_AUTHID},
        Case{"Unique",
             "SCRAM-SHA-1-PLUS",
             DigestKind::sha1,
             {Flag::bound, "tls-unique", kBound},
             GSASL_CB_TLS_UNIQUE},
        Case{"Exporter",
             "SCRAM-SHA-256-PLUS",
             DigestKind::sha256,
             {Flag::bound, "tls-exporter", kBound},
             GSASL_CB_TLS_EXPORTER}),
    kNameOf);

class ScramPeersThatDiffer : public ScramPeers {};

TEST_P(ScramPeersThatDiffer, DoNotLogIn) {
    const auto outcome = log_in();
    EXPECT_NE(outcome.server, GSASL_OK);
    EXPECT_FALSE(outcome.client_complete);
}

INSTANTIATE_TEST_SUITE_P(
    Exchanges, ScramPeersThatDiffer,
    testing::Values(Case{"Password", "SCRAM-SHA-256", DigestKind::sha256, {}, GSASL_AUTHID, "wrong"},
                    Case{"Connection",
                         "SCRAM-SHA-256-PLUS",
                         DigestKind::sha256,
                         {Flag::bound, "tls-exporter", "another"},
                         GSASL_CB_TLS_EXPORTER}),
    kNameOf);

}  // namespace
}  // namespace offlineimap::client

// The client's part of SCRAM (RFC 5802, RFC 7677), with and without channel binding (RFC 5929, RFC 9266). The
// messages are made and read here, because GNU SASL's client (2.2) cannot say "y": that it would have bound
// the channel if the server had offered it, without which nobody notices that the offer was taken out on its
// way.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "offlineimap/base/result.hpp"
#include "offlineimap/base/secret.hpp"
#include "offlineimap/os/digest.hpp"

#include "sasl.hpp"

namespace offlineimap::client {

// RFC 5802 §6, the flag of the GS2 header.
struct ScramBinding {
    enum class Flag {
        not_wanted,   // "n"
        not_offered,  // "y": a server that did offer it ends the login
        bound,        // "p"
    };
    Flag flag = Flag::not_wanted;
    std::string type{};  // "tls-exporter", …
    std::string data{};  // of the connection
};

class ScramExchange final : public SaslExchange {
  public:
    // The error says why user or password cannot be used with SCRAM. `nonce` is for tests.
    static base::Result<std::unique_ptr<ScramExchange>, std::string> begin(
        os::DigestKind digest, const SaslLogin& login, const base::Secret& password, ScramBinding binding,
        std::string nonce = unpredictable_text());

    bool speaks_first() const noexcept override { return true; }
    base::Result<base::Secret, std::string> answer(const std::string& challenge) override;
    bool is_complete() const noexcept override { return next_ == Next::nothing; }
    bool was_refused() const noexcept override { return was_refused_; }
    // The server binds channels, but not by this type.
    bool was_binding_refused() const noexcept { return was_binding_refused_; }

  private:
    enum class Next { first_message, proof, server_signature, nothing };
    using Answer = base::Result<base::Secret, std::string>;

    ScramExchange(os::DigestKind digest, base::Secret password, std::string gs2_header,
                  std::string binding_data, std::string first_bare, std::string nonce);
    Answer prove(std::string_view server_first);
    Answer check(std::string_view server_final);
    std::string refusal(std::string_view error);

    os::DigestKind digest_;
    base::Secret password_;  // prepared
    std::string gs2_header_;
    std::string binding_data_;
    std::string first_bare_;
    std::string nonce_;
    base::Secret server_signature_;
    Next next_ = Next::first_message;
    bool was_refused_ = false;
    bool was_binding_refused_ = false;
};

}  // namespace offlineimap::client

// The client's part of the mechanisms that answer challenges with what a password makes of them: SCRAM
// (RFC 5802, RFC 7677), CRAM-MD5 (RFC 2195), DIGEST-MD5 (RFC 2831). GNU SASL computes them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "offlineimap/base/result.hpp"
#include "offlineimap/base/secret.hpp"

namespace offlineimap::client {

// Whether the mechanism is one of those.
bool is_challenge_mechanism(std::string_view mechanism) noexcept;

struct SaslLogin {
    std::string user;
    std::string authorization_identity;  // empty: that of the user
    std::string host;
};

// One exchange. Belongs to one thread.
class SaslClient {
  public:
    // Why the mechanism cannot be used with this password, whatever the server says: the library has not got
    // it, or the password holds what SASLprep (RFC 4013) forbids. nullopt: nothing is in the way.
    static std::optional<std::string> obstacle(const std::string& mechanism, const base::Secret& password);

    // Precondition: no obstacle(). Throws Error{repository, authentication} if the library fails.
    SaslClient(const std::string& mechanism, const SaslLogin& login, const base::Secret& password);
    ~SaslClient();
    SaslClient(const SaslClient&) = delete;
    SaslClient& operator=(const SaslClient&) = delete;

    // SCRAM: before any challenge, answer("") is the first message.
    bool speaks_first() const noexcept { return speaks_first_; }
    // Both in base64. The error says why this exchange cannot go on: the challenge is wrong, or the server
    // does not know the password it claims to know.
    base::Result<base::Secret, std::string> answer(const std::string& challenge);
    // Nothing is missing: SCRAM and DIGEST-MD5 have also shown that the server knows the password.
    bool is_complete() const noexcept { return is_complete_; }
    // The server said in the exchange that user and password do not fit (RFC 5802 §7: "e=").
    bool was_refused() const noexcept { return was_refused_; }

  private:
    struct Library;
    std::unique_ptr<Library> library_;
    const bool speaks_first_;
    bool is_complete_ = false;
    bool was_refused_ = false;
};

}  // namespace offlineimap::client

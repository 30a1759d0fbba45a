// The client's part of a SASL exchange (RFC 4422), whatever the mechanism, and those that GNU SASL computes:
// CRAM-MD5 (RFC 2195) and DIGEST-MD5 (RFC 2831).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "offlineimap/base/result.hpp"
#include "offlineimap/base/secret.hpp"

namespace offlineimap::client {

// One exchange. Belongs to one thread.
class SaslExchange {
  public:
    SaslExchange() = default;
    SaslExchange(const SaslExchange&) = delete;
    SaslExchange& operator=(const SaslExchange&) = delete;
    virtual ~SaslExchange() = default;

    // Before any challenge, answer("") is the first message.
    virtual bool speaks_first() const noexcept = 0;
    // Both as they are, before base64. The error says why this exchange cannot go on: the challenge is wrong,
    // or the server does not know the password it claims to know.
    virtual base::Result<base::Secret, std::string> answer(const std::string& challenge) = 0;
    // Nothing is missing: where the mechanism has it, the server has shown that it knows the password.
    virtual bool is_complete() const noexcept = 0;
    // The server said in the exchange that user and password do not fit.
    virtual bool was_refused() const noexcept { return false; }
};

struct SaslLogin {
    std::string user;
    std::string authorization_identity;  // empty: that of the user
    std::string host;
};

// RFC 5801 §4, RFC 5802 §5.1: in a GS2 header and a SCRAM message ',' and '=' stand as "=2C" and "=3D".
std::string gs2_name(std::string_view name);

// SASLprep (RFC 4013). The error says what is in the way.
enum class Unassigned { refused, allowed };
base::Result<base::Secret, std::string> saslprep(const base::Secret& text, Unassigned unassigned);
// Letters that nobody can foresee, for a nonce.
std::string unpredictable_text();

// CRAM-MD5 or DIGEST-MD5. The error says why the mechanism cannot be used with this password, whatever the
// server says: the library has not got it, or the password holds what SASLprep forbids. Throws
// Error{repository, authentication} if the library fails.
base::Result<std::unique_ptr<SaslExchange>, std::string> begin_digest(const std::string& mechanism,
                                                                      const SaslLogin& login,
                                                                      const base::Secret& password);

}  // namespace offlineimap::client

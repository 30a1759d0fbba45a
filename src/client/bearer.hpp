// The messages of the two mechanisms that log in with an OAuth 2 access token: OAUTHBEARER (RFC 7628) and
// XOAUTH2, which Google and Microsoft had before it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "offlineimap/base/secret.hpp"

namespace offlineimap::client {

// Whether the mechanism is one of those.
bool is_bearer_mechanism(std::string_view mechanism) noexcept;

struct BearerLogin {
    std::string user;
    std::string host;  // empty: not told (a tunnel)
    std::uint16_t port = 0;
};

// The client's first message, in base64. Precondition: is_bearer_mechanism(mechanism).
base::Secret bearer_message(std::string_view mechanism, const BearerLogin& login, const base::Secret& token);

// Why the token cannot be put into a message; empty if it can. RFC 6750 §2.1: only certain characters, so
// that it ends no field of the message and no header.
std::string bearer_obstacle(const base::Secret& token);

// A server that refuses a token says why in a challenge, which has to be answered before it says NO (RFC 7628
// §3.2.3).
base::Secret answer_to_bearer_error(std::string_view mechanism);

// That challenge in words for a person: its status and, if there is one, its scope; empty if it says neither.
// `harmless` takes out what must not be shown, before anything is cut.
std::string describe_bearer_error(const std::string& challenge_in_base64,
                                  const std::function<std::string(std::string_view)>& harmless);

}  // namespace offlineimap::client

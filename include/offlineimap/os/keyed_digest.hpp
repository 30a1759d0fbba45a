// Digests with a key, and keys from passwords (OpenSSL inside). Results are bytes, and what is made of a
// secret is one.
#pragma once

#include <string_view>

#include "offlineimap/base/secret.hpp"
#include "offlineimap/os/digest.hpp"

namespace offlineimap::os {

base::Secret digest_bytes(DigestKind kind, std::string_view bytes);
// HMAC (RFC 2104).
base::Secret keyed_digest(DigestKind kind, std::string_view key, std::string_view bytes);
// PBKDF2 (RFC 8018 §5.2) with HMAC; the key is as long as the digest. Takes a second or so for a million
// iterations. Throws Error{repository, general} for what OpenSSL does not take (no iterations).
base::Secret key_from_password(DigestKind kind, std::string_view password, std::string_view salt,
                               unsigned iterations);
// Whether both are the same, in a time that says nothing of where they differ.
bool equal_in_constant_time(std::string_view one, std::string_view other) noexcept;

}  // namespace offlineimap::os

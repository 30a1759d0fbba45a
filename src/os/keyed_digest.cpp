#include "offlineimap/os/keyed_digest.hpp"

#include <string>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "offlineimap/base/error.hpp"

#include "digest_algorithm.hpp"

namespace offlineimap::os {

namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* room_in(std::string& value) {
    return reinterpret_cast<unsigned char*>(value.data());
}

std::string room_for(const EVP_MD* kind) {
    return std::string(static_cast<std::size_t>(EVP_MD_get_size(kind)), '\0');
}

void require(bool done, const char* what) {
    if (done) return;
    throw base::Error(base::Severity::repository, base::ErrorCode::general,
                      std::string("OpenSSL: ") + what + " failed");
}

}  // namespace

base::Secret digest_bytes(DigestKind kind, std::string_view bytes) {
    const EVP_MD* const md = algorithm(kind);
    auto value = room_for(md);
    require(EVP_Digest(bytes.data(), bytes.size(), room_in(value), nullptr, md, nullptr) == 1, "a digest");
    return base::Secret(std::move(value));
}

base::Secret keyed_digest(DigestKind kind, std::string_view key, std::string_view bytes) {
    const EVP_MD* const md = algorithm(kind);
    auto value = room_for(md);
    require(HMAC(md, key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(), room_in(value),
                 nullptr) != nullptr,
            "a keyed digest");
    return base::Secret(std::move(value));
}

base::Secret key_from_password(DigestKind kind, std::string_view password, std::string_view salt,
                               unsigned iterations) {
    const EVP_MD* const md = algorithm(kind);
    auto value = room_for(md);
    require(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                              static_cast<int>(salt.size()), static_cast<int>(iterations), md,
                              static_cast<int>(value.size()), room_in(value)) == 1,
            "making a key from a password");
    return base::Secret(std::move(value));
}

bool equal_in_constant_time(std::string_view one, std::string_view other) noexcept {
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace offlineimap::os

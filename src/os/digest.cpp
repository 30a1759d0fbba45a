#include "offlineimap/os/digest.hpp"

#include <array>
#include <stdexcept>

#include <openssl/evp.h>

#include "offlineimap/base/text.hpp"

#include "digest_algorithm.hpp"

namespace offlineimap::os {

namespace {

constexpr std::array<const char*, 6> kNames = {"MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};

void require(int ok, const char* what) {
    if (ok != 1) throw std::runtime_error(std::string("OpenSSL: ") + what + " failed");
}

}  // namespace

// Fetched once: an implicit fetch for every digest costs more than hashing a short text. Never freed, so
// that digests work as long as the process does.
const EVP_MD* algorithm(DigestKind kind) {
    static const auto fetched = [] {
        std::array<const EVP_MD*, kNames.size()> all{};
        // "-fips": MD5 names folders and SHA-1 compares fingerprints, which no provider policy may break.
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = EVP_MD_fetch(nullptr, kNames[i], "-fips");
        return all;
    }();
    return fetched[static_cast<std::size_t>(kind)];
}

struct Digest::State {
    struct Free {
        void operator()(EVP_MD_CTX* freed) const noexcept { EVP_MD_CTX_free(freed); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Digest::Digest(DigestKind kind) : state_(std::make_unique<State>()) {
    require(EVP_DigestInit_ex2(state_->context.get(), algorithm(kind), nullptr), "digest initialisation");
}

Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::update(std::string_view bytes) {
    require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()), "digest");
}

std::string Digest::finish_hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    unsigned int size = 0;
    require(EVP_DigestFinal_ex(state_->context.get(), value.data(), &size), "digest");
    return base::to_hex(std::string(value.begin(), value.begin() + size));
}

std::string digest_hex(DigestKind kind, std::string_view bytes) {
    Digest digest(kind);
    digest.update(bytes);
    return digest.finish_hex();
}

}  // namespace offlineimap::os

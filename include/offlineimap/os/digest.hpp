// Digests, streamed (OpenSSL's EVP inside).
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace offlineimap::os {

enum class DigestKind { md5, sha1, sha224, sha256, sha384, sha512 };

class Digest {
  public:
    explicit Digest(DigestKind kind);
    Digest(Digest&&) noexcept;
    Digest& operator=(Digest&&) noexcept;
    ~Digest();
    void update(std::string_view bytes);
    // Lower-case hex. Ends this digest.
    std::string finish_hex();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string digest_hex(DigestKind kind, std::string_view bytes);

}  // namespace offlineimap::os

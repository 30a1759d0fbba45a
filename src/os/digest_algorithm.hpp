// OpenSSL's name for a kind of digest.
#pragma once

#include <openssl/types.h>

#include "offlineimap/os/digest.hpp"

namespace offlineimap::os {

// Lives as long as the process.
const EVP_MD* algorithm(DigestKind kind);

}  // namespace offlineimap::os

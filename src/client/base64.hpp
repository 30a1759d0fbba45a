// Base64 (RFC 4648 §4) for SASL exchanges.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace offlineimap::client {

// The result is allocated once, so that no copy of a secret stays behind in freed memory.
std::string base64(std::string_view bytes);
// nullopt: that is no base64. Padding is required.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace offlineimap::client

// Base64 (RFC 4648 §4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace offlineimap::base {

// The results are allocated once, so that no copy of a secret stays behind in freed memory.
std::string to_base64(std::string_view bytes);
enum class Padding { required, optional };
// nullopt: that is no base64.
std::optional<std::string> from_base64(std::string_view text, Padding padding = Padding::required);

}  // namespace offlineimap::base

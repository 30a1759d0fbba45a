// The texts and numbers at the top of a JSON object (RFC 8259): all that OAuth 2 answers are made of.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "offlineimap/base/secret.hpp"

namespace offlineimap::client {

// Strings as they are, numbers and booleans in their JSON form; null, arrays and objects are left out.
// nullopt if it is no JSON object, or nested deeper than such answers are.
using JsonFields = std::map<std::string, base::Secret, std::less<>>;
std::optional<JsonFields> parse_json_fields(std::string_view text);

// "" if there is no such field.
std::string_view field_of(const JsonFields& fields, std::string_view name) noexcept;

}  // namespace offlineimap::client

// Sections that carry a name: [Account NAME], [Repository NAME].
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "offlineimap/config/document.hpp"

#include "section_reader.hpp"

namespace offlineimap::config {

// The section "<prefix><name>"; blanks around the name are forgiven if no section is spelt exactly so.
std::optional<std::string> section_with_name(const Document& document, std::string_view prefix,
                                             std::string_view name);

// Fails if the name cannot be used: names become parts of file names. `kind` is "account" or "repository".
void check_name(const SectionReader& section, std::string_view kind, std::string_view name);

}  // namespace offlineimap::config

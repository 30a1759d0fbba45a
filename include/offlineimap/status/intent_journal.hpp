// The text of the file (intents_of) that keeps the open intents of a folder whose status is plain text
// (docs/files.md). Format 2 is written, format 1 is read as well. Pure: bytes in, intents out.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/status/folder_status.hpp"

namespace offlineimap::status {

// nullopt if anything about it is wrong. The file is only ever replaced as a whole, so there is no torn tail
// to forgive.
std::optional<std::vector<Intent>> parse_intent_journal(std::string_view content);
std::string format_intent_journal(std::span<const Intent> intents);

}  // namespace offlineimap::status

// Which options exist, and where they are read.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace offlineimap::config {

enum class Place {
    general,
    account,
    repository,          // of every type
    maildir_repository,  // Maildir, GmailMaildir
    imap_repository,     // IMAP, Gmail
    mbnames,
};

struct KnownOption {
    std::string_view name;
    Place place;
};

// Sorted by place; a name may stand in several places.
std::span<const KnownOption> known_options();

// Inserted, removed or replaced characters that lead from `a` to `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace offlineimap::config

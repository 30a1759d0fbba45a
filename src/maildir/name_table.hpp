// The file names of a folder's messages by key, held compactly: a folder can have a million. All functions
// may be called from several threads.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/mail/flags.hpp"
#include "offlineimap/mail/message_key.hpp"

#include "directories.hpp"
#include "name_arena.hpp"
#include "sighting.hpp"

namespace offlineimap::maildir {

struct NameRecord {
    mail::MessageKey key;
    std::string_view name;  // in an arena; empty once the message is gone
    mail::Flags listed;     // see Location
    Place place;
    std::uint8_t misses = 0;  // how many readings of the directories in succession did not show it
};

// Where a message was last seen.
struct Location {
    Place place;
    std::string name;
    mail::Flags listed;  // the letters that the owner of the listing believes the message has
};

class NameTable {
  public:
    // `records` sorted by key, without duplicates, their names in `arena`.
    void replace(NameArena arena, std::vector<NameRecord> records);

    std::optional<Location> locate(mail::MessageKey key) const;
    // The message with exactly this name, else one with the same part before the info.
    std::optional<mail::MessageKey> find_by_name(std::string_view name) const;

    void put(mail::MessageKey key, const Location& location);
    void forget(mail::MessageKey key);
    // Takes over where all files are now, and gives up messages that two readings in succession did not show.
    void update(const std::vector<Sighting>& sightings, std::string_view folder_md5);
    // As locate(), but a message that the last update() did not show is gone.
    std::optional<Location> locate_updated(mail::MessageKey key);

  private:
    const NameRecord* find(mail::MessageKey key) const;
    NameRecord* find(mail::MessageKey key);
    template <class Visitor>
    void for_each(Visitor visit);
    void merge_late();

    mutable std::mutex names_mutex_;  // guards all below
    NameArena arena_;
    std::vector<NameRecord> sorted_;
    // What came out of order since; merged before insertions into it cost much.
    std::map<mail::MessageKey, NameRecord> late_;
};

}  // namespace offlineimap::maildir

// What one side of a folder holds, or what the status remembers: message keys with flags, sorted by key. A
// listing is a value: the planner reads it, outcomes of executed steps update it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "offlineimap/mail/flags.hpp"
#include "offlineimap/mail/message_key.hpp"

namespace offlineimap::mail {

// IMAP keywords of a listing, interned: messages share few distinct sets. 0 is the empty set.
using KeywordSetId = std::uint32_t;

class Listing {
  public:
    struct Entry {
        MessageKey key;
        Flags flags;
        KeywordSetId keywords = 0;
    };

    Listing();
    bool empty() const noexcept { return entries_.empty(); }
    std::size_t size() const noexcept { return entries_.size(); }
    const Entry* find(MessageKey key) const noexcept;
    bool contains(MessageKey key) const noexcept { return find(key) != nullptr; }
    std::span<const Entry> entries() const noexcept { return entries_; }
    auto begin() const noexcept { return entries_.begin(); }
    auto end() const noexcept { return entries_.end(); }

    // Inserts or replaces. Amortised constant time when keys come in ascending order.
    void put(const Entry& entry);
    // The same for many, in any order; of those with one key the last one counts.
    void put_all(std::vector<Entry> entries);
    // Keys that are absent are ignored. Any order.
    void erase(std::span<const MessageKey> keys);
    void erase(MessageKey key) { erase(std::span(&key, 1)); }
    void reserve(std::size_t count) { entries_.reserve(count); }

    // `keywords` sorted, without duplicates.
    KeywordSetId intern(const std::vector<std::string>& keywords);
    const std::vector<std::string>& keywords(KeywordSetId id) const { return keyword_sets_.at(id); }

  private:
    std::vector<Entry> entries_;
    std::vector<std::vector<std::string>> keyword_sets_;
    std::map<std::vector<std::string>, KeywordSetId> keyword_ids_;
};

}  // namespace offlineimap::mail

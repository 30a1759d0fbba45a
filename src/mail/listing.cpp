#include "offlineimap/mail/listing.hpp"

#include <algorithm>

namespace offlineimap::mail {
namespace {

bool is_before(const Listing::Entry& entry, MessageKey key) {
    return entry.key < key;
}

}  // namespace

Listing::Listing() : keyword_sets_(1) {}

const Listing::Entry* Listing::find(MessageKey key) const noexcept {
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), key, is_before);
    return found != entries_.end() && found->key == key ? &*found : nullptr;
}

void Listing::put(const Entry& entry) {
    if (entries_.empty() || entries_.back().key < entry.key) {
        entries_.push_back(entry);
        return;
    }
    const auto place = std::lower_bound(entries_.begin(), entries_.end(), entry.key, is_before);
    if (place->key == entry.key) {
        *place = entry;
    } else {
        entries_.insert(place, entry);
    }
}

void Listing::put_all(std::vector<Entry> entries) {
    // Sorted once: insertions in an order that a stranger chooses would each move all that is there.
    entries.insert(entries.begin(), entries_.begin(), entries_.end());
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry& a, const Entry& b) { return a.key < b.key; });
    entries_.clear();
    for (const auto& entry : entries) {
        if (!entries_.empty() && entries_.back().key == entry.key) {
            entries_.back() = entry;
        } else {
            entries_.push_back(entry);
        }
    }
}

void Listing::erase(std::span<const MessageKey> keys) {
    std::vector<MessageKey> doomed(keys.begin(), keys.end());
    std::sort(doomed.begin(), doomed.end());
    // Both sequences are sorted: one walk, however many keys go.
    auto next = doomed.begin();
    std::erase_if(entries_, [&](const Entry& entry) {
        next = std::find_if(next, doomed.end(), [&](MessageKey key) { return key >= entry.key; });
        return next != doomed.end() && *next == entry.key;
    });
}

KeywordSetId Listing::intern(const std::vector<std::string>& keywords) {
    if (keywords.empty()) return 0;
    const auto [known, is_new] =
        keyword_ids_.try_emplace(keywords, static_cast<KeywordSetId>(keyword_sets_.size()));
    if (is_new) keyword_sets_.push_back(keywords);
    return known->second;
}

}  // namespace offlineimap::mail

// Looks keys up in a listing in ascending order: a pass is one walk over sorted listings side by side, not a
// search per message.
#pragma once

#include <span>

#include "offlineimap/mail/listing.hpp"

namespace offlineimap::plan {

// Borrows the listing's entries: the listing must outlive the cursor and stay unchanged.
class Cursor {
  public:
    explicit Cursor(const mail::Listing& listing) noexcept : rest_(listing.entries()) {}

    // nullptr if the listing lacks `key`. Precondition: not smaller than the key asked for before.
    const mail::Listing::Entry* find(mail::MessageKey key) noexcept {
        while (!rest_.empty() && rest_.front().key < key) rest_ = rest_.subspan(1);
        return !rest_.empty() && rest_.front().key == key ? &rest_.front() : nullptr;
    }
    bool contains(mail::MessageKey key) noexcept { return find(key) != nullptr; }

  private:
    std::span<const mail::Listing::Entry> rest_;
};

}  // namespace offlineimap::plan

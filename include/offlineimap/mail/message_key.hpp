// How a sync names a message: by its remote UID, or, when it has none yet, by its place among the new local
// messages.
#pragma once

#include <cassert>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>

#include "offlineimap/base/types.hpp"

namespace offlineimap::mail {

// The original writes new local messages as UIDs -1, -2, …; users see them so in "Copy message UID -3". Keys
// order as those numbers do: the most negative first, then UIDs ascending.
class MessageKey {
  public:
    explicit constexpr MessageKey(base::Uid uid) noexcept : number_(uid.value()) {}
    // The nth (1, 2, …) message of a listing that has no UID yet.
    static constexpr MessageKey unassigned(std::uint32_t nth) noexcept {
        assert(nth != 0);
        return MessageKey(-static_cast<std::int64_t>(nth));
    }

    constexpr bool has_uid() const noexcept { return number_ > 0; }
    // Precondition: has_uid().
    constexpr base::Uid uid() const noexcept {
        assert(has_uid());
        return base::Uid(static_cast<std::uint32_t>(number_));
    }
    // "17", or "-3" for an unassigned one: the form users see.
    std::string to_string() const { return std::to_string(number_); }
    constexpr auto operator<=>(const MessageKey&) const noexcept = default;

  private:
    explicit constexpr MessageKey(std::int64_t number) noexcept : number_(number) {}
    std::int64_t number_;
    friend struct std::hash<MessageKey>;
};

}  // namespace offlineimap::mail

template <>
struct std::hash<offlineimap::mail::MessageKey> {
    std::size_t operator()(offlineimap::mail::MessageKey key) const noexcept {
        return std::hash<std::int64_t>{}(key.number_);
    }
};

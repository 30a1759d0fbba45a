// The types of `-d`, their names and sets of them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "offlineimap/events/event.hpp"

namespace offlineimap::events {

inline constexpr std::array kDebugTypes = {DebugType::imap, DebugType::maildir, DebugType::thread,
                                           DebugType::other};

// "imap", "maildir", "thread"; empty for the unnamed type.
std::string_view name_of(DebugType type) noexcept;
// The type of that name, case-sensitive as in the original; nullopt for an unknown one.
std::optional<DebugType> debug_type_named(std::string_view name) noexcept;
// "Now debugging for imap: IMAP protocol debugging", shown once for each enabled type.
std::string debugging_line(DebugType type);

class DebugTypes {
  public:
    constexpr DebugTypes() = default;
    static constexpr DebugTypes all() noexcept {
        DebugTypes every;
        for (const auto type : kDebugTypes) every.add(type);
        return every;
    }
    constexpr DebugTypes& add(DebugType type) noexcept { return bits_ |= bit(type), *this; }
    constexpr bool contains(DebugType type) const noexcept { return (bits_ & bit(type)) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    constexpr bool operator==(const DebugTypes&) const noexcept = default;

  private:
    static constexpr unsigned bit(DebugType type) noexcept { return 1U << static_cast<unsigned>(type); }
    unsigned bits_ = 0;
};

}  // namespace offlineimap::events

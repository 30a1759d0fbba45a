#include "offlineimap/events/debug_types.hpp"

#include <algorithm>

namespace offlineimap::events {

namespace {

std::string_view description_of(DebugType type) noexcept {
    switch (type) {
        case DebugType::imap:
            return "IMAP protocol debugging";
        case DebugType::maildir:
            return "Maildir repository debugging";
        case DebugType::thread:
            return "Threading debugging";
        case DebugType::other:
            return "Other offlineimap related sync messages";
    }
    return {};
}

}  // namespace

std::string_view name_of(DebugType type) noexcept {
    switch (type) {
        case DebugType::imap:
            return "imap";
        case DebugType::maildir:
            return "maildir";
        case DebugType::thread:
            return "thread";
        case DebugType::other:
            return "";
    }
    return {};
}

std::optional<DebugType> debug_type_named(std::string_view name) noexcept {
    const auto* const found = std::find_if(kDebugTypes.begin(), kDebugTypes.end(),
                                           [name](DebugType type) { return name_of(type) == name; });
    if (found == kDebugTypes.end()) return std::nullopt;
    return *found;
}

std::string debugging_line(DebugType type) {
    return std::string("Now debugging for ").append(name_of(type)).append(": ").append(description_of(type));
}

}  // namespace offlineimap::events

// The original's wording of every event, for the interfaces that print text (reference: user interfaces §2).
#pragma once

#include <string>

#include "offlineimap/events/event.hpp"

namespace offlineimap::events {

Level level_of(const Event& event) noexcept;

// The line, without line end; may hold line ends inside where the original's does (hook output, keyword
// warning, errors). Empty for events that text interfaces do not show (ThreadStarted, …).
std::string text_of(const Event& event);

}  // namespace offlineimap::events

// The original's wording of every event, for the interfaces that print text (reference: user interfaces §2).
// Names of folders, repositories and users stand in a line with their control characters made visible, so
// that a name can never begin a line of its own. Free text (errors, warnings, hook output, debug) keeps its
// line ends and is made safe by whoever builds it and by the interface that prints it.
#pragma once

#include <string>
#include <vector>

#include "offlineimap/events/event.hpp"

namespace offlineimap::events {

Level level_of(const Event& event) noexcept;

// The records that the original prints for the event, each without its last line end; most events have one,
// a hook's end has two (output, return code), flags have one per letter. None for events that text interfaces
// do not show (ThreadStarted, a step of a sleep that crosses no minute, …). A record may hold line ends, or
// end in one, where the original's does.
std::vector<std::string> records_of(const Event& event);

// "[imap]: 14:03:07.250 Folder INBOX [acc: Test]: #2 > A7 NOOP": the record of a debug message with the local
// time and the activity, which the original's has not.
std::string dated_text_of(const DebugMessage& message);

// All records as one text, joined by line ends.
std::string text_of(const Event& event);

}  // namespace offlineimap::events

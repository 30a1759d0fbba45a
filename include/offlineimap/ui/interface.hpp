// The user interfaces, by name. An interface is an events::Sink: it gets every event of a run and prints
// those that it shows, always whole records, never mixed between threads, with nothing of a foreign text left
// in them that a terminal could take for a command. How to add one: docs/adding-an-interface.md.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/events/debug_types.hpp"
#include "offlineimap/events/reporter.hpp"
#include "offlineimap/ui/visibility.hpp"

namespace offlineimap::ui {

enum class Name { ttyui, basic, quiet, syslog, machineui, blinkenlights };

// The interface of that name in any case; nullopt for an unknown one. Old dotted names
// ("Curses.Blinkenlights") are the configuration's business.
std::optional<Name> parse_name(std::string_view text) noexcept;
std::string_view name_of(Name name) noexcept;
// The names that make_interface() can make, in the order they are offered to users.
std::vector<std::string> available_names();
// "UI 'foo' does not exist, choose one of: ttyui, basic, quiet"
std::string unknown_name_message(std::string_view text);

struct Options {
    events::DebugTypes debug;
    // Ends a password prompt that is open.
    std::stop_token stop;
    // Where lines go instead of the interface's own stream; the descriptor stays the caller's.
    std::optional<int> output;
};

// Throws Error{critical, unsupported} for an interface that is known but not built in.
std::unique_ptr<events::Sink> make_interface(Name name, const Options& options);

// What that interface shows; a log file beside it shows the same.
Visibility visibility_of(Name name, events::DebugTypes debug) noexcept;

}  // namespace offlineimap::ui

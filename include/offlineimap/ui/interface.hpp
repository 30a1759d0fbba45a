// The user interfaces, by name. An interface is an events::Sink: it gets every event of a run and prints
// those that it shows, always whole records, never mixed between threads, with nothing of a foreign text left
// in them that a terminal could take for a command. How to add one: docs/adding-an-interface.md.
#pragma once

#include <functional>
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

enum class Name { ttyui, basic, quiet, syslog, machineui, blinkenlights, json };

// The interface of that name in any case; nullopt for an unknown one. Old dotted names
// ("Curses.Blinkenlights") are the configuration's business.
std::optional<Name> parse_name(std::string_view text) noexcept;
std::string_view name_of(Name name) noexcept;
// All names, in the order they are offered to users.
std::vector<std::string> available_names();
// Whether that interface can be made here: blinkenlights needs a terminal on standard input and output that
// it can draw on.
bool works_here(Name name);
std::vector<std::string> names_that_work_here();
// "UI 'foo' does not exist, choose one of: ttyui, basic, quiet"
std::string unknown_name_message(std::string_view text);

struct Options {
    events::DebugTypes debug;
    // Ends a password prompt that is open.
    std::stop_token stop;
    // Where lines go instead of the interface's own stream; the descriptor stays the caller's.
    std::optional<int> output;
    // Ends the sleep of that account now, or its next one: for interfaces with keys. Called on a thread of
    // the interface; may be empty.
    std::function<void(const std::string& account)> wake = {};
};

// Throws Error{critical, unsupported} for an interface that does not work here.
std::unique_ptr<events::Sink> make_interface(Name name, const Options& options);

// What that interface shows; a log file beside it shows the same.
Visibility visibility_of(Name name, events::DebugTypes debug) noexcept;

// Gives the terminal its settings and its screen back if an interface has changed them: for the last moment
// before _exit() or abort(). May be called from a signal handler.
void release_terminal() noexcept;

}  // namespace offlineimap::ui

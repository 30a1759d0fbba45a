// Reading a password from a person without showing it.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

namespace offlineimap::ui {

// Reads one line without echo from a terminal on which a prompt already stands, and goes to the next line.
// nullopt if the user gave up (end of file, Ctrl-C, Ctrl-\), the terminal went away or `stop` was requested.
// The terminal's own settings are back on every return. Ctrl-C and Ctrl-\ are sent on to this process as
// SIGINT and SIGQUIT, after the settings are back, so that they do here what they do elsewhere. Precondition:
// no other call is in progress.
std::optional<std::string> read_password(int terminal, const std::stop_token& stop);

// One line from something that is no terminal (a pipe, a file), byte by byte, so that the next line stays for
// the next reader. nullopt at the end of the file and when `stop` was requested.
std::optional<std::string> read_line(int descriptor, const std::stop_token& stop);

// Gives the terminal its settings back if a read_password() is in progress: for the last moment before
// _exit(). May be called from a signal handler.
void restore_terminal() noexcept;

}  // namespace offlineimap::ui

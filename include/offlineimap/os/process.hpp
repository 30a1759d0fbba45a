// Child processes: hooks and password commands. Every wait has a limit and obeys a stop; output is bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "offlineimap/base/deadline.hpp"

namespace offlineimap::os {

struct ShellCommand {
    std::string command;                               // for /bin/sh -c
    std::map<std::string, std::string> environment{};  // added to ours
    base::Deadline deadline = base::Deadline::never();
    std::size_t output_limit = 1U << 20U;  // bytes kept of each stream; the rest is read and dropped
    bool output_is_secret = false;  // no copy of it is left behind; set a small limit, it is taken at once
};

struct CommandResult {
    std::string standard_output;
    std::string standard_error;
    int exit_code = 0;       // 128 + signal when killed by one
    bool timed_out = false;  // it was ended (SIGTERM, then SIGKILL, to its process group)
    bool truncated = false;
};

// Standard input is closed at once. Throws Cancelled when stopped (the child is ended first),
// Error{repository, io} when it cannot be started.
CommandResult run_shell(const ShellCommand& command, std::stop_token stop);

}  // namespace offlineimap::os

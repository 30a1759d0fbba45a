// A password or token that a command prints: remotepasscmd, oauth2_access_token_command.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "offlineimap/base/secret.hpp"

namespace offlineimap::client {

struct SecretCommand {
    std::string command;     // for /bin/sh -c; its standard input is empty
    std::string option;      // where it was written, for messages
    std::string repository;  // its name, for messages
    std::chrono::milliseconds limit{60'000};
};

// The first line of its standard output, without the line's end; nullopt if that is empty. Throws
// Error{repository, authentication|timeout} with what it wrote to standard error when it fails or takes too
// long, never with its output; Cancelled within a second of a stop. The command has ended when this returns.
std::optional<base::Secret> run_secret_command(const SecretCommand& command, const std::stop_token& stop);

}  // namespace offlineimap::client

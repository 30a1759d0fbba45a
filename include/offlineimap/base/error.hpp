// Errors that abandon a scope. An Error says how much has to be abandoned (its severity, as the original has
// it) and one sentence for a person. It is caught at exactly four places: one message, one folder, one
// account run, main. Anywhere else a catch translates and rethrows. Outcomes that a caller decides about are
// values instead (result.hpp).
#pragma once

#include <exception>
#include <stdexcept>
#include <string>

namespace offlineimap::base {

// The scope to abandon, ordered: a handler for a scope takes every severity up to its own.
enum class Severity {
    message = 0,        // this message only
    folder_retry = 10,  // the operation may be tried again on a fresh connection
    folder = 15,        // this folder; the next one goes on
    repository = 20,    // this account's sync; the next account goes on
    critical = 30,      // the program
};

// What kind of thing went wrong, for decisions and for tests; the sentence is for people.
enum class ErrorCode {
    general,
    usage,           // command line
    configuration,   // file missing, syntax, unknown value, rules between options
    python,          // an evaluated option or the pythonfile failed
    network,         // DNS, refused, reset, closed
    timeout,         // no progress within the limit
    tls,             // handshake, protocol version, STARTTLS refused or missing
    certificate,     // not trusted, wrong host, expired, fingerprint mismatch
    authentication,  // refused, no usable mechanism, no password
    protocol,        // the server's bytes make no sense
    refused,         // the server answered NO or BAD to a command
    quota,           // over quota, message too big
    not_found,       // no such mailbox, message, file
    io,              // a file operation failed
    disk_full,       // ENOSPC, EDQUOT
    permission,      // EACCES, EPERM, EROFS
    corrupt_state,   // a status file, UID map or validity file that cannot be believed
    lock_held,       // another process works on this account
    unsafe_name,     // a folder name that would leave the root or share another's files
    unsupported,     // known, but not built in yet
};

class Error : public std::runtime_error {
  public:
    // `message` says what was attempted, on what, and what answered. Never a secret.
    Error(Severity severity, ErrorCode code, const std::string& message)
        : std::runtime_error(message), severity_(severity), code_(code) {}

    Severity severity() const noexcept { return severity_; }
    ErrorCode code() const noexcept { return code_; }

  private:
    Severity severity_;
    ErrorCode code_;
};

// The user asked to stop. Not an Error, so that `catch (const Error&)` never swallows it.
class Cancelled : public std::exception {
  public:
    const char* what() const noexcept override { return "cancelled"; }
};

}  // namespace offlineimap::base

// Answers by which a server asks for less: fewer connections, or some time.
#pragma once

#include <chrono>
#include <optional>

#include "offlineimap/imap/response.hpp"

namespace offlineimap::imap {

struct Throttle {
    enum class Reason {
        connections,  // "Too many simultaneous connections", [LIMIT] (RFC 9051 §7.1)
        unavailable,  // [UNAVAILABLE] (RFC 5530 §3): something behind the server does not work just now
        rate,         // "Request is throttled": too much in too short a time
    };
    Reason reason;
    // "Suggested Backoff Time: 299961 milliseconds" (Exchange).
    std::optional<std::chrono::milliseconds> wait;
    bool operator==(const Throttle&) const = default;
};

// nullopt for an answer that says nothing of the kind; what is about the password, the quota or a mailbox
// never does, whatever its words. Precondition: not OK.
std::optional<Throttle> throttle_of(const Status& status);

}  // namespace offlineimap::imap

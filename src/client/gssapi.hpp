// GSSAPI with Kerberos (RFC 4752), by MIT Kerberos' library, which is loaded when it is needed first. No
// security layer: TLS is that.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "offlineimap/base/result.hpp"

#include "sasl.hpp"

namespace offlineimap::client {

struct GssapiLogin {
    std::string host;      // the service is imap@host
    std::string identity;  // who to act as; empty: whom the server takes the ticket's owner for
};

// Gets a ticket for the service. The error says why there is none: no library, nobody has called kinit, the
// KDC does not know the service or does not answer within the limit. What the KDC could not give is not asked
// for again for a minute.
//
// The library asks the KDC in its own time and cannot be interrupted, so it works on a thread of its own, one
// call at a time in the whole program. A stop throws Cancelled at once here; the call goes on alone, holds
// all that it needs, and the process may end meanwhile.
base::Result<std::unique_ptr<SaslExchange>, std::string> begin_gssapi(const GssapiLogin& login,
                                                                      std::chrono::milliseconds limit,
                                                                      const std::stop_token& stop);

}  // namespace offlineimap::client

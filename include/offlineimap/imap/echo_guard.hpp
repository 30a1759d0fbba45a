// Keeps what the client said in confidence out of what the server is quoted with: a server may send a login
// back, in an error, a warning or a line that debugging shows. It lives as long as the connection, whose
// secrets are kept for further connections anyhow, and wipes what it knows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/base/secret.hpp"

namespace offlineimap::imap {

class EchoGuard {
  public:
    // A secret as it goes over the wire: a quoted string, bytes, or base64 of a SASL message (RFC 4616, RFC
    // 7628).
    void learn(const base::Secret& sent);
    // The text with "[hidden]" for every secret in it, in whatever case: the whole of what was sent, what its
    // quotes or base64 hold, and base64 of that.
    std::string cleaned(std::string_view text) const;

  private:
    void add(std::string_view form);
    std::vector<base::Secret> forms_;  // the longest first
};

}  // namespace offlineimap::imap

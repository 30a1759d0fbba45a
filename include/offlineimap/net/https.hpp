// One form posted over HTTPS and its answer, for OAuth 2 token requests. libcurl does it; it is loaded when
// it is first needed, because most runs never do and loading it costs every start some milliseconds.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "offlineimap/base/proxy.hpp"
#include "offlineimap/base/secret.hpp"

namespace offlineimap::net {

struct FormPost {
    std::string url;                     // https:// only
    base::Secret body;                   // application/x-www-form-urlencoded
    std::optional<base::Proxy> proxy{};  // nullopt: straight to the server, whatever the environment says
    std::chrono::milliseconds limit{60'000};  // for everything together
};

struct FormAnswer {
    long status = 0;  // of HTTP
    base::Secret body;
};

// The certificate is checked against the system's authorities, or those in the file that SSL_CERT_FILE names,
// and against the host's name. Redirects are not followed, whatever leads where; an answer of more than 64
// KiB is refused. Throws Error{repository, network|timeout|certificate|protocol|unsupported}, whose text
// names the host and never the body or the query; Cancelled within a second of a stop. Thread-safe.
FormAnswer post_form(const FormPost& post, const std::stop_token& stop);

// An address for messages: without a login before the host, and without what stands behind '?' or '#'; all
// may hold secrets.
std::string place_of(const std::string& url);

// application/x-www-form-urlencoded: what is not unreserved (RFC 3986 §2.3) as %XX.
std::string form_escaped(std::string_view text);

}  // namespace offlineimap::net

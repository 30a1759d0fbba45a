#include "proxy.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "offlineimap/base/result.hpp"
#include "offlineimap/base/text.hpp"

namespace offlineimap::config {

using base::Proxy;
using base::ProxyType;

namespace {

constexpr std::array<std::pair<std::string_view, ProxyType>, 3> kTypes = {
    {{"SOCKS4", ProxyType::socks4}, {"SOCKS5", ProxyType::socks5}, {"HTTP", ProxyType::http}}};

std::optional<ProxyType> type_of(std::string_view name) {
    for (const auto& [known, type] : kTypes) {
        if (base::equals_ignoring_case(known, base::trim(name))) return type;
    }
    return std::nullopt;
}

base::Unexpected<std::string> bad(std::string_view why) {
    return base::Unexpected(std::string(why) +
                            ": write TYPE:host:port or TYPE:user:password@host:port, with SOCKS4, SOCKS5 or "
                            "HTTP as TYPE; an IPv6 address goes in brackets");
}

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte != 0x7f && c != '[' && c != ']' && c != '/';
    });
}

// "host:port" or "[address]:port" into `proxy`; false if it is neither.
bool read_host_and_port(std::string_view text, Proxy& proxy) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return false;
    const auto port = base::parse_integer<std::uint16_t>(base::trim(text.substr(colon + 1)));
    std::string_view host = base::trim(text.substr(0, colon));
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const bool has_colon = host.find(':') != std::string_view::npos;
    if (host.empty() || has_colon != bracketed || !is_plain(host) || !port || *port == 0) return false;
    proxy.host = host;
    proxy.port = *port;
    return true;
}

void read_login(std::string_view text, Proxy& proxy) {
    const auto colon = text.find(':');
    proxy.user = text.substr(0, colon);
    if (colon != std::string_view::npos) proxy.password = base::Secret(std::string(text.substr(colon + 1)));
}

// What the protocols cannot carry. Empty: nothing is wrong.
std::string_view login_problem(const Proxy& proxy) {
    constexpr std::size_t kMost = 255;  // RFC 1929 §2: one byte counts each
    if (proxy.user.empty()) return "the user name is missing";
    if (proxy.user.size() > kMost || proxy.password.reveal().size() > kMost)
        return "the user name or the password is longer than 255 bytes";
    if (proxy.type == ProxyType::socks4 && !proxy.password.empty()) return "SOCKS4 knows no passwords";
    if (proxy.type != ProxyType::socks4 && proxy.password.empty()) return "the password is missing";
    return "";
}

}  // namespace

base::Result<Proxy, std::string> parse_proxy(const std::string& value) {
    const std::string_view text = value;
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return bad("is not complete");
    const auto type = type_of(text.substr(0, colon));
    if (!type) return bad("the type is unknown");
    Proxy proxy;
    proxy.type = *type;
    std::string_view place = text.substr(colon + 1);
    if (const auto at = place.rfind('@'); at != std::string_view::npos) {
        read_login(place.substr(0, at), proxy);
        if (const auto problem = login_problem(proxy); !problem.empty()) return bad(problem);
        place = place.substr(at + 1);
    }
    if (!read_host_and_port(place, proxy)) return bad("the host or the port makes no sense");
    return proxy;
}

}  // namespace offlineimap::config

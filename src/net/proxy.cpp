// SOCKS4 and 4a, SOCKS5 (RFC 1928, with the login of RFC 1929), and CONNECT of HTTP (RFC 9110 §9.3.6).
// Differs from OfflineIMAP: names go to the proxy as they are, and it resolves them; nothing is asked around
// it.
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <utility>

#include "offlineimap/base/base64.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/net/stream.hpp"

#include "connect.hpp"

namespace offlineimap::net {

using base::Deadline;
using base::Error;
using base::ErrorCode;
using base::Proxy;
using base::ProxyType;
using base::Severity;

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string name_of(const Proxy& proxy) {
    const std::string type = proxy.type == ProxyType::http     ? "HTTP"
                             : proxy.type == ProxyType::socks4 ? "SOCKS4"
                                                               : "SOCKS5";
    return type + " proxy '" + proxy.host + ":" + std::to_string(proxy.port) + "'";
}

// An address in network order; nothing if `host` is a name.
std::optional<std::string> address_of(int family, const std::string& host) {
    std::array<char, sizeof(in6_addr)> bytes{};
    if (::inet_pton(family, host.c_str(), bytes.data()) != 1) return std::nullopt;
    return std::string(bytes.data(), family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr));
}

std::string in_network_order(std::uint16_t port) {
    return {static_cast<char>(port >> 8U), static_cast<char>(port & 0xFFU)};
}

// The talk with the proxy: whole messages out, exact numbers of bytes in, so that nothing of what the server
// says behind it is taken. One deadline for all of it.
class Negotiation {
  public:
    Negotiation(Stream& stream, const Proxy& proxy, std::string repository, const Deadline& deadline,
                const std::stop_token& stop)
        : stream_(stream),
          proxy_(proxy),
          repository_(std::move(repository)),
          deadline_(deadline),
          stop_(stop) {}

    void run(const Endpoint& target) {
        const std::string host = ascii_host_name(target.host);
        // The host becomes part of a line or a counted text.
        const bool sendable =
            !host.empty() && host.size() <= kLongestHost &&
            std::all_of(host.begin(), host.end(), [](char c) { return c > ' ' && c < 0x7f; });
        if (!sendable) fail("the host name '" + base::printable(target.host) + "' cannot be sent to it");
        switch (proxy_.type) {
            case ProxyType::socks4:
                return socks4(host, target.port);
            case ProxyType::socks5:
                return socks5(host, target.port);
            case ProxyType::http:
                return http(host, target.port);
        }
    }

    [[noreturn]] void fail(const std::string& why, ErrorCode code = ErrorCode::network) const {
        throw Error(
            Severity::repository, code,
            "The " + name_of(proxy_) + " of repository '" + repository_ + "' does not connect: " + why);
    }

  private:
    static constexpr std::size_t kLongestHost = 255;
    // What an HTTP proxy may say before the connection stands.
    static constexpr std::size_t kMostHeaderBytes = 32U << 10U;
    static constexpr std::size_t kMostHeaderLines = 100;

    // The SOCKS 4 memo; 4a for names: an address that cannot be, and the name behind the user.
    void socks4(const std::string& host, std::uint16_t port) {
        const auto address = address_of(AF_INET, host);
        if (!address && address_of(AF_INET6, host)) fail("SOCKS4 knows no IPv6 addresses; use SOCKS5");
        std::string request =
            "\x04\x01"s + in_network_order(port) + address.value_or("\0\0\0\x01"s) + proxy_.user + '\0';
        if (!address) request += host + '\0';
        send(request);
        const std::string answer = receive(8);
        if (answer[0] != '\0') fail("its answer is no SOCKS4");
        constexpr unsigned char kGranted = 90;
        const auto code = static_cast<unsigned char>(answer[1]);
        if (code == kGranted) return;
        if (code == kGranted + 2 || code == kGranted + 3)
            fail("it does not accept the user", ErrorCode::authentication);
        fail("the request was rejected or failed (code " + std::to_string(code) + ")");
    }

    void socks5(const std::string& host, std::uint16_t port) {
        const bool has_login = !proxy_.user.empty();
        send(has_login ? "\x05\x02\x00\x02"sv : "\x05\x01\x00"sv);
        const std::string choice = receive(2);
        if (choice[0] != '\x05') fail("its answer is no SOCKS5");
        if (choice[1] == '\x02' && has_login)
            socks5_login();
        else if (choice[1] == '\xff' || choice[1] == '\x02')
            fail(has_login ? "it accepts no login by user and password"
                           : "it asks for a login: write TYPE:user:password@host:port",
                 ErrorCode::authentication);
        else if (choice[1] != '\x00')
            fail("it chose a login that was not offered");
        send("\x05\x01\x00"s + socks5_address(host) + in_network_order(port));
        socks5_answer();
    }

    void socks5_login() {
        const auto counted = [](std::string_view text) {
            return std::string(1, static_cast<char>(text.size())) + std::string(text);
        };
        const base::Secret request("\x01" + counted(proxy_.user) + counted(proxy_.password.reveal()));
        send(request.reveal());
        const std::string answer = receive(2);
        if (answer[0] != '\x01') fail("its answer to the login is no SOCKS5");
        if (answer[1] != '\0') fail("it refused the user or the password", ErrorCode::authentication);
    }

    static std::string socks5_address(const std::string& host) {
        if (const auto address = address_of(AF_INET, host)) return "\x01" + *address;
        if (const auto address = address_of(AF_INET6, host)) return "\x04" + *address;
        return "\x03" + std::string(1, static_cast<char>(host.size())) + host;
    }

    void socks5_answer() {
        const std::string head = receive(4);
        if (head[0] != '\x05') fail("its answer is no SOCKS5");
        if (head[1] != '\0') fail(socks5_failure(static_cast<unsigned char>(head[1])));
        // The address that the proxy uses; of no interest, but the server's words begin behind it.
        switch (head[3]) {
            case '\x01':
                receive(sizeof(in_addr) + 2);
                return;
            case '\x04':
                receive(sizeof(in6_addr) + 2);
                return;
            case '\x03':
                receive(static_cast<unsigned char>(receive(1)[0]) + 2U);
                return;
            default:
                fail("its answer has an address of unknown type");
        }
    }

    // RFC 1928 §6.
    static std::string socks5_failure(unsigned code) {
        static constexpr std::array<const char*, 9> kReasons = {
            "",
            "it failed",
            "its rules do not allow this connection",
            "the network is unreachable",
            "the host is unreachable (or its name is unknown)",
            "the connection was refused",
            "the time to live expired",
            "it does not know the command",
            "it does not know this type of address"};
        if (code < kReasons.size()) return kReasons.at(code);
        return "it failed (code " + std::to_string(code) + ")";
    }

    void http(const std::string& host, std::uint16_t port) {
        const bool is_ipv6 = host.find(':') != std::string::npos;
        const std::string place = (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
        std::string request = "CONNECT " + place + " HTTP/1.1\r\nHost: " + place + "\r\n";
        if (!proxy_.user.empty()) request += "Proxy-Authorization: Basic " + basic_credentials() + "\r\n";
        const base::Secret whole(std::move(request) + "\r\n");
        send(whole.reveal());
        HeaderBudget budget;
        int status = 0;
        do {
            status = http_head(budget);
        } while (status >= 100 && status < 200);  // interim answers (RFC 9110 §15.2)
    }

    struct HeaderBudget {
        std::size_t bytes = kMostHeaderBytes;
        std::size_t lines = kMostHeaderLines;
    };

    // The status of one head; anything but 1xx and 2xx fails.
    int http_head(HeaderBudget& budget) {
        const std::string text = line(budget);
        const std::string_view first = text;
        const bool is_http = first.starts_with("HTTP/1.") && first.size() >= 12 && first[8] == ' ';
        std::optional<int> status;
        if (is_http) status = base::parse_integer<int>(first.substr(9, 3));
        if (!status || (first.size() > 12 && first[12] != ' '))
            fail("its answer is no HTTP: " + shown(first));
        while (!line(budget).empty()) {
        }
        constexpr int kLoginRequired = 407;
        if (*status == kLoginRequired)
            fail(proxy_.user.empty() ? "it asks for a login: write TYPE:user:password@host:port"
                                     : "it refused the user or the password",
                 ErrorCode::authentication);
        if (*status < 100 || *status >= 300) fail("it answered " + shown(first));
        return *status;
    }

    static std::string shown(std::string_view line) {
        constexpr std::size_t kMost = 120;
        return "'" + base::printable(line, kMost) + "'";
    }

    // Up to CRLF (or LF), without it.
    std::string line(HeaderBudget& budget) {
        if (budget.lines-- == 0) fail("its answer has too many header lines");
        std::string text;
        for (;;) {
            if (budget.bytes-- == 0) fail("its answer has too long a header");
            const char c = receive(1)[0];
            if (c == '\n') break;
            text += c;
        }
        if (text.ends_with('\r')) text.pop_back();
        return text;
    }

    // RFC 7617.
    std::string basic_credentials() const {
        const base::Secret plain(proxy_.user + ":" + std::string(proxy_.password.reveal()));
        return base::to_base64(plain.reveal());
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) bytes.remove_prefix(exchange(bytes, {}).written);
    }

    std::string receive(std::size_t count) {
        std::string bytes(count, '\0');
        for (std::size_t have = 0; have < count;) {
            const Progress progress = exchange({}, std::span(bytes).subspan(have));
            if (progress.read == 0) fail("it closed the connection");
            have += progress.read;
        }
        return bytes;
    }

    Progress exchange(std::string_view out, std::span<char> in) {
        if (deadline_.expired()) fail_late();
        const auto left = std::min<Deadline::Clock::duration>(deadline_.remaining(), std::chrono::hours(24));
        try {
            return stream_.exchange(out, in, !in.empty(), std::chrono::ceil<std::chrono::milliseconds>(left),
                                    stop_);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::timeout) fail_late();
            fail(error.what(), error.code());
        }
    }

    [[noreturn]] void fail_late() const { fail("it does not answer", ErrorCode::timeout); }

    Stream& stream_;
    const Proxy& proxy_;
    std::string repository_;
    const Deadline& deadline_;
    const std::stop_token& stop_;
};

}  // namespace

// NOLINTBEGIN(performance-unnecessary-value-param): stop tokens go by value everywhere, as in std::jthread
std::unique_ptr<Stream> connect_through(const Proxy& proxy, const Endpoint& endpoint,
                                        const std::string& repository, std::chrono::milliseconds limit,
                                        std::stop_token stop) {
    // NOLINTEND(performance-unnecessary-value-param)
    if (stop.stop_requested()) throw base::Cancelled();
    const Deadline deadline = Deadline::after(limit);
    std::unique_ptr<Stream> stream;
    try {
        stream = connect_until({.host = proxy.host, .port = proxy.port}, repository,
                               peer_name(endpoint, repository), deadline, stop);
    } catch (const Error& error) {
        std::throw_with_nested(Error(Severity::repository, error.code(),
                                     "The " + name_of(proxy) + " of repository '" + repository +
                                         "' cannot be reached: " + error.what()));
    }
    Negotiation(*stream, proxy, repository, deadline, stop).run(endpoint);
    return stream;
}

}  // namespace offlineimap::net

// A proxy that says what the test wants, byte by byte.
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net_fixture.hpp"

namespace offlineimap::net {
namespace {

using namespace std::string_literals;
using base::ErrorCode;
using base::Proxy;
using base::ProxyType;
using base::Severity;
using std::chrono::milliseconds;
using support::LoopbackServer;
using support::ServerConnection;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kHost = "imap.example.org";
constexpr const char* kGreeting = "* OK hello\r\n";

// "Reads this, then sends that", as often as wanted; then the server speaks through it.
struct Step {
    std::string request;
    std::string answer;
};

class ProxyConnection : public testing::Test {
  protected:
    // What is done with the endpoint behind a proxy that keeps to the steps; what it was sent is compared.
    std::string greeting_through(Proxy proxy, const Endpoint& endpoint, const std::vector<Step>& steps) {
        std::string received;
        std::string expected;
        std::string greeting;
        for (const auto& step : steps) expected += step.request;
        {
            const LoopbackServer server([&](ServerConnection& client) {
                for (const auto& step : steps) {
                    received += client.receive_exactly(step.request.size());
                    client.send(step.answer);
                }
                client.receive_all();
            });
            proxy.host = "127.0.0.1";
            proxy.port = server.port();
            const auto stream = connect_through(proxy, endpoint, "Remote", kPatience, {});
            greeting = receive_exactly(*stream, 12);
        }
        EXPECT_EQ(received, expected);
        return greeting;
    }
    // Why a proxy that answers so, whatever it is sent, does not connect.
    static base::Error failure(Proxy proxy, const std::string& answer, milliseconds limit = kPatience) {
        const LoopbackServer server([&](ServerConnection& client) {
            client.send(answer);
            client.receive_all();
        });
        proxy.host = "127.0.0.1";
        proxy.port = server.port();
        return error_of([&] { connect_through(proxy, {.host = kHost, .port = 993}, "Remote", limit, {}); });
    }
    static Proxy socks4(const std::string& user = "") {
        return {.type = ProxyType::socks4, .host = {}, .port = 0, .user = user};
    }
    static Proxy socks5() { return {.type = ProxyType::socks5, .host = {}, .port = 0, .user = {}}; }
    static Proxy http() { return {.type = ProxyType::http, .host = {}, .port = 0, .user = {}}; }
    static Proxy with_login(Proxy proxy) {
        proxy.user = "me";
        proxy.password = base::Secret("hunter2");
        return proxy;
    }
};

TEST_F(ProxyConnection, OfSocks4GetsAnAddressAsItIs) {
    EXPECT_EQ(
        greeting_through(socks4("me"), {.host = "10.1.2.3", .port = 993},
                         {{"\x04\x01\x03\xe1\x0a\x01\x02\x03me\0"s, "\0\x5a\0\0\0\0\0\0* OK hello\r\n"s}}),
        kGreeting);
}

TEST_F(ProxyConnection, OfSocks4aResolvesTheName) {
    EXPECT_EQ(greeting_through(socks4(), {.host = kHost, .port = 143},
                               {{"\x04\x01\0\x8f\0\0\0\x01\0imap.example.org\0"s,
                                 "\0\x5a\x12\x34\x7f\0\0\x01* OK hello\r\n"s}}),
              kGreeting);
}

TEST_F(ProxyConnection, OfSocks4HasNoWayToAnIpv6Address) {
    const LoopbackServer server([](ServerConnection& client) { EXPECT_EQ(client.receive_all(), ""); });
    const Proxy proxy{.type = ProxyType::socks4, .host = "127.0.0.1", .port = server.port(), .user = {}};
    const auto error =
        error_of([&] { connect_through(proxy, {.host = "::1", .port = 993}, "Remote", kPatience, {}); });
    EXPECT_THAT(error.what(), HasSubstr("SOCKS4 knows no IPv6 addresses; use SOCKS5"));
}

TEST_F(ProxyConnection, OfSocks5ResolvesTheName) {
    EXPECT_EQ(greeting_through(socks5(), {.host = kHost, .port = 993},
                               {{"\x05\x01\0"s, "\x05\0"s},
                                {"\x05\x01\0\x03\x10imap.example.org\x03\xe1"s,
                                 "\x05\0\0\x01\x7f\0\0\x01\x12\x34* OK hello\r\n"s}}),
              kGreeting);
}

TEST_F(ProxyConnection, OfSocks5GetsAddressesAsTheyAre) {
    EXPECT_EQ(greeting_through(socks5(), {.host = "10.1.2.3", .port = 993},
                               {{"\x05\x01\0"s, "\x05\0"s},
                                {"\x05\x01\0\x01\x0a\x01\x02\x03\x03\xe1"s,
                                 "\x05\0\0\x03\x04host\x12\x34* OK hello\r\n"s}}),
              kGreeting);
    const std::string address = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01";
    EXPECT_EQ(greeting_through(socks5(), {.host = "2001:db8::1", .port = 993},
                               {{"\x05\x01\0"s, "\x05\0"s},
                                {"\x05\x01\0\x04"s + address + "\x03\xe1",
                                 "\x05\0\0\x04"s + address + "\x12\x34* OK hello\r\n"}}),
              kGreeting);
}

TEST_F(ProxyConnection, OfSocks5LogsInIfItIsAskedTo) {
    EXPECT_EQ(greeting_through(with_login(socks5()), {.host = kHost, .port = 993},
                               {{"\x05\x02\0\x02"s, "\x05\x02"},
                                {"\x01\x02me\x07hunter2", "\x01\0"s},
                                {"\x05\x01\0\x03\x10imap.example.org\x03\xe1"s,
                                 "\x05\0\0\x01\x7f\0\0\x01\x12\x34* OK hello\r\n"s}}),
              kGreeting);
    EXPECT_EQ(greeting_through(with_login(socks5()), {.host = kHost, .port = 993},
                               {{"\x05\x02\0\x02"s, "\x05\0"s},
                                {"\x05\x01\0\x03\x10imap.example.org\x03\xe1"s,
                                 "\x05\0\0\x01\x7f\0\0\x01\x12\x34* OK hello\r\n"s}}),
              kGreeting);
}

TEST_F(ProxyConnection, OfHttpAsksForTheHostAndLeavesTheServersWordsAlone) {
    EXPECT_EQ(
        greeting_through(http(), {.host = kHost, .port = 993},
                         {{"CONNECT imap.example.org:993 HTTP/1.1\r\nHost: imap.example.org:993\r\n\r\n",
                           "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                           "HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n* OK hello\r\n"}}),
        kGreeting);
}

TEST_F(ProxyConnection, OfHttpPutsAnIpv6AddressInBracketsAndSendsTheLogin) {
    EXPECT_EQ(greeting_through(with_login(http()), {.host = "::1", .port = 143},
                               {{"CONNECT [::1]:143 HTTP/1.1\r\nHost: [::1]:143\r\n"
                                 "Proxy-Authorization: Basic bWU6aHVudGVyMg==\r\n\r\n",
                                 "HTTP/1.1 200\r\n\r\n* OK hello\r\n"}}),
              kGreeting);
}

TEST_F(ProxyConnection, SendsTheALabelsOfAnInternationalName) {
    EXPECT_EQ(greeting_through(socks4(),
                               {.host = "B\xC3\xBC"
                                        "cher.example",
                                .port = 143},
                               {{"\x04\x01\0\x8f\0\0\0\x01\0xn--bcher-kva.example\0"s,
                                 "\0\x5a\0\0\0\0\0\0* OK hello\r\n"s}}),
              kGreeting);
}

TEST_F(ProxyConnection, RefusesAHostThatWouldBreakTheRequest) {
    for (const std::string& host : {"a b"s, "a\r\nX: y"s, "a\0b"s, ""s, std::string(256, 'a')}) {
        for (const Proxy& kind : {socks4(), socks5(), http()}) {
            const LoopbackServer server(
                [](ServerConnection& client) { EXPECT_EQ(client.receive_all(), ""); });
            Proxy proxy = kind;
            proxy.host = "127.0.0.1";
            proxy.port = server.port();
            const auto error = error_of(
                [&] { connect_through(proxy, {.host = host, .port = 993}, "Remote", kPatience, {}); });
            EXPECT_EQ(error.severity(), Severity::repository);
            EXPECT_THAT(error.what(), HasSubstr("cannot be sent to it"));
        }
    }
}

struct BadAnswer {
    const char* description;
    ProxyType type;
    bool login;
    std::string answer;
    const char* sentence;
};

class BadAnswers : public ProxyConnection, public testing::WithParamInterface<BadAnswer> {};

TEST_P(BadAnswers, AreOneErrorOfTheRepositoryThatNamesTheProxyAndNoSecret) {
    const auto& [description, type, login, answer, sentence] = GetParam();
    Proxy proxy{.type = type, .host = {}, .port = 0, .user = {}};
    if (login) proxy = with_login(proxy);
    const auto error = failure(proxy, answer);
    EXPECT_EQ(error.severity(), Severity::repository) << description;
    EXPECT_THAT(error.what(), AllOf(StartsWith("The "), HasSubstr(" proxy '127.0.0.1:"),
                                    HasSubstr("' of repository 'Remote' does not connect: "),
                                    HasSubstr(sentence), Not(HasSubstr("hunter2"))))
        << description;
}

INSTANTIATE_TEST_SUITE_P(
    Answers, BadAnswers,
    testing::Values(
        BadAnswer{"SOCKS4 rejects", ProxyType::socks4, false, "\0\x5b\0\0\0\0\0\0"s,
                  "rejected or failed (code 91)"},
        BadAnswer{"SOCKS4 without identd", ProxyType::socks4, false, "\0\x5c\0\0\0\0\0\0"s,
                  "accept the user"},
        BadAnswer{"SOCKS4 with another user", ProxyType::socks4, false, "\0\x5d\0\0\0\0\0\0"s,
                  "accept the user"},
        BadAnswer{"no SOCKS4", ProxyType::socks4, false, "HTTP/1.1 400 no", "is no SOCKS4"},
        BadAnswer{"SOCKS5 that wants a login", ProxyType::socks5, false, "\x05\x02", "asks for a login"},
        BadAnswer{"SOCKS5 that wants anything else", ProxyType::socks5, false, "\x05\xff",
                  "asks for a login"},
        BadAnswer{"SOCKS5 without logins", ProxyType::socks5, true, "\x05\xff",
                  "no login by user and password"},
        BadAnswer{"SOCKS5 that chooses GSSAPI", ProxyType::socks5, false, "\x05\x01", "was not offered"},
        BadAnswer{"SOCKS5 that refuses the login", ProxyType::socks5, true, "\x05\x02\x01\x01",
                  "refused the user"},
        BadAnswer{"SOCKS5 login of another version", ProxyType::socks5, true, "\x05\x02\x05\0"s,
                  "is no SOCKS5"},
        BadAnswer{"SOCKS5 of version 4", ProxyType::socks5, false, "\x04\0"s, "is no SOCKS5"},
        BadAnswer{"SOCKS5 by rule", ProxyType::socks5, false, "\x05\0\x05\x02\0\x01"s, "rules do not allow"},
        BadAnswer{"SOCKS5 of an unknown host", ProxyType::socks5, false, "\x05\0\x05\x04\0\x01"s,
                  "unreachable"},
        BadAnswer{"SOCKS5 refused", ProxyType::socks5, false, "\x05\0\x05\x05\0\x01"s,
                  "connection was refused"},
        BadAnswer{"SOCKS5 code", ProxyType::socks5, false, "\x05\0\x05\x63\0\x01"s, "failed (code 99)"},
        BadAnswer{"SOCKS5 address type", ProxyType::socks5, false, "\x05\0\x05\0\0\x07"s,
                  "address of unknown type"},
        BadAnswer{"HTTP that wants a login", ProxyType::http, false,
                  "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "asks for a login"},
        BadAnswer{"HTTP that refuses the login", ProxyType::http, true, "HTTP/1.1 407 No\r\n\r\n",
                  "refused the user or the password"},
        BadAnswer{"HTTP that forbids", ProxyType::http, false,
                  "HTTP/1.1 403 \x1b[2JForbidden\r\nA: b\r\n\r\n",
                  "answered 'HTTP/1.1 403 \\x1b[2JForbidden'"},
        BadAnswer{"HTTP redirect", ProxyType::http, false,
                  "HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n", "answered 'HTTP/1.1 302 Found'"},
        BadAnswer{"an IMAP server", ProxyType::http, false, "* OK hello\r\n", "is no HTTP: '* OK hello'"},
        BadAnswer{"a status of four digits", ProxyType::http, false, "HTTP/1.1 2000\r\n\r\n", "is no HTTP"},
        BadAnswer{"HTTP line without end", ProxyType::http, false, std::string(100'000, 'x'),
                  "too long a header"},
        BadAnswer{"HTTP header of a megabyte", ProxyType::http, false,
                  "HTTP/1.1 200 OK\r\nA: " + std::string(1'000'000, 'x') + "\r\n\r\n", "too long a header"},
        BadAnswer{"HTTP header of many lines", ProxyType::http, false,
                  [] {
                      std::string head = "HTTP/1.1 200 OK\r\n";
                      for (int i = 0; i < 200; ++i) head += "A: b\r\n";
                      return head + "\r\n";
                  }(),
                  "too many header lines"},
        BadAnswer{"endless interim answers", ProxyType::http, false,
                  [] {
                      std::string heads;
                      for (int i = 0; i < 200; ++i) heads += "HTTP/1.1 100 Continue\r\n\r\n";
                      return heads;
                  }(),
                  "too many header lines"}));

TEST_F(ProxyConnection, ThatEndsEarlyIsSaidSo) {
    for (const Proxy& kind : {socks4(), socks5(), http()}) {
        const LoopbackServer server([](ServerConnection& client) { client.receive(1); });
        Proxy proxy = kind;
        proxy.host = "127.0.0.1";
        proxy.port = server.port();
        const auto error =
            error_of([&] { connect_through(proxy, {.host = kHost, .port = 993}, "Remote", kPatience, {}); });
        EXPECT_EQ(error.severity(), Severity::repository);
        EXPECT_THAT(error.what(), HasSubstr("does not connect: "));
    }
}

TEST_F(ProxyConnection, ThatIsSilentOrDribblesIsGivenUpAtTheLimit) {
    for (const Proxy& kind : {socks4(), socks5(), http()}) {
        EXPECT_EQ(failure(kind, "", milliseconds(200)).code(), ErrorCode::timeout);
    }
    std::atomic<bool> done = false;
    {
        const LoopbackServer server([&](ServerConnection& client) {
            while (!done && client.send("H")) std::this_thread::sleep_for(milliseconds(20));
        });
        Proxy proxy = http();
        proxy.host = "127.0.0.1";
        proxy.port = server.port();
        const auto begin = Clock::now();
        const auto error = error_of(
            [&] { connect_through(proxy, {.host = kHost, .port = 993}, "Remote", milliseconds(300), {}); });
        EXPECT_EQ(error.code(), ErrorCode::timeout);
        EXPECT_THAT(error.what(), HasSubstr("it does not answer"));
        EXPECT_LT(Clock::now() - begin, milliseconds(5000));
        done = true;
    }
}

TEST_F(ProxyConnection, ThatIsSilentDoesNotHoldUpAStop) {
    const LoopbackServer server([](ServerConnection& client) { client.receive_all(); });
    const Proxy proxy{.type = ProxyType::socks5, .host = "127.0.0.1", .port = server.port(), .user = {}};
    const StopSoon stop;
    const auto begin = Clock::now();
    EXPECT_THROW(connect_through(proxy, {.host = kHost, .port = 993}, "Remote", kPatience, stop.token()),
                 base::Cancelled);
    EXPECT_LT(Clock::now() - begin, milliseconds(1000));
}

TEST_F(ProxyConnection, ThatIsNotThereIsNamed) {
    std::uint16_t port = 0;
    {
        port = LoopbackServer([](ServerConnection&) {}).port();
    }
    const Proxy proxy{.type = ProxyType::http, .host = "127.0.0.1", .port = port, .user = {}};
    const auto error =
        error_of([&] { connect_through(proxy, {.host = kHost, .port = 993}, "Remote", kPatience, {}); });
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_THAT(error.what(), StartsWith("The HTTP proxy '127.0.0.1:" + std::to_string(port) +
                                         "' of repository 'Remote' cannot be reached: Connection to host "));
}

}  // namespace
}  // namespace offlineimap::net

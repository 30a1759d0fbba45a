#include <chrono>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/os/file.hpp"

#include "net_fixture.hpp"

namespace offlineimap::net {
namespace {

using base::Cancelled;
using base::ErrorCode;
using base::Severity;
using std::chrono::milliseconds;
using support::LoopbackServer;
using support::ServerConnection;

base::Error connect_error(const Endpoint& endpoint, milliseconds limit = kPatience) {
    return error_of([&] { connect_tcp(endpoint, "Remote", limit, {}); });
}

// A port that answers nothing: the queue of connections that nobody accepts is full.
class FullPort {
  public:
    FullPort() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(listener_.get(), generic, size), 0);
        EXPECT_EQ(::listen(listener_.get(), 0), 0);
        EXPECT_EQ(::getsockname(listener_.get(), generic, &size), 0);
        port_ = ntohs(address.sin_port);
        for (auto& filler : fillers_) {
            filler = os::FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            static_cast<void>(::connect(filler.get(), generic, size));  // in progress, or stuck: both fill
        }
    }
    std::uint16_t port() const noexcept { return port_; }

  private:
    os::FileDescriptor listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::vector<os::FileDescriptor> fillers_{4};
    std::uint16_t port_ = 0;
};

std::uint16_t closed_port() {
    const LoopbackServer server([](ServerConnection&) {});
    return server.port();
}

TEST(Connect, RefusedPortHasTheOriginalsSentence) {
    const auto port = closed_port();
    const auto error = connect_error({.host = "127.0.0.1", .port = port});
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_EQ(error.code(), ErrorCode::network);
    EXPECT_EQ(error.what(),
              "Connection to host '127.0.0.1:" + std::to_string(port) +
                  "' for repository 'Remote' was refused. Make sure you have the right host and port "
                  "configured and that you are actually able to access the network.");
}

TEST(Connect, UnknownNameHasTheOriginalsSentence) {
    // Longer than a name can be (RFC 1035 §2.3.4): no name server is asked.
    const std::string name(300, 'a');
    const auto error = connect_error({.host = name, .port = 993});
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_EQ(error.code(), ErrorCode::network);
    EXPECT_EQ(error.what(), "Could not resolve name '" + name +
                                "' for repository 'Remote'. Make sure you have configured the server name "
                                "correctly and that you are online.");
}

TEST(Connect, NameThatIsNoneInAnyAlphabetIsSaidSo) {
    std::string long_label;
    for (int i = 0; i < 70; ++i) long_label += "\xC3\xBC";
    for (const std::string& name : {long_label, std::string("-\xC3\xBC"), std::string("\xFF\xFE")}) {
        const auto error = connect_error({.host = name, .port = 993});
        EXPECT_EQ(error.severity(), Severity::repository);
        EXPECT_EQ(error.code(), ErrorCode::configuration) << name;
        EXPECT_THAT(error.what(), testing::HasSubstr("is not a host name"));
    }
}

TEST(Connect, FamilyLimitsTheAddresses) {
    const LoopbackServer server([](ServerConnection& client) { client.receive_all(); });
    const Endpoint wrong{.host = "127.0.0.1", .port = server.port(), .family = Family::ipv6};
    const Endpoint right{.host = "127.0.0.1", .port = server.port(), .family = Family::ipv4};
    EXPECT_THAT(connect_error(wrong).what(), testing::HasSubstr("Could not resolve name"));
    EXPECT_NE(connect_tcp(right, "Remote", kPatience, {}), nullptr);
}

TEST(Connect, NameWithAnAddressThatRefusesFallsBackToTheNext) {
    // "localhost" may be ::1 too, where nobody listens.
    const LoopbackServer server([](ServerConnection& client) { client.receive_all(); });
    EXPECT_NE(connect_tcp({.host = "localhost", .port = server.port()}, "Remote", kPatience, {}), nullptr);
}

TEST(Connect, SilentAddressIsGivenUpAtTheLimit) {
    const FullPort full;
    const auto begin = Clock::now();
    const auto error = connect_error({.host = "127.0.0.1", .port = full.port()}, milliseconds(200));
    EXPECT_EQ(error.code(), ErrorCode::timeout);
    EXPECT_STREQ(
        error.what(),
        "Could not connect to remote server '127.0.0.1' for repository 'Remote'. Remote does not answer.");
    EXPECT_GE(Clock::now() - begin, milliseconds(200));
    EXPECT_LT(Clock::now() - begin, milliseconds(2000));
}

TEST(Connect, StopIsObeyedWhileConnecting) {
    const FullPort full;
    const StopSoon stop;
    const auto begin = Clock::now();
    EXPECT_THROW(connect_tcp({.host = "127.0.0.1", .port = full.port()}, "Remote", kPatience, stop.token()),
                 Cancelled);
    EXPECT_LT(Clock::now() - begin, milliseconds(1000));
}

TEST(Connect, StopBeforeTheStartConnectsNowhere) {
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(
        connect_tcp({.host = "127.0.0.1", .port = closed_port()}, "Remote", kPatience, source.get_token()),
        Cancelled);
}

}  // namespace
}  // namespace offlineimap::net

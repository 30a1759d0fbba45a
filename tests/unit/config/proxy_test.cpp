#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "builder.hpp"

namespace offlineimap::config {
namespace {

using base::ProxyType;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Account account_with(std::initializer_list<std::pair<const char*, const char*>> options) {
    Builder builder;
    builder.section("Account A").with("localrepository", "L").with("remoterepository", "R");
    for (const auto& [option, value] : options) builder.with(option, value);
    return read_account(builder.document, "A");
}

struct GoodProxy {
    const char* value;
    ProxyType type;
    const char* host;
    std::uint16_t port;
    const char* user;
    const char* password;
};

class GoodProxies : public testing::TestWithParam<GoodProxy> {};

TEST_P(GoodProxies, AreRead) {
    const auto& expected = GetParam();
    const auto proxy = account_with({{"proxy", expected.value}}).proxy;
    ASSERT_TRUE(proxy);
    EXPECT_EQ(proxy->type, expected.type);
    EXPECT_EQ(proxy->host, expected.host);
    EXPECT_EQ(proxy->port, expected.port);
    EXPECT_EQ(proxy->user, expected.user);
    EXPECT_EQ(proxy->password.reveal(), expected.password);
}

INSTANTIATE_TEST_SUITE_P(
    Values, GoodProxies,
    testing::Values(GoodProxy{"SOCKS5:localhost:9999", ProxyType::socks5, "localhost", 9999, "", ""},
                    GoodProxy{"socks4:proxy.example:1080", ProxyType::socks4, "proxy.example", 1080, "", ""},
                    GoodProxy{"Http:10.0.0.1:3128", ProxyType::http, "10.0.0.1", 3128, "", ""},
                    GoodProxy{"SOCKS5:[2001:db8::1]:1080", ProxyType::socks5, "2001:db8::1", 1080, "", ""},
                    GoodProxy{"HTTP:me:p:@ss@h:65535", ProxyType::http, "h", 65535, "me", "p:@ss"},
                    GoodProxy{"SOCKS5:me:x@[::1]:1", ProxyType::socks5, "::1", 1, "me", "x"},
                    GoodProxy{"SOCKS4:me@h:1", ProxyType::socks4, "h", 1, "me", ""}));

class BadProxies : public testing::TestWithParam<const char*> {};

TEST_P(BadProxies, AreRefusedWithTheLineAndWithoutTheValue) {
    for (const char* option : {"proxy", "authproxy"}) {
        const auto failure = failure_of([&] { account_with({{option, GetParam()}}); });
        EXPECT_THAT(failure, AllOf(StartsWith("rc:4: [Account A] " + std::string(option) + ": "),
                                   HasSubstr("write TYPE:host:port"), Not(HasSubstr("hunter2"))));
    }
}

INSTANTIATE_TEST_SUITE_P(Values, BadProxies,
                         testing::Values("localhost", "localhost:9999", "SOCKS6:h:1", "SOCKS5:h",
                                         "SOCKS5::1080", "SOCKS5:h:", "SOCKS5:h:0", "SOCKS5:h:65536",
                                         "SOCKS5:h:port", "SOCKS5:::1:1080", "SOCKS5:[h]:1080", "SOCKS5:[]:1",
                                         "HTTP://h:8080", "HTTP:a b:1", "SOCKS4:me:hunter2@h:1",
                                         "SOCKS5:me@h:1", "HTTP::hunter2@h:1", "hunter2:h:1:@"));

TEST(AuthProxy, IsTheProxyUnlessWrittenAndNoneIfEmpty) {
    EXPECT_EQ(account_with({{"proxy", "SOCKS5:h:1"}}).authproxy->host, "h");
    EXPECT_FALSE(account_with({{"proxy", "SOCKS5:h:1"}, {"authproxy", ""}}).authproxy);
    const auto account = account_with({{"proxy", "SOCKS5:h:1"}, {"authproxy", "HTTP:i:2"}});
    EXPECT_EQ(account.authproxy->host, "i");
    EXPECT_EQ(account.proxy->host, "h");
    EXPECT_FALSE(account_with({{"proxy", ""}}).proxy);
}

}  // namespace
}  // namespace offlineimap::config

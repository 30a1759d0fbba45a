#include "offlineimap/net/loopback.hpp"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"

namespace offlineimap::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

int connect_to(std::uint16_t port) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return client;
}

// Sends the request in these pieces; the answer, empty if there is none.
std::string ask(std::uint16_t port, const std::vector<std::string>& pieces) {
    const int client = connect_to(port);
    for (const auto& piece : pieces) ::send(client, piece.data(), piece.size(), MSG_NOSIGNAL);
    std::string answer;
    std::array<char, 1024> buffer;
    for (ssize_t count = 0; (count = ::recv(client, buffer.data(), buffer.size(), 0)) > 0;)
        answer.append(buffer.data(), static_cast<std::size_t>(count));
    ::close(client);
    return answer;
}

class Loopback : public testing::Test {
  protected:
    bool serve(base::Deadline deadline = base::Deadline::after(60s)) {
        return listener_.serve(
            [this](std::string_view target) {
                targets_.emplace_back(target);
                return LoopbackListener::Page{"page of " + std::string(target), target == "/last"};
            },
            deadline, stop_.get_token());
    }

    LoopbackListener listener_;
    std::vector<std::string> targets_;
    std::stop_source stop_;
};

TEST_F(Loopback, AnswersUntilAPageIsTheLast) {
    std::string first;
    std::string last;
    std::jthread browser([&] {
        first = ask(listener_.port(), {"GET /?code=a HT", "TP/1.1\r\nHost: x\r\n", "\r\n"});
        last = ask(listener_.port(), {"GET /last HTTP/1.1\r\n\r\n"});
    });
    EXPECT_TRUE(serve());
    browser.join();
    EXPECT_THAT(targets_, ElementsAre("/?code=a", "/last"));
    EXPECT_THAT(first, HasSubstr("page of /?code=a"));
    EXPECT_THAT(last, HasSubstr("page of /last"));
}

TEST_F(Loopback, WhatIsNoRequestIsNotAnswered) {
    std::jthread browser([&] {
        EXPECT_EQ(ask(listener_.port(), {"POST /last HTTP/1.1\r\n\r\n"}), "");
        EXPECT_EQ(ask(listener_.port(), {"\r\n\r\n"}), "");
        ::close(connect_to(listener_.port()));
        ask(listener_.port(), {"GET /" + std::string(40'000, 'x')});
        ask(listener_.port(), {"GET /last\r\n\r\n"});
    });
    EXPECT_TRUE(serve());
    EXPECT_THAT(targets_, ElementsAre("/last"));
}

TEST_F(Loopback, WhoeverIsSilentKeepsNobodyWaiting) {
    const int silent = connect_to(listener_.port());
    std::jthread browser([&] { ask(listener_.port(), {"GET /last HTTP/1.1\r\n\r\n"}); });
    EXPECT_TRUE(serve());
    ::close(silent);
}

TEST_F(Loopback, DeadlineAndStopEndTheWait) {
    EXPECT_FALSE(serve(base::Deadline::after(10ms)));
    stop_.request_stop();
    EXPECT_THROW(serve(), base::Cancelled);
    EXPECT_THAT(targets_, IsEmpty());
}

}  // namespace
}  // namespace offlineimap::net

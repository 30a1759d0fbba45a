#include "offlineimap/imap/throttling.hpp"

#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "offlineimap/imap/parser.hpp"

namespace offlineimap::imap {
namespace {

using namespace std::chrono_literals;
using Reason = Throttle::Reason;

// Of "A1 …" as it comes over the wire.
std::optional<Throttle> hint_in(const std::string& answer) {
    const auto outcome = parse_response("A1 " + answer + "\r\n");
    return throttle_of(std::get<Tagged>(std::get<ParsedResponse>(outcome).response).status);
}

TEST(Throttling, IsReadFromWhatServersSay) {
    EXPECT_EQ(hint_in("NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded "
                      "(mail_max_userip_connections=10)"),
              (Throttle{Reason::connections, std::nullopt}));
    EXPECT_EQ(hint_in("NO [ALERT] Too many simultaneous connections. (Failure)"),
              (Throttle{Reason::connections, std::nullopt}));
    EXPECT_EQ(hint_in("NO [LIMIT] no more"), (Throttle{Reason::connections, std::nullopt}));
    EXPECT_EQ(hint_in("NO [UNAVAILABLE] the directory does not answer"),
              (Throttle{Reason::unavailable, std::nullopt}));
    EXPECT_EQ(hint_in("NO [LIMIT] UID FETCH Rate limit hit."), (Throttle{Reason::rate, std::nullopt}));
    EXPECT_EQ(hint_in("NO [THROTTLED] later"), (Throttle{Reason::rate, std::nullopt}));
}

TEST(Throttling, TakesTheServersTime) {
    EXPECT_EQ(hint_in("BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds"),
              (Throttle{Reason::rate, 299961ms}));
    EXPECT_EQ(hint_in("BAD Request is throttled. Suggested Backoff Time: 0 milliseconds"),
              (Throttle{Reason::rate, 100ms}));
    EXPECT_EQ(hint_in("NO [UNAVAILABLE] Suggested Backoff Time: 7 seconds"),
              (Throttle{Reason::rate, 7000ms}));
    EXPECT_EQ(hint_in("NO Request is throttled. Suggested Backoff Time: 99999999999999999999 milliseconds"),
              (Throttle{Reason::rate, std::nullopt}));
    EXPECT_EQ(hint_in("NO Request is throttled. Suggested Backoff Time: soon"),
              (Throttle{Reason::rate, std::nullopt}));
}

TEST(Throttling, IsNotReadIntoOtherMatters) {
    for (const char* answer :
         {"NO [AUTHENTICATIONFAILED] Maximum number of connections", "NO wrong password",
          "NO [OVERQUOTA] full", "NO [NONEXISTENT] Mailbox \"is throttled\" does not exist",
          "BAD unknown command", "NO", "NO [CONTACTADMIN] Too many connections",
          "NO the mailbox Throttle is not there"}) {
        EXPECT_EQ(hint_in(answer), std::nullopt) << answer;
    }
}

}  // namespace
}  // namespace offlineimap::imap

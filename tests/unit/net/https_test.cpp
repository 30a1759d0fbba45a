#include "offlineimap/net/https.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"

namespace offlineimap::net {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string failure_of(const std::string& url) {
    try {
        post_form({.url = url, .body = base::Secret("client_secret=hush"), .limit = std::chrono::seconds(20)},
                  {});
    } catch (const base::Error& error) {
        EXPECT_EQ(error.severity(), base::Severity::repository);
        return error.what();
    }
    return "no error";
}

TEST(Https, IsTheOnlyWay) {
    for (const char* url : {"http://localhost/token", "ftp://localhost/", "localhost/token",
                            "file:///etc/passwd", "", " https://localhost/", "https:/localhost"}) {
        EXPECT_THAT(failure_of(url), HasSubstr("is no https:// address")) << url;
    }
}

TEST(Https, FailureNamesThePlaceAndNoSecret) {
    const auto text = failure_of("HTTPS://127.0.0.1:1/token?key=hush#hush");
    EXPECT_THAT(text, HasSubstr("Request to HTTPS://127.0.0.1:1/token failed: "));
    EXPECT_THAT(text, Not(HasSubstr("hush")));
}

TEST(Https, StopIsObeyedBeforeAnythingIsSent) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(post_form({.url = "https://127.0.0.1:1/", .body = base::Secret("a")}, stop.get_token()),
                 base::Cancelled);
}

TEST(FormEscaped, LeavesNothingThatCouldEndAField) {
    EXPECT_EQ(form_escaped("Az09-._~"), "Az09-._~");
    EXPECT_EQ(form_escaped("a b&c=d+e%\r\n\xc3\xa4"), "a%20b%26c%3Dd%2Be%25%0D%0A%C3%A4");
}

}  // namespace
}  // namespace offlineimap::net

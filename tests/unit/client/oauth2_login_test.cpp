#include "offlineimap/client/oauth2_login.hpp"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client_fixture.hpp"

namespace offlineimap::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

class OAuth2LoginTest : public testing::Test {
  protected:
    OAuth2LoginTest() {
        login_.client = {.repository = "R",
                         .account = "A",
                         .token_url = "",
                         .id = [] { return std::optional(base::Secret("my-id")); },
                         .secret = [] { return std::optional(base::Secret("my-secret")); }};
        login_.provider = {.token_url = "https://auth.example/token",
                           .authorize_url = "https://auth.example/authorize",
                           .device_url = "https://auth.example/device",
                           .scope = "mail offline"};
        login_.tell = [this](const std::string& text) { told_.push_back(text); };
        login_.wait = [this](std::chrono::milliseconds time, const std::stop_token&) {
            waited_.push_back(std::chrono::duration_cast<std::chrono::seconds>(time).count());
        };
        login_.post = [this](const std::string& url, const OAuth2Form& form, const std::stop_token&) {
            std::string request = url;
            for (const auto& [name, value] : form) request += " " + name + "=" + std::string(value.reveal());
            requests_.push_back(request);
            if (answers_.empty())
                return OAuth2Answer{200, base::Secret(R"({"error": "authorization_pending"})")};
            const auto body = answers_.front();
            answers_.pop_front();
            return OAuth2Answer{200, base::Secret(body)};
        };
    }

    OAuth2Grant by_device() { return log_in_by_device_code(login_, stop_.get_token()); }
    std::string failure() {
        return ClientFailure::of([this] { by_device(); });
    }

    struct ClientFailure {
        template <class Function>
        static std::string of(const Function& function) {
            try {
                function();
            } catch (const base::Error& error) {
                return error.what();
            }
            return "no error";
        }
    };

    OAuth2Login login_;
    std::deque<std::string> answers_;
    std::vector<std::string> requests_;
    std::vector<std::string> told_;
    std::vector<long> waited_;
    std::stop_source stop_;
};

constexpr const char* kCode =
    R"({"device_code": "dev-1", "user_code": "WDJB-MJHT", "verification_uri": "https://auth.example/go",
        "expires_in": 60, "interval": 7})";
constexpr const char* kGrant = R"({"access_token": "a1", "refresh_token": "r1", "expires_in": 3600})";

TEST_F(OAuth2LoginTest, DeviceCodeIsShownAndAskedForUntilThePersonHasLoggedIn) {
    answers_ = {kCode, R"({"error": "authorization_pending"})", kGrant};
    EXPECT_EQ(by_device().refresh_token.reveal(), "r1");
    EXPECT_THAT(told_,
                ElementsAre("Open https://auth.example/go in a browser on any machine and enter the code "
                            "WDJB-MJHT"));
    EXPECT_THAT(waited_, ElementsAre(7, 7));
    EXPECT_THAT(
        requests_,
        ElementsAre("https://auth.example/device client_id=my-id scope=mail offline",
                    HasSubstr("https://auth.example/token grant_type=urn:ietf:params:oauth:grant-type:"
                              "device_code device_code=dev-1 client_id=my-id client_secret=my-secret"),
                    HasSubstr("device_code=dev-1")));
}

// RFC 8628 §3.5.
TEST_F(OAuth2LoginTest, SlowDownAddsFiveSecondsForGood) {
    answers_ = {kCode, R"({"error": "slow_down"})", R"({"error": "authorization_pending"})", kGrant};
    by_device();
    EXPECT_THAT(waited_, ElementsAre(7, 12, 12));
}

TEST_F(OAuth2LoginTest, DeniedLoginIsTheEnd) {
    answers_ = {kCode, R"({"error": "access_denied", "error_description": "not you\u001b[2J"})", kGrant};
    EXPECT_THAT(failure(), HasSubstr("the login was refused: 'access_denied' (not you\\x1b[2J)"));
    EXPECT_THAT(answers_, testing::SizeIs(1));
}

TEST_F(OAuth2LoginTest, CodeThatExpiresIsTheEndWhoeverSaysSo) {
    answers_ = {kCode, R"({"error": "expired_token"})", kGrant};
    EXPECT_THAT(failure(), HasSubstr("the code WDJB-MJHT has expired"));
    answers_ = {kCode};  // and pending for ever
    waited_.clear();
    EXPECT_THAT(failure(), HasSubstr("the code WDJB-MJHT has expired"));
    EXPECT_EQ(waited_.size(), 9U);
}

TEST_F(OAuth2LoginTest, OddNumbersOfTheServerAreBounded) {
    answers_ = {
        R"({"device_code": "d", "user_code": "u", "verification_url": "v", "interval": 0, "expires_in": -1})",
        kGrant};
    by_device();
    EXPECT_THAT(waited_, ElementsAre(1));
    EXPECT_THAT(told_, ElementsAre(HasSubstr("Open v in a browser")));
}

TEST_F(OAuth2LoginTest, ServerWithoutDeviceCodesIsToldSo) {
    answers_ = {R"({"error": "unauthorized_client", "error_description": "no device flow"})"};
    EXPECT_THAT(failure(),
                HasSubstr("refuses logins by device code: 'unauthorized_client' (no device flow)"));
    answers_ = {R"({"device_code": "d"})"};
    EXPECT_THAT(failure(), HasSubstr("'https://auth.example/device' gave no device code"));
}

TEST_F(OAuth2LoginTest, GrantWithoutRefreshTokenIsNoLogin) {
    answers_ = {kCode, R"({"access_token": "a1"})"};
    const auto text = failure();
    EXPECT_THAT(text, HasSubstr("gave no refresh token"));
    EXPECT_THAT(text, Not(HasSubstr("a1")));
}

TEST_F(OAuth2LoginTest, WithoutClientIdNobodyIsAsked) {
    login_.client.id = nullptr;
    EXPECT_THAT(failure(), HasSubstr("oauth2_client_id is needed"));
    EXPECT_THAT(requests_, IsEmpty());
}

TEST(OAuth2Wait, EndsAtOnceOnAStop) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(wait_unless_stopped(1h, stop.get_token()), base::Cancelled);
    EXPECT_NO_THROW(wait_unless_stopped(1ms, std::stop_token()));
}

TEST(OAuth2Provider, KnowsGoogleAndMicrosoft) {
    const auto google = known_oauth2_provider("imap.gmail.com", "");
    EXPECT_EQ(google.token_url, "https://accounts.google.com/o/oauth2/token");
    EXPECT_EQ(google.scope, "https://mail.google.com/");
    EXPECT_EQ(google.device_url, "");
    EXPECT_EQ(google.redirect_host, "127.0.0.1");
    const auto microsoft = known_oauth2_provider("Outlook.Office365.com", "");
    EXPECT_EQ(microsoft.token_url, "https://login.microsoftonline.com/common/oauth2/v2.0/token");
    EXPECT_EQ(microsoft.device_url, "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode");
    EXPECT_EQ(microsoft.redirect_host, "localhost");
    const auto tenant =
        known_oauth2_provider("mail.example", "https://login.microsoftonline.com/t1/oauth2/v2.0/token");
    EXPECT_EQ(tenant.authorize_url, "https://login.microsoftonline.com/t1/oauth2/v2.0/authorize");
}

TEST(OAuth2Provider, KnowsNobodyElseAndLetsTheConfiguredAddressDecide) {
    for (const char* host : {"imap.example.org", "imap.gmail.com.example", "evilimap.gmail.com", ""})
        EXPECT_EQ(known_oauth2_provider(host, "").token_url, "") << host;
    const auto own = known_oauth2_provider("imap.gmail.com", "https://auth.example/token");
    EXPECT_EQ(own.token_url, "https://auth.example/token");
    EXPECT_EQ(own.authorize_url, "");
}

}  // namespace
}  // namespace offlineimap::client

#include "offlineimap/client/oauth2.hpp"

#include <deque>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/os/lock.hpp"

#include "client_fixture.hpp"
#include "support/temporary_directory.hpp"

namespace offlineimap::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using namespace std::chrono_literals;

// A token server that answers what a test has laid ready, and a clock that the test moves.
class OAuth2Test : public testing::Test {
  protected:
    OAuth2Test() {
        sources_.client = {.repository = "R",
                           .account = "A",
                           .token_url = "https://auth.example/token",
                           .id = secret("my-id"),
                           .secret = secret("my-secret")};
        sources_.refresh_token = secret("refresh-0");
        sources_.now = [this] { return now_; };
        sources_.post = [this](const std::string& url, const OAuth2Form& form, const std::stop_token&) {
            std::string request = url;
            for (const auto& [name, value] : form) request += " " + name + "=" + std::string(value.reveal());
            requests_.push_back(request);
            if (answers_.empty())
                throw base::Error(base::Severity::repository, base::ErrorCode::network, "no answer");
            const auto body = answers_.front();
            answers_.pop_front();
            return OAuth2Answer{status_, base::Secret(body)};
        };
    }

    static std::function<std::optional<base::Secret>()> secret(const std::string& text) {
        return [text] { return std::optional(base::Secret(text)); };
    }
    OAuth2Sources::AccessToken access_token(const std::string& text, bool renewable) {
        return {.ask =
                    [this, text](const std::stop_token&) {
                        ++times_asked_;
                        return std::optional(base::Secret(text));
                    },
                .renewable = renewable};
    }
    OAuth2Tokens& tokens() {
        if (!tokens_) tokens_.emplace(sources_, events::Reporter(sink_, "Test"));
        return *tokens_;
    }
    std::string token() { return std::string(tokens().token(stop_.get_token()).reveal()); }
    std::optional<std::string> renewed(const std::string& refused) {
        const auto token = tokens().renew(base::Secret(refused), stop_.get_token());
        if (!token) return std::nullopt;
        return std::string(token->reveal());
    }
    template <class Function>
    static std::string failure(const Function& function) {
        try {
            function();
        } catch (const base::Error& error) {
            EXPECT_EQ(error.severity(), base::Severity::repository);
            return error.what();
        }
        return "no error";
    }
    std::string file() const { return directory_ / "deep" / "token"; }
    std::string content() const {
        std::ifstream stream(file());
        return {std::istreambuf_iterator<char>(stream), {}};
    }

    support::TemporaryDirectory directory_;
    RecordingSink sink_;
    OAuth2Sources sources_;
    std::optional<OAuth2Tokens> tokens_;
    std::deque<std::string> answers_;
    long status_ = 200;
    std::vector<std::string> requests_;
    int times_asked_ = 0;
    std::chrono::steady_clock::time_point now_{1000s};
    std::stop_source stop_;
};

TEST_F(OAuth2Test, TokenIsFetchedOnceWithTheFormOfTheRfc) {
    answers_ = {R"({"access_token": "a1", "expires_in": 3600, "token_type": "Bearer"})"};
    EXPECT_EQ(token(), "a1");
    EXPECT_EQ(token(), "a1");
    EXPECT_THAT(requests_, ElementsAre("https://auth.example/token client_id=my-id client_secret=my-secret "
                                       "refresh_token=refresh-0 grant_type=refresh_token"));
}

TEST_F(OAuth2Test, ClientWithoutSecretSendsNone) {
    sources_.client.secret = nullptr;
    answers_ = {R"({"access_token": "a1"})"};
    token();
    EXPECT_THAT(requests_, ElementsAre(Not(HasSubstr("client_secret"))));
}

TEST_F(OAuth2Test, TokenIsReplacedAtHalfOfItsTime) {
    answers_ = {R"({"access_token": "a1", "expires_in": 3600})",
                R"({"access_token": "a2", "expires_in": "3600"})", R"({"access_token": "a3"})"};
    EXPECT_EQ(token(), "a1");
    now_ += 1799s;
    EXPECT_EQ(token(), "a1");
    now_ += 1s;
    EXPECT_EQ(token(), "a2");
    now_ += 1800s;
    EXPECT_EQ(token(), "a3");
    now_ += 1000h;  // nobody said when it ends
    EXPECT_EQ(token(), "a3");
}

TEST_F(OAuth2Test, AbsurdLifetimesAreBounded) {
    answers_ = {R"({"access_token": "a1", "expires_in": 99999999999})",
                R"({"access_token": "a2", "expires_in": -5})",
                R"({"access_token": "a3", "expires_in": 1e400})"};
    EXPECT_EQ(token(), "a1");
    now_ += 15 * 24h;
    EXPECT_EQ(token(), "a2");
    EXPECT_THAT(failure([&] { token(); }), HasSubstr("no JSON object"));
}

TEST_F(OAuth2Test, ConfiguredTokenComesFirst) {
    sources_.access_tokens = {access_token("", false), access_token("given", false)};
    EXPECT_EQ(token(), "given");
    EXPECT_EQ(token(), "given");
    EXPECT_EQ(times_asked_, 2);
    EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(OAuth2Test, ConfiguredTokenThatIsRefusedIsFollowedByAFetchedOne) {
    sources_.access_tokens = {access_token("given", false)};
    answers_ = {R"({"access_token": "a1", "expires_in": 100})", R"({"access_token": "a2"})"};
    EXPECT_EQ(token(), "given");
    EXPECT_EQ(renewed("given"), "a1");
    EXPECT_EQ(token(), "a1");
    now_ += 50s;
    EXPECT_EQ(token(), "a2") << "not the refused one again";
}

TEST_F(OAuth2Test, WithoutRefreshTokenARefusalIsTheEnd) {
    sources_.access_tokens = {access_token("given", false)};
    sources_.refresh_token = nullptr;
    token();
    EXPECT_EQ(renewed("given"), std::nullopt);
    EXPECT_EQ(token(), "given") << "at the next login";
}

TEST_F(OAuth2Test, CommandIsAskedOnceMoreAndMustGiveAnother) {
    std::deque<std::string> printed = {"c1", "c2", "c2"};
    sources_.refresh_token = nullptr;
    sources_.access_tokens = {{.ask =
                                   [&](const std::stop_token&) {
                                       const auto text = printed.front();
                                       printed.pop_front();
                                       return std::optional(base::Secret(text));
                                   },
                               .renewable = true}};
    EXPECT_EQ(token(), "c1");
    EXPECT_EQ(renewed("c1"), "c2");
    EXPECT_EQ(renewed("c2"), std::nullopt);
}

TEST_F(OAuth2Test, NewTokenThatIsRefusedAtOnceIsNotRenewed) {
    answers_ = {R"({"access_token": "a1"})", R"({"access_token": "a2"})"};
    EXPECT_EQ(token(), "a1");
    EXPECT_EQ(renewed("a1"), std::nullopt);
    EXPECT_THAT(requests_, SizeIs(1));
}

TEST_F(OAuth2Test, TokenThatOnceWorkedIsRenewedOnceWhenItIsRefused) {
    answers_ = {R"({"access_token": "a1"})", R"({"access_token": "a2"})", R"({"access_token": "a3"})"};
    EXPECT_EQ(token(), "a1");
    tokens().accepted(base::Secret("a1"));
    EXPECT_EQ(renewed("a1"), "a2");
    EXPECT_EQ(renewed("a1"), "a2") << "for another connection with the old token";
    EXPECT_EQ(renewed("a2"), std::nullopt);
    EXPECT_EQ(renewed("a2"), std::nullopt);
    EXPECT_THAT(requests_, SizeIs(2));
}

TEST_F(OAuth2Test, RefusalIsToldWithoutSecrets) {
    answers_ = {R"({"error": "invalid_client", "error_description": "my-secret and refresh-0 are wrong\n"})"};
    const auto text = failure([&] { token(); });
    EXPECT_THAT(text, HasSubstr("xoauth2handler got: {'error': 'invalid_client', 'error_description': "
                                "'*** and *** are wrong\\x0a'}"));
    EXPECT_THAT(text, Not(HasSubstr("my-secret")));
    EXPECT_THAT(text, Not(HasSubstr("refresh-0")));
}

TEST_F(OAuth2Test, RefusalOfTheRefreshTokenSaysWhatToRun) {
    status_ = 400;
    answers_ = {R"({"error": "invalid_grant"})"};
    EXPECT_THAT(failure([&] { token(); }), HasSubstr("run 'offlineimap --oauth2-login A'"));
}

TEST_F(OAuth2Test, AnswerThatIsNoneIsNotShown) {
    for (const char* body :
         {"<html>my-secret</html>", "{}", R"({"access_token": ""})", R"({"access_token": 7, )"}) {
        answers_ = {body};
        const auto text = failure([&] { token(); });
        EXPECT_THAT(text, HasSubstr("'https://auth.example/token' gave no token: HTTP status 200"));
        EXPECT_THAT(text, Not(HasSubstr("my-secret")));
    }
    status_ = 500;
    answers_ = {R"({"access_token": "a1"})"};
    EXPECT_THAT(failure([&] { token(); }), HasSubstr("HTTP status 500"));
}

TEST_F(OAuth2Test, WithoutAddressNothingIsSent) {
    sources_.client.token_url = "";
    EXPECT_EQ(failure([&] { token(); }), "No remote oauth2_request_url for repository 'R' specified.");
    EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(OAuth2Test, ReplacedRefreshTokenIsUsedFromThenOnAndToldOnce) {
    answers_ = {R"({"access_token": "a1", "expires_in": 2, "refresh_token": "refresh-1"})",
                R"({"access_token": "a2", "expires_in": 2, "refresh_token": "refresh-2"})",
                R"({"access_token": "a3", "expires_in": 2, "refresh_token": "refresh-2"})"};
    for (int i = 0; i < 3; ++i, now_ += 1s) token();
    EXPECT_THAT(requests_,
                ElementsAre(HasSubstr("refresh-0"), HasSubstr("refresh-1"), HasSubstr("refresh-2")));
    const auto warnings = sink_.all<events::WarningGiven>();
    ASSERT_THAT(warnings, SizeIs(1));
    EXPECT_THAT(warnings[0].text, HasSubstr("oauth2_refresh_token_file"));
    EXPECT_THAT(warnings[0].text, Not(HasSubstr("refresh-1")));
}

TEST_F(OAuth2Test, ReplacedRefreshTokenIsStoredForItsOwnerOnly) {
    sources_.refresh_token_file = file();
    answers_ = {R"({"access_token": "a1", "expires_in": 2, "refresh_token": "refresh-1"})",
                R"({"access_token": "a2", "expires_in": 2})"};
    token();
    EXPECT_EQ(content(), "refresh-1\n");
    struct stat status {};
    ASSERT_EQ(::stat(file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    EXPECT_THAT(sink_.all<events::WarningGiven>(), IsEmpty());
    now_ += 1s;
    EXPECT_EQ(token(), "a2");
    EXPECT_THAT(requests_[1], HasSubstr("refresh-1"));
    EXPECT_EQ(content(), "refresh-1\n");
}

TEST_F(OAuth2Test, FileComesBeforeTheConfiguredTokenAndIsReadEachTime) {
    sources_.refresh_token_file = directory_ / "token";
    std::ofstream(directory_ / "token") << "\n stored-1 \r\nsecond line\n";
    answers_ = {R"({"access_token": "a1", "expires_in": 0})", R"({"access_token": "a2", "expires_in": 0})"};
    token();
    std::ofstream(directory_ / "token") << "stored-2";
    token();
    EXPECT_THAT(requests_, ElementsAre(HasSubstr("=stored-1 grant"), HasSubstr("=stored-2 grant")));
}

TEST_F(OAuth2Test, WaitsForAnotherThatUsesTheSameFileAndTakesWhatItStored) {
    sources_.refresh_token_file = directory_ / "token";
    std::ofstream(directory_ / "token") << "stored-1";
    auto lock = os::AccountLock::try_acquire(directory_ / "token.lock");
    ASSERT_TRUE(lock);
    answers_ = {R"({"access_token": "a1"})"};
    std::jthread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        std::ofstream(directory_ / "token") << "stored-2";
        lock.reset();
    });
    EXPECT_EQ(token(), "a1");
    EXPECT_THAT(requests_, ElementsAre(HasSubstr("stored-2")));
    EXPECT_FALSE(std::filesystem::exists(directory_ / "token.lock"));
}

TEST_F(OAuth2Test, StopEndsTheWaitForAnotherThatUsesTheSameFile) {
    sources_.refresh_token_file = directory_ / "token";
    const auto lock = os::AccountLock::try_acquire(directory_ / "token.lock");
    ASSERT_TRUE(lock);
    std::jthread user([&] { stop_.request_stop(); });
    EXPECT_THROW(token(), base::Cancelled);
    EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(OAuth2Test, TokenThatAnotherProcessReplacedMeanwhileIsTriedOnce) {
    sources_.refresh_token_file = directory_ / "token";
    std::ofstream(directory_ / "token") << "stored-1";
    const auto post = sources_.post;
    sources_.post = [&, post](const std::string& url, const OAuth2Form& form, const std::stop_token& stop) {
        auto answer = post(url, form, stop);
        std::ofstream(directory_ / "token") << "stored-2";
        return answer;
    };
    answers_ = {R"({"error": "invalid_grant"})", R"({"access_token": "a1"})"};
    EXPECT_EQ(token(), "a1");
    EXPECT_THAT(requests_, ElementsAre(HasSubstr("stored-1"), HasSubstr("stored-2")));
}

TEST_F(OAuth2Test, TokenThatCannotBeStoredIsToldUsedAndStoredLater) {
    sources_.refresh_token_file = file();
    const auto post = sources_.post;
    sources_.post = [&, post](const std::string& url, const OAuth2Form& form, const std::stop_token& stop) {
        if (requests_.empty()) std::ofstream(directory_ / "deep") << "where a directory should be";
        return post(url, form, stop);
    };
    answers_ = {R"({"access_token": "a1", "expires_in": 0, "refresh_token": "refresh-1"})",
                R"({"access_token": "a2", "expires_in": 0})"};
    EXPECT_EQ(token(), "a1");
    const auto errors = sink_.all<events::ErrorOccurred>();
    ASSERT_THAT(errors, SizeIs(1));
    EXPECT_THAT(errors[0].context, HasSubstr("the new refresh token could not be stored"));
    EXPECT_THAT(errors[0].text, Not(HasSubstr("refresh-1")));
    std::filesystem::remove(directory_ / "deep");
    EXPECT_EQ(token(), "a2");
    EXPECT_THAT(requests_[1], HasSubstr("refresh-1"));
    EXPECT_EQ(content(), "refresh-1\n");
}

TEST_F(OAuth2Test, FileThatCannotBeReadIsAnErrorThatNamesTheOption) {
    std::ofstream(directory_ / "deep") << "where a directory should be";
    sources_.refresh_token_file = file();
    EXPECT_THAT(failure([&] { token(); }), HasSubstr("see 'oauth2_refresh_token_file'"));
    EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(OAuth2Test, LinkToTheFileStays) {
    sources_.refresh_token_file = directory_ / "link";
    std::ofstream(directory_ / "kept") << "stored-1\n";
    ASSERT_EQ(::symlink("kept", (directory_ / "link").c_str()), 0);
    answers_ = {R"({"access_token": "a1", "refresh_token": "refresh-1"})"};
    token();
    std::ifstream kept(directory_ / "kept");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "refresh-1\n");
    EXPECT_TRUE(std::filesystem::is_symlink(directory_ / "link"));
}

TEST_F(OAuth2Test, WithoutAnyTokenTheErrorSaysWhatToRun) {
    sources_.refresh_token = nullptr;
    sources_.refresh_token_file = file();
    const auto text = failure([&] { token(); });
    EXPECT_THAT(text, HasSubstr("there is no OAuth 2 token in '" + file() + "'"));
    EXPECT_THAT(text, HasSubstr("--oauth2-login A"));
}

}  // namespace
}  // namespace offlineimap::client

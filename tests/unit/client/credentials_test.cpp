#include "offlineimap/client/credentials.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"

#include "support/temporary_directory.hpp"

namespace offlineimap::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class User final : public events::Sink {
  public:
    void report(const events::Record&) override {}
    bool wants(events::DebugType) const noexcept override { return false; }
    bool can_ask_password() const noexcept override { return can_answer; }
    std::optional<std::string> ask_password(const events::PasswordRequest& request) override {
        failures.push_back(request.failure);
        return "typed";
    }
    bool can_answer = true;
    std::vector<std::string> failures;  // of each question
};

// The sources of §4.2 of the reference, each with a password of its own.
class CredentialsTest : public testing::Test {
  protected:
    CredentialsTest() {
        sources_.account = "A";
        sources_.repository = "R";
        sources_.host = "mail.example";
        sources_.user = "me";
        sources_.user_netrc = directory_ / "netrc";
        sources_.system_netrc = directory_ / "system-netrc";
        sources_.read_keyring = [this](const std::string& service, const std::string& user) {
            asked_keyring_.push_back(service + " " + user);
            return keyring_;
        };
        sources_.store_in_keyring = [this](const std::string& service, const std::string& user,
                                           const base::Secret& password) {
            stored_.push_back(service + " " + user + " " + std::string(password.reveal()));
        };
    }
    void write(const std::string& name, const std::string& content) {
        std::ofstream(directory_ / name) << content;
    }
    std::unique_ptr<Credentials> make() { return make_credentials(sources_, user_); }
    std::string password() { return std::string(make()->password("").reveal()); }

    support::TemporaryDirectory directory_;
    CredentialSources sources_;
    std::optional<base::Secret> keyring_ = base::Secret("kept");
    std::vector<std::string> asked_keyring_;
    std::vector<std::string> stored_;
    User user_;
};

// From the last source to the first: each one that is added wins over those before.
TEST_F(CredentialsTest, PasswordComesFromTheFirstSourceThatHasOne) {
    EXPECT_EQ(password(), "kept");
    write("system-netrc", "machine mail.example login me password systems");
    EXPECT_EQ(password(), "systems");
    write("netrc", "machine mail.example login me password users");
    EXPECT_EQ(password(), "users");
    sources_.run_password_command = [] { return std::optional(base::Secret("printed")); };
    EXPECT_EQ(password(), "printed");
    write("pass", " filed \nsecond line\n");
    sources_.remotepassfile = directory_ / "pass";
    EXPECT_EQ(password(), "filed");
    sources_.remotepass = "written";
    EXPECT_EQ(password(), "written");
    sources_.evaluate_password = [] { return base::Secret("evaluated"); };
    EXPECT_EQ(password(), "evaluated");
    EXPECT_THAT(asked_keyring_, ElementsAre("mail.example me"));
    EXPECT_THAT(user_.failures, IsEmpty());
}

TEST_F(CredentialsTest, EmptySourceIsPassedOver) {
    sources_.remotepass = "";
    write("pass", " \nsecond line\n");
    sources_.remotepassfile = directory_ / "pass";
    sources_.run_password_command = [] { return std::optional<base::Secret>(); };
    write("netrc", "machine mail.example login me password \"\"");
    EXPECT_EQ(password(), "kept");
    sources_.run_password_command = [] { return std::optional(base::Secret("printed")); };
    EXPECT_EQ(password(), "printed");
}

TEST_F(CredentialsTest, SourceThatFailsIsNotPassedOver) {
    const auto fail = []() -> base::Secret {
        throw base::Error(base::Severity::repository, base::ErrorCode::authentication, "locked");
    };
    sources_.run_password_command = [&] { return std::optional(fail()); };
    EXPECT_THROW(password(), base::Error);
    sources_.run_password_command = nullptr;
    sources_.remotepassfile = directory_ / "missing";
    EXPECT_THROW(password(), base::Error);
    sources_.evaluate_password = fail;
    EXPECT_THROW(password(), base::Error);
    EXPECT_THAT(asked_keyring_, IsEmpty());
    EXPECT_THAT(user_.failures, IsEmpty());
}

TEST_F(CredentialsTest, NetrcCountsForItsUserAndItsHostOnly) {
    write("netrc",
          "machine mail.example login other password others\nmachine mail.example.org login me password x\n"
          "machine il.example login me password y\nmachine MAIL.example login me password z\n");
    EXPECT_EQ(password(), "kept");
    sources_.user.reset();
    EXPECT_EQ(make()->user(), "other");
    EXPECT_EQ(password(), "others");
    sources_.host = "example";
    EXPECT_EQ(make()->user(), std::nullopt);
    sources_.host.clear();  // a tunnel: nobody knows whom it leads to
    write("netrc", "default login me password d\nmachine \"\" login me password e");
    EXPECT_EQ(password(), "typed");
}

TEST_F(CredentialsTest, UserComesFromTheConfigurationThenFromNetrc) {
    write("system-netrc", "machine mail.example login systems password x");
    EXPECT_EQ(make()->user(), "me");
    sources_.user.reset();
    EXPECT_EQ(make()->user(), "systems");
    write("netrc", "machine mail.example login users password x");
    EXPECT_EQ(make()->user(), "users");
}

TEST_F(CredentialsTest, CommandIsRunOnceForAllConnectionsAndAgainAfterARefusal) {
    int times = 0;
    sources_.run_password_command = [&times] { return std::optional(base::Secret(std::to_string(++times))); };
    user_.can_answer = false;
    const auto credentials = make();
    EXPECT_EQ(credentials->password("").reveal(), "1");
    EXPECT_EQ(credentials->password("").reveal(), "1");
    credentials->refused();
    EXPECT_EQ(credentials->password("wrong").reveal(), "2");
}

TEST_F(CredentialsTest, PersonIsAskedOnceForAllConnections) {
    keyring_.reset();
    const auto credentials = make();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(credentials->password("").reveal(), "typed");
    EXPECT_THAT(user_.failures, ElementsAre(""));
}

TEST_F(CredentialsTest, KeyringWithoutAPasswordIsPassedOver) {
    keyring_.reset();
    EXPECT_EQ(password(), "typed");
    keyring_ = base::Secret("");
    EXPECT_EQ(password(), "typed");
}

TEST_F(CredentialsTest, KeyringIsNotAskedWhenItIsIgnoredOrThereIsNothingToAskFor) {
    sources_.user.reset();
    EXPECT_EQ(password(), "typed");
    sources_.user = "me";
    sources_.host.clear();
    EXPECT_EQ(password(), "typed");
    EXPECT_THAT(asked_keyring_, IsEmpty());
    sources_.host = "mail.example";
    sources_.read_keyring = nullptr;
    EXPECT_EQ(password(), "typed");
}

TEST_F(CredentialsTest, WithoutAnySourceThereIsAnError) {
    keyring_.reset();
    user_.can_answer = false;
    EXPECT_THROW(password(), base::Error);
}

TEST_F(CredentialsTest, IsAskedOnceForAllConnections) {
    const auto credentials = make();
    credentials->password("");
    credentials->password("");
    EXPECT_EQ(asked_keyring_.size(), 1U);
}

TEST_F(CredentialsTest, KeyringsPasswordThatWasRefusedIsNotOfferedAgainToAPerson) {
    const auto credentials = make();
    credentials->password("");
    credentials->refused();
    EXPECT_EQ(credentials->password("wrong").reveal(), "typed");
    EXPECT_THAT(user_.failures, ElementsAre("wrong"));
    credentials->accepted();
    EXPECT_THAT(stored_, ElementsAre("mail.example me typed"));
}

TEST_F(CredentialsTest, PasswordIsStoredOnceAndOnlyWhenItWasAccepted) {
    sources_.remotepass = "written";
    const auto credentials = make();
    credentials->password("");
    EXPECT_THAT(stored_, IsEmpty());
    credentials->accepted();
    credentials->accepted();
    EXPECT_THAT(stored_, ElementsAre("mail.example me written"));
}

TEST_F(CredentialsTest, WhatCameFromTheKeyringIsNotStoredThere) {
    const auto credentials = make();
    credentials->password("");
    credentials->accepted();
    EXPECT_THAT(stored_, IsEmpty());
}

TEST_F(CredentialsTest, NothingIsStoredUnlessWanted) {
    sources_.remotepass = "written";
    sources_.store_in_keyring = nullptr;
    const auto credentials = make();
    credentials->password("");
    credentials->accepted();
    EXPECT_THAT(stored_, IsEmpty());
}

}  // namespace
}  // namespace offlineimap::client

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/python/interpreter.hpp"

#include "../../../src/repository/connection_settings.hpp"

namespace offlineimap::repository {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::Not;

class Deaf final : public events::Sink {
  public:
    void report(const events::Record&) override {}
    bool wants(events::DebugType) const noexcept override { return false; }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest&) override { return std::nullopt; }
};

class MechanismSettings : public testing::Test {
  protected:
    client::ConnectionSettings settings(
        const std::optional<std::vector<std::string>>& written = std::nullopt) {
        config::ImapOptions imap;
        imap.remotehost = "imap.example.org";
        imap.auth_mechanisms = written;
        config::Repository options;
        options.name = "Remote";
        options.kind = imap;
        return connection_settings(options, {general_, account_, paths_, interpreter_, sink_, "9.0"});
    }

    config::General general_;
    config::Account account_;
    config::Surroundings paths_;
    python::Interpreter interpreter_{std::nullopt};
    Deaf sink_;
};

TEST_F(MechanismSettings, BeginWithWhatNeedsNoPassword) {
    EXPECT_THAT(
        settings().auth_mechanisms,
        ElementsAre("GSSAPI", "OAUTHBEARER", "XOAUTH2", "EXTERNAL", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256",
                    "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "CRAM-MD5", "DIGEST-MD5", "PLAIN", "LOGIN"));
    EXPECT_FALSE(settings().mechanisms_are_written);
}

TEST_F(MechanismSettings, AreKeptAsTheyAreWritten) {
    const std::vector<std::string> odd = {"LOGIN", "GSSAPI", "PLAIN"};
    EXPECT_THAT(settings(odd).auth_mechanisms, ElementsAreArray(odd));
    EXPECT_TRUE(settings(odd).mechanisms_are_written);
}

// The Kerberos library would go past the proxy.
TEST_F(MechanismSettings, LeaveKerberosOutWhereThereIsAProxyUnlessItIsWritten) {
    account_.proxy = base::Proxy{};
    EXPECT_THAT(settings().auth_mechanisms, Not(Contains("GSSAPI")));
    EXPECT_THAT(settings({{"GSSAPI", "PLAIN"}}).auth_mechanisms, ElementsAre("GSSAPI", "PLAIN"));
}

}  // namespace
}  // namespace offlineimap::repository

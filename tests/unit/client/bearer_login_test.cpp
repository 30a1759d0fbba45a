#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/base64.hpp"

#include "client_fixture.hpp"

namespace offlineimap::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Tokens final : public BearerTokens {
  public:
    base::Secret token(const std::stop_token&) override { return base::Secret(current); }
    std::optional<base::Secret> renew(const base::Secret& refused, const std::stop_token&) override {
        refused_tokens.emplace_back(refused.reveal());
        if (others.empty()) return std::nullopt;
        current = others.front();
        others.pop_front();
        return base::Secret(current);
    }
    void accepted(const base::Secret& token) override { accepted_tokens.emplace_back(token.reveal()); }

    std::string current = "old";
    std::deque<std::string> others;
    std::vector<std::string> refused_tokens;
    std::vector<std::string> accepted_tokens;
};

class Holder final : public Credentials {
  public:
    std::optional<std::string> user() override { return "user"; }
    base::Secret password(const std::string&) override {
        ++times_password;
        return base::Secret("secret");
    }
    std::optional<std::string> authorization_identity() override { return std::nullopt; }
    void accepted() override {}
    void refused() override {}
    BearerTokens* bearer_tokens() override { return has_tokens ? &tokens : nullptr; }

    Tokens tokens;
    bool has_tokens = true;
    int times_password = 0;
};

class BearerLogins : public ClientTest {
  protected:
    // What opening a connection to this server ends with; empty: it went well.
    std::string log_in(const Script& script, std::vector<std::string> mechanisms, bool clear = true) {
        support::ScriptedServer server(script);
        auto settings = settings_for(server);
        settings.auth_mechanisms = std::move(mechanisms);
        settings.allow_clear_passwords = clear;
        std::string failure;
        try {
            Connection::open(settings, holder, reporter, stop.get_token());
        } catch (const base::Error& error) {
            failure = error.what();
        }
        EXPECT_THAT(server.complaints(), IsEmpty());
        return failure;
    }
    static std::string message(const std::string& token) {
        return base::to_base64(
            "user=user\x01"
            "auth=Bearer " +
            token + "\x01\x01");
    }

    Holder holder;
};

constexpr const char* kInvalid = "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=";  // {"status":"invalid_token"}

TEST_F(BearerLogins, SendTheTokenWithTheCommandWhereThatIsAllowed) {
    EXPECT_EQ(log_in(
                  [](Peer& peer) {
                      peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] hello\r\n");
                      peer.ok(peer.expect("AUTHENTICATE XOAUTH2 " + message("old")),
                              "[CAPABILITY IMAP4rev1] in");
                  },
                  {"OAUTHBEARER", "XOAUTH2", "PLAIN"}),
              "");
    EXPECT_THAT(holder.tokens.accepted_tokens, ElementsAre("old"));
    EXPECT_EQ(holder.times_password, 0);
}

TEST_F(BearerLogins, WaitForTheServerWhereTheyMust) {
    EXPECT_EQ(log_in(
                  [](Peer& peer) {
                      peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] hello\r\n");
                      const auto tag = peer.expect("AUTHENTICATE XOAUTH2");
                      peer.send("+ \r\n");
                      peer.expect_line(message("old"));
                      peer.ok(tag, "[CAPABILITY IMAP4rev1] in");
                  },
                  {"XOAUTH2"}),
              "");
}

TEST_F(BearerLogins, WaitForTheServerWithWhatIsTooLongForACommand) {
    holder.tokens.current = std::string(5000, 't');
    EXPECT_EQ(log_in(
                  [](Peer& peer) {
                      peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] hello\r\n");
                      const auto tag = peer.expect("AUTHENTICATE XOAUTH2");
                      peer.send("+ \r\n");
                      peer.expect_line(message(std::string(5000, 't')));
                      peer.ok(tag, "[CAPABILITY IMAP4rev1] in");
                  },
                  {"XOAUTH2"}),
              "");
}

TEST_F(BearerLogins, TellHostAndPortByTheStandardMechanism) {
    EXPECT_EQ(
        log_in(
            [](Peer& peer) {
                peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2] hello\r\n");
                std::string rest;
                const auto tag = peer.expect_beginning("AUTHENTICATE OAUTHBEARER ", &rest);
                EXPECT_THAT(base::from_base64(rest).value_or(""),
                            testing::MatchesRegex("n,a=user,\x01host=127\\.0\\.0\\.1\x01port=[0-9]+\x01"
                                                  "auth=Bearer old\x01\x01"));
                peer.ok(tag, "[CAPABILITY IMAP4rev1] in");
            },
            {"OAUTHBEARER", "XOAUTH2"}),
        "");
}

TEST_F(BearerLogins, TryOneOtherTokenOnTheSameConnection) {
    holder.tokens.others = {"new", "newer"};
    const auto failure = log_in(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN] hello\r\n");
            for (const char* token : {"old", "new"}) {
                const auto tag = peer.expect("AUTHENTICATE XOAUTH2 " + message(token));
                peer.send(std::string("+ ") + kInvalid + "\r\n");
                peer.expect_line("");
                peer.send(tag + " NO [AUTHENTICATIONFAILED] refused\r\n");
            }
        },
        {"XOAUTH2", "PLAIN"});
    EXPECT_THAT(failure, HasSubstr("XOAUTH2: refused (status invalid_token)"));
    EXPECT_THAT(holder.tokens.refused_tokens, ElementsAre("old"));
    EXPECT_THAT(holder.tokens.accepted_tokens, IsEmpty());
    EXPECT_EQ(holder.times_password, 0) << "a password never follows a refused token";
}

TEST_F(BearerLogins, AcceptTheOtherToken) {
    holder.tokens.others = {"new"};
    EXPECT_EQ(
        log_in(
            [](Peer& peer) {
                peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] hello\r\n");
                peer.send(peer.expect("AUTHENTICATE XOAUTH2 " + message("old")) + " NO expired \x1b[2J\r\n");
                peer.ok(peer.expect("AUTHENTICATE XOAUTH2 " + message("new")), "[CAPABILITY IMAP4rev1] in");
            },
            {"XOAUTH2"}),
        "");
    EXPECT_THAT(holder.tokens.accepted_tokens, ElementsAre("new"));
    const auto lines = sink.all<events::Information>();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(
        lines[0].text,
        "Repository Remote: the server refused the access token (expired \\x1b[2J); trying another one");
}

TEST_F(BearerLogins, KeepATokenThatAServerInTroubleRefuses) {
    holder.tokens.others = {"new"};
    EXPECT_THAT(log_in(
                    [](Peer& peer) {
                        peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] hello\r\n");
                        peer.send(peer.expect("AUTHENTICATE XOAUTH2 " + message("old")) +
                                  " NO [UNAVAILABLE] later\r\n");
                    },
                    {"XOAUTH2"}),
                HasSubstr("takes no connection now: later"));
    EXPECT_THAT(holder.tokens.refused_tokens, IsEmpty());
}

TEST_F(BearerLogins, GoOnWithTheOlderMechanismWhereTheNewerIsNotUnderstood) {
    EXPECT_EQ(
        log_in(
            [](Peer& peer) {
                peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2] hello\r\n");
                peer.send(peer.expect_beginning("AUTHENTICATE OAUTHBEARER ") + " BAD what?\r\n");
                peer.ok(peer.expect("AUTHENTICATE XOAUTH2 " + message("old")), "[CAPABILITY IMAP4rev1] in");
            },
            {"OAUTHBEARER", "XOAUTH2"}),
        "");
    EXPECT_THAT(holder.tokens.refused_tokens, IsEmpty());
}

TEST_F(BearerLogins, ArePassedOverWithoutATokenAndWithoutTls) {
    const Script no_login = [](Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2] hello\r\n");
        peer.expect_end();
    };
    EXPECT_THAT(log_in(no_login, {"OAUTHBEARER", "XOAUTH2"}, false),
                HasSubstr("OAUTHBEARER: not used without TLS"));
    holder.has_tokens = false;
    EXPECT_THAT(log_in(no_login, {"OAUTHBEARER", "XOAUTH2"}), HasSubstr("there is no token"));
}

TEST_F(BearerLogins, NeverSendATokenThatIsNone) {
    holder.tokens.current =
        "old\x01"
        "auth=Bearer x";
    const auto failure = log_in(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN] hello\r\n");
            peer.expect_end();
        },
        {"XOAUTH2", "PLAIN"});
    EXPECT_THAT(failure, HasSubstr("holds characters that no token has"));
    EXPECT_THAT(failure, Not(HasSubstr("Bearer")));
}

}  // namespace
}  // namespace offlineimap::client

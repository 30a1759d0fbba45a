#include <functional>
#include <future>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/base64.hpp"
#include "offlineimap/client/throttled.hpp"

#include "client_fixture.hpp"
#include "support/certificates.hpp"
#include "support/loopback_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"

namespace offlineimap::client {
namespace {

using base::ErrorCode;
using base::Severity;

class Handshakes : public ClientTest {};

std::string encoded(const std::string& bytes) {
    return base::to_base64(bytes);
}

// What base::to_base64() made of text.
std::string decoded(const std::string& text) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char digit : text) {
        if (digit == '=') break;
        bits = (bits << 6U) | static_cast<std::uint32_t>(kDigits.find(digit));
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
    }
    return bytes;
}

TEST_F(Handshakes, LogInWithOneRoundTripWhereTheServerAllowsIt) {
    with_connection(
        [](Peer& peer) {
            peer.log_in("IMAP4rev1 UIDPLUS");
            peer.expect("LOGOUT");
        },
        [&](Connection& connection) {
            EXPECT_EQ(connection.capabilities(), (std::vector<std::string>{"IMAP4REV1", "UIDPLUS"}));
            EXPECT_TRUE(connection.has("UIDPLUS"));
            EXPECT_FALSE(connection.has("IDLE"));
            EXPECT_EQ(connection.greeting(), "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello");
            EXPECT_TRUE(connection.usable());
            EXPECT_EQ(credentials.times_accepted, 1);
            connection.close();
            EXPECT_FALSE(connection.usable());
        });
    const auto connecting = sink.all<events::Connecting>();
    ASSERT_EQ(connecting.size(), 1U);
    EXPECT_EQ(connecting[0].host, "127.0.0.1");
    EXPECT_EQ(connecting[0].repository, "Remote");
}

TEST_F(Handshakes, AskForCapabilitiesThatTheServerDoesNotTellUnasked) {
    with_connection(
        [](Peer& peer) {
            peer.send("* OK hello\r\n");
            auto tag = peer.expect("CAPABILITY");
            peer.send("* CAPABILITY IMAP4rev1 AUTH=PLAIN ID\r\n" + tag + " OK done\r\n");
            tag = peer.expect("AUTHENTICATE PLAIN");
            peer.send("+ \r\n");
            peer.expect_line("AHVzZXIAc2VjcmV0");
            peer.ok(tag);
            const auto id = peer.expect("ID (\"name\" \"OfflineIMAP\" \"version\" \"9.0\")");
            tag = peer.expect("CAPABILITY");
            peer.send("* ID NIL\r\n" + id + " OK done\r\n* CAPABILITY IMAP4rev1 IDLE\r\n" + tag +
                      " OK done\r\n");
        },
        [](Connection& connection) { EXPECT_TRUE(connection.has("IDLE")); });
}

TEST_F(Handshakes, DoNotWaitForTheAnswerToId) {
    with_connection(
        [](Peer& peer) {
            peer.log_in("IMAP4rev1 ID");
            const auto id = peer.expect("ID (\"name\" \"OfflineIMAP\" \"version\" \"9.0\")");
            const auto tag = peer.expect("SELECT \"INBOX\"");
            peer.send(id + " BAD what?\r\n* 1 EXISTS\r\n" + tag + " OK done\r\n");
        },
        [&](Connection& connection) {
            EXPECT_EQ(
                connection.select(base::MailboxName("INBOX"), Access::read_write, stop.get_token()).exists,
                1U);
        });
}

TEST_F(Handshakes, SendTheAuthorizationIdentity) {
    credentials.identity = "admin";
    with_connection(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n");
            peer.ok(peer.expect("AUTHENTICATE PLAIN YWRtaW4AdXNlcgBzZWNyZXQ="), "[CAPABILITY IMAP4rev1] in");
        },
        [](Connection&) {});
}

TEST_F(Handshakes, LogInByCommandWhenThatIsAllThereIs) {
    credentials.secret = "se\"cr\\et";
    with_connection(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1] hello\r\n");
            peer.ok(peer.expect("LOGIN \"user\" \"se\\\"cr\\\\et\""), "[CAPABILITY IMAP4rev1] in");
        },
        [](Connection&) {});
}

TEST_F(Handshakes, SendEightBitPasswordsAsLiterals) {
    credentials.secret = "gehe\xc3\xafm";
    with_connection(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1] hello\r\n");
            const auto tag = peer.expect("LOGIN \"user\" {7}");
            peer.send("+ go on\r\n");
            peer.expect_line("gehe\xc3\xafm");
            peer.ok(tag, "[CAPABILITY IMAP4rev1] in");
        },
        [](Connection&) {});
}

TEST_F(Handshakes, TryMechanismsInTheirConfiguredOrder) {
    using Order = std::vector<std::string>;
    const std::vector<std::pair<Order, std::string>> cases = {
        {{"LOGIN", "PLAIN"}, "LOGIN \"user\" \"secret\""}, {{"PLAIN", "LOGIN"}, "AUTHENTICATE PLAIN"}};
    for (const auto& [order, command] : cases) {
        support::ScriptedServer server([&expected = command](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n");
            peer.ok(peer.expect_beginning(expected), "[CAPABILITY IMAP4rev1] in");
        });
        auto settings = settings_for(server);
        settings.auth_mechanisms = order;
        open(settings).reset();
        EXPECT_EQ(server.complaints(), std::vector<std::string>{});
    }
}

TEST_F(Handshakes, StopAtACredentialsRefusal) {
    const auto error = error_of_opening([](Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n");
        peer.send(peer.expect_beginning("AUTHENTICATE PLAIN") +
                  " NO [AUTHENTICATIONFAILED] wrong\x1b[31m\r\n");
        peer.expect_end();
    });
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_EQ(error.code(), ErrorCode::authentication);
    EXPECT_STREQ(error.what(), "All authentication types failed:\n\tPLAIN: wrong\\x1b[31m");
    EXPECT_EQ(credentials.times_refused, 1);
    const auto failures = sink.all<events::AuthenticationFailed>();
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].mechanism, "PLAIN");
}

TEST_F(Handshakes, DoNotBlameThePasswordForAServerInTrouble) {
    const auto error = error_of_opening([](Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n");
        peer.send(peer.expect_beginning("AUTHENTICATE PLAIN") + " NO [UNAVAILABLE] later\r\n");
        peer.expect_end();
    });
    EXPECT_EQ(error.code(), ErrorCode::authentication);
    EXPECT_EQ(credentials.times_refused, 0);
}

// What a server says that takes no more connections: at the greeting, to the login, behind it.

void expect_throttled(const std::function<void()>& work, const std::string& text,
                      std::optional<std::chrono::milliseconds> wait = std::nullopt) {
    try {
        work();
        ADD_FAILURE() << "no error";
    } catch (const Throttled& error) {
        EXPECT_EQ(error.severity(), Severity::repository);
        EXPECT_EQ(error.what(), "The server '127.0.0.1' of repository 'Remote' takes no " + text);
        EXPECT_EQ(error.wait(), wait);
    }
}

TEST_F(Handshakes, KnowAServerThatTakesNoMoreConnections) {
    struct Case {
        Script script;
        std::string text;
        std::optional<std::chrono::milliseconds> wait;
    };
    const auto refuse_login = [](const std::string& answer) {
        return [answer](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n");
            peer.send(peer.expect_beginning("AUTHENTICATE PLAIN") + " " + answer + "\r\n");
            peer.expect_end();
        };
    };
    const std::vector<Case> cases = {
        {[](Peer& peer) {
             peer.send("* BYE [UNAVAILABLE] come back\r\n");
             peer.expect_end();
         },
         "connection now: come back", std::nullopt},
        {[](Peer& peer) {
             peer.send("* BYE Too many connections\r\n");
             peer.expect_end();
         },
         "more connections: Too many connections", std::nullopt},
        {refuse_login("NO [LIMIT] enough"), "more connections: enough", std::nullopt},
        {refuse_login("NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded"),
         "more connections: Maximum number of connections from user+IP exceeded", std::nullopt},
        {refuse_login("BAD Request is throttled. Suggested Backoff Time: 1500 milliseconds"),
         "connection now: Request is throttled. Suggested Backoff Time: 1500 milliseconds",
         std::chrono::milliseconds(1500)},
        {[](Peer& peer) {
             peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n");
             peer.ok(peer.expect_beginning("AUTHENTICATE PLAIN"), "in");
             peer.send("* BYE [LIMIT] too many of you\r\n");
             peer.expect_end();
         },
         "more connections: too many of you", std::nullopt},
    };
    for (const auto& [script, text, wait] : cases) {
        support::ScriptedServer server(script);
        expect_throttled([&] { open(server); }, text, wait);
    }
    EXPECT_EQ(credentials.times_refused, 0);
    EXPECT_TRUE(sink.all<events::AuthenticationFailed>().empty());
}

TEST_F(Handshakes, GoOnBehindAMechanismThatTheServerDoesNotUnderstand) {
    with_connection(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n");
            peer.send(peer.expect_beginning("AUTHENTICATE PLAIN") + " BAD what?\r\n");
            peer.ok(peer.expect("LOGIN \"user\" \"secret\""), "[CAPABILITY IMAP4rev1] in");
        },
        [&](Connection&) {
            EXPECT_EQ(credentials.failures, (std::vector<std::string>{"", "what?"}));
        });
}

TEST_F(Handshakes, SendNoInitialResponseThatIsTooLongForACommand) {
    credentials.user_name = std::string(3100, 'u');
    with_connection(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n");
            const auto tag = peer.expect("AUTHENTICATE PLAIN");
            peer.send("+ \r\n");
            EXPECT_EQ(peer.line(),
                      encoded(std::string(1, '\0') + std::string(3100, 'u') + std::string("\0secret", 7)));
            peer.ok(tag, "[CAPABILITY IMAP4rev1] in");
        },
        [](Connection&) {});
    error_of_opening(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-1] hello\r\n");
            const auto tag = peer.expect("AUTHENTICATE SCRAM-SHA-1");
            peer.send("+ \r\n");
            const auto first = decoded(peer.line());
            EXPECT_TRUE(first.starts_with("n,,n=" + std::string(3100, 'u') + ",r=")) << first;
            peer.send("+ " + encoded("r=another,s=c2FsdA==,i=4096") + "\r\n");
            peer.expect_line("*");
            peer.send(tag + " NO cancelled\r\n");
            peer.expect_end();
        },
        [](ConnectionSettings& settings) { settings.auth_mechanisms = {"SCRAM-SHA-1"}; });
}

// RFC 2195 §2.
TEST_F(Handshakes, AnswerTheChallengeOfCramMd5) {
    credentials.user_name = "tim";
    credentials.secret = "tanstaaftanstaaf";
    with_connection(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=CRAM-MD5] hello\r\n");
            const auto tag = peer.expect("AUTHENTICATE CRAM-MD5");
            peer.send("+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n");
            peer.expect_line("dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw");
            peer.ok(tag, "[CAPABILITY IMAP4rev1] in");
        },
        [](Connection&) {});
}

TEST_F(Handshakes, BelieveNoServerThatAcceptsScramWithoutProof) {
    const auto error = error_of_opening(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=SCRAM-SHA-256] hello\r\n");
            peer.ok(peer.expect_beginning("AUTHENTICATE SCRAM-SHA-256 biwsbj11c2VyL"));
            peer.expect_end();
        },
        [](ConnectionSettings& settings) {
            settings.auth_mechanisms = {"SCRAM-SHA-256", "PLAIN"};
        });
    EXPECT_EQ(error.code(), ErrorCode::authentication);
    EXPECT_THAT(error.what(), testing::HasSubstr("SCRAM-SHA-256: the server did not show"));
}

TEST_F(Handshakes, ComputeNoMoreAndNoLessIterationsThanAreReasonable) {
    struct Case {
        std::string iterations;
        bool is_refused;
    };
    const std::vector<Case> cases = {
        {"1", true}, {"4095", true}, {"1000001", true}, {"x", true}, {"4096", false}};
    for (const auto& each : cases) {
        const auto error = error_of_opening(
            [&each](Peer& peer) {
                peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-1] hello\r\n");
                const auto tag = peer.expect("AUTHENTICATE SCRAM-SHA-1");
                peer.send("+ \r\n");
                auto first = "r=" + decoded(peer.line()).substr(std::string("n,,n=user,r=").size());
                first.append("xyz,s=QSXCR+Q6sek8bf92,i=").append(each.iterations);
                peer.send("+ " + encoded(first) + "\r\n");
                EXPECT_EQ(peer.line() == "*", each.is_refused) << each.iterations;
                peer.send(tag + " NO cancelled\r\n");
                peer.expect_end();
            },
            [](ConnectionSettings& settings) { settings.auth_mechanisms = {"SCRAM-SHA-1"}; });
        EXPECT_EQ(error.code(), ErrorCode::authentication);
    }
}

TEST_F(Handshakes, TakeAnErrorInTheExchangeForARefusal) {
    error_of_opening(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-1] hello\r\n");
            const auto tag = peer.expect("AUTHENTICATE SCRAM-SHA-1");
            peer.send("+ \r\n");
            peer.line();
            peer.send("+ " + encoded("e=unknown-user") + "\r\n");
            peer.expect_line("*");
            peer.send(tag + " NO no\r\n");
            peer.expect_end();
        },
        [](ConnectionSettings& settings) { settings.auth_mechanisms = {"SCRAM-SHA-1"}; });
    EXPECT_EQ(credentials.times_refused, 1);
}

TEST_F(Handshakes, ShowAnErrorInTheExchangeSafely) {
    const auto error = error_of_opening(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-1] hello\r\n");
            const auto tag = peer.expect("AUTHENTICATE SCRAM-SHA-1");
            peer.send("+ " + encoded("e=odd\n\x1b[2J") + "\r\n");
            peer.expect_line("*");
            peer.send(tag + " NO no\r\n");
            peer.expect_end();
        },
        [](ConnectionSettings& settings) { settings.auth_mechanisms = {"SCRAM-SHA-1"}; });
    EXPECT_THAT(error.what(), testing::EndsWith("SCRAM-SHA-1: odd\\x0a\\x1b[2J"));
    EXPECT_EQ(credentials.times_refused, 0);
}

TEST_F(Handshakes, PassOverWhatCannotTakeThePassword) {
    credentials.secret = "tab\tinside";
    with_connection(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=CRAM-MD5 AUTH=PLAIN] hello\r\n");
            peer.ok(peer.expect_beginning("AUTHENTICATE PLAIN"), "[CAPABILITY IMAP4rev1] in");
        },
        [](Connection&) {});
    EXPECT_EQ(sink.all<events::AuthenticationFailed>().size(), 1U);
}

TEST_F(Handshakes, GiveAWeakerMechanismNothingAfterASpoiledChallenge) {
    const auto error = error_of_opening(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=SCRAM-SHA-1] hello\r\n");
            const auto tag = peer.expect("AUTHENTICATE SCRAM-SHA-1");
            peer.send("+ \r\n");
            const auto first = peer.line();
            EXPECT_TRUE(first.starts_with("biwsbj11c2VyL")) << first;  // "n,,n=user,"
            peer.send("+ cj1ub3QgeW91cnM=\r\n");
            peer.expect_line("*");
            peer.send(tag + " NO cancelled\r\n");
            peer.expect_end();
        },
        [](ConnectionSettings& settings) {
            settings.auth_mechanisms = {"SCRAM-SHA-1", "PLAIN", "LOGIN"};
        });
    EXPECT_EQ(error.code(), ErrorCode::authentication);
    EXPECT_EQ(sink.all<events::AuthenticationFailed>().size(), 1U);
}

TEST_F(Handshakes, GiveUpAtASecondChallenge) {
    const auto error = error_of_opening([](Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n");
        const auto tag = peer.expect("AUTHENTICATE PLAIN");
        peer.send("+ \r\n");
        peer.expect_line("AHVzZXIAc2VjcmV0");
        peer.send("+ again\r\n");
        peer.expect_line("*");
        peer.send(tag + " NO cancelled\r\n");
        peer.expect_end();
    });
    EXPECT_EQ(error.code(), ErrorCode::authentication);
}

TEST_F(Handshakes, NameWhatIsConfiguredAndOfferedWhenNothingFits) {
    const auto error = error_of_opening(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=EXTERNAL AUTH=NTLM] hello\r\n");
            peer.expect_end();
        },
        [](ConnectionSettings& settings) {
            settings.auth_mechanisms = {"EXTERNAL", "PLAIN"};
        });
    EXPECT_EQ(error.code(), ErrorCode::authentication);
    EXPECT_STREQ(error.what(),
                 "Repository Remote: no supported authentication mechanisms found; configured EXTERNAL, "
                 "PLAIN, server advertises EXTERNAL, NTLM\n\tEXTERNAL: there is no client certificate "
                 "(sslclientcert)");
}

TEST_F(Handshakes, RespectLoginDisabled) {
    const auto error = error_of_opening([](Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hello\r\n");
        peer.expect_end();
    });
    EXPECT_STREQ(
        error.what(),
        "All authentication types failed:\n\tLOGIN: IMAP LOGIN is disabled by server.  Need to use SSL?");
}

TEST_F(Handshakes, SendNoPasswordInTheClear) {
    const auto error = error_of_opening(
        [](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n");
            peer.expect_end();
        },
        [](ConnectionSettings& settings) {
            settings.tls_mode = TlsMode::starttls_if_offered;
            settings.allow_clear_passwords = false;
        });
    EXPECT_EQ(error.code(), ErrorCode::authentication);
    EXPECT_TRUE(credentials.failures.empty());
}

TEST_F(Handshakes, AskForNoPasswordWithoutAUser) {
    credentials.user_name.reset();
    const auto error = error_of_opening([](Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n");
        peer.expect_end();
    });
    EXPECT_STREQ(error.what(), "No username provided for 'Remote'");
    EXPECT_TRUE(credentials.failures.empty());
}

TEST_F(Handshakes, RefuseAPasswordThatCannotBeSent) {
    credentials.secret = std::string("a\0b", 3);
    const auto error = error_of_opening([](Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n");
        peer.expect_end();
    });
    EXPECT_EQ(error.code(), ErrorCode::authentication);
}

// STARTTLS.

class StartTls : public ClientTest {
  protected:
    base::Error error_with(const Script& script) {
        return error_of_opening(script, [](ConnectionSettings& settings) {
            settings.tls_mode = TlsMode::starttls_required;
            settings.allow_clear_passwords = false;
        });
    }
};

TEST_F(StartTls, ThatIsRequiredAndNotOfferedEndsItBeforeAnythingIsSent) {
    for (const char* capabilities : {"IMAP4rev1 AUTH=PLAIN", "IMAP4", "IMAP4rev1 LOGINDISABLED"}) {
        const auto error = error_with([capabilities](Peer& peer) {
            peer.send("* OK [CAPABILITY " + std::string(capabilities) + "] hello\r\n");
            peer.expect_end();
        });
        EXPECT_EQ(error.severity(), Severity::repository);
        EXPECT_EQ(error.code(), ErrorCode::tls);
        const std::string text = error.what();
        EXPECT_NE(
            text.find("Repository Remote: the server '127.0.0.1' does not offer STARTTLS; nothing was sent."),
            std::string::npos);
        EXPECT_NE(text.find("starttls = no"), std::string::npos);
        EXPECT_TRUE(credentials.failures.empty());
    }
}

TEST_F(StartTls, WithoutCapabilitiesEndsIt) {
    const auto error = error_with([](Peer& peer) {
        peer.send("* OK hello\r\n");
        peer.ok(peer.expect("CAPABILITY"));
        peer.expect_end();
    });
    EXPECT_EQ(error.code(), ErrorCode::tls);
}

TEST_F(StartTls, RefusedEndsIt) {
    for (const char* answer : {" NO no", " BAD no"}) {
        const auto error = error_with([answer](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hello\r\n");
            peer.send(peer.expect("STARTTLS") + answer + "\r\n");
            peer.expect_end();
        });
        EXPECT_EQ(error.code(), ErrorCode::tls);
        EXPECT_STREQ(error.what(), "Repository Remote: Failed to start TLS connection: no");
    }
}

TEST_F(StartTls, AnsweredByAContinuationEndsIt) {
    const auto error = error_with([](Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hello\r\n");
        peer.expect("STARTTLS");
        peer.send("+ go on\r\n");
        peer.expect_end();
    });
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_EQ(error.code(), ErrorCode::protocol);
}

TEST_F(StartTls, WithDataBehindTheOkEndsIt) {
    for (const char* injected :
         {"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "A2 OK in\r\n", "* BYE x\r\n", "x"}) {
        const auto error = error_with([injected](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hello\r\n");
            peer.send(peer.expect("STARTTLS") + " OK begin\r\n" + injected);
            peer.expect_end();
        });
        EXPECT_EQ(error.code(), ErrorCode::tls) << injected;
        EXPECT_TRUE(credentials.failures.empty());
    }
}

TEST_F(StartTls, HasAnErrorOfItsOwnWhenTheHandshakeFails) {
    const auto error = error_with([](Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hello\r\n");
        peer.ok(peer.expect("STARTTLS"));
        peer.bytes(1);
        peer.send("this is no TLS\r\n");
        peer.line();
    });
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_EQ(error.code(), ErrorCode::tls);
}

TEST_F(StartTls, ForgetsWhatWasSaidBeforeIt) {
    const support::TemporaryDirectory directory;
    const support::CertificateAuthority authority(directory.path(), "ca");
    const auto certificate = authority.issue(
        "server", {.common_name = "localhost", .dns_names = {"localhost"}, .addresses = {"127.0.0.1"}});
    std::string said;
    support::LoopbackServer server([&](support::ServerConnection& plain) {
        plain.send("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR X-INJECTED] hello\r\n");
        plain.receive_exactly(std::string_view("A1 STARTTLS\r\n").size());
        plain.send("A1 OK begin\r\n");
        support::TlsServerConnection tls(plain, {.certificate = certificate, .version = "", .client_ca = {}});
        said += tls.receive_exactly(std::string_view("A2 CAPABILITY\r\n").size());
        tls.send("* CAPABILITY IMAP4rev1 LOGIN\r\nA2 OK done\r\n");
        said += tls.receive_exactly(std::string_view("A3 LOGIN \"user\" \"secret\"\r\n").size());
        tls.send("A3 OK [CAPABILITY IMAP4rev1 IDLE] in\r\n");
        tls.end();
    });
    ConnectionSettings settings;
    settings.repository = "Remote";
    settings.endpoint = {"127.0.0.1", server.port()};
    settings.tls_mode = TlsMode::starttls_required;
    settings.tls.server_name = "127.0.0.1";
    settings.tls.ca_file = authority.file().string();
    settings.auth_mechanisms = {"PLAIN", "LOGIN"};
    settings.limit = std::chrono::seconds(10);
    const auto connection = open(settings);
    EXPECT_EQ(said, "A2 CAPABILITY\r\nA3 LOGIN \"user\" \"secret\"\r\n");
    EXPECT_EQ(connection->capabilities(), (std::vector<std::string>{"IMAP4REV1", "IDLE"}));
}

// Compression.

class Compression : public ClientTest {
  protected:
    void with_compression(const Script& script, const std::function<void(Connection&)>& work) {
        support::ScriptedServer server(script);
        auto settings = settings_for(server);
        settings.compress = true;
        auto connection = open(settings);
        work(*connection);
        connection.reset();
        EXPECT_EQ(server.complaints(), std::vector<std::string>{});
    }
};

TEST_F(Compression, IsNotAskedForWhereItIsNotOffered) {
    with_compression(
        [](Peer& peer) {
            peer.log_in("IMAP4rev1");
            peer.ok(peer.expect("NOOP"));
        },
        [&](Connection& connection) { connection.noop(stop.get_token()); });
}

TEST_F(Compression, ThatIsRefusedIsDoneWithout) {
    with_compression(
        [](Peer& peer) {
            peer.log_in("IMAP4rev1 COMPRESS=DEFLATE");
            peer.send(peer.expect("COMPRESS DEFLATE") + " NO not today\r\n");
            peer.ok(peer.expect("NOOP"));
        },
        [&](Connection& connection) { connection.noop(stop.get_token()); });
    EXPECT_EQ(sink.all<events::WarningGiven>().size(), 1U);
}

TEST_F(Compression, BeginsBehindTheOk) {
    with_compression(
        [](Peer& peer) {
            peer.log_in("IMAP4rev1 COMPRESS=DEFLATE");
            // A stored block (RFC 1951 §3.2.4) right behind the answer, in the same segment.
            const std::string line = "* OK [ALERT] packed\r\n";
            const std::string block{'\0', static_cast<char>(line.size()), '\0',
                                    static_cast<char>(~line.size()), '\xff'};
            peer.send(peer.expect("COMPRESS DEFLATE") + " OK active\r\n" + block + line);
            peer.bytes(1);
        },
        [&](Connection& connection) { EXPECT_THROW(connection.noop(stop.get_token()), base::Error); });
    const auto warnings = sink.all<events::WarningGiven>();
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_NE(warnings[0].text.find("packed"), std::string::npos);
}

// Greetings.

class Greetings : public ClientTest {};

TEST_F(Greetings, OfPreauthWithoutTlsEndIt) {
    for (const auto mode : {TlsMode::none, TlsMode::starttls_if_offered, TlsMode::starttls_required}) {
        const auto error = error_of_opening(
            [](Peer& peer) {
                peer.send("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n");
                peer.expect_end();
            },
            [mode](ConnectionSettings& settings) { settings.tls_mode = mode; });
        EXPECT_EQ(error.severity(), Severity::repository);
        EXPECT_EQ(error.code(), ErrorCode::tls);
    }
}

TEST_F(Greetings, OfByeEndItWithTheServersWords) {
    const auto error = error_of_opening([](Peer& peer) {
        peer.send("* BYE Too many\x07 connections\r\n");
        peer.expect_end();
    });
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_EQ(error.code(), ErrorCode::network);
    EXPECT_NE(std::string(error.what()).find("Too many\\x07 connections"), std::string::npos);
}

TEST_F(Greetings, ThatMakeNoSenseEndIt) {
    for (const char* greeting :
         {"A1 OK hello\r\n", "220 smtp.example.org ESMTP\r\n", "\r\n", "+OK POP3\r\n"}) {
        const auto error = error_of_opening([greeting](Peer& peer) {
            peer.send(greeting);
            peer.expect_end();
        });
        EXPECT_EQ(error.severity(), Severity::repository) << greeting;
        EXPECT_EQ(error.code(), ErrorCode::protocol) << greeting;
    }
}

TEST_F(Greetings, ThatNeverComeHitTheLimit) {
    const auto error = error_of_opening(
        [](Peer& peer) { peer.expect_end(); },
        [](ConnectionSettings& settings) { settings.limit = std::chrono::milliseconds(50); });
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_EQ(error.code(), ErrorCode::timeout);
    EXPECT_STREQ(error.what(),
                 "Could not connect to remote server '127.0.0.1' for repository 'Remote'. Remote does "
                 "not answer.");
}

TEST_F(Greetings, OfOtherProtocolsAreNamed) {
    const auto error = error_of_opening([](Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP2bis SASL-IR AUTH=PLAIN] hello\r\n");
        peer.ok(peer.expect_beginning("AUTHENTICATE PLAIN"), "[CAPABILITY IMAP2bis] in");
        peer.expect_end();
    });
    EXPECT_EQ(error.code(), ErrorCode::protocol);
}

// Tunnels: a shell command speaks the server's part.

class Tunnels : public ClientTest {
  protected:
    ConnectionSettings settings() const {
        ConnectionSettings settings;
        settings.repository = "Remote";
        settings.auth_mechanisms = {"PLAIN", "LOGIN"};
        settings.limit = std::chrono::seconds(20);
        return settings;
    }
};

TEST_F(Tunnels, ThatAreAuthenticatedNeedNoLogin) {
    auto tunnel = settings();
    tunnel.preauth_tunnel = "printf '* PREAUTH [CAPABILITY IMAP4rev1] hi\\r\\n'; cat >/dev/null";
    const auto connection = open(tunnel);
    EXPECT_TRUE(connection->has("IMAP4REV1"));
    EXPECT_TRUE(credentials.failures.empty());
    EXPECT_EQ(sink.all<events::Connecting>().at(0).tunnel, tunnel.preauth_tunnel);
}

TEST_F(Tunnels, ThatShouldBeAuthenticatedAndAreNotEndIt) {
    auto tunnel = settings();
    tunnel.preauth_tunnel = "printf '* OK [CAPABILITY IMAP4rev1] hi\\r\\n'; cat >/dev/null";
    const auto error = error_of([&] { open(tunnel); });
    EXPECT_EQ(error.code(), ErrorCode::authentication);
    EXPECT_TRUE(credentials.failures.empty());
}

TEST_F(Tunnels, MayCarryALogin) {
    auto tunnel = settings();
    tunnel.transport_tunnel =
        "printf '* OK [CAPABILITY IMAP4rev1] hi\\r\\n'; read line; printf 'A1 OK [CAPABILITY IMAP4rev1 X] "
        "in\\r\\n'; "
        "cat >/dev/null";
    tunnel.allow_clear_passwords = true;
    EXPECT_TRUE(open(tunnel)->has("X"));
}

TEST_F(Tunnels, ThatEndAtOnceAreALostConnection) {
    auto tunnel = settings();
    tunnel.preauth_tunnel = "exit 0";
    const auto error = error_of([&] { open(tunnel); });
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_EQ(error.code(), ErrorCode::network);
}

// Stopping and debugging.

TEST_F(Handshakes, ObeyAStop) {
    std::promise<void> waiting;
    support::ScriptedServer server([&](Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n");
        peer.expect_beginning("AUTHENTICATE PLAIN");
        waiting.set_value();
        peer.expect_end();
    });
    std::thread stopper([&] {
        waiting.get_future().wait();
        stop.request_stop();
    });
    EXPECT_THROW(open(server), base::Cancelled);
    stopper.join();
    EXPECT_EQ(server.complaints(), std::vector<std::string>{});
}

TEST_F(Handshakes, ShowTheWireInDebugLinesWithoutSecrets) {
    sink.debug = true;
    with_connection([](Peer& peer) { peer.log_in("IMAP4rev1"); }, [](Connection&) {});
    std::vector<std::string> lines;
    for (const auto& message : sink.all<events::DebugMessage>()) {
        EXPECT_EQ(message.type, events::DebugType::imap);
        const auto number = message.text.substr(0, message.text.find(' '));
        EXPECT_TRUE(number.size() > 1 && number.front() == '#') << message.text;  // that of the connection
        lines.push_back(message.text.substr(number.size() + 1));
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"< * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello",
                                               "> A1 AUTHENTICATE PLAIN [hidden]",
                                               "< A1 OK [CAPABILITY IMAP4rev1] welcome"}));
}

TEST_F(Handshakes, PassAlertsOnAsTheServersWords) {
    with_connection(
        [](Peer& peer) {
            peer.log_in("IMAP4rev1");
            peer.ok(peer.expect("NOOP"), "[ALERT] Pay\x1b]0;x\x07 now");
        },
        [&](Connection& connection) { connection.noop(stop.get_token()); });
    const auto warnings = sink.all<events::WarningGiven>();
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings[0].text, "The server '127.0.0.1' of repository 'Remote' says: Pay\\x1b]0;x\\x07 now");
}

}  // namespace
}  // namespace offlineimap::client

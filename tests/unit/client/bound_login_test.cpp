// SCRAM with channel binding over real TLS, against a server of the test's own that knows the password.

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/base64.hpp"
#include "offlineimap/os/keyed_digest.hpp"

#include "client_fixture.hpp"
#include "support/certificates.hpp"
#include "support/loopback_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"

namespace offlineimap::client {
namespace {

using os::DigestKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// RFC 5802 §3 from the server's side: what it says to the client's two messages.
class ScramServer {
  public:
    explicit ScramServer(DigestKind digest) : digest_(digest) {}

    // The flag that the client's header begins with, "p=tls-exporter" for one.
    std::string flag;

    std::string first(const std::string& client_first) {
        flag = client_first.substr(0, client_first.find(','));
        bare_ = client_first.substr(flag.size() + 2);
        nonce_ = bare_.substr(bare_.find(",r=") + 3) + "and-ours";
        first_ = "r=" + nonce_ + ",s=" + base::to_base64("some salt") + ",i=4096";
        return first_;
    }
    // `binding` is the server's end of what the client is to have bound to.
    std::string last(const std::string& client_last, const std::string& binding) const {
        const auto without_proof = client_last.substr(0, client_last.rfind(",p="));
        if (without_proof != "c=" + base::to_base64(flag + ",," + binding) + ",r=" + nonce_)
            return "e=channel-bindings-dont-match";
        const auto salted = os::key_from_password(digest_, "secret", "some salt", 4096);
        const auto message = bare_ + "," + first_ + "," + without_proof;
        const auto client_key = os::keyed_digest(digest_, salted.reveal(), "Client Key");
        const auto stored_key = os::digest_bytes(digest_, client_key.reveal());
        auto key = *base::from_base64(client_last.substr(client_last.rfind(",p=") + 3));
        const auto signature = os::keyed_digest(digest_, stored_key.reveal(), message);
        for (std::size_t i = 0; i < key.size(); ++i)
            key[i] = static_cast<char>(key[i] ^ signature.reveal().at(i));
        if (os::digest_bytes(digest_, key).reveal() != stored_key.reveal()) return "e=invalid-proof";
        const auto server_key = os::keyed_digest(digest_, salted.reveal(), "Server Key");
        return "v=" + base::to_base64(os::keyed_digest(digest_, server_key.reveal(), message).reveal());
    }

  private:
    DigestKind digest_;
    std::string bare_;
    std::string first_;
    std::string nonce_;
};

struct Offer {
    std::string mechanisms;  // "AUTH=…" and so on
    std::string tls = "TLSv1.3";
    std::vector<std::string> bindings = {"tls-exporter", "tls-unique",
                                         "tls-server-end-point"};  // known to it
    bool extended_master_secret = true;
    bool is_another_connection = false;  // as somebody in the middle has it
    std::string spoiled{};               // the mechanism that is answered BAD
};

class BoundLogins : public ClientTest {
  protected:
    // What the client sent in the way of AUTHENTICATE commands and flags, and how it ended.
    struct Course {
        std::vector<std::string> attempts;  // "SCRAM-SHA-256-PLUS p=tls-exporter"
        std::string error;                  // empty: logged in
    };

    Course log_in(const Offer& offer, const std::vector<std::string>& mechanisms) {
        Course course;
        log_in(offer, mechanisms, course);
        return course;
    }

    const std::vector<std::string> kDefault = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS",
                                               "SCRAM-SHA-1",        "PLAIN",         "LOGIN"};

  private:
    // Returns when the server's side is over too.
    void log_in(const Offer& offer, const std::vector<std::string>& mechanisms, Course& course) {
        const support::LoopbackServer server([&](support::ServerConnection& plain) {
            support::TlsServerConnection tls(plain, {.certificate = certificate_,
                                                     .version = offer.tls,
                                                     .client_ca = {},
                                                     .extended_master_secret = offer.extended_master_secret});
            if (tls.succeeded()) serve(tls, offer, course);
        });
        ConnectionSettings settings;
        settings.repository = "Remote";
        settings.endpoint = {"127.0.0.1", server.port()};
        settings.tls.server_name = "127.0.0.1";
        settings.tls.ca_file = ca_.file().string();
        settings.auth_mechanisms = mechanisms;
        settings.limit = std::chrono::seconds(30);
        try {
            open(settings).reset();
        } catch (const base::Error& error) {
            course.error = error.what();
        }
    }

    static std::string line_of(support::TlsServerConnection& tls) {
        std::string line;
        while (!line.ends_with("\r\n")) {
            const auto byte = tls.receive(1);
            if (byte.empty()) return "";
            line += byte;
        }
        return line.substr(0, line.size() - 2);
    }

    // One login after the other until one succeeds or the client leaves. Without SASL-IR.
    static void serve(support::TlsServerConnection& tls, const Offer& offer, Course& course) {
        tls.send("* OK [CAPABILITY IMAP4rev1 " + offer.mechanisms + "] hello\r\n");
        for (;;) {
            const auto command = line_of(tls);
            const auto blank = command.find(" AUTHENTICATE ");
            if (blank == std::string::npos) {
                if (!command.empty() && !command.ends_with("LOGOUT")) course.attempts.push_back(command);
                return;
            }
            const auto tag = command.substr(0, blank);
            const auto mechanism = command.substr(blank + std::string_view(" AUTHENTICATE ").size());
            if (mechanism == offer.spoiled) {
                course.attempts.push_back(mechanism);
                tls.send(tag + " BAD what?\r\n");
                continue;
            }
            if (exchange(tls, offer, mechanism, course)) {
                tls.send(tag + " OK [CAPABILITY IMAP4rev1] in\r\n");
                continue;
            }
            tls.send(tag + " NO [AUTHENTICATIONFAILED] not so\r\n");
        }
    }

    static std::string asked(support::TlsServerConnection& tls, const std::string& challenge) {
        tls.send("+ " + base::to_base64(challenge) + "\r\n");
        return base::from_base64(line_of(tls)).value_or("*");
    }

    static bool exchange(support::TlsServerConnection& tls, const Offer& offer, const std::string& mechanism,
                         Course& course) {
        ScramServer scram(mechanism.starts_with("SCRAM-SHA-256") ? DigestKind::sha256 : DigestKind::sha1);
        const auto first = scram.first(asked(tls, ""));
        course.attempts.push_back(mechanism + " " + scram.flag);
        // RFC 5802 §6: a server that binds channels ends a login whose client has not seen that.
        if (scram.flag == "y" && !offer.bindings.empty()) {
            asked(tls, "e=server-does-support-channel-binding");
            return false;
        }
        std::string binding;
        if (scram.flag.starts_with("p=")) {
            const auto type = scram.flag.substr(2);
            if (std::find(offer.bindings.begin(), offer.bindings.end(), type) == offer.bindings.end()) {
                asked(tls, "e=unsupported-channel-binding-type");
                return false;
            }
            binding = offer.is_another_connection ? std::string(32, 'x') : tls.channel_binding(type);
        }
        const auto last = scram.last(asked(tls, first), binding);
        return asked(tls, last).empty() && last.starts_with("v=");
    }

    support::TemporaryDirectory directory_;
    support::CertificateAuthority ca_{directory_.path(), "ca"};
    support::CertificateFiles certificate_ =
        ca_.issue("server", {.common_name = "localhost", .dns_names = {}, .addresses = {"127.0.0.1"}});
};

constexpr const char* kAll =
    "AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-1 AUTH=PLAIN";

TEST_F(BoundLogins, GoByTheExporterInTls13) {
    const auto course = log_in({.mechanisms = kAll}, kDefault);
    EXPECT_EQ(course.error, "");
    EXPECT_THAT(course.attempts, ElementsAre("SCRAM-SHA-256-PLUS p=tls-exporter"));
    EXPECT_EQ(credentials.times_accepted, 1);
}

TEST_F(BoundLogins, GoByTheFinishedMessageInTls12) {
    const auto course =
        log_in({.mechanisms = "AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-1", .tls = "TLSv1.2"}, kDefault);
    EXPECT_EQ(course.error, "");
    EXPECT_THAT(course.attempts, ElementsAre("SCRAM-SHA-1-PLUS p=tls-unique"));
}

TEST_F(BoundLogins, GoByTheCertificateWhereNothingElseIsThere) {
    const auto course =
        log_in({.mechanisms = kAll, .tls = "TLSv1.2", .extended_master_secret = false}, kDefault);
    EXPECT_EQ(course.error, "");
    EXPECT_THAT(course.attempts, ElementsAre("SCRAM-SHA-256-PLUS p=tls-server-end-point"));
}

TEST_F(BoundLogins, GoByTheCertificateWhereTheServerKnowsNothingElse) {
    const auto course = log_in({.mechanisms = kAll, .bindings = {"tls-server-end-point"}}, kDefault);
    EXPECT_EQ(course.error, "");
    EXPECT_THAT(course.attempts, ElementsAre("SCRAM-SHA-256-PLUS p=tls-exporter",
                                             "SCRAM-SHA-256-PLUS p=tls-server-end-point"));
    EXPECT_EQ(credentials.times_refused, 0);
}

TEST_F(BoundLogins, AreNotFollowedByOthersWhereTheServerKnowsNoBinding) {
    const auto course = log_in({.mechanisms = kAll, .bindings = {"tls-telepathy"}}, kDefault);
    EXPECT_THAT(course.attempts, ElementsAre("SCRAM-SHA-256-PLUS p=tls-exporter",
                                             "SCRAM-SHA-256-PLUS p=tls-server-end-point"));
    EXPECT_THAT(course.error, HasSubstr("write 'auth_mechanisms = SCRAM-SHA-256' in [Repository Remote]"));
    EXPECT_EQ(credentials.times_refused, 0);
}

TEST_F(BoundLogins, FailWhereSomebodySitsBetweenTwoConnections) {
    const auto course = log_in({.mechanisms = kAll, .is_another_connection = true}, kDefault);
    EXPECT_THAT(course.attempts, ElementsAre("SCRAM-SHA-256-PLUS p=tls-exporter"));
    EXPECT_THAT(course.error, HasSubstr("SCRAM-SHA-256-PLUS: channel-bindings-dont-match"));
    EXPECT_THAT(course.error, Not(HasSubstr("PLAIN")));
}

TEST_F(BoundLogins, FailWhereTheOfferWasTakenOutOnItsWay) {
    const auto course = log_in({.mechanisms = "AUTH=SCRAM-SHA-256 AUTH=PLAIN"}, kDefault);
    EXPECT_THAT(course.attempts, ElementsAre("SCRAM-SHA-256 y"));
    EXPECT_THAT(course.error, HasSubstr("SCRAM-SHA-256: server-does-support-channel-binding"));
    EXPECT_THAT(course.error, Not(HasSubstr("auth_mechanisms")));
}

TEST_F(BoundLogins, FailWhereTheyWereSpoiledOnTheirWay) {
    const auto course = log_in({.mechanisms = "AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=PLAIN",
                                .spoiled = "SCRAM-SHA-256-PLUS"},
                               kDefault);
    EXPECT_THAT(course.attempts, ElementsAre("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256 y"));
    EXPECT_THAT(course.error, HasSubstr("SCRAM-SHA-256: server-does-support-channel-binding"));
}

TEST_F(BoundLogins, AreNotNeededWhereTheServerHasNone) {
    const auto course = log_in({.mechanisms = "AUTH=SCRAM-SHA-256 AUTH=PLAIN", .bindings = {}}, kDefault);
    EXPECT_EQ(course.error, "");
    EXPECT_THAT(course.attempts, ElementsAre("SCRAM-SHA-256 y"));
}

TEST_F(BoundLogins, AreNotMadeByWhoDoesNotWriteThem) {
    const auto course = log_in({.mechanisms = kAll}, {"SCRAM-SHA-256"});
    EXPECT_EQ(course.error, "");
    EXPECT_THAT(course.attempts, ElementsAre("SCRAM-SHA-256 n"));
}

TEST_F(BoundLogins, WithAWrongPasswordAreTheOnlyOnes) {
    credentials.secret = "wrong";
    const auto course = log_in({.mechanisms = kAll}, kDefault);
    EXPECT_THAT(course.attempts, ElementsAre("SCRAM-SHA-256-PLUS p=tls-exporter"));
    EXPECT_EQ(credentials.times_refused, 1);
    EXPECT_THAT(course.error, HasSubstr("write 'auth_mechanisms = PLAIN' in [Repository Remote]"));
}

TEST_F(BoundLogins, NeedTls) {
    auto open_in_clear = [&](const std::string& offered, const std::string& command) {
        support::ScriptedServer server([&](Peer& peer) {
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR " + offered + "] hello\r\n");
            std::string rest;
            const auto tag = peer.expect_beginning(command, &rest);
            EXPECT_THAT(base::from_base64(rest).value_or(""), testing::StartsWith("n,,n=user")) << rest;
            peer.send(tag + " NO [UNAVAILABLE] later\r\n");
        });
        auto settings = settings_for(server);
        settings.auth_mechanisms = kDefault;
        const auto error = error_of([&] { open(settings); });
        EXPECT_EQ(server.complaints(), std::vector<std::string>{});
    };
    open_in_clear("AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256", "AUTHENTICATE SCRAM-SHA-256 ");
}

}  // namespace
}  // namespace offlineimap::client

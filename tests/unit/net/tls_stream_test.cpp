#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/os/digest.hpp"

#include "../../../src/net/tls_context.hpp"
#include "../../../src/net/tls_sessions.hpp"
#include "net_fixture.hpp"
#include "support/certificates.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"

namespace offlineimap::net {
namespace {

using base::Error;
using base::ErrorCode;
using base::Severity;
using os::DigestKind;
using std::chrono::milliseconds;
using support::CertificateAuthority;
using support::CertificateFiles;
using support::CertificateRequest;
using support::LoopbackServer;
using support::ServerConnection;
using support::TlsServerConnection;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kHost = "imap.example.org";

CertificateRequest good_request() {
    return {.common_name = kHost, .dns_names = {kHost}, .addresses = {}};
}

class Tls : public testing::Test {
  protected:
    using Talk = std::function<void(TlsServerConnection&)>;

    // A server with the certificate, that talks after the handshake.
    static LoopbackServer::Serve tls_server(const CertificateFiles& certificate, const Talk& talk,
                                            const std::string& version = "") {
        return [=](ServerConnection& client) {
            TlsServerConnection tls(client,
                                    {.certificate = certificate, .version = version, .client_ca = {}});
            if (tls.succeeded()) talk(tls);
        };
    }
    static void greet(TlsServerConnection& client) {
        client.send("* OK hello\r\n");
        client.end();
    }
    TlsSettings settings() const { return {.server_name = kHost, .ca_file = ca_.file().string()}; }

    std::unique_ptr<Stream> start(std::uint16_t port, const TlsSettings& settings,
                                  milliseconds limit = kPatience, const std::stop_token& stop = {}) const {
        return start_tls(connect_to(port), settings, {.host = kHost, .port = port}, "Remote", limit, stop);
    }
    // Why a server with this certificate is refused; it must not receive anything.
    Error refusal(const CertificateFiles& certificate, const TlsSettings& settings) const {
        std::atomic<bool> got_through = false;
        const LoopbackServer server(tls_server(
            certificate, [&](TlsServerConnection& client) { got_through = !client.receive(1).empty(); }));
        Error error = error_of([&] { start(server.port(), settings); });
        EXPECT_FALSE(got_through);
        return error;
    }
    bool accepts(const CertificateFiles& certificate, const TlsSettings& settings) const {
        const LoopbackServer server(tls_server(certificate, greet));
        return receive(*start(server.port(), settings)) == "* OK hello\r\n";
    }

    support::TemporaryDirectory directory_;
    CertificateAuthority ca_{directory_.path(), "Test CA"};
    CertificateFiles good_ = ca_.issue("good", good_request());
};

TEST_F(Tls, CarriesBytesAfterAGoodCertificate) {
    std::string said_name;
    {
        const LoopbackServer server(tls_server(good_, [&](TlsServerConnection& client) {
            said_name = client.server_name();
            client.send(client.receive_exactly(5));
            client.end();
        }));
        const auto stream = start(server.port(), settings());
        EXPECT_TRUE(stream->is_encrypted());
        EXPECT_THAT(stream->description(), StartsWith("TLSv1.3, TLS_"));
        EXPECT_EQ(stream->peer_certificate(), good_.der);
        send(*stream, "hello");
        EXPECT_EQ(receive_all(*stream), "hello");
    }
    EXPECT_EQ(said_name, kHost);
}

TEST_F(Tls, BothSidesMaySendMuchBeforeReading) {
    const std::string much = numbered_bytes(10'000'000);
    std::string server_got;
    {
        const LoopbackServer server(tls_server(good_, [&](TlsServerConnection& client) {
            client.send(much);
            server_got = client.receive_exactly(much.size());
        }));
        const auto stream = start(server.port(), settings());
        const std::string_view out = much;
        std::string got;
        std::string in(20'000, '\0');
        std::size_t written = 0;
        while (written < much.size() || got.size() < much.size()) {
            const auto progress =
                stream->exchange(out.substr(written), in, got.size() < much.size(), kPatience, {});
            written += progress.written;
            got.append(in, 0, progress.read);
            ASSERT_FALSE(progress.end_of_stream);
        }
        // What TLS has accepted may still wait for the socket: one exchange without input sends it.
        stream->exchange({}, {}, false, kPatience, {});
        EXPECT_TRUE(got == much);
    }
    EXPECT_TRUE(server_got == much);
}

TEST_F(Tls, RefusesAnUnknownAuthorityAndSaysWhatToPin) {
    const CertificateAuthority other(directory_.path(), "Other CA");
    const auto certificate = other.issue("foreign", good_request());
    const auto error = refusal(certificate, settings());
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_EQ(error.code(), ErrorCode::certificate);
    EXPECT_THAT(
        error.what(),
        AllOf(StartsWith("Could not connect via SSL to host 'imap.example.org' and non-standard ssl port "),
              HasSubstr("Got: certificate verify failed: unable to get local issuer certificate"),
              HasSubstr("\nsubject: CN = imap.example.org"), HasSubstr("\nissuer: CN = Other CA"),
              HasSubstr("\nvalid: "),
              HasSubstr("\nSHA-256 fingerprint to pin: " +
                        os::digest_hex(DigestKind::sha256, certificate.der))));
}

TEST_F(Tls, RefusesTheTestAuthorityWhenTheSystemsAreAsked) {
    auto asked = settings();
    asked.ca_file.reset();
    EXPECT_EQ(refusal(good_, asked).code(), ErrorCode::certificate);
}

TEST_F(Tls, SentenceForTheStandardPortIsTheOriginalsOther) {
    const CertificateAuthority other(directory_.path(), "Other CA");
    const LoopbackServer server(tls_server(other.issue("foreign", good_request()), greet));
    const auto error = error_of([&] {
        start_tls(connect_to(server.port()), settings(), {.host = kHost, .port = 993}, "Remote", kPatience,
                  {});
    });
    EXPECT_THAT(
        error.what(),
        StartsWith("Unknown SSL protocol connecting to host 'imap.example.org' for repository 'Remote'. "
                   "OpenSSL responded:\ncertificate verify failed: "));
}

TEST_F(Tls, RefusesASelfSignedCertificate) {
    const auto error =
        refusal(support::make_self_signed(directory_.path(), "self", good_request()), settings());
    EXPECT_EQ(error.code(), ErrorCode::certificate);
    EXPECT_THAT(error.what(), HasSubstr("self-signed certificate"));
}

TEST_F(Tls, RefusesAnExpiredCertificate) {
    auto request = good_request();
    request.first_day = -10;
    request.last_day = -2;
    const auto error = refusal(ca_.issue("expired", request), settings());
    EXPECT_EQ(error.code(), ErrorCode::certificate);
    EXPECT_THAT(error.what(), StartsWith("CA Cert verifying failed:  certificate expired "));
}

TEST_F(Tls, RefusesACertificateThatIsNotValidYet) {
    auto request = good_request();
    request.first_day = 2;
    EXPECT_THAT(refusal(ca_.issue("future", request), settings()).what(), HasSubstr("not yet valid"));
}

TEST_F(Tls, RefusesACertificateMadeForSomethingElse) {
    auto request = good_request();
    request.extended_key_usage = "clientAuth";
    EXPECT_THAT(refusal(ca_.issue("client-only", request), settings()).what(), HasSubstr("purpose"));
}

struct NameCase {
    const char* description;
    CertificateRequest request;
    const char* host;
    bool matches;
};

class TlsName : public Tls, public testing::WithParamInterface<NameCase> {};

TEST_P(TlsName, MatchesOnlyWhatRfc9525Allows) {
    auto asked = settings();
    asked.server_name = GetParam().host;
    const auto certificate = ca_.issue("named", GetParam().request);
    if (GetParam().matches) {
        EXPECT_TRUE(accepts(certificate, asked)) << GetParam().description;
        return;
    }
    const auto error = refusal(certificate, asked);
    EXPECT_EQ(error.code(), ErrorCode::certificate) << GetParam().description;
    EXPECT_THAT(error.what(),
                StartsWith("CA Cert verifying failed:  no matching domain name found in certificate"));
}

using namespace std::string_literals;
INSTANTIATE_TEST_SUITE_P(
    Names, TlsName,
    testing::Values(NameCase{"another host", {"x", {"other.example.org"}, {}}, kHost, false},
                    NameCase{"one of several", {"x", {"a.example.org", kHost}, {}}, kHost, true},
                    NameCase{"in capitals", {"x", {"IMAP.Example.ORG"}, {}}, kHost, true},
                    NameCase{"with the root's dot", {"x", {kHost}, {}}, "imap.example.org.", true},
                    NameCase{"wildcard", {"x", {"*.example.org"}, {}}, kHost, true},
                    NameCase{
                        "wildcard for two labels", {"x", {"*.example.org"}, {}}, "a.b.example.org", false},
                    NameCase{"wildcard for a top level", {"x", {"*.org"}, {}}, "example.org", false},
                    NameCase{"partial wildcard", {"x", {"im*.example.org"}, {}}, kHost, false},
                    NameCase{"common name only", {kHost, {}, {}}, kHost, false},
                    NameCase{"common name besides others", {kHost, {"other.example.org"}, {}}, kHost, false},
                    NameCase{"NUL inside", {"x", {"imap.example.org\0.evil.org"s}, {}}, kHost, false},
                    NameCase{"IPv4 address", {"x", {}, {"127.0.0.1"}}, "127.0.0.1", true},
                    NameCase{"IPv6 address", {"x", {}, {"::1"}}, "::1", true},
                    NameCase{"another address", {"x", {}, {"127.0.0.2"}}, "127.0.0.1", false},
                    NameCase{"address as a DNS name", {"x", {"127.0.0.1"}, {}}, "127.0.0.1", false}));

TEST_F(Tls, FingerprintOfAnyKindDecidesAloneWhenTheChainDoesNotMatter) {
    auto request = good_request();
    request.dns_names = {"other.example.org"};
    request.last_day = 0;
    const auto certificate = support::make_self_signed(directory_.path(), "self", request);
    for (const auto kind :
         {DigestKind::sha1, DigestKind::sha224, DigestKind::sha256, DigestKind::sha384, DigestKind::sha512}) {
        const TlsSettings pinned{.server_name = kHost,
                                 .ca_file = {},
                                 .fingerprints = {"aabb", os::digest_hex(kind, certificate.der)},
                                 .verify_chain = false};
        EXPECT_TRUE(accepts(certificate, pinned));
    }
}

TEST_F(Tls, WrongFingerprintIsRefusedAndAllFiveAreShown) {
    auto pinned = settings();
    pinned.fingerprints = {"aabb", "ccdd"};
    for (const bool verify_chain : {true, false}) {
        pinned.verify_chain = verify_chain;
        const auto error = refusal(good_, pinned);
        EXPECT_EQ(error.code(), ErrorCode::certificate);
        const auto shown = [&](const char* name, DigestKind kind) {
            return "('openssl_" + std::string(name) + "', '" + os::digest_hex(kind, good_.der) + "')";
        };
        EXPECT_THAT(
            error.what(),
            StartsWith("Server SSL fingerprint(s) '[" + shown("sha512", DigestKind::sha512) + ", " +
                       shown("sha384", DigestKind::sha384) + ", " + shown("sha256", DigestKind::sha256) +
                       ", " + shown("sha224", DigestKind::sha224) + ", " + shown("sha1", DigestKind::sha1) +
                       "]' for hostname 'imap.example.org' does not match configured fingerprint(s) "
                       "['aabb', 'ccdd'].  Please verify and set 'cert_fingerprint' accordingly if not "
                       "set yet."));
    }
}

TEST_F(Tls, ChainAndFingerprintMustBothBeRightWhenBothAreGiven) {
    auto both = settings();
    both.fingerprints = {os::digest_hex(DigestKind::sha256, good_.der)};
    EXPECT_TRUE(accepts(good_, both));
    const auto self_signed = support::make_self_signed(directory_.path(), "self", good_request());
    both.fingerprints = {os::digest_hex(DigestKind::sha256, self_signed.der)};
    EXPECT_EQ(refusal(self_signed, both).code(), ErrorCode::certificate);
}

TEST_F(Tls, ChainIsNeverSkippedWithoutAFingerprint) {
    auto careless = settings();
    careless.verify_chain = false;
    const auto self_signed = support::make_self_signed(directory_.path(), "self", good_request());
    EXPECT_EQ(refusal(self_signed, careless).code(), ErrorCode::certificate);
}

TEST_F(Tls, MissingCaFileIsNamed) {
    auto missing = settings();
    missing.ca_file = (directory_ / "none.pem").string();
    const LoopbackServer server([](ServerConnection& client) { client.receive_all(); });
    const auto error = error_of([&] { start(server.port(), missing); });
    EXPECT_EQ(error.what(), "CA certfile for repository 'Remote' couldn't be found.  No such file: '" +
                                *missing.ca_file + "'");
    missing.ca_file = good_.key.string();
    EXPECT_THAT(error_of([&] { start(server.port(), missing); }).what(), HasSubstr("couldn't be loaded"));
}

TEST_F(Tls, ChangedCaFileIsReadAgain) {
    const CertificateAuthority other(directory_.path(), "Another CA, whose file has another size");
    const auto certificate = other.issue("foreign", good_request());
    auto asked = settings();
    EXPECT_EQ(refusal(certificate, asked).code(), ErrorCode::certificate);
    std::filesystem::copy_file(other.file(), ca_.file(), std::filesystem::copy_options::overwrite_existing);
    EXPECT_TRUE(accepts(certificate, asked));
}

TEST_F(Tls, EndWithoutCloseNotifyIsAnErrorAfterTheDataBeforeIt) {
    const LoopbackServer server(
        tls_server(good_, [](TlsServerConnection& client) { client.send("half a lit"); }));
    const auto stream = start(server.port(), settings());
    EXPECT_EQ(receive(*stream), "half a lit");
    const auto error = error_of([&] { receive(*stream); });
    EXPECT_EQ(error.severity(), Severity::folder_retry);
    EXPECT_EQ(error.code(), ErrorCode::tls);
    EXPECT_THAT(error.what(), HasSubstr("truncated"));
}

TEST_F(Tls, ManipulatedBytesAreAnError) {
    const LoopbackServer server([&](ServerConnection& client) {
        TlsServerConnection tls(client, {.certificate = good_, .version = "", .client_ca = {}});
        tls.receive(1);
        client.send(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
        client.receive_all();
    });
    const auto stream = start(server.port(), settings());
    send(*stream, "x");
    const auto error = error_of([&] { receive(*stream); });
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_EQ(error.code(), ErrorCode::tls);
}

TEST_F(Tls, PlainTextInFrontOfTheHandshakeIsRefused) {
    std::string got;
    {
        const LoopbackServer server([&](ServerConnection& client) {
            client.receive(1);
            client.send("A1 OK begin TLS\r\n* CAPABILITY IMAP4rev1 AUTH=EVIL\r\n");
            got = client.receive_all();
        });
        auto plain = connect_to(server.port());
        std::string line(17, '\0');
        const auto progress = plain->exchange("x", line, true, kPatience, {});
        ASSERT_EQ(progress.read, line.size());
        const auto error = error_of([&] {
            start_tls(std::move(plain), settings(), {.host = kHost, .port = server.port()}, "Remote",
                      kPatience, {});
        });
        EXPECT_EQ(error.severity(), Severity::repository);
        EXPECT_EQ(error.code(), ErrorCode::tls);
        EXPECT_THAT(error.what(), HasSubstr("unexpected plain text before the TLS handshake"));
    }
    EXPECT_EQ(got, "") << "not even a ClientHello goes out";
}

TEST_F(Tls, PlainTextServerIsNamedAsSuch) {
    const LoopbackServer server([](ServerConnection& client) {
        client.receive(1);
        client.send("* OK this is a plain-text port\r\n");
        client.receive_all();
    });
    const auto error = error_of([&] { start(server.port(), settings()); });
    EXPECT_EQ(error.code(), ErrorCode::tls);
    EXPECT_THAT(error.what(),
                AllOf(StartsWith("Could not connect via SSL to host "), HasSubstr("wrong version number")));
}

TEST_F(Tls, ServerThatClosesDuringTheHandshakeIsATlsError) {
    for (const bool reset : {false, true}) {
        const LoopbackServer server([&](ServerConnection& client) {
            client.receive(1);
            if (reset) client.reset();
        });
        const auto error = error_of([&] { start(server.port(), settings()); });
        EXPECT_EQ(error.severity(), Severity::repository);
        EXPECT_EQ(error.code(), ErrorCode::tls);
        EXPECT_THAT(error.what(), StartsWith("Could not connect via SSL to host "));
    }
}

TEST_F(Tls, SilentServerIsGivenUpAtTheLimit) {
    const LoopbackServer server([](ServerConnection& client) { client.receive_all(); });
    const auto begin = Clock::now();
    const auto error = error_of([&] { start(server.port(), settings(), milliseconds(200)); });
    EXPECT_EQ(error.severity(), Severity::repository);
    EXPECT_EQ(error.code(), ErrorCode::timeout);
    EXPECT_THAT(error.what(), HasSubstr("Remote does not answer."));
    EXPECT_LT(Clock::now() - begin, milliseconds(2000));
}

TEST_F(Tls, ServerThatDribblesDoesNotProlongTheHandshake) {
    std::atomic<bool> done = false;
    const LoopbackServer server([&](ServerConnection& client) {
        client.send(std::string("\x16\x03\x03\x40\x00", 5));
        while (!done && client.send("x")) std::this_thread::sleep_for(milliseconds(20));
    });
    auto plain = connect_to(server.port());
    const auto begin = Clock::now();
    // The dribble may begin before the handshake, where it is refused as plain text: either way it ends soon.
    EXPECT_THROW(start_tls(std::move(plain), settings(), {.host = kHost, .port = server.port()}, "Remote",
                           milliseconds(300), {}),
                 Error);
    EXPECT_LT(Clock::now() - begin, milliseconds(2000));
    done = true;
}

TEST_F(Tls, StopIsObeyedDuringTheHandshakeAndAfterIt) {
    const LoopbackServer silent([](ServerConnection& client) { client.receive_all(); });
    const StopSoon first;
    const auto begin = Clock::now();
    EXPECT_THROW(start(silent.port(), settings(), kPatience, first.token()), base::Cancelled);
    EXPECT_LT(Clock::now() - begin, milliseconds(1000));

    const LoopbackServer server(tls_server(good_, [](TlsServerConnection& client) { client.receive(1); }));
    const auto stream = start(server.port(), settings());
    const StopSoon second;
    std::string in(10, '\0');
    EXPECT_THROW(stream->exchange({}, in, true, kPatience, second.token()), base::Cancelled);
}

TEST_F(Tls, DeadlineOfReadUntilIsAnOrdinaryOutcome) {
    const LoopbackServer server(tls_server(good_, [](TlsServerConnection& client) {
        client.receive(1);
        client.send("now");
        client.end();
    }));
    const auto stream = start(server.port(), settings());
    std::string in(100, '\0');
    EXPECT_FALSE(stream->read_until(in, base::Deadline::after(milliseconds(50)), {}));
    send(*stream, "x");
    const auto progress = stream->read_until(in, base::Deadline::never(), {});
    ASSERT_TRUE(progress);
    EXPECT_EQ(in.substr(0, progress->read), "now");
    EXPECT_TRUE(stream->read_until(in, base::Deadline::never(), {})->end_of_stream);
}

TEST_F(Tls, CloseSendsCloseNotifyWithoutWaiting) {
    std::atomic<bool> clean_end = false;
    {
        const LoopbackServer server(tls_server(good_, [&](TlsServerConnection& client) {
            client.send("* OK hello\r\n");
            clean_end = client.receive(1).empty() && client.received_end();
        }));
        const auto stream = start(server.port(), settings());
        receive(*stream);  // closing a socket with unread bytes would reset it
        stream->close();
    }
    EXPECT_TRUE(clean_end);
}

struct VersionCase {
    const char* ssl_version;
    const char* server;
    const char* negotiated;  // nullptr: refused
};

class TlsVersion : public Tls, public testing::WithParamInterface<VersionCase> {};

TEST_P(TlsVersion, IsTheOneAskedForAndNeverOldByDefault) {
    const LoopbackServer server(tls_server(good_, greet, GetParam().server));
    auto asked = settings();
    asked.ssl_version = GetParam().ssl_version;
    if (GetParam().negotiated == nullptr) {
        EXPECT_EQ(error_of([&] { start(server.port(), asked); }).code(), ErrorCode::tls);
        return;
    }
    const auto stream = start(server.port(), asked);
    EXPECT_THAT(stream->description(), StartsWith(GetParam().negotiated + std::string(", ")));
    EXPECT_EQ(receive(*stream), "* OK hello\r\n");
}

INSTANTIATE_TEST_SUITE_P(
    Versions, TlsVersion,
    testing::Values(VersionCase{"", "", "TLSv1.3"}, VersionCase{"ssl23", "", "TLSv1.3"},
                    VersionCase{"", "TLSv1.2", "TLSv1.2"}, VersionCase{"", "TLSv1.1", nullptr},
                    VersionCase{"", "TLSv1", nullptr}, VersionCase{"tls1_2", "", "TLSv1.2"},
                    VersionCase{"tls1_2", "TLSv1.3", nullptr}, VersionCase{"tls1_1", "TLSv1.1", "TLSv1.1"},
                    VersionCase{"tls1_1", "TLSv1.2", nullptr}, VersionCase{"tls1", "TLSv1", "TLSv1"}));

TEST_F(Tls, VersionThatTheLibraryLacksIsSaidSo) {
    const LoopbackServer server(tls_server(good_, greet));
    for (const char* version : {"ssl3", "ssl2", "nonsense"}) {
        auto asked = settings();
        asked.ssl_version = version;
        const auto error = error_of([&] { start(server.port(), asked); });
        EXPECT_EQ(error.code(), ErrorCode::unsupported);
        EXPECT_THAT(error.what(), HasSubstr("'" + std::string(version) + "'"));
    }
}

TEST_F(Tls, RenegotiationIsRefused) {
    std::atomic<bool> renegotiated = false;
    {
        const LoopbackServer server(tls_server(
            good_, [&](TlsServerConnection& client) { renegotiated = client.renegotiate(); }, "TLSv1.2"));
        const auto stream = start(server.port(), settings());
        EXPECT_THROW(receive(*stream), Error);
    }
    EXPECT_FALSE(renegotiated);
}

TEST_F(Tls, ClientCertificateIsShown) {
    const auto client = ca_.issue(
        "client",
        {.common_name = "someone", .dns_names = {}, .addresses = {}, .extended_key_usage = "clientAuth"});
    const LoopbackServer server([&](ServerConnection& connection) {
        TlsServerConnection tls(connection, {.certificate = good_, .version = "", .client_ca = ca_.file()});
        if (tls.succeeded()) greet(tls);
    });
    auto asked = settings();
    EXPECT_THROW(receive(*start(server.port(), asked)), Error);
    asked.client_certificate = client.certificate.string();
    asked.client_key = client.key.string();
    EXPECT_EQ(receive(*start(server.port(), asked)), "* OK hello\r\n");
}

// A server whose tickets are good for all its connections. It gives one each; `met` says which were resumed.
class TlsResumption : public Tls {
  protected:
    struct Met {
        std::vector<bool> resumed;
        std::vector<std::string> names;
    };
    LoopbackServer::Serve resuming_server(const std::vector<CertificateFiles>& certificates, Met& met,
                                          const std::string& version = "",
                                          const std::optional<std::filesystem::path>& client_ca = {}) const {
        return [=, &met](ServerConnection& client) {
            const auto& certificate = certificates.at(std::min(met.resumed.size(), certificates.size() - 1));
            TlsServerConnection tls(client, {.certificate = certificate,
                                             .version = version,
                                             .client_ca = client_ca,
                                             .ticket_keys = std::string(80, 'k')});
            if (!tls.succeeded()) return;
            met.resumed.push_back(tls.resumed());
            met.names.push_back(tls.server_name());
            greet(tls);
        };
    }
    // One connection, which has read its ticket. Returns the certificate it saw.
    std::string visit(std::uint16_t port, const TlsSettings& asked, const Endpoint& endpoint,
                      const std::string& repository = "Remote") const {
        const auto stream = start_tls(connect_to(port), asked, endpoint, repository, kPatience, {});
        EXPECT_EQ(receive_all(*stream), "* OK hello\r\n");
        return stream->peer_certificate();
    }
    std::string visit(std::uint16_t port, const TlsSettings& asked) const {
        return visit(port, asked, {.host = kHost, .port = port});
    }
    using Resumed = std::vector<bool>;
};

TEST_F(TlsResumption, SpeedsUpFurtherConnectionsOfEveryVersion) {
    for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
        Met met;
        {
            const LoopbackServer server(resuming_server({good_}, met, version));
            for (int i = 0; i < 3; ++i) EXPECT_EQ(visit(server.port(), settings()), good_.der) << version;
        }
        EXPECT_EQ(met.resumed, (Resumed{false, true, true})) << version;
        EXPECT_EQ(met.names.front(), kHost) << version;
    }
}

TEST_F(TlsResumption, UsesATicketOfTls13Once) {
    Met met;
    {
        const LoopbackServer server(resuming_server({good_}, met));
        visit(server.port(), settings());
        // The second one has the only ticket, and does not read the one that it gets.
        const auto second = start(server.port(), settings());
        const auto third = start(server.port(), settings());
        EXPECT_EQ(receive_all(*third), "* OK hello\r\n");
    }
    EXPECT_EQ(met.resumed, (Resumed{false, true, false}));
}

TEST_F(TlsResumption, NeverCrossesAChangedSetting) {
    const auto client = ca_.issue(
        "client",
        {.common_name = "someone", .dns_names = {}, .addresses = {}, .extended_key_usage = "clientAuth"});
    const auto both =
        ca_.issue("both", {.common_name = kHost, .dns_names = {kHost, "other.example.org"}, .addresses = {}});
    const auto copied_ca = directory_ / "copied-ca.pem";
    std::filesystem::copy_file(ca_.file(), copied_ca);
    const auto sha256 = os::digest_hex(DigestKind::sha256, both.der);
    const auto sha1 = os::digest_hex(DigestKind::sha1, both.der);
    const std::vector<std::pair<const char*, std::function<void(TlsSettings&)>>> changes = {
        {"another name", [](TlsSettings& asked) { asked.server_name = "other.example.org"; }},
        {"another CA file", [&](TlsSettings& asked) { asked.ca_file = copied_ca.string(); }},
        {"a fingerprint", [&](TlsSettings& asked) { asked.fingerprints = {sha256}; }},
        {"two fingerprints",
         [&](TlsSettings& asked) {
             asked.fingerprints = {sha256, sha1};
         }},
        {"a fingerprint alone",
         [&](TlsSettings& asked) {
             asked.fingerprints = {sha256};
             asked.verify_chain = false;
         }},
        {"a version", [](TlsSettings& asked) { asked.ssl_version = "ssl23"; }},
        {"a client certificate",
         [&](TlsSettings& asked) {
             asked.client_certificate = client.certificate.string();
             asked.client_key = client.key.string();
         }},
    };
    Met met;
    std::vector<const char*> tried;
    {
        const LoopbackServer server(resuming_server({both}, met));
        const Endpoint endpoint{.host = kHost, .port = server.port()};
        const auto full = [&](const TlsSettings& asked, const Endpoint& to, const std::string& repository,
                              const char* what) {
            visit(server.port(), asked, to, repository);
            visit(server.port(), asked, to, repository);
            tried.push_back(what);
        };
        full(settings(), endpoint, "Remote", "nothing yet");
        for (const auto& [what, change] : changes) {
            auto asked = settings();
            change(asked);
            full(asked, endpoint, "Remote", what);
        }
        full(settings(), {.host = "other.example.org", .port = server.port()}, "Remote", "another host");
        full(settings(), {.host = kHost, .port = 993}, "Remote", "another port");
        full(settings(), endpoint, "Other", "another repository");
        std::filesystem::last_write_time(
            ca_.file(), std::filesystem::last_write_time(ca_.file()) - std::chrono::hours(1));
        full(settings(), endpoint, "Remote", "a CA file that was written again");
    }
    ASSERT_EQ(met.resumed.size(), 2 * tried.size());
    for (std::size_t i = 0; i < tried.size(); ++i) {
        EXPECT_FALSE(met.resumed[2 * i]) << tried[i];
        EXPECT_TRUE(met.resumed[2 * i + 1]) << tried[i];
    }
}

TEST_F(TlsResumption, OfAnExpiredCertificateIsNotTried) {
    for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
        // As short as this machine allows: the first connection must be made before it is over.
        for (int seconds = 2;; seconds *= 2) {
            ASSERT_LT(seconds, 60);
            auto request = good_request();
            request.last_second = seconds;
            const auto made = Clock::now();
            const auto short_lived = ca_.issue("short-lived", request);
            Met met;
            {
                const LoopbackServer server(resuming_server({short_lived, short_lived, good_}, met, version));
                try {
                    visit(server.port(), settings());
                    visit(server.port(), settings());
                } catch (const Error&) {
                    continue;
                }
                std::this_thread::sleep_until(made + std::chrono::seconds(seconds + 1));
                // The ticket would still be good for the server.
                EXPECT_EQ(visit(server.port(), settings()), good_.der) << version;
            }
            EXPECT_EQ(met.resumed, (Resumed{false, true, false})) << version;
            break;
        }
    }
}

TEST_F(TlsResumption, ChecksTheSessionsCertificateAsIfItWereShownNow) {
    const CertificateAuthority other(directory_.path(), "Other CA");
    const std::vector<std::pair<const char*, std::function<void(TlsSettings&)>>> changes = {
        {"no matching domain name", [](TlsSettings& asked) { asked.server_name = "other.example.org"; }},
        {"certificate verify failed", [&](TlsSettings& asked) { asked.ca_file = other.file().string(); }},
        {"does not match configured fingerprint",
         [](TlsSettings& asked) {
             asked.fingerprints = {"aabb"};
             asked.verify_chain = false;
         }},
        {"does not match configured fingerprint", [](TlsSettings& asked) { asked.fingerprints = {"aabb"}; }},
    };
    auto& sessions = TlsSessions::of_this_run();
    for (const auto& [sentence, change] : changes) {
        for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
            Met met;
            const LoopbackServer server(resuming_server({good_}, met, version));
            const Endpoint endpoint{.host = kHost, .port = server.port()};
            visit(server.port(), settings());
            auto asked = settings();
            change(asked);
            // As if the key had been the same: the session alone must not be believed.
            const auto session = sessions.take(session_key(settings(), endpoint, "Remote"));
            ASSERT_TRUE(session);
            sessions.keep(session_key(asked, endpoint, "Remote"), session.get());
            const auto error = error_of([&] { start(server.port(), asked); });
            EXPECT_EQ(error.code(), ErrorCode::certificate);
            EXPECT_THAT(error.what(), HasSubstr(sentence)) << version;
            EXPECT_FALSE(sessions.take(session_key(asked, endpoint, "Remote"))) << "and it is forgotten";
        }
    }
}

TEST_F(TlsResumption, KeepsAClientCertificatesLogin) {
    const auto client = ca_.issue(
        "client",
        {.common_name = "someone", .dns_names = {}, .addresses = {}, .extended_key_usage = "clientAuth"});
    auto asked = settings();
    asked.client_certificate = client.certificate.string();
    asked.client_key = client.key.string();
    Met met;
    {
        const LoopbackServer server(resuming_server({good_}, met, "", ca_.file()));
        visit(server.port(), asked);
        visit(server.port(), asked);
        EXPECT_THROW(visit(server.port(), settings()), Error) << "nobody else's session is used";
    }
    EXPECT_EQ(met.resumed, (Resumed{false, true}));
}

TEST_F(TlsResumption, IsForgottenAfterAHandshakeThatFailed) {
    Met met;
    std::atomic<int> connection = 0;
    {
        const auto resuming = resuming_server({good_}, met, "TLSv1.2");
        const LoopbackServer server([&](ServerConnection& client) {
            if (++connection != 2)
                resuming(client);
            else
                client.receive(1);  // and closes
        });
        visit(server.port(), settings());
        EXPECT_THROW(start(server.port(), settings()), Error);
        visit(server.port(), settings());
    }
    EXPECT_EQ(met.resumed, (Resumed{false, false}));
}

struct InternationalName {
    const char* certificate;
    bool matches;
};

class TlsInternationalName : public Tls, public testing::WithParamInterface<InternationalName> {};

TEST_P(TlsInternationalName, IsSaidAndCheckedByItsALabels) {
    const auto certificate =
        ca_.issue("idn", {.common_name = "x", .dns_names = {GetParam().certificate}, .addresses = {}});
    auto asked = settings();
    asked.server_name =
        "B\xC3\xBC"
        "cher.example";
    std::string said_name;
    {
        const LoopbackServer server(tls_server(certificate, [&](TlsServerConnection& client) {
            said_name = client.server_name();
            greet(client);
        }));
        if (GetParam().matches) {
            EXPECT_EQ(receive(*start(server.port(), asked)), "* OK hello\r\n");
        } else {
            const auto error = error_of([&] { start(server.port(), asked); });
            EXPECT_THAT(error.what(), HasSubstr("no matching domain name"));
        }
    }
    EXPECT_EQ(said_name, GetParam().matches ? "xn--bcher-kva.example" : "");
}

INSTANTIATE_TEST_SUITE_P(Names, TlsInternationalName,
                         testing::Values(InternationalName{"xn--bcher-kva.example", true},
                                         InternationalName{"*.example", false},
                                         InternationalName{"b\xC3\xBC"
                                                           "cher.example",
                                                           false},
                                         InternationalName{"bucher.example", false},
                                         InternationalName{"xn--bcher-kva.example.org", false}));

TEST_F(Tls, ClientCertificateThatCannotBeLoadedIsNamed) {
    const LoopbackServer server(tls_server(good_, greet));
    auto asked = settings();
    asked.client_certificate = (directory_ / "none.pem").string();
    EXPECT_THAT(error_of([&] { start(server.port(), asked); }).what(), HasSubstr("none.pem"));
    asked.client_certificate = good_.certificate.string();
    asked.client_key = ca_.issue("other", good_request()).key.string();
    EXPECT_THAT(error_of([&] { start(server.port(), asked); }).what(), HasSubstr("other.key"));
}

TEST_F(Tls, RunsThroughATunnelToo) {
    const LoopbackServer server(tls_server(good_, greet));
    const std::string relay =
        "exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(server.port()) + "; cat <&3 & cat >&3; wait";
    auto tunnel = open_tunnel("bash -c '" + relay + "'", "Remote");
    const auto stream =
        start_tls(std::move(tunnel), settings(), {.host = kHost, .port = 143}, "Remote", kPatience, {});
    EXPECT_EQ(receive(*stream), "* OK hello\r\n");
}

TEST_F(Tls, SystemsCaFileExistsOrThePlacesTriedAreNamed) {
    try {
        EXPECT_TRUE(std::filesystem::exists(default_ca_file()));
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::certificate);
        EXPECT_THAT(error.what(), HasSubstr("Tried /"));
    }
}

TEST_F(Tls, LibraryTellsItsVersion) {
    EXPECT_THAT(tls_library_version(), StartsWith("OpenSSL 3."));
}

}  // namespace
}  // namespace offlineimap::net

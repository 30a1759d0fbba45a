#include "sasl.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <gsasl.h>
#include <optional>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"

#include "base64.hpp"

namespace offlineimap::client {

namespace {

struct ContextDeleter {
    void operator()(Gsasl* context) const noexcept { gsasl_done(context); }
};
struct SessionDeleter {
    void operator()(Gsasl_session* session) const noexcept { gsasl_finish(session); }
};
struct TextDeleter {
    void operator()(char* text) const noexcept { gsasl_free(text); }
};

[[noreturn]] void fail(const std::string& mechanism, int result) {
    throw base::Error(base::Severity::repository, base::ErrorCode::authentication,
                      mechanism + ": " + gsasl_strerror(result));
}

void require_ok(int result, const std::string& mechanism) {
    if (result != GSASL_OK) fail(mechanism, result);
}

using Context = std::unique_ptr<Gsasl, ContextDeleter>;
Context make_context(const std::string& mechanism) {
    Gsasl* context = nullptr;
    require_ok(gsasl_init(&context), mechanism);
    return Context(context);
}

// What a server may ask for: less makes its guesses at the password cheap (RFC 7677 §4), more keeps us
// computing for minutes.
constexpr std::uint64_t kFewestIterations = 4096;
constexpr std::uint64_t kMostIterations = 1'000'000;

// RFC 5802 §5.1: the value of an attribute of a server's message.
std::optional<std::string_view> attribute_of(std::string_view message, char name) {
    for (const auto part : base::split(message, ',')) {
        if (part.size() >= 2 && part[0] == name && part[1] == '=') return part.substr(2);
    }
    return std::nullopt;
}

bool is_scram(std::string_view mechanism) noexcept {
    return mechanism.starts_with("SCRAM-");
}

bool is_reasonable(std::string_view iterations) {
    const auto number = base::parse_integer<std::uint64_t>(iterations);
    return number && *number >= kFewestIterations && *number <= kMostIterations;
}

std::optional<std::string> decoded(const std::string& base64_text) {
    if (base64_text.empty()) return std::string();
    char* bytes = nullptr;
    std::size_t size = 0;
    const int result = gsasl_base64_from(base64_text.data(), base64_text.size(), &bytes, &size);
    const std::unique_ptr<char, TextDeleter> owner(bytes);
    if (result != GSASL_OK) return std::nullopt;
    return std::string(bytes, size);
}

}  // namespace

bool is_challenge_mechanism(std::string_view mechanism) noexcept {
    constexpr std::array<std::string_view, 4> kMechanisms = {"SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5",
                                                             "DIGEST-MD5"};
    return std::find(kMechanisms.begin(), kMechanisms.end(), mechanism) != kMechanisms.end();
}

struct SaslClient::Library {
    Context context;
    std::unique_ptr<Gsasl_session, SessionDeleter> session;  // goes before the context

    void set(Gsasl_property property, std::string_view value, const std::string& mechanism) const {
        require_ok(gsasl_property_set_raw(session.get(), property, value.data(), value.size()), mechanism);
    }
};

SaslClient::SaslClient(const std::string& mechanism, const SaslLogin& login, const base::Secret& password)
    : library_(std::make_unique<Library>()), speaks_first_(is_scram(mechanism)) {
    library_->context = make_context(mechanism);
    Gsasl_session* session = nullptr;
    require_ok(gsasl_client_start(library_->context.get(), mechanism.c_str(), &session), mechanism);
    library_->session.reset(session);
    library_->set(GSASL_AUTHID, login.user, mechanism);
    library_->set(GSASL_PASSWORD, password.reveal(), mechanism);
    library_->set(GSASL_SERVICE, "imap", mechanism);
    library_->set(GSASL_HOSTNAME, login.host, mechanism);
    if (!login.authorization_identity.empty())
        library_->set(GSASL_AUTHZID, login.authorization_identity, mechanism);
}

// The library frees what it was given as it is.
SaslClient::~SaslClient() {
    if (const char* const password = gsasl_property_fast(library_->session.get(), GSASL_PASSWORD))
        base::wipe(const_cast<char*>(password), std::strlen(password));
}

std::optional<std::string> SaslClient::obstacle(const std::string& mechanism, const base::Secret& password) {
    if (gsasl_client_support_p(make_context(mechanism).get(), mechanism.c_str()) == 0)
        return "this system's GNU SASL does not have it";
    char* prepared = nullptr;
    // A Secret's text ends with a NUL, as that of every string.
    constexpr auto kNothingUnassigned = static_cast<Gsasl_saslprep_flags>(0);
    const int result = gsasl_saslprep(password.reveal().data(), kNothingUnassigned, &prepared, nullptr);
    const std::unique_ptr<char, TextDeleter> owner(prepared);
    if (prepared != nullptr) base::wipe(prepared, std::strlen(prepared));
    if (result == GSASL_OK) return std::nullopt;
    return std::string("the password holds what it does not allow: ") + gsasl_strerror(result);
}

base::Result<base::Secret, std::string> SaslClient::answer(const std::string& challenge) {
    // With a NUL behind its end, which gsasl_step64() does not give it and DIGEST-MD5 reads (GNU SASL 2.2.0).
    const auto input = decoded(challenge);
    if (!input) return base::Unexpected(std::string("the challenge is not base64"));
    if (speaks_first_) {
        const auto refusal = attribute_of(*input, 'e');
        was_refused_ = refusal == "invalid-proof" || refusal == "unknown-user";
        if (refusal) return base::Unexpected(base::printable(*refusal));
        const auto iterations = attribute_of(*input, 'i');
        if (iterations && !is_reasonable(*iterations))
            return base::Unexpected("the server asks for " + base::printable(*iterations) + " iterations");
    }
    char* output = nullptr;
    std::size_t size = 0;
    const int result = gsasl_step(library_->session.get(), input->data(), input->size(), &output, &size);
    const std::unique_ptr<char, TextDeleter> owner(output);
    if (result != GSASL_OK && result != GSASL_NEEDS_MORE)
        return base::Unexpected(std::string(gsasl_strerror(result)));
    is_complete_ = result == GSASL_OK;
    if (output == nullptr) return base::Secret();
    base::Secret answer(base64({output, size}));
    base::wipe(output, size);
    return answer;
}

}  // namespace offlineimap::client

#include "sasl.hpp"

#include <array>
#include <cstring>
#include <gsasl.h>
#include <utility>

#include "offlineimap/base/base64.hpp"
#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"

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

class DigestExchange final : public SaslExchange {
  public:
    DigestExchange(const std::string& mechanism, Context context, const SaslLogin& login,
                   const base::Secret& password)
        : context_(std::move(context)) {
        Gsasl_session* session = nullptr;
        require_ok(gsasl_client_start(context_.get(), mechanism.c_str(), &session), mechanism);
        session_.reset(session);
        set(GSASL_AUTHID, login.user, mechanism);
        set(GSASL_PASSWORD, password.reveal(), mechanism);
        set(GSASL_SERVICE, "imap", mechanism);
        set(GSASL_HOSTNAME, login.host, mechanism);
        if (!login.authorization_identity.empty())
            set(GSASL_AUTHZID, login.authorization_identity, mechanism);
    }
    DigestExchange(const DigestExchange&) = delete;
    DigestExchange& operator=(const DigestExchange&) = delete;
    // The library frees what it was given as it is.
    ~DigestExchange() override {
        if (const char* const password = gsasl_property_fast(session_.get(), GSASL_PASSWORD))
            base::wipe(const_cast<char*>(password), std::strlen(password));
    }

    bool speaks_first() const noexcept override { return false; }
    bool is_complete() const noexcept override { return is_complete_; }

    base::Result<base::Secret, std::string> answer(const std::string& challenge) override {
        char* output = nullptr;
        std::size_t size = 0;
        // The challenge has a NUL behind its end, which gsasl_step64() would not give it and DIGEST-MD5 reads
        // (GNU SASL 2.2.0).
        const int result = gsasl_step(session_.get(), challenge.c_str(), challenge.size(), &output, &size);
        const std::unique_ptr<char, TextDeleter> owner(output);
        if (result != GSASL_OK && result != GSASL_NEEDS_MORE)
            return base::Unexpected(std::string(gsasl_strerror(result)));
        is_complete_ = result == GSASL_OK;
        if (output == nullptr) return base::Secret();
        base::Secret answer(std::string(output, size));
        base::wipe(output, size);
        return answer;
    }

  private:
    void set(Gsasl_property property, std::string_view value, const std::string& mechanism) const {
        require_ok(gsasl_property_set_raw(session_.get(), property, value.data(), value.size()), mechanism);
    }

    Context context_;
    std::unique_ptr<Gsasl_session, SessionDeleter> session_;  // goes before the context
    bool is_complete_ = false;
};

}  // namespace

std::string gs2_name(std::string_view name) {
    return base::replace_all(base::replace_all(name, "=", "=3D"), ",", "=2C");
}

base::Result<base::Secret, std::string> saslprep(const base::Secret& text, Unassigned unassigned) {
    const auto flags =
        unassigned == Unassigned::allowed ? GSASL_ALLOW_UNASSIGNED : static_cast<Gsasl_saslprep_flags>(0);
    char* prepared = nullptr;
    // A Secret's text ends with a NUL, as that of every string.
    const int result = gsasl_saslprep(text.reveal().data(), flags, &prepared, nullptr);
    const std::unique_ptr<char, TextDeleter> owner(prepared);
    if (result != GSASL_OK) return base::Unexpected(std::string(gsasl_strerror(result)));
    base::Secret value{std::string(prepared)};
    base::wipe(prepared, std::strlen(prepared));
    return value;
}

std::string unpredictable_text() {
    std::array<char, 18> bytes{};
    require_ok(gsasl_nonce(bytes.data(), bytes.size()), "SASL");
    return base::to_base64({bytes.data(), bytes.size()});
}

base::Result<std::unique_ptr<SaslExchange>, std::string> begin_digest(const std::string& mechanism,
                                                                      const SaslLogin& login,
                                                                      const base::Secret& password) {
    auto context = make_context(mechanism);
    if (gsasl_client_support_p(context.get(), mechanism.c_str()) == 0)
        return base::Unexpected(std::string("this system's GNU SASL does not have it"));
    if (const auto prepared = saslprep(password, Unassigned::refused); !prepared)
        return base::Unexpected("the password holds what it does not allow: " + prepared.error());
    return std::unique_ptr<SaslExchange>(
        std::make_unique<DigestExchange>(mechanism, std::move(context), login, password));
}

}  // namespace offlineimap::client

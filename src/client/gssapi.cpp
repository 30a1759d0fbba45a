#include "gssapi.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdint>
#include <dlfcn.h>
#include <functional>
#include <gssapi/gssapi.h>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "offlineimap/base/deadline.hpp"
#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"

namespace offlineimap::client {

namespace {

// The functions of the library that are used, under their own names.
struct Library {
    decltype(&gss_acquire_cred) acquire_cred = nullptr;
    decltype(&gss_inquire_cred) inquire_cred = nullptr;
    decltype(&gss_release_cred) release_cred = nullptr;
    decltype(&gss_import_name) import_name = nullptr;
    decltype(&gss_release_name) release_name = nullptr;
    decltype(&gss_init_sec_context) init_sec_context = nullptr;
    decltype(&gss_delete_sec_context) delete_sec_context = nullptr;
    decltype(&gss_wrap) wrap = nullptr;
    decltype(&gss_unwrap) unwrap = nullptr;
    decltype(&gss_release_buffer) release_buffer = nullptr;
    decltype(&gss_display_status) display_status = nullptr;
};

template <class Function>
bool find(void* handle, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(handle, name));
    return function != nullptr;
}

std::optional<Library> load() {
    void* handle = nullptr;
    for (const char* name : {"libgssapi_krb5.so.2", "libgssapi_krb5.so", "libgssapi_krb5.dylib"}) {
        handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        if (handle != nullptr) break;
    }
    Library library;
    if (handle == nullptr || !find(handle, "gss_acquire_cred", library.acquire_cred) ||
        !find(handle, "gss_inquire_cred", library.inquire_cred) ||
        !find(handle, "gss_release_cred", library.release_cred) ||
        !find(handle, "gss_import_name", library.import_name) ||
        !find(handle, "gss_release_name", library.release_name) ||
        !find(handle, "gss_init_sec_context", library.init_sec_context) ||
        !find(handle, "gss_delete_sec_context", library.delete_sec_context) ||
        !find(handle, "gss_wrap", library.wrap) || !find(handle, "gss_unwrap", library.unwrap) ||
        !find(handle, "gss_release_buffer", library.release_buffer) ||
        !find(handle, "gss_display_status", library.display_status))
        return std::nullopt;
    return library;
}

// Never unloaded: calls that nobody waits for may be in it. nullptr: this system does not have it.
const Library* loaded() {
    static const std::optional<Library> library = load();
    return library ? &*library : nullptr;
}

gss_buffer_desc buffer_of(std::string& bytes) {
    return {bytes.size(), bytes.data()};
}

std::string taken(const Library& library, gss_buffer_desc& buffer) {
    std::string bytes(static_cast<const char*>(buffer.value), buffer.value == nullptr ? 0 : buffer.length);
    OM_uint32 ignored = 0;
    library.release_buffer(&ignored, &buffer);
    return bytes;
}

// 1.2.840.113554.1.2.2, Kerberos (RFC 4121 §4.1), and 1.2.840.113554.1.2.1.4, "service@host" (RFC 2743 §4.1).
constexpr std::string_view kKerberos = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
constexpr std::string_view kHostBasedService = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04";

gss_OID_desc oid(std::string_view bytes) {
    return {static_cast<OM_uint32>(bytes.size()), const_cast<char*>(bytes.data())};
}

std::string text_of(const Library& library, OM_uint32 status, int kind) {
    gss_OID_desc kerberos = oid(kKerberos);
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor = 0;
    OM_uint32 more = 0;
    if (GSS_ERROR(library.display_status(&minor, status, kind, &kerberos, &more, &text)) != 0) return "?";
    return base::printable(taken(library, text));
}

// The mechanism's own words say more than those of the interface, where it has any.
std::string reason_of(const Library& library, OM_uint32 major, OM_uint32 minor) {
    return minor != 0 ? text_of(library, minor, GSS_C_MECH_CODE) : text_of(library, major, GSS_C_GSS_CODE);
}

// What the calls work on. Shared with a call that is still under way when nobody waits for it any more.
struct Context {
    explicit Context(const Library& used) : library(used) {}
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() {
        OM_uint32 ignored = 0;
        if (context != GSS_C_NO_CONTEXT) library.delete_sec_context(&ignored, &context, GSS_C_NO_BUFFER);
        if (service != GSS_C_NO_NAME) library.release_name(&ignored, &service);
        if (ticket != GSS_C_NO_CREDENTIAL) library.release_cred(&ignored, &ticket);
    }

    const Library& library;
    gss_cred_id_t ticket = GSS_C_NO_CREDENTIAL;
    gss_name_t service = GSS_C_NO_NAME;
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    bool established = false;
    // Of the last call.
    std::string output;
    std::string failure;  // empty: it went well
};

bool succeeded(Context& state, OM_uint32 major, OM_uint32 minor) {
    if (GSS_ERROR(major) == 0) return true;
    state.failure = reason_of(state.library, major, minor);
    return false;
}

// The credentials cache's ticket-granting ticket, or what a client keytab gives.
bool find_ticket(Context& state) {
    gss_OID_desc kerberos = oid(kKerberos);
    gss_OID_set_desc mechanisms{1, &kerberos};
    OM_uint32 minor = 0;
    OM_uint32 lifetime = 0;
    auto major = state.library.acquire_cred(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechanisms,
                                            GSS_C_INITIATE, &state.ticket, nullptr, nullptr);
    if (GSS_ERROR(major) == 0)
        major = state.library.inquire_cred(&minor, state.ticket, nullptr, &lifetime, nullptr, nullptr);
    if (GSS_ERROR(major) == 0 && lifetime > 0) return true;
    if (GSS_ERROR(major) == 0 || GSS_ROUTINE_ERROR(major) == GSS_S_CREDENTIALS_EXPIRED)
        state.failure = "the Kerberos ticket has expired (kinit gets a new one)";
    else
        state.failure =
            "there is no Kerberos ticket (kinit gets one): " + reason_of(state.library, major, minor);
    return false;
}

// One step of the exchange of tokens; the first one may ask the KDC for a ticket for the service.
void negotiate(Context& state, std::string token) {
    gss_OID_desc kerberos = oid(kKerberos);
    gss_buffer_desc input = buffer_of(token);
    gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor = 0;
    // RFC 4752 §3.1: mutual authentication, and integrity for the message that follows.
    const auto major = state.library.init_sec_context(
        &minor, state.ticket, &state.context, state.service, &kerberos, GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG,
        0, GSS_C_NO_CHANNEL_BINDINGS, token.empty() ? GSS_C_NO_BUFFER : &input, nullptr, &output, nullptr,
        nullptr);
    state.output = taken(state.library, output);
    if (succeeded(state, major, minor)) state.established = major == GSS_S_COMPLETE;
}

void begin(Context& state, const std::string& host) {
    if (!find_ticket(state)) return;
    gss_OID_desc kind = oid(kHostBasedService);
    std::string name = "imap@" + host;
    gss_buffer_desc buffer = buffer_of(name);
    OM_uint32 minor = 0;
    if (succeeded(state, state.library.import_name(&minor, &buffer, &kind, &state.service), minor))
        negotiate(state, "");
    if (!state.failure.empty()) state.failure = "no ticket for " + name + ": " + state.failure;
}

// RFC 4752 §3.1: the server says which security layers it has, the client takes none and says who it is.
void choose_no_layer(Context& state, std::string token, const std::string& identity) {
    gss_buffer_desc input = buffer_of(token);
    gss_buffer_desc offer = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor = 0;
    if (!succeeded(state, state.library.unwrap(&minor, state.context, &input, &offer, nullptr, nullptr),
                   minor))
        return;
    constexpr unsigned kNoLayer = 1;
    const auto layers = taken(state.library, offer);
    if (layers.size() != 4 || (static_cast<unsigned char>(layers[0]) & kNoLayer) == 0) {
        state.failure = "the server insists on a security layer of its own";
        return;
    }
    std::string choice = std::string("\x01\0\0\0", 4) + identity;
    gss_buffer_desc chosen = buffer_of(choice);
    gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
    const auto major =
        state.library.wrap(&minor, state.context, 0, GSS_C_QOP_DEFAULT, &chosen, nullptr, &output);
    state.output = taken(state.library, output);
    succeeded(state, major, minor);
}

// One call into the library at a time, each on a thread that need not be waited for.
class Calls {
  public:
    // `late`: the limit passed before `work` was done; it goes on. `not_begun`: another one's work took all
    // of the time.
    enum class Outcome { done, late, not_begun };
    Outcome run(std::function<void()> work, std::chrono::milliseconds limit, const std::stop_token& stop) {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        std::unique_lock lock(calls_mutex_);
        if (!changed_.wait_until(lock, stop, deadline, [&] { return !busy_; }))
            return left(Outcome::not_begun, stop);
        std::thread([this, work = std::move(work)]() mutable {
            work();
            work = nullptr;  // lets go of what it holds, before anybody is told that it is done
            const std::lock_guard guard(calls_mutex_);
            busy_ = false;
            ++done_;
            changed_.notify_all();
        }).detach();
        busy_ = true;  // the thread cannot have said otherwise yet: the lock is ours
        const auto ticket = ++started_;
        if (changed_.wait_until(lock, stop, deadline, [&] { return done_ >= ticket; })) return Outcome::done;
        return left(Outcome::late, stop);
    }

  private:
    static Outcome left(Outcome outcome, const std::stop_token& stop) {
        if (stop.stop_requested()) throw base::Cancelled();
        return outcome;
    }

    std::mutex calls_mutex_;  // guards what follows
    std::condition_variable_any changed_;
    bool busy_ = false;
    std::uint64_t started_ = 0;
    std::uint64_t done_ = 0;
};

// Outlives every thread, those that nobody waits for included.
Calls& calls() {
    static Calls* const instance = new Calls;
    return *instance;
}

// What a KDC could not give is not asked for again at once: a run has many connections, and each would wait.
class Failures {
  public:
    std::optional<std::string> recent(const std::string& host) {
        const std::lock_guard lock(failures_mutex_);
        const auto found = failures_.find(host);
        if (found == failures_.end() || found->second.until.expired()) return std::nullopt;
        return found->second.text;
    }
    std::string keep(const std::string& host, std::string text) {
        const std::lock_guard lock(failures_mutex_);
        failures_.insert_or_assign(host, Failure{text, base::Deadline::after(kKept)});
        return text;
    }

  private:
    static constexpr std::chrono::minutes kKept{1};
    struct Failure {
        std::string text;
        base::Deadline until;
    };
    std::mutex failures_mutex_;  // guards failures_
    std::map<std::string, Failure> failures_;
};

class GssapiExchange final : public SaslExchange {
  public:
    GssapiExchange(std::shared_ptr<Context> context, std::string identity, std::chrono::milliseconds limit,
                   std::stop_token stop)
        : context_(std::move(context)),
          identity_(std::move(identity)),
          limit_(limit),
          stop_(std::move(stop)),
          first_(std::move(context_->output)) {}

    bool speaks_first() const noexcept override { return true; }
    bool is_complete() const noexcept override { return is_complete_; }

    base::Result<base::Secret, std::string> answer(const std::string& challenge) override {
        if (!has_spoken_) {
            has_spoken_ = true;
            if (!challenge.empty()) return base::Unexpected(std::string("the server speaks out of turn"));
            return base::Secret(std::move(first_));
        }
        if (is_complete_) return base::Unexpected(std::string("the server does not come to an end"));
        const bool is_last = context_->established;
        const auto outcome = calls().run(
            [context = context_, challenge, identity = identity_, is_last] {
                context->output.clear();
                if (is_last)
                    choose_no_layer(*context, challenge, identity);
                else
                    negotiate(*context, challenge);
            },
            limit_, stop_);
        if (outcome != Calls::Outcome::done)
            return base::Unexpected(std::string("Kerberos does not come to an end"));
        if (!context_->failure.empty()) return base::Unexpected(context_->failure);
        is_complete_ = is_last;
        return base::Secret(std::move(context_->output));
    }

  private:
    std::shared_ptr<Context> context_;
    std::string identity_;
    std::chrono::milliseconds limit_;
    std::stop_token stop_;
    std::string first_;
    bool has_spoken_ = false;
    bool is_complete_ = false;
};

}  // namespace

base::Result<std::unique_ptr<SaslExchange>, std::string> begin_gssapi(const GssapiLogin& login,
                                                                      std::chrono::milliseconds limit,
                                                                      const std::stop_token& stop) {
    const Library* const library = loaded();
    if (library == nullptr)
        return base::Unexpected(std::string("this system has no Kerberos library (libgssapi_krb5)"));
    static Failures failures;
    if (auto failure = failures.recent(login.host)) return base::Unexpected(*std::move(failure));
    auto context = std::make_shared<Context>(*library);
    const auto outcome = calls().run([context, host = login.host] { begin(*context, host); }, limit, stop);
    if (outcome == Calls::Outcome::not_begun)
        return base::Unexpected(std::string("another Kerberos request is still under way"));
    if (outcome == Calls::Outcome::late)
        return base::Unexpected(failures.keep(login.host, "the KDC does not answer"));
    if (context->service != GSS_C_NO_NAME && !context->failure.empty())
        return base::Unexpected(failures.keep(login.host, context->failure));
    if (!context->failure.empty()) return base::Unexpected(context->failure);
    return std::unique_ptr<SaslExchange>(
        std::make_unique<GssapiExchange>(std::move(context), login.identity, limit, stop));
}

}  // namespace offlineimap::client

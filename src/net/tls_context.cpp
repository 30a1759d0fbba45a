#include "tls_context.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string_view>
#include <system_error>
#include <vector>

#include <openssl/err.h>

#include "offlineimap/base/text.hpp"

namespace offlineimap::net {

using base::Error;
using base::ErrorCode;
using base::Severity;

namespace {

// 0: no limit on that side.
struct VersionRange {
    std::string_view name;
    int lowest;
    int highest;
};

// As the original, a named version is exactly that one, and "ssl23" is the best that both sides have; but
// never below TLS 1.2 unless asked for by name (RFC 8996).
constexpr std::array<VersionRange, 5> kVersions = {{{"", TLS1_2_VERSION, 0},
                                                    {"ssl23", TLS1_2_VERSION, 0},
                                                    {"tls1_2", TLS1_2_VERSION, TLS1_2_VERSION},
                                                    {"tls1_1", TLS1_1_VERSION, TLS1_1_VERSION},
                                                    {"tls1", TLS1_VERSION, TLS1_VERSION}}};

void set_versions(SSL_CTX* context, const std::string& name, const std::string& repository) {
    const auto* range = std::find_if(kVersions.begin(), kVersions.end(),
                                     [&](const VersionRange& known) { return known.name == name; });
    if (range == kVersions.end())
        throw Error(Severity::repository, ErrorCode::unsupported,
                    "ssl_version '" + name + "' of repository '" + repository +
                        "' is not supported by this program's TLS library (" + tls_library_version() + ")");
    SSL_CTX_set_min_proto_version(context, range->lowest);
    SSL_CTX_set_max_proto_version(context, range->highest);
    // TLS 1.0 and 1.1 sign with MD5 and SHA-1, which OpenSSL 3 allows at security level 0 only.
    if (range->highest != 0 && range->highest < TLS1_2_VERSION)
        SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0");
}

// What tells whether a file is still the one that was read.
struct Stamp {
    std::uintmax_t size = 0;
    std::filesystem::file_time_type modified;
    bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const std::string& path) {
    std::error_code missing;
    Stamp stamp{std::filesystem::file_size(path, missing), {}};
    stamp.modified = std::filesystem::last_write_time(path, missing);
    return stamp;
}

using Store = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;

// A system's bundle takes some 40 ms to read, as long as the rest of a connection to a near server: it is
// read once, not for each connection.
class Stores {
  public:
    // nullptr if `path` was not read before or has changed since.
    Store find(const std::string& path) {
        const Stamp now = stamp_of(path);
        const std::lock_guard lock(stores_mutex_);
        const auto found = stores_.find(path);
        if (found == stores_.end() || !(found->second.stamp == now)) return nullptr;
        X509_STORE_up_ref(found->second.store.get());
        return Store(found->second.store.get());
    }
    void keep(const std::string& path, const Stamp& stamp, X509_STORE* store) {
        X509_STORE_up_ref(store);
        const std::lock_guard lock(stores_mutex_);
        stores_.insert_or_assign(path, Kept{stamp, Store(store)});
    }

  private:
    struct Kept {
        Stamp stamp;
        Store store;
    };
    std::mutex stores_mutex_;  // guards stores_
    std::map<std::string, Kept> stores_;
};

std::string system_ca_file() {
    const char* file = std::getenv(X509_get_default_cert_file_env());
    return file == nullptr ? X509_get_default_cert_file() : file;
}

void load_file(X509_STORE* store, const std::string& path, const std::string& repository) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        throw Error(Severity::repository, ErrorCode::certificate,
                    "CA certfile for repository '" + repository + "' couldn't be found.  No such file: '" +
                        path + "'");
    if (X509_STORE_load_file(store, path.c_str()) != 1)
        throw Error(Severity::repository, ErrorCode::certificate,
                    "CA certfile for repository '" + repository + "' couldn't be loaded from '" + path +
                        "': " + take_ssl_error("no certificate in it"));
}

Store load(const TlsSettings& settings, const std::string& repository) {
    Store store(X509_STORE_new());
    if (!store) throw std::bad_alloc();
    if (settings.ca_file)
        load_file(store.get(), *settings.ca_file, repository);
    else
        X509_STORE_set_default_paths(store.get());
    return store;
}

void trust(SSL_CTX* context, const TlsSettings& settings, const std::string& repository) {
    static Stores system_stores;
    static Stores file_stores;
    Stores& stores = settings.ca_file ? file_stores : system_stores;
    const std::string path = settings.ca_file.value_or(system_ca_file());
    Store store = stores.find(path);
    if (!store) {
        const Stamp stamp = stamp_of(path);
        store = load(settings, repository);
        stores.keep(path, stamp, store.get());
    }
    SSL_CTX_set1_cert_store(context, store.get());
}

[[noreturn]] void throw_client_certificate(const std::string& path, const std::string& repository) {
    throw Error(Severity::repository, ErrorCode::tls,
                "The client certificate for repository '" + repository + "' cannot be loaded from '" + path +
                    "': " + take_ssl_error("unknown reason"));
}

void use_client_certificate(SSL_CTX* context, const TlsSettings& settings, const std::string& repository) {
    if (!settings.client_certificate) return;
    // An encrypted key is refused; OpenSSL would ask for its password at the terminal, behind the UI's back.
    SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
    const std::string& certificate = *settings.client_certificate;
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        throw_client_certificate(certificate, repository);
    const std::string& key = settings.client_key.value_or(certificate);
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        throw_client_certificate(key, repository);
}

std::vector<std::string> known_ca_files() {
#if defined(__linux__)
    // Debian, Ubuntu, Gentoo, Arch; Fedora, Red Hat; SUSE.
    std::vector<std::string> files = {"/etc/ssl/certs/ca-certificates.crt",
                                      "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"};
#elif defined(__FreeBSD__)
    std::vector<std::string> files = {"/usr/local/share/certs/ca-root-nss.crt"};
#elif defined(__OpenBSD__) || defined(__DragonFly__)
    std::vector<std::string> files = {"/etc/ssl/cert.pem"};
#elif defined(__APPLE__)
    std::vector<std::string> files = {"/opt/local/share/curl/curl-ca-bundle.crt",
                                      "/usr/local/etc/openssl/cert.pem",
                                      "/opt/homebrew/etc/ca-certificates/cert.pem"};
#else
    std::vector<std::string> files;
#endif
    files.push_back(system_ca_file());
    return files;
}

}  // namespace

SslContext make_tls_context(const TlsSettings& settings, const std::string& repository) {
    ERR_clear_error();
    SslContext context(SSL_CTX_new(TLS_client_method()));
    if (!context) throw std::bad_alloc();
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    set_versions(context.get(), settings.ssl_version, repository);
    trust(context.get(), settings, repository);
    use_client_certificate(context.get(), settings, repository);
    // Sessions are kept by TlsSessions, not by a context that goes with its connection.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    return context;
}

std::string session_key(const TlsSettings& settings, const Endpoint& endpoint,
                        const std::string& repository) {
    std::string key;
    // Counted, so that no two lists of texts look the same.
    const auto add = [&key](const std::string& text) { key += std::to_string(text.size()) + ":" + text; };
    const auto add_file = [&add](const std::optional<std::string>& path) {
        const Stamp stamp = path ? stamp_of(*path) : Stamp{};
        add(path.value_or("") + (path ? "=" : ""));
        add(std::to_string(stamp.size));
        add(std::to_string(stamp.modified.time_since_epoch().count()));
    };
    add(repository);
    add(endpoint.host);
    add(std::to_string(endpoint.port));
    add(std::to_string(static_cast<int>(endpoint.family)));
    add(settings.server_name);
    add_file(settings.ca_file ? settings.ca_file : system_ca_file());
    add(settings.ca_file ? "file" : "system");
    add(std::to_string(settings.fingerprints.size()));
    for (const auto& fingerprint : settings.fingerprints) add(fingerprint);
    add(settings.verify_chain ? "chain" : "");
    add_file(settings.client_certificate);
    add_file(settings.client_key);
    add(settings.ssl_version);
    return key;
}

std::string default_ca_file() {
    const std::vector<std::string> files = known_ca_files();
    std::error_code ignored;
    for (const auto& file : files) {
        if (std::filesystem::is_regular_file(file, ignored)) return file;
    }
    throw Error(Severity::repository, ErrorCode::certificate,
                "Default CA bundle was requested, but no existing locations available.  Tried " +
                    base::join(files, ", ") + ".");
}

}  // namespace offlineimap::net

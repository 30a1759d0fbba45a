#include "tls_sessions.hpp"

#include <ctime>
#include <utility>

namespace offlineimap::net {

namespace {

// Connections belong to different threads, and OpenSSL writes to a session in use: each gets its own.
SslSession copy_of(const SSL_SESSION* session) {
    return SslSession(SSL_SESSION_dup(session));
}

bool is_good(const SSL_SESSION* session) {
    const long age = static_cast<long>(std::time(nullptr)) - SSL_SESSION_get_time(session);
    return SSL_SESSION_is_resumable(session) == 1 && age >= 0 && age < SSL_SESSION_get_timeout(session);
}

}  // namespace

TlsSessions& TlsSessions::of_this_run() {
    static TlsSessions sessions;
    return sessions;
}

SslSession TlsSessions::take(const std::string& key) {
    const std::lock_guard lock(sessions_mutex_);
    const auto found = sessions_.find(key);
    if (found == sessions_.end()) return nullptr;
    auto& sessions = found->second;
    while (!sessions.empty() && !is_good(sessions.back().get())) sessions.pop_back();
    if (sessions.empty()) return nullptr;
    if (SSL_SESSION_get_protocol_version(sessions.back().get()) < TLS1_3_VERSION)
        return copy_of(sessions.back().get());
    SslSession taken = std::move(sessions.back());
    sessions.pop_back();
    return taken;
}

void TlsSessions::keep(const std::string& key, const SSL_SESSION* session) {
    SslSession copy = copy_of(session);
    if (!copy) return;
    const std::lock_guard lock(sessions_mutex_);
    if (sessions_.size() >= kMostKeys && !sessions_.contains(key)) sessions_.erase(sessions_.begin());
    auto& sessions = sessions_[key];
    if (sessions.size() >= kMostForAKey) sessions.pop_front();
    sessions.push_back(std::move(copy));
}

void TlsSessions::forget(const std::string& key) {
    const std::lock_guard lock(sessions_mutex_);
    sessions_.erase(key);
}

}  // namespace offlineimap::net

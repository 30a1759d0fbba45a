// TLS sessions of this run's connections, to be resumed by further ones to the same place (RFC 8446 §2.2):
// what is resumed saves the server a signature and both sides a round trip or two.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "openssl.hpp"

namespace offlineimap::net {

// Thread-safe; kept in memory only. A key stands for one server and all that was configured about it: whoever
// has another key gets another session, or none.
class TlsSessions {
  public:
    static TlsSessions& of_this_run();

    // The newest session that has not run out; nullptr if there is none. With TLS 1.3 nobody gets it again
    // (RFC 8446 C.4: a ticket seen twice tells an observer that it is the same client).
    SslSession take(const std::string& key);
    // Keeps a copy.
    void keep(const std::string& key, const SSL_SESSION* session);
    void forget(const std::string& key);

  private:
    static constexpr std::size_t kMostForAKey = 16;
    static constexpr std::size_t kMostKeys = 64;
    std::mutex sessions_mutex_;  // guards sessions_
    std::map<std::string, std::deque<SslSession>> sessions_;
};

}  // namespace offlineimap::net

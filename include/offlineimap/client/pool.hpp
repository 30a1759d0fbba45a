// The connections of one IMAP repository: at most `maxconnections`, opened on demand, lent one thread at a
// time. A server that takes no more of them (Throttled) gets fewer, but never none: whoever wanted one more
// waits for its turn with those that exist. If none exists, it waits and tries again, for a while.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

#include "offlineimap/client/connection.hpp"

namespace offlineimap::client {

class Pool;

// Gives its connection back when it goes; a connection that is no longer usable is dropped instead.
class ConnectionLease {
  public:
    ConnectionLease(ConnectionLease&&) noexcept;
    ConnectionLease& operator=(ConnectionLease&&) noexcept;
    ~ConnectionLease();
    Connection& operator*() const noexcept { return *connection_; }
    Connection* operator->() const noexcept { return connection_.get(); }

  private:
    friend class Pool;
    ConnectionLease(Pool& pool, std::unique_ptr<Connection> connection) noexcept;
    void give_back() noexcept;
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
};

// How a pool deals with a server that takes no connection at all for the moment. Its own word how long counts
// more than `first`, which doubles with every try; after `most` in a row it is an error.
struct PoolPatience {
    std::chrono::milliseconds first = std::chrono::seconds(5);
    std::chrono::milliseconds most = std::chrono::minutes(5);
};

// Thread-safe. Must outlive its leases.
class Pool {
  public:
    using Opener = std::function<std::unique_ptr<Connection>(const events::Reporter&, std::stop_token)>;
    Pool(std::size_t most, Opener opener, PoolPatience patience = {});
    ~Pool();

    // An idle connection, a new one, or waits until one is given back (obeys `stop`). The mutex is never held
    // while a connection is being opened. What a server takes too much is said in one line a round.
    ConnectionLease lease(const events::Reporter& reporter, std::stop_token stop);
    // Closes what is idle (between rounds, unless holdconnectionopen; after an account-level failure). Leased
    // ones are dropped when they come back.
    void drop_all() noexcept;
    // If the server had enough connections, one more than it took is tried from now on, and what it takes too
    // much is said again.
    void begin_round() noexcept;
    // NOOP on idle connections that are still open (keepalive).
    void keep_alive(std::stop_token stop) noexcept;

  private:
    friend class ConnectionLease;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace offlineimap::client

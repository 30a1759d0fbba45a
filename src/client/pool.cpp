#include "offlineimap/client/pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace offlineimap::client {

struct Pool::State {
    enum class Fate { keep, drop };

    State(std::size_t limit, Opener open_one) : most(limit), opener(std::move(open_one)) {}

    // Takes an idle connection, or room for a new one (nullptr), waiting for either.
    std::unique_ptr<Connection> take(const std::stop_token& stop) {
        std::unique_lock lock(pool_mutex_);
        const bool ready = changed_.wait(lock, stop, [this] { return !idle_.empty() || open_ < most; });
        if (!ready) throw base::Cancelled();
        if (idle_.empty()) {
            ++open_;
            return nullptr;
        }
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        lent_.emplace(connection.get(), Fate::keep);
        return connection;
    }

    void note_lent(const Connection& connection) {
        const std::lock_guard lock(pool_mutex_);
        lent_.emplace(&connection, Fate::keep);
    }

    void give_back(std::unique_ptr<Connection> connection) {
        const auto unwanted = keep_if_wanted(std::move(connection));
        if (!unwanted) {
            changed_.notify_one();
            return;
        }
        unwanted->close();
        free_room();
    }

    void free_room() {
        {
            const std::lock_guard lock(pool_mutex_);
            --open_;
        }
        changed_.notify_one();
    }

    // The idle connections, lent to the caller.
    std::vector<std::unique_ptr<Connection>> take_idle() {
        const std::lock_guard lock(pool_mutex_);
        for (const auto& connection : idle_) lent_.emplace(connection.get(), Fate::keep);
        return std::exchange(idle_, {});
    }

    void doom_lent() {
        const std::lock_guard lock(pool_mutex_);
        for (auto& [connection, fate] : lent_) fate = Fate::drop;
    }

    const std::size_t most;
    const Opener opener;

  private:
    // Gives the connection back if it is not to be used again.
    std::unique_ptr<Connection> keep_if_wanted(std::unique_ptr<Connection> connection) {
        const std::lock_guard lock(pool_mutex_);
        const auto lent = lent_.extract(connection.get());
        if (lent.mapped() == Fate::drop || !connection->usable()) return connection;
        idle_.push_back(std::move(connection));
        return nullptr;
    }

    // pool_mutex_ guards idle_, lent_ and open_. It is never held while bytes move.
    std::mutex pool_mutex_;
    std::condition_variable_any changed_;
    std::vector<std::unique_ptr<Connection>> idle_;
    std::map<const Connection*, Fate> lent_;
    std::size_t open_ = 0;  // idle, lent, and being opened
};

Pool::Pool(std::size_t most, Opener opener)
    : state_(std::make_unique<State>(std::max<std::size_t>(most, 1), std::move(opener))) {}

Pool::~Pool() {
    drop_all();
}

ConnectionLease Pool::lease(const events::Reporter& reporter, std::stop_token stop) {
    auto connection = state_->take(stop);
    if (!connection) {
        try {
            connection = state_->opener(reporter, std::move(stop));
        } catch (const std::exception&) {
            state_->free_room();
            throw;
        }
        state_->note_lent(*connection);
    }
    connection->speak_as(reporter);
    return {*this, std::move(connection)};
}

void Pool::drop_all() noexcept {
    auto idle = state_->take_idle();
    state_->doom_lent();  // those just taken, too
    for (auto& connection : idle) state_->give_back(std::move(connection));
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): every NOOP takes a copy of the token
void Pool::keep_alive(std::stop_token stop) noexcept {
    for (auto& connection : state_->take_idle()) {
        try {
            connection->noop(stop);
        } catch (const std::exception&) {
            // It is not usable any more, or the user stops: give_back() sorts it out.
        }
        state_->give_back(std::move(connection));
    }
}

ConnectionLease::ConnectionLease(Pool& pool, std::unique_ptr<Connection> connection) noexcept
    : pool_(&pool), connection_(std::move(connection)) {}

ConnectionLease::ConnectionLease(ConnectionLease&& other) noexcept = default;

ConnectionLease& ConnectionLease::operator=(ConnectionLease&& other) noexcept {
    if (this != &other) {
        give_back();
        pool_ = other.pool_;
        connection_ = std::move(other.connection_);
    }
    return *this;
}

ConnectionLease::~ConnectionLease() {
    give_back();
}

void ConnectionLease::give_back() noexcept {
    if (connection_) pool_->state_->give_back(std::move(connection_));
}

}  // namespace offlineimap::client

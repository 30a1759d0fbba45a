#include "offlineimap/client/pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "offlineimap/client/throttled.hpp"

namespace offlineimap::client {

struct Pool::State {
    enum class Fate { keep, drop };

    State(std::size_t limit, Opener open_one, PoolPatience how_patient)
        : wanted(limit), opener(std::move(open_one)), patience(how_patient), most_(limit) {}

    // Takes an idle connection, or room for a new one (nullptr), waiting for either.
    std::unique_ptr<Connection> take(const std::stop_token& stop) {
        std::unique_lock lock(pool_mutex_);
        const auto has_one = [this] { return !idle_.empty(); };
        const auto has_any = [this] { return !idle_.empty() || open_ < most_; };
        while (!has_one()) {
            if (!changed_.wait(lock, stop, has_any)) throw base::Cancelled();
            // Room is of no use before the server takes connections again.
            if (has_one() || Clock::now() >= not_before_) break;
            const auto until = not_before_;
            changed_.wait_until(lock, stop, until, has_one);
            if (stop.stop_requested()) throw base::Cancelled();
        }
        if (idle_.empty()) {
            ++open_;
            return nullptr;
        }
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        lent_.emplace(connection.get(), Fate::keep);
        return connection;
    }

    void note_opened(const Connection& connection) {
        const std::lock_guard lock(pool_mutex_);
        lent_.emplace(&connection, Fate::keep);
        waited_ = std::chrono::milliseconds(0);
    }

    // The server took no connection: the room for it is gone, or a time to wait begins. Rethrows the error
    // when there was enough of that.
    void note_throttled(const Throttled& error, const events::Reporter& reporter) {
        const auto line = settle_throttled(error);
        if (!line.empty()) reporter(events::WarningGiven{line});
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

    void begin_round() {
        const std::lock_guard lock(pool_mutex_);
        if (most_ < wanted) ++most_;
        has_said_so_ = false;
        waited_ = std::chrono::milliseconds(0);
        changed_.notify_all();
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

    const std::size_t wanted;
    const Opener opener;
    const PoolPatience patience;

  private:
    using Clock = std::chrono::steady_clock;

    // What is to be said about it, if anything.
    std::string settle_throttled(const Throttled& error) {
        const std::lock_guard lock(pool_mutex_);
        --open_;
        changed_.notify_all();  // whatever follows, an exception included
        if (open_ > 0) {
            most_ = std::min(most_, open_);
            if (std::exchange(has_said_so_, true)) return {};
            return std::string(error.what()) + "; going on with fewer";
        }
        most_ = 1;
        // Longer every time, also for a server that asks for next to nothing.
        const auto time = std::max(error.wait().value_or(patience.first), waited_);
        if (waited_ + time > patience.most) throw error;
        waited_ += time;
        not_before_ = Clock::now() + time;
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
        return std::string(error.what()) + "; trying again in " + std::to_string(seconds) + " s";
    }

    // Gives the connection back if it is not to be used again.
    std::unique_ptr<Connection> keep_if_wanted(std::unique_ptr<Connection> connection) {
        const std::lock_guard lock(pool_mutex_);
        const auto lent = lent_.extract(connection.get());
        if (lent.mapped() == Fate::drop || !connection->usable()) return connection;
        idle_.push_back(std::move(connection));
        return nullptr;
    }

    // pool_mutex_ guards everything below. It is never held while bytes move.
    std::mutex pool_mutex_;
    std::condition_variable_any changed_;
    std::vector<std::unique_ptr<Connection>> idle_;
    std::map<const Connection*, Fate> lent_;
    std::size_t open_ = 0;  // idle, lent, and being opened
    std::size_t most_;      // what the server takes, as far as we know
    bool has_said_so_ = false;
    Clock::time_point not_before_{};       // no connection is opened
    std::chrono::milliseconds waited_{0};  // since a connection could be opened
};

Pool::Pool(std::size_t most, Opener opener, PoolPatience patience)
    : state_(std::make_unique<State>(std::max<std::size_t>(most, 1), std::move(opener), patience)) {}

Pool::~Pool() {
    drop_all();
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): every attempt to open a connection takes a copy
ConnectionLease Pool::lease(const events::Reporter& reporter, std::stop_token stop) {
    auto connection = state_->take(stop);
    while (!connection) {
        try {
            connection = state_->opener(reporter, stop);
            state_->note_opened(*connection);
        } catch (const Throttled& error) {
            state_->note_throttled(error, reporter);
            connection = state_->take(stop);
        } catch (const std::exception&) {
            state_->free_room();
            throw;
        }
    }
    connection->speak_as(reporter);
    return {*this, std::move(connection)};
}

void Pool::drop_all() noexcept {
    auto idle = state_->take_idle();
    state_->doom_lent();  // those just taken, too
    for (auto& connection : idle) state_->give_back(std::move(connection));
}

void Pool::begin_round() noexcept {
    state_->begin_round();
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

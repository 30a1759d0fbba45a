// The profiles of `-P`: where the time of each account went (format: docs/files.md).
#pragma once

#include <chrono>
#include <ctime>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "offlineimap/events/reporter.hpp"

namespace offlineimap::ui {

// Listens to a run in a single thread. The time from one event to the next counts for the phase that the run
// had announced last, so that the times of an account add up to its whole. Thread-safe, as every sink. Never
// asks for a password. A profile that cannot be written is told once on standard error, and the run goes on.
class Profile final : public events::Sink {
  public:
    struct Clocks {
        std::function<std::chrono::steady_clock::time_point()> steady = [] {
            return std::chrono::steady_clock::now();
        };
        std::function<std::time_t()> calendar = [] { return std::time(nullptr); };
    };

    // Profiles go to `directory`, which exists: YYYYMMDDHHMMSS_ACCOUNT.prof, written when the account's
    // thread ends.
    Profile(std::filesystem::path directory, Clocks clocks)
        : directory_(std::move(directory)), clocks_(std::move(clocks)) {}

    void report(const events::Record& record) override;
    bool wants(events::DebugType) const noexcept override { return false; }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest& request) override;

  private:
    using Duration = std::chrono::steady_clock::duration;
    struct Phase {
        std::string folder;  // empty: none
        std::string name;
        auto operator<=>(const Phase&) const = default;
    };
    struct Cost {
        Duration time{};
        std::size_t times = 0;
    };
    struct Account {
        std::string name;
        std::time_t begun;
        std::chrono::steady_clock::time_point phase_begun;
        Phase phase;
        std::map<Phase, Cost> costs;
    };

    void begin(const std::string& account);
    void enter(const Phase& phase);
    void end();
    static std::string text_of(const Account& account);

    const std::filesystem::path directory_;
    const Clocks clocks_;
    std::mutex account_mutex_;        // guards account_
    std::optional<Account> account_;  // the one that runs now
};

}  // namespace offlineimap::ui

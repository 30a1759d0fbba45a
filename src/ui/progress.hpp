// How far the copying of each account is, in one line each.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "offlineimap/events/reporter.hpp"

namespace offlineimap::ui {

// Not thread-safe: belongs to an interface.
class Progress {
  public:
    using Moment = std::chrono::steady_clock::time_point;
    // Work that is over sooner needs no line.
    static constexpr std::chrono::milliseconds kPatience{500};

    void take(const events::Record& record, Moment now);
    // Names in them are safe for a terminal.
    std::vector<std::string> lines(Moment now) const;

  private:
    struct Account {
        // Of transfers that have ended, and how long any was under way.
        std::size_t messages_before = 0;
        std::uint64_t bytes_before = 0;
        std::chrono::steady_clock::duration time_before{};
        Moment begun;  // since when one is; valid while there are any
        std::map<std::string, events::TransferProgress> transfers = {};  // by thread
    };
    void enter(const std::string& thread, const events::TransferProgress& progress, Moment now);
    void leave(const std::string& thread, Moment now);
    static std::string line_of(const std::string& name, const Account& account, Moment now);

    std::map<std::string, std::string> account_of_;  // by thread
    std::map<std::string, Account> accounts_;        // those that have copied anything in this round
};

}  // namespace offlineimap::ui

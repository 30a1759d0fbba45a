// What a round of an account did, added up from its events.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "offlineimap/events/reporter.hpp"

namespace offlineimap::ui {

// Not thread-safe: belongs to an interface.
class Summary {
  public:
    // Returns the lines at the end of a round, none otherwise: one for each folder in which something
    // happened, and the total. Names in them are safe for a terminal.
    std::vector<std::string> take(const events::Record& record);

  private:
    struct Folder {
        std::string name;
        events::Changes to_local;
        events::Changes to_remote;
        std::chrono::milliseconds took{};
        std::size_t problems = 0;
        bool is_worth_a_line() const noexcept { return to_local.any() || to_remote.any() || problems != 0; }
    };
    struct Account {
        std::size_t folders = 0;
        std::vector<Folder> lines;  // of those that are worth one
        Folder total;
    };
    void count_problem(const std::string& thread);
    void end_folder(const std::string& thread, const events::FolderFinished& finished);
    static std::vector<std::string> text_of(Account account, std::chrono::seconds took);

    std::map<std::string, std::string> account_of_;    // by thread
    std::map<std::string, std::size_t> open_folders_;  // problems so far, by thread
    std::map<std::string, Account> accounts_;
};

}  // namespace offlineimap::ui

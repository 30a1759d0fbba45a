// What the threads of a sync and the thread that draws share: the model, and the question that is open.
// Thread-safe; nobody waits here but who asks.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "blinkenlights_input.hpp"
#include "blinkenlights_model.hpp"

namespace offlineimap::ui::blinkenlights {

class Board {
  public:
    // `news` is called when something has changed since the last view(), once; it must not wait.
    Board(const Visibility& visibility, std::function<void()> news)
        : news_(std::move(news)), model_(visibility) {}

    // For those who sync. False: the board is closed and shows nothing.
    [[nodiscard]] bool take(const events::Record& record, Clock::time_point now);
    void say(Tone tone, std::string_view text);
    // One caller at a time. nullopt: the user gave up, `stop` was requested or the board is closed.
    std::optional<std::string> ask(const std::vector<std::string>& question, const std::stop_token& stop);

    // For good; ends a question that is open.
    void close();
    bool is_closed() const;

    // For the thread that draws.
    View view(std::size_t log_lines);
    std::optional<Clock::time_point> next_tick(Clock::time_point now) const;
    std::optional<std::string> account_of_row(std::size_t number) const;
    // A key for the question that is open. False: there is none.
    bool type(const Key& key);

  private:
    void tell();

    const std::function<void()> news_;
    mutable std::mutex board_mutex_;  // guards the four below
    Model model_;
    std::optional<TypedLine> typed_;  // while a question is open
    bool is_closed_ = false;
    bool is_told_ = false;  // news_ was called and nobody has looked yet
    std::condition_variable_any answered_;
};

}  // namespace offlineimap::ui::blinkenlights

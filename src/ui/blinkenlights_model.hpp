// What Blinkenlights shows, without a terminal: the log and the rows of lights that the events of a run leave
// behind (reference: user interfaces §8). A value of one thread at a time: whoever shares it locks it.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/events/reporter.hpp"
#include "offlineimap/ui/visibility.hpp"

namespace offlineimap::ui::blinkenlights {

using Clock = std::chrono::steady_clock;

// What a thread is doing, as far as it has a colour of its own; and what else is drawn.
enum class Tone {
    plain,  // connecting, hooks, just awake
    banner,
    start,
    account,
    structure,
    folder,
    listing,
    messages,
    copying,
    ignoring,
    deleting,
    adding_flags,
    removing_flags,
    warning,
    sleeping,
    ended,
};

struct LogLine {
    Tone tone = Tone::plain;
    std::string text;  // safe for a terminal but for tabs; no line end
    bool operator==(const LogLine&) const = default;
};

// The main thread (row 0) or an account. A light belongs to one thread until that ends, then to the row's
// next.
struct Row {
    std::string name;
    std::vector<Tone> lights = {};
    std::optional<Clock::time_point> sleeps_until = {};
};

// All that one frame needs.
struct View {
    std::string title;  // "OfflineIMAP 9.0.0"
    std::vector<LogLine> log;
    std::vector<std::string> question;  // to the user; empty: none
    std::vector<Row> rows;
};

class Model {
  public:
    static constexpr std::size_t kLinesKept = 2000;

    explicit Model(const Visibility& visibility);

    void take(const events::Record& record, Clock::time_point now);
    // A line of the interface's own.
    void say(Tone tone, std::string_view text);

    // A question stands below the log until it is answered; then its lines are part of the log.
    void ask(const std::vector<std::string>& question);
    void end_question();

    // The account of the row with that number; nullopt for row 0 and for a row that is not there.
    std::optional<std::string> account_of_row(std::size_t number) const;
    // When a countdown shows another number than it does now; nullopt if nobody sleeps.
    std::optional<Clock::time_point> next_tick(Clock::time_point now) const;

    // With the last `log_lines` lines of the log.
    View view(std::size_t log_lines) const;

  private:
    struct Place {
        std::size_t row;
        std::size_t light;
    };

    std::size_t row_of(const std::string& account);
    const Place& place_of(const std::string& thread);
    const Place& place_in(std::size_t row, const std::string& thread);
    Tone& light_of(const std::string& thread);
    void end(const std::string& thread);
    void sleep(const std::string& thread, const events::Sleeping& event, Clock::time_point now);
    void log(Tone tone, std::string_view text);

    const Visibility visibility_;
    std::string title_;
    std::deque<LogLine> log_;
    std::vector<std::string> question_;
    std::vector<Row> rows_;
    std::vector<std::deque<std::size_t>> free_lights_;  // by row, the longest unused first
    std::map<std::string, Place> places_;               // by thread
};

// The seconds that a countdown shows; none below zero.
std::chrono::seconds time_left(Clock::time_point until, Clock::time_point now) noexcept;

}  // namespace offlineimap::ui::blinkenlights

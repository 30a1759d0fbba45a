// The interface with the lights. A thread of its own draws and reads keys, so that no sync ever waits for the
// terminal. What is shown: blinkenlights_model.hpp; where: blinkenlights_layout.hpp; in which colours:
// blinkenlights_palette.hpp; the terminal and its signals: blinkenlights_screen.hpp, blinkenlights_guard.hpp.

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <poll.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

#include "offlineimap/base/text.hpp"

#include "blinkenlights_board.hpp"
#include "blinkenlights_guard.hpp"
#include "blinkenlights_screen.hpp"
#include "faces.hpp"
#include "whole_write.hpp"

namespace offlineimap::ui {

namespace {

using namespace blinkenlights;
using namespace std::chrono_literals;

// At most 25 frames a second, however much happens.
constexpr auto kFrameTime = 40ms;

using WakeAccount = std::function<void(const std::string&)>;

// Draws the board and reads keys until the board is closed: the work of the thread that owns the screen.
class Drawer {
  public:
    Drawer(Board& board, Screen& screen, const WakeAccount& wake)
        : board_(board), screen_(screen), wake_(wake) {}

    void run() {
        while (!board_.is_closed()) {
            const auto now = Clock::now();
            if (is_stale_ && now >= next_frame_) draw(now);
            wait_until(is_stale_ ? next_frame_ : board_.next_tick(now));
            receive_messages();
            read_keys();
        }
    }

  private:
    void draw(Clock::time_point now) {
        const auto size = screen_.size();
        screen_.show(compose(board_.view(static_cast<std::size_t>(size.rows)), size, now));
        is_stale_ = false;
        next_frame_ = now + kFrameTime;
    }

    // For a key, a message, or that time.
    void wait_until(std::optional<Clock::time_point> time) {
        int milliseconds = -1;
        if (time) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(*time - Clock::now());
            milliseconds = static_cast<int>(std::max(left, 0ms).count());
        }
        std::array<pollfd, 2> inputs = {
            {{.fd = Guard::descriptor(), .events = POLLIN, .revents = 0},
             {.fd = has_keys_ ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0}}};
        if (::poll(inputs.data(), inputs.size(), milliseconds) == 0) is_stale_ = true;
        // Nothing will ever come from a terminal that is gone.
        if ((inputs[1].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) has_keys_ = false;
    }

    void receive_messages() {
        for (Message message{}; Guard::receive(message);) {
            is_stale_ = true;
            switch (message) {
                case Message::changed:
                    break;
                case Message::resized:
                    screen_.adapt();
                    break;
                case Message::suspend:
                    screen_.suspend();
                    break;
                case Message::resumed:
                    screen_.resume();
                    break;
            }
        }
    }

    void read_keys() {
        if (!has_keys_) return;
        while (const auto key = screen_.next_key()) {
            is_stale_ = true;
            press(*key);
        }
    }

    void press(const Key& key) {
        if (key.kind == Key::Kind::redraw) {
            screen_.redraw();
        } else if (!board_.type(key) && key.kind == Key::Kind::byte) {
            press_hot_key(key.byte);
        }
    }

    void press_hot_key(char key) {
        if (key == 'q') {
            quit();
        } else if (base::is_ascii_digit(key)) {
            sync_now(static_cast<std::size_t>(key - '0'));
        }
    }

    // Once: a further SIGTERM would be a step towards ending at once.
    void quit() {
        if (std::exchange(is_quitting_, true)) return;
        board_.say(Tone::warning, "Requested shutdown via 'q'");
        ::kill(::getpid(), SIGTERM);
    }

    void sync_now(std::size_t row) {
        const auto account = board_.account_of_row(row);
        if (!account) return;
        board_.say(Tone::plain, "Requested synchronization for acc: " + *account);
        if (wake_) wake_(*account);
    }

    Board& board_;
    Screen& screen_;
    const WakeAccount& wake_;
    Clock::time_point next_frame_;
    bool is_stale_ = true;
    bool has_keys_ = true;
    bool is_quitting_ = false;
};

std::vector<std::string> question_for(const events::PasswordRequest& request) {
    const std::string server = request.host.empty() ? "" : " on " + base::printable(request.host);
    return {" *** Input Required",
            " *** Account '" + base::printable(request.account) + "', repository '" +
                base::printable(request.repository) + "'" + server,
            " *** Please enter password for user '" + base::printable(request.user) + "': "};
}

class Blinkenlights final : public events::Sink {
  public:
    // Takes the terminal; throws Error if it cannot be drawn on.
    Blinkenlights(const Options& options, const Visibility& visibility);
    ~Blinkenlights() override { close(); }
    Blinkenlights(const Blinkenlights&) = delete;
    Blinkenlights& operator=(const Blinkenlights&) = delete;

    // What is said at the end of a run gives the terminal back; from then on lines are plain text.
    void report(const events::Record& record) override;
    bool wants(events::DebugType type) const noexcept override { return visibility_.debug.contains(type); }
    bool can_ask_password() const noexcept override { return true; }
    std::optional<std::string> ask_password(const events::PasswordRequest& request) override;

  private:
    void run(std::promise<void>& opened);
    void close();

    const Visibility visibility_;
    const std::stop_token stop_;
    const WakeAccount wake_;
    // One question at a time; held while the user thinks.
    std::mutex question_mutex_;
    std::once_flag closed_;
    Board board_;
    const Guard guard_;
    std::jthread thread_;
};

Blinkenlights::Blinkenlights(const Options& options, const Visibility& visibility)
    : visibility_(visibility),
      stop_(options.stop),
      wake_(options.wake),
      board_(visibility, [] { Guard::send(Message::changed); }) {
    std::promise<void> opened;
    auto is_open = opened.get_future();
    thread_ = std::jthread([this, opened = std::move(opened)]() mutable { run(opened); });
    is_open.get();
}

// The thread that draws. When it cannot go on, the sync does, with lines in plain text.
void Blinkenlights::run(std::promise<void>& opened) {
    std::optional<Screen> screen;
    try {
        screen.emplace();
    } catch (...) {  // for who waits
        opened.set_exception(std::current_exception());
        return;
    }
    opened.set_value();
    try {
        Drawer(board_, *screen, wake_).run();
    } catch (const std::exception& error) {  // a thread's root
        board_.say(Tone::warning, error.what());
        board_.close();
    }
}

void Blinkenlights::report(const events::Record& record) {
    if (std::holds_alternative<events::EndReport>(record.event) ||
        std::holds_alternative<events::ProgramEnded>(record.event)) {
        close();
    }
    if (board_.take(record, Clock::now())) return;
    close();
    std::string text;
    for (const auto& line : visible_lines(record.event, visibility_)) text += line.text + '\n';
    write_whole(STDOUT_FILENO, text);
}

std::optional<std::string> Blinkenlights::ask_password(const events::PasswordRequest& request) {
    const std::lock_guard one_question(question_mutex_);
    if (stop_.stop_requested()) return std::nullopt;
    if (!request.failure.empty()) {
        board_.say(Tone::warning, base::printable(request.user) + ": " + base::printable(request.failure));
    }
    return board_.ask(question_for(request), stop_);
}

// Returns when the terminal is the user's again.
void Blinkenlights::close() {
    std::call_once(closed_, [this] {
        board_.close();
        thread_.join();
    });
}

}  // namespace

std::unique_ptr<events::Sink> make_blinkenlights(const Options& options, const Visibility& visibility) {
    return std::make_unique<Blinkenlights>(options, visibility);
}

}  // namespace offlineimap::ui

// The default interface: records on standard error under the name of the activity that speaks, passwords
// asked on the terminal. On a terminal it adds to the original's lines what is of use there: colours, how far
// long work is, and what each round did.

#include <chrono>
#include <fcntl.h>
#include <mutex>
#include <unistd.h>

#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"
#include "offlineimap/ui/password_prompt.hpp"

#include "faces.hpp"
#include "live_lines.hpp"
#include "progress.hpp"
#include "summary.hpp"
#include "terminal.hpp"
#include "whole_write.hpp"

namespace offlineimap::ui {

namespace {

constexpr std::string_view kMainThread = "MainThread";
// A line that changes more often cannot be read.
constexpr std::chrono::milliseconds kRedrawPeriod{100};

// Where the user can be asked: the terminal of the process, if standard input is one at all.
class Questioned {
  public:
    Questioned() {
        if (::isatty(STDIN_FILENO) == 0) return;
        is_terminal_ = true;
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is what it is.
        terminal_ = os::FileDescriptor(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
    }
    bool is_terminal() const noexcept { return is_terminal_; }
    int descriptor() const noexcept { return terminal_ ? terminal_.get() : STDIN_FILENO; }

  private:
    bool is_terminal_ = false;
    os::FileDescriptor terminal_;
};

std::string prompt_for(const events::PasswordRequest& request) {
    const std::string server = request.host.empty() ? "" : " on " + base::printable(request.host);
    return "Account '" + base::printable(request.account) + "', repository '" +
           base::printable(request.repository) + "'" + server + "\nEnter password for user '" +
           base::printable(request.user) + "': ";
}

class TtyUi final : public events::Sink {
  public:
    TtyUi(int output, const Options& options, const Visibility& visibility)
        : output_(output), stop_(options.stop), visibility_(visibility), terminal_(terminal_at(output)) {}

    void report(const events::Record& record) override;
    bool wants(events::DebugType type) const noexcept override { return visibility_.debug.contains(type); }
    bool wants_progress() const noexcept override { return terminal_.can_move; }
    bool can_ask_password() const noexcept override { return true; }
    std::optional<std::string> ask_password(const events::PasswordRequest& request) override;

  private:
    // A prompt that stands on a terminal; its last line is written again after lines of others.
    class OpenPrompt;

    std::string laid_out(const std::string& thread, const std::vector<Line>& lines);
    void write_out(const std::string& text);
    void write_around_prompt(const std::string& text);
    void write_above_progress(const std::string& text);
    void warn(const std::string& text) { report({std::string(kMainThread), events::WarningGiven{text}}); }

    const int output_;
    const std::stop_token stop_;
    const Visibility visibility_;
    const Terminal terminal_;

    std::mutex output_mutex_;  // guards all below but the last, and keeps a record together
    std::string last_thread_;
    std::string prompt_;  // empty: none is open
    int prompt_descriptor_ = -1;
    Summary summary_;
    Progress progress_;
    LiveLines live_lines_;
    std::chrono::steady_clock::time_point redraw_due_;

    // One question at a time; held while the user thinks, so never together with a lock that others need to
    // report.
    std::mutex question_mutex_;
};

class TtyUi::OpenPrompt {
  public:
    OpenPrompt(TtyUi& interface, int descriptor, const std::string& text) : interface_(&interface) {
        const std::lock_guard lock(interface.output_mutex_);
        write_whole(interface.output_, interface.live_lines_.erase());
        interface.prompt_ = text.substr(text.rfind('\n') + 1);
        interface.prompt_descriptor_ = descriptor;
        write_whole(descriptor, text);
    }
    ~OpenPrompt() {
        const std::lock_guard lock(interface_->output_mutex_);
        interface_->prompt_.clear();
    }
    OpenPrompt(const OpenPrompt&) = delete;
    OpenPrompt& operator=(const OpenPrompt&) = delete;

  private:
    TtyUi* interface_;
};

void TtyUi::report(const events::Record& record) {
    auto lines = visible_lines(record.event, visibility_);
    const std::lock_guard lock(output_mutex_);
    if (terminal_.can_move) {
        progress_.take(record, std::chrono::steady_clock::now());
        for (auto& line : summary_.take(record)) lines.push_back({events::Level::info, std::move(line)});
    }
    write_out(laid_out(record.thread, lines));
}

void TtyUi::write_out(const std::string& text) {
    if (!prompt_.empty()) {
        write_around_prompt(text);
    } else if (terminal_.can_move) {
        write_above_progress(text);
    } else {
        write_whole(output_, text);
    }
}

// One write, so that nothing flickers.
void TtyUi::write_above_progress(const std::string& text) {
    if (!is_in_foreground(output_)) {
        // What stands there now is the shell's, or another program's.
        live_lines_.forget();
        write_whole(output_, text);
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    const auto lines = progress_.lines(now);
    const bool is_over = lines.empty() && live_lines_.stand();
    if (text.empty() && now < redraw_due_ && !is_over) return;
    const auto size = size_at(output_);
    const auto erasure = live_lines_.erase();
    write_whole(output_,
                erasure + text + live_lines_.draw(lines, {.columns = size.columns, .rows = size.rows}));
    redraw_due_ = now + kRedrawPeriod;
}

// A record of another thread than the main one is set in by a blank (its first line only), below the thread's
// name if another thread spoke before. The main thread does neither and is not remembered.
std::string TtyUi::laid_out(const std::string& thread, const std::vector<Line>& lines) {
    if (lines.empty()) return "";
    const bool is_main = thread == kMainThread;
    std::string text;
    if (!is_main && thread != last_thread_) {
        text += base::printable(thread, std::string_view::npos) + ":\n";
        last_thread_ = thread;
    }
    for (const auto& line : lines) {
        text += (is_main ? "" : " ") + (terminal_.has_colours ? coloured(line.text, line.level) : line.text) +
                '\n';
    }
    return text;
}

void TtyUi::write_around_prompt(const std::string& text) {
    if (text.empty()) return;
    if (::isatty(output_) == 0) {
        write_whole(output_, text);
        return;
    }
    write_whole(output_, '\n' + text);
    write_whole(prompt_descriptor_, prompt_);
}

std::optional<std::string> TtyUi::ask_password(const events::PasswordRequest& request) {
    const std::lock_guard one_question(question_mutex_);
    if (stop_.stop_requested()) return std::nullopt;
    if (!request.failure.empty()) {
        warn(base::printable(request.user) + ": " + base::printable(request.failure));
    }

    const Questioned user;
    if (!user.is_terminal()) {
        warn(
            "Standard input is not a terminal: the password is read from it and its echo cannot be "
            "disabled.");
        const OpenPrompt prompt(*this, output_, prompt_for(request) + '\n');
        return read_line(STDIN_FILENO, stop_);
    }
    const OpenPrompt prompt(*this, user.descriptor(), prompt_for(request));
    return read_password(user.descriptor(), stop_);
}

}  // namespace

std::unique_ptr<events::Sink> make_ttyui(const Options& options, const Visibility& visibility) {
    return std::make_unique<TtyUi>(options.output.value_or(STDERR_FILENO), options, visibility);
}

}  // namespace offlineimap::ui

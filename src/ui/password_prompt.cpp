#include "offlineimap/ui/password_prompt.hpp"

#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include "whole_write.hpp"

namespace offlineimap::ui {

namespace {

constexpr int kStopCheckMilliseconds = 100;
// A terminal's own limit is 4096; what is longer in a file is no password.
constexpr std::size_t kLongestLine = std::size_t{64} * 1024;

// What restore_terminal() needs. `saved_settings` is written only while `silent_terminal` is -1.
termios saved_settings;
std::atomic<int> silent_terminal{-1};
static_assert(std::atomic<int>::is_always_lock_free, "it is read in a signal handler");

// The terminal still edits the line (erase, kill, UTF-8), but neither shows it nor makes signals of its keys:
// the interrupt and quit keys end the line instead, so that nothing can end the process while the echo is
// off.
termios silent(termios settings) noexcept {
    settings.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ISIG);
    settings.c_lflag |= static_cast<tcflag_t>(ICANON | IEXTEN);  // IEXTEN: for VEOL2
    settings.c_cc[VEOL] = settings.c_cc[VINTR];
    settings.c_cc[VEOL2] = settings.c_cc[VQUIT];
    return settings;
}

class SilentTerminal {
  public:
    explicit SilentTerminal(int terminal) {
        assert(silent_terminal.load() == -1);
        if (::tcgetattr(terminal, &saved_settings) != 0) return;
        silent_terminal.store(terminal);
        const termios wanted = silent(saved_settings);
        is_silent_ = ::tcsetattr(terminal, TCSAFLUSH, &wanted) == 0;
    }
    ~SilentTerminal() {
        restore_terminal();
        silent_terminal.store(-1);
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;

    bool is_silent() const noexcept { return is_silent_; }
    static char interrupt_key() noexcept { return static_cast<char>(saved_settings.c_cc[VINTR]); }
    static char quit_key() noexcept { return static_cast<char>(saved_settings.c_cc[VQUIT]); }

  private:
    bool is_silent_ = false;
};

// False when stopped or when nothing will ever come.
bool wait_for_input(int descriptor, const std::stop_token& stop) {
    for (;;) {
        if (stop.stop_requested()) return false;
        pollfd readable{.fd = descriptor, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&readable, 1, kStopCheckMilliseconds);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

enum class Got { byte, end_of_file, nothing };

Got read_byte(int descriptor, char& byte, const std::stop_token& stop) {
    for (;;) {
        if (!wait_for_input(descriptor, stop)) return Got::nothing;
        const auto count = ::read(descriptor, &byte, 1);
        if (count > 0) return Got::byte;
        if (count == 0) return Got::end_of_file;
        if (errno != EINTR && errno != EAGAIN) return Got::nothing;
    }
}

// The keys that end a line without a line end, and what they mean.
struct Keys {
    char interrupt;
    char quit;
    // The signal that the key stands for; 0 for an ordinary key.
    int signal_of(char key) const noexcept {
        constexpr char kNoKey = static_cast<char>(_POSIX_VDISABLE);
        if (key == kNoKey) return 0;
        if (key == interrupt) return SIGINT;
        return key == quit ? SIGQUIT : 0;
    }
};

struct Typed {
    std::optional<std::string> line = std::nullopt;
    int signal = 0;
};

Typed read_typed(int descriptor, const std::stop_token& stop, const std::optional<Keys>& keys) {
    std::string line;
    line.reserve(4096);  // no copies of the secret are left behind by a growing string
    for (char byte = 0; line.size() < kLongestLine;) {
        switch (read_byte(descriptor, byte, stop)) {
            case Got::nothing:
                return {};
            case Got::end_of_file:
                return line.empty() ? Typed{} : Typed{.line = std::move(line)};
            case Got::byte:
                break;
        }
        if (byte == '\n') return {.line = std::move(line)};
        if (const int signal = keys ? keys->signal_of(byte) : 0; signal != 0) return {.signal = signal};
        line += byte;
    }
    return {};
}

Typed read_silently(int terminal, const std::stop_token& stop) {
    const SilentTerminal silence(terminal);
    if (!silence.is_silent()) return {};
    return read_typed(terminal, stop, Keys{SilentTerminal::interrupt_key(), SilentTerminal::quit_key()});
}

}  // namespace

std::optional<std::string> read_password(int terminal, const std::stop_token& stop) {
    auto typed = read_silently(terminal, stop);
    write_whole(terminal, "\n");  // the user's own was not shown
    if (typed.signal != 0) ::kill(::getpid(), typed.signal);
    return std::move(typed.line);
}

std::optional<std::string> read_line(int descriptor, const std::stop_token& stop) {
    return read_typed(descriptor, stop, std::nullopt).line;
}

void restore_terminal() noexcept {
    const int saved_errno = errno;
    const int terminal = silent_terminal.load();
    if (terminal >= 0) {
        ::tcflush(terminal, TCIFLUSH);  // half a password is nothing for the shell
        ::tcsetattr(terminal, TCSANOW, &saved_settings);
    }
    errno = saved_errno;
}

}  // namespace offlineimap::ui

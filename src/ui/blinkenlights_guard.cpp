#include "blinkenlights_guard.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "offlineimap/base/error.hpp"

namespace offlineimap::ui::blinkenlights {

namespace {

// What the handlers see. The pipe and the way to nowhere are made once and never closed: a handler may still
// be running on another thread when a Guard goes.
std::atomic<int> pipe_reader{-1};
std::atomic<int> pipe_writer{-1};
std::atomic<int> nowhere{-1};
// Written only while `armed_terminal` is -1.
std::array<char, 256> farewell_text;
std::size_t farewell_size = 0;
termios former_settings;
int drawing_descriptor = -1;
std::atomic<int> armed_terminal{-1};
static_assert(std::atomic<int>::is_always_lock_free, "it is used in signal handlers");

void on_end(int signal) noexcept {
    leave_screen();
    ::signal(signal, SIG_DFL);
    ::raise(signal);  // delivered when this handler returns
}

void tell(Message message) noexcept {
    const int saved_errno = errno;
    Guard::send(message);
    errno = saved_errno;
}
void on_resize(int) noexcept {
    tell(Message::resized);
}
void on_stop(int) noexcept {
    tell(Message::suspend);
}
void on_continue(int) noexcept {
    tell(Message::resumed);
}

struct Disposition {
    int signal;
    void (*handler)(int) noexcept;
};
constexpr std::array<Disposition, 12> kDispositions = {{
    {SIGWINCH, on_resize},
    {SIGCONT, on_continue},
    {SIGTSTP, on_stop},
    {SIGHUP, on_end},
    {SIGINT, on_end},
    {SIGTERM, on_end},
    {SIGQUIT, on_end},
    {SIGABRT, on_end},
    {SIGSEGV, on_end},
    {SIGBUS, on_end},
    {SIGFPE, on_end},
    {SIGILL, on_end},
}};
std::array<bool, kDispositions.size()> taken;

struct sigaction action_with(void (*handler)(int) noexcept) noexcept {
    struct sigaction action {};
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    action.sa_handler = handler;
    return action;
}

bool is_systems_own(int signal) noexcept {
    struct sigaction current {};
    return ::sigaction(signal, nullptr, &current) == 0 && (current.sa_flags & SA_SIGINFO) == 0 &&
           current.sa_handler == SIG_DFL;
}

void take_signals() noexcept {
    for (std::size_t i = 0; i < kDispositions.size(); ++i) {
        const auto& [signal, handler] = kDispositions.at(i);
        taken.at(i) = is_systems_own(signal);
        const auto action = action_with(handler);
        if (taken.at(i)) ::sigaction(signal, &action, nullptr);
    }
}

void give_signals_back() noexcept {
    for (std::size_t i = 0; i < kDispositions.size(); ++i) {
        if (taken.at(i)) ::signal(kDispositions.at(i).signal, SIG_DFL);
    }
}

[[noreturn]] void fail(const char* what) {
    throw base::Error(base::Severity::critical, base::ErrorCode::io,
                      std::string("cannot take the terminal: ") + what + ": " + std::strerror(errno));
}

// NOLINTBEGIN(cppcoreguidelines-pro-type-vararg): fcntl(2) and open(2) are what they are.
void prepare(int descriptor) noexcept {
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
}

void make_descriptors_once() {
    if (pipe_writer.load() >= 0) return;
    if (nowhere.load() < 0) nowhere.store(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (nowhere.load() < 0) fail("/dev/null");
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) fail("pipe");
    prepare(ends[0]);
    prepare(ends[1]);
    pipe_reader.store(ends[0]);
    pipe_writer.store(ends[1]);
}
// NOLINTEND(cppcoreguidelines-pro-type-vararg)

}  // namespace

Guard::Guard() {
    make_descriptors_once();
    for (Message left{}; receive(left);) continue;
    take_signals();
}

Guard::~Guard() {
    disarm();
    give_signals_back();
}

int Guard::descriptor() noexcept {
    return pipe_reader.load();
}

bool Guard::receive(Message& message) noexcept {
    char byte = 0;
    ssize_t count = 0;
    while ((count = ::read(pipe_reader.load(), &byte, 1)) < 0 && errno == EINTR) continue;
    message = static_cast<Message>(byte);
    return count == 1;
}

void Guard::send(Message message) noexcept {
    const char byte = static_cast<char>(message);
    // A full pipe holds thousands of messages already: one more says nothing new.
    while (::write(pipe_writer.load(), &byte, 1) < 0 && errno == EINTR) continue;
}

void Guard::arm(int drawing, int terminal, std::string_view farewell, const termios& settings) noexcept {
    assert(armed_terminal.load() == -1);
    farewell_size = std::min(farewell.size(), farewell_text.size());
    std::copy_n(farewell.begin(), farewell_size, farewell_text.begin());
    former_settings = settings;
    drawing_descriptor = drawing;
    armed_terminal.store(terminal);
}

void Guard::disarm() noexcept {
    armed_terminal.store(-1);
}

void Guard::suspend() noexcept {
    ::signal(SIGTSTP, SIG_DFL);
    ::raise(SIGTSTP);
    const auto action = action_with(on_stop);
    ::sigaction(SIGTSTP, &action, nullptr);
}

void leave_screen() noexcept {
    const int saved_errno = errno;
    const int terminal = armed_terminal.exchange(-1);
    if (terminal >= 0) {
        ::dup2(nowhere.load(), drawing_descriptor);
        [[maybe_unused]] const auto written = ::write(terminal, farewell_text.data(), farewell_size);
        ::tcflush(terminal, TCIFLUSH);  // half a password is nothing for the shell
        ::tcsetattr(terminal, TCSANOW, &former_settings);
    }
    errno = saved_errno;
}

}  // namespace offlineimap::ui::blinkenlights

#include "offlineimap/app/signals.hpp"

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "offlineimap/base/error.hpp"

namespace offlineimap::app {

namespace {

enum class Message : char { wake, finish, stop, end };

constexpr int kStopsBeforeAbort = 3;
constexpr int kAbortStatus = 1;

// What the handlers see. The pipe is made once and never closed: a handler may still be running on another
// thread when a Signals goes, and its byte must not end up in somebody else's file.
std::atomic<int> pipe_writer{-1};
std::atomic<int> pipe_reader{-1};
std::atomic<int> stops_seen{0};
std::atomic<void (*)() noexcept> last_act{nullptr};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<void (*)() noexcept>::is_always_lock_free);

std::atomic<bool> in_use{false};
std::array<struct sigaction, NSIG> former_actions;  // by signal number; the handlers do not read it

void send(Message message) noexcept {
    const char byte = static_cast<char>(message);
    // A full pipe holds thousands of messages already: one more says nothing new.
    while (::write(pipe_writer.load(), &byte, 1) < 0 && errno == EINTR) continue;
}

[[noreturn]] void abort_run() noexcept {
    static constexpr std::string_view kFarewell = "Signaled thrice. Aborting!\n";
    if (auto* const act = last_act.load(); act != nullptr) act();
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kFarewell.data(), kFarewell.size());
    ::_exit(kAbortStatus);
}

void on_wake(int) noexcept {
    const int saved_errno = errno;
    send(Message::wake);
    errno = saved_errno;
}

void on_finish(int) noexcept {
    const int saved_errno = errno;
    send(Message::finish);
    errno = saved_errno;
}

void on_stop(int) noexcept {
    const int saved_errno = errno;
    if (stops_seen.fetch_add(1) + 1 >= kStopsBeforeAbort) abort_run();
    send(Message::stop);
    errno = saved_errno;
}

// SI_USER from another process is a request; everything else is this process giving up on itself.
void on_abort(int signal, siginfo_t* info, void*) noexcept {
    if (info->si_code == SI_USER && info->si_pid != ::getpid()) {
        on_finish(signal);
        return;
    }
    if (auto* const act = last_act.load(); act != nullptr) act();
    ::signal(SIGABRT, SIG_DFL);
    ::raise(SIGABRT);  // delivered when this handler returns
}

// Not SIG_IGN: child processes would inherit that, and `yes | head` in a hook would never end.
void on_broken_pipe(int) noexcept {}

struct Disposition {
    int signal;
    void (*handler)(int) noexcept;
};
constexpr std::array<Disposition, 6> kDispositions = {{
    {SIGUSR1, on_wake},
    {SIGUSR2, on_finish},
    {SIGTERM, on_stop},
    {SIGINT, on_stop},
    {SIGHUP, on_stop},
    {SIGPIPE, on_broken_pipe},
}};

bool is_left_ignored(int signal) noexcept {
    // Differs from OfflineIMAP: nohup is obeyed.
    struct sigaction current {};
    return signal == SIGHUP && ::sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

void install(int signal, const struct sigaction& action) noexcept {
    [[maybe_unused]] const int result =
        ::sigaction(signal, &action, &former_actions.at(static_cast<std::size_t>(signal)));
    assert(result == 0);
}

void restore(int signal) noexcept {
    ::sigaction(signal, &former_actions.at(static_cast<std::size_t>(signal)), nullptr);
}

void install_handlers() noexcept {
    struct sigaction action {};
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    for (const auto& [signal, handler] : kDispositions) {
        action.sa_handler = is_left_ignored(signal) ? SIG_IGN : handler;
        install(signal, action);
    }
    action.sa_flags = SA_RESTART | SA_SIGINFO;
    action.sa_sigaction = on_abort;
    install(SIGABRT, action);
}

void restore_handlers() noexcept {
    for (const auto& disposition : kDispositions) restore(disposition.signal);
    restore(SIGABRT);
}

// NOLINTBEGIN(cppcoreguidelines-pro-type-vararg): fcntl(2) is what it is.
void prepare(int descriptor, int status_flags) noexcept {
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    ::fcntl(descriptor, F_SETFL, status_flags);
}
// NOLINTEND(cppcoreguidelines-pro-type-vararg)

void make_pipe_once() {
    if (pipe_writer.load() >= 0) return;
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
        throw base::Error(base::Severity::critical, base::ErrorCode::io,
                          std::string("cannot make the pipe for signals: ") + std::strerror(errno));
    }
    prepare(ends[0], 0);
    prepare(ends[1], O_NONBLOCK);  // a handler never waits
    pipe_reader.store(ends[0]);
    pipe_writer.store(ends[1]);
}

Message receive() noexcept {
    char byte = 0;
    // poll, because ThreadSanitizer holds handlers back while a thread sits in a blocking read.
    pollfd readable{.fd = pipe_reader.load(), .events = POLLIN, .revents = 0};
    while (::poll(&readable, 1, -1) < 1) continue;               // EINTR
    while (::read(pipe_reader.load(), &byte, 1) != 1) continue;  // EINTR: the pipe is never closed
    return static_cast<Message>(byte);
}

}  // namespace

Signals::Signals(SignalActions actions) : actions_(std::move(actions)) {
    make_pipe_once();
    [[maybe_unused]] const bool was_in_use = in_use.exchange(true);
    assert(!was_in_use);

    stops_seen.store(0);
    last_act.store(actions_.before_abort);
    thread_ = std::jthread([this] { pass_on(); });
    install_handlers();
}

Signals::~Signals() {
    restore_handlers();
    last_act.store(nullptr);
    send(Message::end);
    thread_.join();
    in_use.store(false);
}

void Signals::pass_on() {
    for (;;) {
        switch (receive()) {
            case Message::wake:
                actions_.wake();
                break;
            case Message::finish:
                actions_.finish();
                break;
            case Message::stop:
                actions_.stop();
                break;
            case Message::end:
                return;
        }
    }
}

}  // namespace offlineimap::app

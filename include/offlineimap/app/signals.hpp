// Signals of a run, turned into calls of ordinary functions on an ordinary thread.
//
//   SIGUSR1                    wake: end the current sleep, or skip the next; the next sync is full
//   SIGUSR2, SIGABRT           finish: end after the current sync
//   SIGTERM, SIGINT, SIGHUP    stop: end soon; the third one ends the process at once, status 1
//   SIGQUIT                    not touched: the system's core dump
//   SIGPIPE                    does nothing: writers see EPIPE
//
// SIGABRT counts only when another process sends it: abort() and a failed assert abort. SIGHUP stays ignored
// if it was at the start (nohup). Handlers write a byte to a pipe and do nothing else, but for the third
// stop, which must not wait for a thread that may hang. Nothing is blocked, so that child processes (hooks,
// password commands) begin with the system's own dispositions and an empty mask; in return, system calls of
// any thread may be interrupted (SA_RESTART is set). The embedded Python must be started without handlers of
// its own.
#pragma once

#include <functional>
#include <thread>

namespace offlineimap::app {

// Called one after the other, on a thread of their own. None may throw.
struct SignalActions {
    std::function<void()> wake;
    std::function<void()> finish;
    std::function<void()> stop;  // for the first and for the second such signal
    // Called in the handler right before the process ends at the third, or by abort(); must be
    // async-signal-safe. May be null.
    void (*before_abort)() noexcept = nullptr;
};

// Handles signals while it lives; then the former dispositions are back. One at a time in a process.
class Signals {
  public:
    // Throws Error{critical, io} if the pipe cannot be made.
    explicit Signals(SignalActions actions);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

  private:
    void pass_on();

    SignalActions actions_;
    std::jthread thread_;
};

}  // namespace offlineimap::app

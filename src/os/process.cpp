#include "offlineimap/os/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/secret.hpp"
#include "offlineimap/os/child.hpp"

namespace offlineimap::os {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kGraceAfterDeadline{2000};
// Shorter, so that the whole stop takes less than a second.
constexpr milliseconds kGraceAfterStop{700};

// Becomes readable when a stop is asked for; may be used from any thread.
class StopSignal {
  public:
    explicit StopSignal(const std::stop_token& stop) : callback_(stop, [this] { wake(); }) {}
    int descriptor() const noexcept { return pipe_.read_end.get(); }

  private:
    void wake() const noexcept {
        // Nothing can fail here: the pipe is empty, and a full one would be readable as well.
        [[maybe_unused]] const auto written = ::write(pipe_.write_end.get(), "", 1);
    }
    Pipe pipe_ = make_pipe();
    std::stop_callback<std::function<void()>> callback_;
};

// One of the child's outputs, read to its end and kept up to a limit.
class Output {
  public:
    enum class Kind { ordinary, secret };
    Output(std::size_t limit, Kind kind) : limit_(limit), kind_(kind) {
        set_non_blocking(descriptor());
        // What never grows beyond its memory leaves no copy in what was given back.
        if (kind == Kind::secret) kept_.reserve(limit);
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() {
        if (kind_ == Kind::secret) base::wipe(kept_.data(), kept_.size());
    }
    int child_end() const noexcept { return pipe_.write_end.get(); }
    void close_child_end() noexcept { pipe_.write_end.reset(); }
    // -1 (poll ignores it) when the end was reached.
    int descriptor() const noexcept { return pipe_.read_end.get(); }
    bool at_end() const noexcept { return descriptor() < 0; }
    bool truncated() const noexcept { return truncated_; }
    std::string take() { return std::move(kept_); }

    // Reads what is there, without waiting, but not for ever from one who never stops writing. True if
    // anything happened.
    bool drain() {
        if (at_end()) return false;
        constexpr int kMostReads = 16;
        int reads = 0;
        while (reads < kMostReads && read_once()) ++reads;
        return reads > 0 || at_end();
    }

  private:
    bool read_once() {
        std::array<char, 16U << 10U> buffer;
        const ssize_t count = ::read(descriptor(), buffer.data(), buffer.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) return false;
        if (count <= 0) {
            pipe_.read_end.reset();
            return false;
        }
        keep({buffer.data(), static_cast<std::size_t>(count)});
        if (kind_ == Kind::secret) base::wipe(buffer.data(), static_cast<std::size_t>(count));
        return true;
    }
    void keep(std::string_view bytes) {
        const std::size_t room = limit_ - kept_.size();
        if (bytes.size() > room) truncated_ = true;
        kept_.append(bytes.substr(0, room));
    }

    Pipe pipe_ = make_pipe();  // our end does not block, the child's does
    std::size_t limit_;
    Kind kind_;
    std::string kept_;
    bool truncated_ = false;
};

enum class Ending { by_itself, deadline, stop };

// A running command with its outputs. Ends when the shell ends: what a command leaves running in the
// background keeps the pipes open, and must not keep us.
class Run {
  public:
    explicit Run(const ShellCommand& command)
        : output_(command.output_limit,
                  command.output_is_secret ? Output::Kind::secret : Output::Kind::ordinary),
          error_(command.output_limit, Output::Kind::ordinary),
          child_(start(command)) {
        output_.close_child_end();
        error_.close_child_end();
    }

    Ending wait(const base::Deadline& deadline, const StopSignal& stop) {
        milliseconds nap = kShortestNap;
        while (!child_.has_ended()) {
            if (deadline.expired()) return Ending::deadline;
            if (wait_for_event(stop, std::min(nap, until(deadline)))) return Ending::stop;
            const bool moved = drain();
            nap = moved ? kShortestNap : std::min(nap * 2, kLongestNap);
        }
        return Ending::by_itself;
    }

    CommandResult result() {
        drain();
        CommandResult result;
        result.truncated = output_.truncated() || error_.truncated();
        result.standard_output = output_.take();
        result.standard_error = error_.take();
        return result;
    }

    int exit_code() noexcept { return child_.reap(); }
    // Of a child that even SIGKILL did not end in time, the status is not known.
    int end(milliseconds grace) noexcept { return child_.end(grace).value_or(128 + SIGKILL); }

  private:
    static constexpr milliseconds kShortestNap{1};
    // The end of a child that has closed its outputs wakes nobody: it is looked for this often.
    static constexpr milliseconds kLongestNap{100};

    ShellChild start(const ShellCommand& command) const {
        return ShellChild::start(command.command, command.environment,
                                 {.input = -1, .output = output_.child_end(), .error = error_.child_end()});
    }
    static milliseconds until(const base::Deadline& deadline) noexcept {
        return std::chrono::ceil<milliseconds>(
            std::min<base::Deadline::Clock::duration>(deadline.remaining(), kLongestNap));
    }
    // True if a stop was asked for.
    bool wait_for_event(const StopSignal& stop, milliseconds limit) const noexcept {
        std::array<pollfd, 3> watched = {{{output_.descriptor(), POLLIN, 0},
                                          {error_.descriptor(), POLLIN, 0},
                                          {stop.descriptor(), POLLIN, 0}}};
        const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(limit.count()));
        return ready > 0 && watched[2].revents != 0;
    }
    bool drain() {
        const bool output_moved = output_.drain();
        const bool error_moved = error_.drain();
        return output_moved || error_moved;
    }

    Output output_;
    Output error_;
    ShellChild child_;
};

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): stop tokens go by value everywhere, as in std::jthread
CommandResult run_shell(const ShellCommand& command, std::stop_token stop) {
    if (stop.stop_requested()) throw base::Cancelled();
    const StopSignal stop_signal(stop);
    Run run(command);
    const Ending ending = run.wait(command.deadline, stop_signal);
    if (ending == Ending::stop) {
        run.end(kGraceAfterStop);
        throw base::Cancelled();
    }
    const int exit_code = ending == Ending::deadline ? run.end(kGraceAfterDeadline) : run.exit_code();
    CommandResult result = run.result();
    result.exit_code = exit_code;
    result.timed_out = ending == Ending::deadline;
    return result;
}

}  // namespace offlineimap::os

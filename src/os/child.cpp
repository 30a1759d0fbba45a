#include "offlineimap/os/child.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "offlineimap/base/deadline.hpp"

extern char** environ;

namespace offlineimap::os {

using base::Severity;
using std::chrono::milliseconds;

namespace {

void require(int errno_value, const char* attempt, const std::string& what) {
    if (errno_value != 0) throw_errno(Severity::repository, attempt, what, errno_value);
}

class FileActions {
  public:
    FileActions() { require(::posix_spawn_file_actions_init(&actions_), "prepare", "a process"); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

    void open(int target, const char* path, int flags) {
        require(::posix_spawn_file_actions_addopen(&actions_, target, path, flags, 0), "redirect to", path);
    }
    // dup2 in the child; clears close-on-exec of the copy.
    void copy(int source, int target) {
        require(::posix_spawn_file_actions_adddup2(&actions_, source, target), "redirect", "a descriptor");
    }
    const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
};

class SpawnAttributes {
  public:
    SpawnAttributes() { require(::posix_spawnattr_init(&attributes_), "prepare", "a process"); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }

    // A group of its own, so that all it starts can be ended together and a Ctrl-C at the terminal reaches
    // us only. We ignore SIGPIPE and block signals in some threads; the child must not inherit that.
    void isolate() {
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::sigdelset(&all, SIGKILL);
        ::sigdelset(&all, SIGSTOP);
        require(::posix_spawnattr_setpgroup(&attributes_, 0), "prepare", "a process");
        require(::posix_spawnattr_setsigmask(&attributes_, &none), "prepare", "a process");
        require(::posix_spawnattr_setsigdefault(&attributes_, &all), "prepare", "a process");
        constexpr short kFlags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
        require(::posix_spawnattr_setflags(&attributes_, kFlags), "prepare", "a process");
    }
    const posix_spawnattr_t* get() const noexcept { return &attributes_; }

  private:
    posix_spawnattr_t attributes_{};
};

void redirect(FileActions& actions, const ChildDescriptors& descriptors) {
    if (descriptors.input >= 0)
        actions.copy(descriptors.input, STDIN_FILENO);
    else
        actions.open(STDIN_FILENO, "/dev/null", O_RDONLY);
    if (descriptors.output >= 0) actions.copy(descriptors.output, STDOUT_FILENO);
    if (descriptors.error >= 0) actions.copy(descriptors.error, STDERR_FILENO);
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
    std::vector<std::string> variables;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view text(*variable);
        if (!added.contains(std::string(text.substr(0, text.find('='))))) variables.emplace_back(text);
    }
    for (const auto& [name, value] : added) {
        variables.push_back(name);
        variables.back().append("=").append(value);
    }
    return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

constexpr milliseconds kEndGrace{2000};
// How long a killed process may take to go; longer only when it hangs inside the kernel.
constexpr milliseconds kKillGrace{1000};

bool group_exists(pid_t group) noexcept {
    return ::kill(-group, 0) == 0 || errno != ESRCH;
}

template <class Condition>
bool wait_for(Condition condition, const base::Deadline& deadline) noexcept {
    constexpr milliseconds kLongestNap{50};
    for (milliseconds nap{1}; !condition(); nap = std::min(nap * 2, kLongestNap)) {
        if (deadline.expired()) return false;
        std::this_thread::sleep_for(nap);
    }
    return true;
}

}  // namespace

void set_non_blocking(int descriptor) {
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
        throw_errno(Severity::repository, "prepare", "a pipe", errno);
}

Pipe make_pipe() {
    int ends[2];
#if defined(__APPLE__)
    // No pipe2() there: a child started by another thread in between inherits the pipe.
    if (::pipe(ends) < 0) throw_errno(Severity::repository, "create", "a pipe", errno);
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
#else
    if (::pipe2(ends, O_CLOEXEC) < 0) throw_errno(Severity::repository, "create", "a pipe", errno);
#endif
    return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

ShellChild ShellChild::start(const std::string& command,
                             const std::map<std::string, std::string>& environment,
                             const ChildDescriptors& descriptors) {
    FileActions actions;
    redirect(actions, descriptors);
    SpawnAttributes attributes;
    attributes.isolate();
    std::vector<std::string> arguments = {"/bin/sh", "-c", command};
    std::vector<std::string> variables = environment_with(environment);
    pid_t id = -1;
    require(::posix_spawn(&id, "/bin/sh", actions.get(), attributes.get(), pointers_to(arguments).data(),
                          pointers_to(variables).data()),
            "start", command);
    return ShellChild(id);
}

ShellChild::ShellChild(ShellChild&& other) noexcept : id_(std::exchange(other.id_, -1)) {}

ShellChild& ShellChild::operator=(ShellChild&& other) noexcept {
    if (this != &other) {
        end(kEndGrace);
        id_ = std::exchange(other.id_, -1);
    }
    return *this;
}

ShellChild::~ShellChild() {
    end(kEndGrace);
}

bool ShellChild::has_ended() const noexcept {
    if (id_ < 0) return true;
    siginfo_t info{};
    int result = 0;
    do {
        result = ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT);
    } while (result < 0 && errno == EINTR);
    // ECHILD (somebody made the system reap children) also means that there is nothing to wait for.
    return result < 0 || info.si_pid == id_;
}

void ShellChild::signal_group(int signal_number) const noexcept {
    if (id_ > 0) ::kill(-id_, signal_number);
}

int ShellChild::reap() noexcept {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::optional<int> ShellChild::end(milliseconds grace) noexcept {
    if (id_ < 0) return std::nullopt;
    const auto deadline = base::Deadline::after(grace);
    signal_group(SIGTERM);
    signal_group(SIGCONT);  // a stopped process takes no SIGTERM
    wait_for([this] { return has_ended(); }, deadline);
    std::optional<int> status;
    const pid_t group = id_;
    if (has_ended()) status = reap();
    // What the child has started gets its share of the grace too. Its group's number stays taken as long as
    // one of them is left.
    wait_for([group] { return !group_exists(group); }, deadline);
    if (group_exists(group)) ::kill(-group, SIGKILL);
    if (!status && wait_for([this] { return has_ended(); }, base::Deadline::after(kKillGrace)))
        status = reap();
    id_ = -1;
    return status;
}

}  // namespace offlineimap::os

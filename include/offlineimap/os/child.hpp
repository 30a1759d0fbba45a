// A child process run by the shell, as hooks, password commands and tunnels need it: in a process group of
// its own, with default signal handling, with no descriptor of ours but the three it is given.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>

#include "offlineimap/os/file.hpp"

namespace offlineimap::os {

struct Pipe {
    FileDescriptor read_end;
    FileDescriptor write_end;
};
// Close-on-exec, both ends blocking. Throws Error{repository, io}.
Pipe make_pipe();
void set_non_blocking(int descriptor);

// What the child gets as 0, 1 and 2; -1: /dev/null for the input, ours for output and error.
struct ChildDescriptors {
    int input = -1;
    int output = -1;
    int error = -1;
};

// Ends with its owner: the destructor ends the process group and reaps the child.
class ShellChild {
  public:
    // /bin/sh -c `command`, with `environment` added to ours. The descriptors stay the caller's to close.
    // Throws Error{repository, io} when it cannot be started.
    static ShellChild start(const std::string& command, const std::map<std::string, std::string>& environment,
                            const ChildDescriptors& descriptors);
    ShellChild(ShellChild&& other) noexcept;
    ShellChild& operator=(ShellChild&& other) noexcept;
    ~ShellChild();

    // Does not wait. The child stays a zombie until this object reaps it, so its id is not reused meanwhile.
    bool has_ended() const noexcept;
    // To the whole process group; harmless when it has ended.
    void signal_group(int signal_number) const noexcept;
    // Precondition: has_ended(). Its status, 128 + signal when one killed it.
    int reap() noexcept;
    // SIGTERM to the group, SIGKILL after `grace`, reaped. Returns soon after `grace` in every case; the
    // status as reap() gives it, nullopt if there was nothing to reap or it hangs inside the kernel.
    std::optional<int> end(std::chrono::milliseconds grace) noexcept;

  private:
    explicit ShellChild(pid_t id) noexcept : id_(id) {}
    pid_t id_ = -1;  // -1: nothing to reap
};

}  // namespace offlineimap::os

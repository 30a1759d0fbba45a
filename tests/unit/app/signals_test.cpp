#include "offlineimap/app/signals.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "offlineimap/os/file.hpp"

namespace offlineimap::app {
namespace {

// A child process under Signals. It writes a letter for each thing that happens: r(eady), w(ake), f(inish),
// s(top) and e(nd of the object); then it exits with 42. It ends its Signals when `last` has come.
class Child {
  public:
    explicit Child(
        char last, const std::function<void()>& at_start = [] {}) {
        std::array<int, 2> ends{};
        std::array<int, 2> error_ends{};
        if (::pipe(ends.data()) != 0 || ::pipe(error_ends.data()) != 0) throw std::runtime_error("pipe");
        news_ = os::FileDescriptor(ends[0]);
        errors_ = os::FileDescriptor(error_ends[0]);
        os::FileDescriptor writer(ends[1]);
        os::FileDescriptor error_writer(error_ends[1]);
        process_ = ::fork();
        if (process_ < 0) throw std::runtime_error("fork");
        if (process_ == 0) {
            ::alarm(30);  // never outlives a test that was ended
            ::dup2(error_writer.get(), STDERR_FILENO);
            at_start();
            run(writer.get(), last);
        }
        writer.reset();
        error_writer.reset();
        EXPECT_EQ(next(), 'r');
    }
    ~Child() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void signal(int number) const { ASSERT_EQ(::kill(process_, number), 0); }
    // What happens next; '-' if nothing will any more.
    char next() const {
        char letter = '-';
        return ::read(news_.get(), &letter, 1) == 1 ? letter : '-';
    }
    std::string standard_error() const {
        std::string text;
        char byte = 0;
        while (::read(errors_.get(), &byte, 1) == 1) text += byte;
        return text;
    }
    int wait() const {
        int status = 0;
        siginfo_t info{};
        // WNOWAIT: the destructor reaps.
        if (::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOWAIT) != 0) return -1;
        status = info.si_status;
        return info.si_code == CLD_EXITED ? status : -status;
    }

  private:
    [[noreturn]] static void run(int writer, char last) {
        static int news = -1;
        news = writer;
        std::array<int, 2> done{};
        if (::pipe(done.data()) != 0) ::_exit(1);
        const auto tell = [](char letter) {
            if (::write(news, &letter, 1) != 1) ::_exit(1);
        };
        const auto happen = [&](char letter) {
            tell(letter);
            if (letter == last && ::write(done[1], &letter, 1) != 1) ::_exit(1);
        };
        {
            const Signals signals({.wake = [&] { happen('w'); },
                                   .finish = [&] { happen('f'); },
                                   .stop = [&] { happen('s'); },
                                   .before_abort =
                                       []() noexcept {
                                           const char letter = 'a';
                                           if (::write(news, &letter, 1) != 1) ::_exit(2);
                                       }});
            tell('r');
            // poll, because ThreadSanitizer holds handlers back while a thread sits in a blocking read.
            pollfd readable{.fd = done[0], .events = POLLIN, .revents = 0};
            while (::poll(&readable, 1, -1) < 1) continue;
        }
        tell('e');
        ::_exit(42);
    }

    os::FileDescriptor news_;
    os::FileDescriptor errors_;
    pid_t process_ = -1;
};

TEST(Signals, UserSignalOneWakes) {
    const Child child('w');
    child.signal(SIGUSR1);
    EXPECT_EQ(child.next(), 'w');
    EXPECT_EQ(child.next(), 'e');
    EXPECT_EQ(child.wait(), 42);
}

TEST(Signals, UserSignalTwoFinishes) {
    const Child child('f');
    child.signal(SIGUSR2);
    EXPECT_EQ(child.next(), 'f');
    EXPECT_EQ(child.wait(), 42);
}

TEST(Signals, TermIntAndHupStop) {
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        const Child child('s');
        child.signal(number);
        EXPECT_EQ(child.next(), 's');
        EXPECT_EQ(child.wait(), 42);
    }
}

TEST(Signals, ThirdStopEndsTheProcessAtOnceAfterTheLastAct) {
    const Child child('-');
    for (const int number : {SIGINT, SIGTERM}) {
        child.signal(number);
        EXPECT_EQ(child.next(), 's');
    }
    child.signal(SIGHUP);
    EXPECT_EQ(child.next(), 'a');
    EXPECT_EQ(child.next(), '-');
    EXPECT_EQ(child.wait(), 1);
    EXPECT_EQ(child.standard_error(), "Signaled thrice. Aborting!\n");
}

TEST(Signals, AbortFromAnotherProcessFinishes) {
    const Child child('f');
    child.signal(SIGABRT);
    EXPECT_EQ(child.next(), 'f');
    EXPECT_EQ(child.wait(), 42);
}

// The exit status of a child process that does `act` under Signals; negative: the signal that ended it.
int status_after(void (*act)(), void (*before_abort)() noexcept = nullptr) {
    const pid_t process = ::fork();
    if (process == 0) {
        const rlimit no_core{};
        ::setrlimit(RLIMIT_CORE, &no_core);
        const Signals signals({.wake = [] {}, .finish = [] {}, .stop = [] {}, .before_abort = before_abort});
        act();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(process, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(Signals, OwnAbortStillAborts) {
    EXPECT_EQ(status_after([] { std::abort(); }), -SIGABRT);
    EXPECT_EQ(status_after([] { ::raise(SIGABRT); }), -SIGABRT);
    EXPECT_EQ(status_after([] { ::kill(::getpid(), SIGABRT); }), -SIGABRT);
}

TEST(Signals, OwnAbortHasItsLastActToo) {
    EXPECT_EQ(status_after([] { std::abort(); }, []() noexcept { ::_exit(7); }), 7);
}

TEST(Signals, BrokenPipeIsOnlyAnErrorOfTheWrite) {
    EXPECT_EQ(status_after([] {
                  std::array<int, 2> ends{};
                  if (::pipe(ends.data()) != 0) ::_exit(1);
                  ::close(ends[0]);
                  if (::write(ends[1], "x", 1) != -1 || errno != EPIPE) ::_exit(2);
              }),
              0);
}

TEST(Signals, ChildProcessesStartWithTheSystemsDispositions) {
    // Hooks rely on it: a filter whose reader is gone must end.
    EXPECT_EQ(status_after([] { ::execl("/bin/sh", "sh", "-c", "kill -PIPE $$; exit 7", nullptr); }),
              -SIGPIPE);
}

TEST(Signals, HangUpStaysIgnoredUnderNohup) {
    const Child child('w', [] { std::signal(SIGHUP, SIG_IGN); });
    child.signal(SIGHUP);
    child.signal(SIGUSR1);
    EXPECT_EQ(child.next(), 'w');
    EXPECT_EQ(child.wait(), 42);
}

TEST(Signals, FormerDispositionsComeBack) {
    {
        const Signals signals({.wake = [] {}, .finish = [] {}, .stop = [] {}});
    }
    for (const int number : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGABRT}) {
        struct sigaction action {};
        ASSERT_EQ(::sigaction(number, nullptr, &action), 0);
        EXPECT_EQ(action.sa_handler, SIG_DFL) << number;
    }
}

}  // namespace
}  // namespace offlineimap::app

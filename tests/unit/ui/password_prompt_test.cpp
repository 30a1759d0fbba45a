#include "offlineimap/ui/password_prompt.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/ui/interface.hpp"

#include "pipe.hpp"

namespace offlineimap::ui {
namespace {

using testing::HasSubstr;
using testing::Not;

class Terminal {
  public:
    Terminal() {
        int keyboard = -1;
        int screen = -1;
        if (::openpty(&keyboard, &screen, nullptr, nullptr, nullptr) != 0)
            throw std::runtime_error("openpty");
        keyboard_ = os::FileDescriptor(keyboard);
        program_ = os::FileDescriptor(screen);
    }
    int program() const noexcept { return program_.get(); }
    // Types once the program has turned the echo off (before, it would be flushed away).
    void type(std::string_view keys) const {
        while (echoes()) std::this_thread::yield();
        ASSERT_EQ(::write(keyboard_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
    }
    bool echoes() const { return (settings().c_lflag & static_cast<tcflag_t>(ECHO)) != 0; }
    termios settings() const {
        termios current{};
        ::tcgetattr(program_.get(), &current);
        return current;
    }
    // What stands on the screen now.
    std::string screen() const {
        std::string shown;
        std::array<char, 256> buffer{};
        for (;;) {
            pollfd readable{.fd = keyboard_.get(), .events = POLLIN, .revents = 0};
            if (::poll(&readable, 1, 0) <= 0) return shown;
            const auto count = ::read(keyboard_.get(), buffer.data(), buffer.size());
            if (count <= 0) return shown;
            shown.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }

  private:
    os::FileDescriptor keyboard_;
    os::FileDescriptor program_;
};

bool same_settings(const termios& a, const termios& b) {
    return a.c_lflag == b.c_lflag && a.c_cc[VEOL] == b.c_cc[VEOL] && a.c_cc[VEOL2] == b.c_cc[VEOL2];
}

struct Answer {
    std::optional<std::string> password;
    std::string screen;
    bool settings_restored;
};

Answer answer_to(std::string_view keys) {
    const Terminal terminal;
    const auto before = terminal.settings();
    std::optional<std::string> password;
    {
        const std::jthread program([&] { password = read_password(terminal.program(), {}); });
        terminal.type(keys);
    }
    return {password, terminal.screen(), same_settings(before, terminal.settings())};
}

// While it lives, SIGINT and SIGQUIT wait until they are asked for. (A handler would do, but for
// ThreadSanitizer, which loses a signal whose thread ends before it is handled.)
class CatchSignals {
  public:
    CatchSignals() {
        ::sigemptyset(&signals_);
        for (const int signal : {SIGINT, SIGQUIT}) ::sigaddset(&signals_, signal);
        ::pthread_sigmask(SIG_BLOCK, &signals_, &former_);
    }
    ~CatchSignals() {
        const timespec at_once{};
        while (::sigtimedwait(&signals_, nullptr, &at_once) > 0) continue;
        ::pthread_sigmask(SIG_SETMASK, &former_, nullptr);
    }
    CatchSignals(const CatchSignals&) = delete;
    CatchSignals& operator=(const CatchSignals&) = delete;

    // Negative: none came.
    int next_signal() const {
        const timespec limit{.tv_sec = 10, .tv_nsec = 0};
        return ::sigtimedwait(&signals_, nullptr, &limit);
    }

  private:
    sigset_t signals_{};
    sigset_t former_{};
};

TEST(PasswordPrompt, ReadsALineWithoutShowingIt) {
    const auto answer = answer_to(
        "s\xc3\xa4"
        "cret word\n");
    EXPECT_EQ(answer.password,
              "s\xc3\xa4"
              "cret word");
    EXPECT_EQ(answer.screen, "\r\n");
    EXPECT_TRUE(answer.settings_restored);
}

TEST(PasswordPrompt, TerminalStillEditsTheLine) {
    EXPECT_EQ(answer_to("wrong\x15rightt\x7f\n").password, "right");
}

TEST(PasswordPrompt, EmptyLineIsAnEmptyPassword) {
    EXPECT_EQ(answer_to("\n").password, "");
}

TEST(PasswordPrompt, EndOfFileGivesUp) {
    const auto answer = answer_to("\x04");
    EXPECT_EQ(answer.password, std::nullopt);
    EXPECT_TRUE(answer.settings_restored);
}

TEST(PasswordPrompt, InterruptKeyGivesUpAndIsSentOnWithTheTerminalRestored) {
    const CatchSignals signals;
    const auto answer = answer_to("half\x03");
    EXPECT_EQ(answer.password, std::nullopt);
    EXPECT_EQ(signals.next_signal(), SIGINT);
    EXPECT_EQ(answer.screen, "\r\n");
    EXPECT_TRUE(answer.settings_restored);
}

TEST(PasswordPrompt, QuitKeyGivesUpAndIsSentOn) {
    const CatchSignals signals;
    const auto answer = answer_to("half\x1c");
    EXPECT_EQ(answer.password, std::nullopt);
    EXPECT_EQ(signals.next_signal(), SIGQUIT);
    EXPECT_TRUE(answer.settings_restored);
}

TEST(PasswordPrompt, StopEndsItAndLeavesNothingTypedForTheShell) {
    const Terminal terminal;
    std::optional<std::string> password = "unset";
    std::stop_source stop;
    {
        const std::jthread program([&] { password = read_password(terminal.program(), stop.get_token()); });
        terminal.type("half");
        stop.request_stop();
    }
    EXPECT_EQ(password, std::nullopt);
    EXPECT_TRUE(terminal.echoes());
    pollfd readable{.fd = terminal.program(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&readable, 1, 0), 0);
}

TEST(PasswordPrompt, LastMomentRestoreTurnsTheEchoOn) {
    const Terminal terminal;
    std::stop_source stop;
    const std::jthread program([&] { read_password(terminal.program(), stop.get_token()); });
    while (terminal.echoes()) std::this_thread::yield();
    restore_terminal();
    EXPECT_TRUE(terminal.echoes());
    stop.request_stop();
}

TEST(PasswordPrompt, WhatIsNoTerminalIsNotAskedAsOne) {
    const Pipe pipe;
    EXPECT_EQ(read_password(pipe.reader(), {}), std::nullopt);
}

TEST(ReadLine, LeavesTheNextLineForTheNextReader) {
    Pipe pipe;
    ASSERT_EQ(::write(pipe.writer(), "one\ntwo", 7), 7);
    pipe.close_writer();
    EXPECT_EQ(read_line(pipe.reader(), {}), "one");
    EXPECT_EQ(read_line(pipe.reader(), {}), "two");
    EXPECT_EQ(read_line(pipe.reader(), {}), std::nullopt);
}

TEST(ReadLine, RefusesALineWithoutEnd) {
    const os::FileDescriptor zeros = os::open_for_reading("/dev/zero", base::Severity::critical);
    EXPECT_EQ(read_line(zeros.get(), {}), std::nullopt);
}

// Everything that comes from the descriptor until its other end is gone; types `keys` once `prompt` is there.
std::string converse(int descriptor, const std::string& prompt, const std::string& keys) {
    std::string shown;
    bool typed = false;
    std::array<char, 256> buffer{};
    for (;;) {
        const auto count = ::read(descriptor, buffer.data(), buffer.size());
        if (count <= 0) return shown;
        shown.append(buffer.data(), static_cast<std::size_t>(count));
        if (!typed && shown.find(prompt) != std::string::npos) {
            typed = true;
            termios settings{};
            do {
                ::tcgetattr(descriptor, &settings);
                std::this_thread::yield();
            } while ((settings.c_lflag & static_cast<tcflag_t>(ECHO)) != 0);
            EXPECT_EQ(::write(descriptor, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
        }
    }
}

int exit_code_of(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const events::PasswordRequest kRequest{.account = "Test",
                                       .repository = "Remote",
                                       .user = "user@example.org",
                                       .host = "imap.example.org",
                                       .failure = "refused"};

TEST(TtyUiPassword, AsksOnTheTerminalOfTheProcess) {
    int terminal = -1;
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::setenv("NO_COLOR", "1", 1);
        const auto interface = make_interface(Name::ttyui, {});
        ::_exit(interface->ask_password(kRequest) == "secret" ? 0 : 1);
    }
    const os::FileDescriptor owner(terminal);
    const auto shown = converse(terminal, "Enter password for user 'user@example.org': ", "secret\n");
    EXPECT_EQ(exit_code_of(child), 0);
    EXPECT_EQ(shown,
              "user@example.org: refused\r\n"
              "Account 'Test', repository 'Remote' on imap.example.org\r\n"
              "Enter password for user 'user@example.org': \r\n");
}

TEST(TtyUiPassword, LinesOfOthersAreWholeAndThePromptIsShownAgain) {
    int terminal = -1;
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto interface = make_interface(Name::ttyui, {});
        std::jthread other([&interface] {
            termios settings{};
            do {
                ::tcgetattr(STDIN_FILENO, &settings);
                std::this_thread::yield();
            } while ((settings.c_lflag & static_cast<tcflag_t>(ECHO)) != 0);
            interface->report({"Account sync Other", events::AccountStarted{"Other"}});
        });
        const auto password = interface->ask_password(kRequest);
        other.join();
        ::_exit(password == "secret" ? 0 : 1);
    }
    const os::FileDescriptor owner(terminal);
    const auto shown =
        converse(terminal,
                 " *** Processing account Other\r\nEnter password for user 'user@example.org': ", "secret\n");
    EXPECT_EQ(exit_code_of(child), 0);
    EXPECT_THAT(shown, HasSubstr("Enter password for user 'user@example.org': \r\n"
                                 "Account sync Other:\r\n"
                                 " *** Processing account Other\r\n"
                                 "Enter password for user 'user@example.org': \r\n"));
    EXPECT_THAT(shown, Not(HasSubstr("secret")));
}

TEST(TtyUiPassword, ReadsStandardInputWithAWarningWhenItIsNoTerminal) {
    Pipe input;
    Pipe output;
    ASSERT_EQ(::write(input.writer(), "secret\n", 7), 7);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::dup2(input.reader(), STDIN_FILENO);
        const auto interface =
            make_interface(Name::ttyui, {.debug = {}, .stop = {}, .output = output.writer()});
        ::_exit(interface->ask_password(kRequest) == "secret" ? 0 : 1);
    }
    EXPECT_EQ(exit_code_of(child), 0);
    EXPECT_THAT(output.content(), HasSubstr("its echo cannot be disabled.\n"
                                            "Account 'Test', repository 'Remote' on imap.example.org\n"
                                            "Enter password for user 'user@example.org': \n"));
}

TEST(TtyUiPassword, AsksNothingOnceStopped) {
    std::stop_source stop;
    stop.request_stop();
    Pipe output;
    const auto interface =
        make_interface(Name::ttyui, {.debug = {}, .stop = stop.get_token(), .output = output.writer()});
    EXPECT_EQ(interface->ask_password(kRequest), std::nullopt);
    EXPECT_EQ(output.content(), "");
}

}  // namespace
}  // namespace offlineimap::ui

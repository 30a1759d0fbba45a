#include "offlineimap/imap/echo_guard.hpp"

#include <gtest/gtest.h>

namespace offlineimap::imap {
namespace {

using base::Secret;

TEST(EchoGuards, HideAPasswordInEveryFormThatLoginGivesIt) {
    EchoGuard guard;
    guard.learn(Secret(R"("pass\"word")"));
    EXPECT_EQ(guard.cleaned(R"(A1 LOGIN "u" "pass\"word" refused)"), R"(A1 LOGIN "u" "[hidden]" refused)");
    EXPECT_EQ(guard.cleaned("no pass\"word, no PASS\"WORD"), "no [hidden], no [hidden]");
    EXPECT_EQ(guard.cleaned("cGFzcyJ3b3Jk"), "[hidden]");
    EXPECT_EQ(guard.cleaned("password"), "password");
}

TEST(EchoGuards, HideThePasswordOfPlainButNotTheUser) {
    EchoGuard guard;
    guard.learn(Secret("AHVzZXIAczNjcmV0"));  // NUL user NUL s3cret
    EXPECT_EQ(guard.cleaned("user AHVzZXIAczNjcmV0 has s3cret, czNjcmV0"),
              "user [hidden] has [hidden], [hidden]");
}

TEST(EchoGuards, HideTheTokenOfABearer) {
    EchoGuard guard;
    guard.learn(
        Secret("dXNlcj11c2VyAWF1dGg9QmVhcmVyIHlhMjkudG9rZW4BAQ=="));  // user=user^Aauth=Bearer ya29.token^A^A
    EXPECT_EQ(guard.cleaned("user: bad token ya29.token"), "user: bad token [hidden]");
}

TEST(EchoGuards, HideBytesThatAreNoBase64) {
    EchoGuard guard;
    guard.learn(Secret("p\xC3\xA4ss word"));
    EXPECT_EQ(guard.cleaned("no p\xC3\xA4ss word"), "no [hidden]");
}

TEST(EchoGuards, LeaveWordsThatAreTooShortToHide) {
    EchoGuard guard;
    guard.learn(Secret("\"abc\""));
    guard.learn(Secret("*"));
    EXPECT_EQ(guard.cleaned("* abc"), "* abc");
}

TEST(EchoGuards, LeaveTextAsItIsWhileThereIsNoSecret) {
    EXPECT_EQ(EchoGuard().cleaned("a \x1b\xff"), "a \x1b\xff");
}

}  // namespace
}  // namespace offlineimap::imap

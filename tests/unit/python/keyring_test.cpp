#include "offlineimap/python/keyring.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdlib.h>

#include <gtest/gtest.h>

#include "offlineimap/python/interpreter.hpp"

#include "support/temporary_directory.hpp"

namespace offlineimap::python {
namespace {

constexpr const char* kFakeKeyring = R"(
import sys
import types

calls = []
passwords = {("mail.example", "me"): "gehe\u00efm"}
failure = []

class NoKeyringError(RuntimeError): pass
class KeyringLocked(Exception): pass
class Unspeakable(Exception):
    def __str__(self): raise ValueError

def get_password(service, user):
    if failure: raise failure[0]
    calls.append("get %s %s" % (service, user))
    return passwords.get((service, user))

def set_password(service, user, password):
    if failure: raise failure[0]
    calls.append("set %s %s %s" % (service, user, password))

def install():
    fake = types.ModuleType("keyring")
    fake.get_password = get_password
    fake.set_password = set_password
    sys.modules["keyring"] = fake

def remove():
    sys.modules["keyring"] = None

def fail(kind, *arguments):
    failure[:] = [kind(*arguments)]
)";

// A module of that name stands in for the real one, which may or may not be installed.
class KeyringTest : public testing::Test {
  protected:
    KeyringTest() {
        std::ofstream(directory_ / "helper.py") << kFakeKeyring;
        run("install()");
    }
    ~KeyringTest() override { run("sys.modules.pop('keyring')"); }

    std::string run(const std::string& text) {
        return interpreter_.evaluate_text({"str(" + text + ")", "general", "x", {}}, Names::plain)
            .value_or("");
    }

    support::TemporaryDirectory directory_;
    Interpreter interpreter_{directory_ / "helper.py"};
};

TEST_F(KeyringTest, GivesThePasswordOfServiceAndUser) {
    const auto found = read_keyring("mail.example", "me");
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->reveal(), "geheïm");
    const auto missing = read_keyring("mail.example", "you");
    ASSERT_TRUE(missing);
    EXPECT_FALSE(*missing);
    EXPECT_EQ(run("calls"), "['get mail.example me', 'get mail.example you']");
}

TEST_F(KeyringTest, StoresAPassword) {
    EXPECT_EQ(store_in_keyring("mail.example", "me", base::Secret("neü")), std::nullopt);
    EXPECT_EQ(run("calls"), "['set mail.example me neü']");
}

TEST_F(KeyringTest, MissingModuleAndMissingKeyringArePassedOver) {
    run("fail(NoKeyringError, 'No recommended backend was available.')");
    auto found = read_keyring("h", "u");
    EXPECT_TRUE(found && !*found);
    run("remove()");
    found = read_keyring("h", "u");
    EXPECT_TRUE(found && !*found);
}

TEST_F(KeyringTest, MissingModuleIsAReasonNotToStore) {
    run("remove()");
    const auto reason = store_in_keyring("h", "u", base::Secret("p")).value_or("");
    EXPECT_EQ(reason.find("ModuleNotFoundError: "), 0U) << reason;
}

TEST_F(KeyringTest, FailingKeyringSaysWhy) {
    run("fail(KeyringLocked, 'not\\nunlocked')");
    EXPECT_EQ(read_keyring("h", "u").error(), "KeyringLocked: not\\x0aunlocked");
    EXPECT_EQ(store_in_keyring("h", "u", base::Secret("p")), "KeyringLocked: not\\x0aunlocked");
    run("fail(Unspeakable)");
    EXPECT_EQ(read_keyring("h", "u").error(), "Unspeakable");
}

TEST_F(KeyringTest, AnswerThatIsNoTextIsAFailure) {
    run("passwords.update({('h', 'u'): 42})");
    EXPECT_EQ(read_keyring("h", "u").error(), "its answer is no text");
}

// In a process of its own, as Python starts once.
TEST(KeyringDeathTest, PythonThatCannotStartIsAFailure) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto try_keyring = [] {
        setenv("PYTHONHOME", "/nonexistent", 1);
        const auto found = read_keyring("h", "u");
        const auto reason = store_in_keyring("h", "u", base::Secret("p"));
        std::cerr << (found ? "found" : found.error()) << '|' << reason.value_or("stored") << '\n';
        std::exit(0);
    };
    EXPECT_EXIT(try_keyring(), testing::ExitedWithCode(0), "Python cannot start: .*[|]Python cannot start: ");
}

}  // namespace
}  // namespace offlineimap::python

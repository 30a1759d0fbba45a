#include "offlineimap/python/interpreter.hpp"

#include <clocale>
#include <filesystem>
#include <fstream>
#include <map>
#include <signal.h>
#include <stdlib.h>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"

namespace offlineimap::python {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// A process in which everything lies in wait that could lead Python astray: another python3 first in PATH
// with a library beside it, an installed module "offlineimap", a locale that is not UTF-8.
class HostileSurroundings : public ::testing::Environment {
  public:
    void SetUp() override {
        char name[] = "/tmp/offlineimap-python-XXXXXX";
        folder_ = mkdtemp(name);
        write("bin/python3", "#!/bin/sh\nexit 1\n");
        fs::permissions(folder_ / "bin/python3", fs::perms::owner_all);
        for (const char* version : {"9", "10", "11", "12", "13", "14"}) {
            write(std::string("lib/python3.") + version + "/os.py",
                  "raise SystemError('the wrong library')\n");
        }
        write("site/offlineimap/__init__.py", "__version__ = 'the installed one'\n");
        setenv("PATH", (folder_.string() + "/bin:" + getenv("PATH")).c_str(), 1);
        setenv("PYTHONPATH", (folder_ / "site").c_str(), 1);
        setenv("LC_ALL", "POSIX", 1);
        signal(SIGINT, SIG_IGN);
    }
    // Not TearDown(), which a death test's process does not reach.
    ~HostileSurroundings() override { fs::remove_all(folder_); }
    fs::path write(const std::string& name, const std::string& content) {
        auto path = folder_ / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << content;
        return path;
    }

  private:
    fs::path folder_;
};
auto* const kSurroundings =
    static_cast<HostileSurroundings*>(::testing::AddGlobalTestEnvironment(new HostileSurroundings));

config::Expression expression(const std::string& text, const std::string& option = "nametrans") {
    return {text, "Repository R", option, {"rc", 7}};
}

template <class Function>
std::string failure_of(Function function) {
    try {
        function();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.severity(), base::Severity::repository);
        EXPECT_EQ(error.code(), base::ErrorCode::python);
        return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
}

class Evaluation : public ::testing::Test {
  protected:
    std::optional<std::string> text(const std::string& python, Names names = Names::plain) {
        return interpreter_.evaluate_text(expression(python), names);
    }
    Function function(const std::string& python) {
        return interpreter_.evaluate_function(expression(python), Names::with_re);
    }
    std::string failure(const std::string& python, const std::string& option = "nametrans") {
        return failure_of([&] { interpreter_.evaluate_text(expression(python, option), Names::plain); });
    }
    Interpreter interpreter_{std::nullopt};
};

class Pythonfile : public ::testing::Test {
  protected:
    Interpreter& load(const std::string& content) {
        path_ = kSurroundings->write("helpers.py", content);
        interpreter_ = std::make_unique<Interpreter>(
            path_, [this](const std::string& text) { notices_.push_back(text); });
        return *interpreter_;
    }
    std::string evaluate(const std::string& python) {
        return interpreter_->evaluate_text(expression(python), Names::plain).value_or("(none)");
    }
    std::string failure(const std::string& content, const std::string& python = "f()") {
        load(content);
        return failure_of([&] { evaluate(python); });
    }
    std::string at(int line) const { return " (" + path_.string() + ", line " + std::to_string(line); }
    fs::path path_;
    std::vector<std::string> notices_;
    std::unique_ptr<Interpreter> interpreter_;
};

TEST(Interpreter, IsNotStartedUntilSomethingIsEvaluated) {
    Interpreter interpreter(std::nullopt);
    EXPECT_FALSE(interpreter.started());
    EXPECT_EQ(interpreter.evaluate_text(expression("'x'"), Names::plain), "x");
    EXPECT_TRUE(interpreter.started());
}

TEST(Interpreter, NeedsNoPythonfileUntilSomethingIsEvaluated) {
    Interpreter interpreter(fs::path("/nonexistent/helpers.py"));
    EXPECT_FALSE(interpreter.started());
    EXPECT_THAT(
        failure_of([&] { interpreter.evaluate_text(expression("'x'"), Names::plain); }),
        AllOf(StartsWith("rc:7: [Repository R] nametrans: pythonfile cannot be used: FileNotFoundError: "),
              HasSubstr("'/nonexistent/helpers.py'")));
}

TEST(Interpreter, KnowsItsVersion) {
    EXPECT_THAT(Interpreter::version(), ::testing::MatchesRegex("Python 3\\.[0-9]+\\.[0-9]+.*"));
}

TEST(Interpreter, CanBeMadeAgain) {
    for (int i = 0; i < 3; ++i) {
        Interpreter interpreter(std::nullopt);
        EXPECT_EQ(interpreter.evaluate_integer(expression("40 + 2"), Names::plain), 42);
    }
}

TEST(Interpreter, EvaluatesInSeveralThreadsWhileTheMainThreadWaits) {
    Interpreter interpreter(
        kSurroundings->write("threads.py", "import time\ndef slow(x):\n time.sleep(0.001)\n return x * 2\n"));
    const auto work = [&interpreter] {
        const auto translate = interpreter.evaluate_function(expression("lambda f: slow(f)"), Names::plain);
        for (int i = 0; i < 50; ++i) {
            EXPECT_EQ(translate.call_text(std::to_string(i)), std::to_string(i) + std::to_string(i));
            EXPECT_EQ(interpreter.evaluate_integer(expression("len(slow('abc'))"), Names::plain), 6);
            EXPECT_THAT(failure_of([&] { interpreter.evaluate_integer(expression("1 / 0"), Names::plain); }),
                        HasSubstr("ZeroDivisionError"));
        }
    };
    std::jthread first(work);
    std::jthread second(work);
    first.join();
    second.join();
    EXPECT_EQ(interpreter.evaluate_text(expression("'still here'"), Names::plain), "still here");
}

TEST(Interpreter, LeavesOneThreadWorkingWhileAnotherLetsGo) {
    Interpreter staying(std::nullopt);
    const auto function = staying.evaluate_function(expression("lambda f: f + '!'"), Names::plain);
    auto leaving = std::make_unique<Interpreter>(std::nullopt);
    leaving->evaluate_integer(expression("1"), Names::plain);
    std::jthread worker([&] {
        for (int i = 0; i < 500; ++i) EXPECT_EQ(function.call_text("x"), "x!");
    });
    leaving.reset();
    worker.join();
}

TEST_F(Evaluation, LeavesSignalsAndLocaleAlone) {
    EXPECT_EQ(text("str(__import__('signal').getsignal(2)) + __import__('subprocess').__name__"),
              "1subprocess");
    struct sigaction now = {};
    sigaction(SIGINT, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_IGN);
    EXPECT_STREQ(std::setlocale(LC_ALL, nullptr), "C");
    EXPECT_STREQ(getenv("LC_ALL"), "POSIX");
    EXPECT_EQ(getenv("LC_CTYPE"), nullptr);
}

TEST_F(Evaluation, UsesTheLibraryThatBelongsToTheLinkedPython) {
    EXPECT_EQ(text("__import__('os').__name__"), "os");
    EXPECT_EQ("Python " + *text("__import__('platform').python_version()"), Interpreter::version());
    EXPECT_THAT(*text("__import__('sys').executable"), StartsWith("/usr/bin/python3"));
    EXPECT_EQ(text("','.join(__import__('sys').argv)"), "offlineimap");
    EXPECT_EQ(text("__import__('sys').getfilesystemencoding()"), "utf-8");
}

TEST_F(Evaluation, GivesTextsAsTheyAre) {
    EXPECT_EQ(text("'Entw\\u00fcrfe'"), "Entw\xC3\xBCrfe");
    EXPECT_EQ(text("u'x' + 'Büro'"), "xB\xC3\xBCro");
    EXPECT_EQ(text("'mailboxes \\\\\\n'"), "mailboxes \\\n");
    EXPECT_EQ(text("''"), "");
    EXPECT_EQ(text("'a\\0b'"), std::string("a\0b", 3));
    EXPECT_EQ(text("None"), std::nullopt);
}

TEST_F(Evaluation, TakesWhatAProgramPrintedWithoutItsNewline) {
    EXPECT_EQ(text("b'secret\\n'"), "secret");
    EXPECT_EQ(text("b'secret\\r\\n\\n'"), "secret");
    EXPECT_EQ(text("b' secret '"), " secret ");
    EXPECT_EQ(text("b'caf\\xc3\\xa9'"), "caf\xC3\xA9");
    EXPECT_THAT(failure("b'caf\\xe9'"), HasSubstr("UnicodeDecodeError"));
}

TEST_F(Evaluation, GivesCredentialsWithoutNewlines) {
    const auto credential = [&](const std::string& python) {
        return interpreter_.evaluate_credential(expression(python, "remotepasseval"), "a password");
    };
    EXPECT_EQ(credential("'secret'"), "secret");
    EXPECT_EQ(credential("'secret\\n'"), "secret");
    EXPECT_EQ(credential("b' secret \\r\\n'"), " secret ");
    EXPECT_EQ(credential("\"b'\""), "b'");
    const auto failure_of_credential = [&](const std::string& python) {
        return failure_of([&] { credential(python); });
    };
    EXPECT_EQ(failure_of_credential("None"),
              "rc:7: [Repository R] remotepasseval: gave None, but a password is needed");
    EXPECT_EQ(failure_of_credential("b'\\n'"),
              "rc:7: [Repository R] remotepasseval: gave an empty text, but a password is needed");
    EXPECT_EQ(failure_of_credential("1234"),
              "rc:7: [Repository R] remotepasseval: gave int, but a text (str) is needed");
    EXPECT_THAT(failure_of_credential("str(b'secret')"),
                AllOf(HasSubstr("gave b'…', which is what str() makes of bytes; use .decode() instead"),
                      Not(HasSubstr("secret"))));
}

TEST_F(Evaluation, ReadsAnExpressionOfSeveralLines) {
    EXPECT_EQ(text("\n'a' \\\n'b'"), "ab");
    EXPECT_EQ(function("lambda f: {\n'a': 'b',  # a comment\n\n}.get(f,\nf)").call_text("a"), "b");
}

TEST_F(Evaluation, TakesNumbersAsTheEnvironmentHasThemAndNone) {
    EXPECT_EQ(interpreter_.evaluate_integer(expression("'993'"), Names::plain), 993);
    EXPECT_EQ(interpreter_.evaluate_integer(expression("None"), Names::plain), std::nullopt);
}

TEST_F(Evaluation, RefusesOtherTypes) {
    EXPECT_EQ(failure("42"), "rc:7: [Repository R] nametrans: gave int, but a text (str) is needed");
    EXPECT_THAT(failure_of([&] { interpreter_.evaluate_integer(expression("'imaps'"), Names::plain); }),
                HasSubstr("gave str, but a whole number"));
    EXPECT_THAT(failure_of([&] { interpreter_.evaluate_integer(expression("True"), Names::plain); }),
                HasSubstr("gave bool"));
    EXPECT_THAT(failure_of([&] { interpreter_.evaluate_integer(expression("1 << 70"), Names::plain); }),
                HasSubstr("OverflowError"));
    EXPECT_THAT(failure_of([&] { interpreter_.evaluate_texts(expression("'INBOX'"), Names::plain); }),
                HasSubstr("gave str, but a list of texts"));
    EXPECT_THAT(failure_of([&] { interpreter_.evaluate_texts(expression("['a', 1]"), Names::plain); }),
                HasSubstr("gave int"));
    EXPECT_THAT(failure_of([&] { function("'name'"); }), HasSubstr("a function is needed"));
}

TEST_F(Evaluation, GivesLists) {
    EXPECT_THAT(interpreter_.evaluate_texts(expression("['INBOX', b'Sent']"), Names::plain),
                ElementsAre("INBOX", "Sent"));
    EXPECT_THAT(interpreter_.evaluate_texts(expression("(x for x in ())"), Names::plain), IsEmpty());
}

TEST_F(Evaluation, HasReOnlyWhereTheOriginalHasIt) {
    EXPECT_EQ(text("re.sub('a', 'b', 'aa')", Names::with_re), "bb");
    EXPECT_THAT(failure("re.sub('a', 'b', 'aa')"), HasSubstr("NameError: name 're' is not defined"));
    EXPECT_THAT(failure("os.name"), HasSubstr("NameError: name 'os' is not defined"));
}

TEST_F(Evaluation, TranslatesNames) {
    const auto translate = function("lambda f: re.sub(r'^INBOX\\.(.*)', r'\\1', f)");
    EXPECT_EQ(translate.call_text("INBOX.Sent"), "Sent");
    EXPECT_EQ(translate.call_text("Entw\xC3\xBCrfe"), "Entw\xC3\xBCrfe");
    EXPECT_EQ(translate.call_text("no utf-8 \xE4"), "no utf-8 \xE4");
    EXPECT_EQ(function("lambda f: f.encode()").call_text("x\n"), "x\n");
    EXPECT_THAT(failure_of([&] { function("lambda f: None").call_text("x"); }), HasSubstr("gave NoneType"));
}

TEST_F(Evaluation, TakesTruthAsPythonDoes) {
    EXPECT_TRUE(function("lambda f: re.search('INBOX|Drafts', f)").call_truth("a Drafts b"));
    EXPECT_FALSE(function("lambda f: re.search('INBOX|Drafts', f)").call_truth("Sent"));
    EXPECT_FALSE(function("lambda f: f not in ('[Gmail]/All Mail')").call_truth("Mail"));
    EXPECT_FALSE(function("lambda f: None").call_truth("x"));
    EXPECT_TRUE(function("lambda account, f: account == f").call_truth("a", "a"));
}

TEST_F(Evaluation, ComparesWithOldComparators) {
    EXPECT_EQ(function("lambda x, y: -cmp(x, y)").call_compare("a", "b"), 1);
    EXPECT_EQ(function("lambda x, y: cmp(x.name, y.name)").call_compare("a", "b"), -1);
    EXPECT_EQ(function("lambda x, y: cmp(x.getvisiblename(), y.visiblename)").call_compare("b", "b"), 0);
    EXPECT_EQ(function("lambda x, y: {'a': 1, 'b': 0.5}[x] - 1").call_compare("b", "a"), -1);
    EXPECT_EQ(function("lambda x, y: x > y").call_compare("b", "a"), 1);
    EXPECT_EQ(function("lambda x, y: 1 << 80").call_compare("b", "a"), 1);
    EXPECT_THAT(failure_of([&] { function("lambda x, y: None").call_compare("a", "b"); }),
                HasSubstr("TypeError"));
    EXPECT_THAT(failure_of([&] { function("lambda x: 0").call_compare("a", "b"); }), HasSubstr("TypeError"));
}

TEST_F(Evaluation, GivesNumbers) {
    EXPECT_THAT(function("lambda f: [3, 1] if f == 'x' else None").call_numbers("x"), ElementsAre(3, 1));
    EXPECT_THAT(function("lambda f: None").call_numbers("x"), IsEmpty());
    EXPECT_THAT(function("lambda f: {7}").call_numbers("x"), ElementsAre(7));
    EXPECT_THAT(failure_of([&] { function("lambda f: 5").call_numbers("x"); }), HasSubstr("not iterable"));
    EXPECT_THAT(failure_of([&] { function("lambda f: '5'").call_numbers("x"); }), HasSubstr("gave str"));
}

TEST_F(Evaluation, CallsAHookAndIgnoresItsResult) {
    function("lambda: __import__('os').environ.__setitem__('HOOK_RAN', 'yes')").call_with_variable("V", "");
    EXPECT_EQ(text("__import__('os').environ['HOOK_RAN']"), "yes");
}

TEST_F(Evaluation, AHookAndItsChildrenSeeTheVariable) {
    const auto hook = function(
        "lambda: __import__('os').environb.__setitem__(b'SEEN', "
        "__import__('subprocess').check_output('printf %s \"$GIVEN\"', shell=True))");
    hook.call_with_variable("GIVEN", "/tmp/\xff\n'x'");
    EXPECT_EQ(text("str(__import__('os').environb[b'SEEN'])"), "b\"/tmp/\\xff\\n'x'\"");
    hook.call_with_variable("GIVEN", "second");
    EXPECT_EQ(text("__import__('os').environ['SEEN']"), "second");
}

TEST_F(Evaluation, SortsByKey) {
    const std::vector<std::vector<std::pair<std::string, std::optional<std::string>>>> items = {
        {{"accountname", "B"}, {"foldername", "x"}, {"localfolders", "/m"}},
        {{"accountname", "A"}, {"foldername", "z"}, {"localfolders", std::nullopt}},
        {{"accountname", "A"}, {"foldername", "y"}, {"localfolders", "/m"}},
    };
    EXPECT_THAT(function("lambda d: (d['accountname'], d['foldername'])").sort_by_key(items),
                ElementsAre(2, 1, 0));
    EXPECT_THAT(function("lambda d: d['accountname']").sort_by_key(items), ElementsAre(1, 2, 0));
    EXPECT_THAT(function("lambda d: d['localfolders'] is None").sort_by_key(items), ElementsAre(0, 2, 1));
    EXPECT_THAT(function("lambda d: None").sort_by_key(items), ElementsAre(0, 1, 2));
}

TEST_F(Evaluation, FormatsAsThePercentOperatorDoes) {
    const auto option = expression("%(foldername)s", "peritem");
    const auto formatted = [&](const std::string& conversion) {
        return interpreter_.format(option, conversion,
                                   {{"foldername", "G\xc3\xa4ste"}, {"localfolders", std::nullopt}});
    };
    EXPECT_EQ(formatted("%(foldername)-8s"), "G\xc3\xa4ste   ");
    EXPECT_EQ(formatted("%(foldername)8.2s"), "      G\xc3\xa4");
    EXPECT_EQ(formatted("%(foldername)r"), "'G\xc3\xa4ste'");
    EXPECT_EQ(formatted("%(foldername)a"), "'G\\xe4ste'");
    EXPECT_EQ(formatted("%(localfolders)s"), "None");
    EXPECT_EQ(failure_of([&] { formatted("%(foldername)d"); }),
              "rc:7: [Repository R] peritem: TypeError: %d format: a real number is required, not str");
    EXPECT_THAT(failure_of([&] { formatted("%(foldername)"); }), HasSubstr("ValueError: incomplete format"));
}

TEST_F(Evaluation, NamesPlaceAndReasonOfAnException) {
    EXPECT_EQ(failure("{}['x']"), "rc:7: [Repository R] nametrans: KeyError: 'x' (line 1 of the value)");
    EXPECT_EQ(failure("[\n1 / 0]"),
              "rc:7: [Repository R] nametrans: ZeroDivisionError: division by zero (line 2 of the value)");
    EXPECT_THAT(failure("lambda f"), StartsWith("rc:7: [Repository R] nametrans: SyntaxError: "));
    EXPECT_THAT(failure_of([&] { function("lambda f: missing").call_text("x"); }),
                EndsWith("NameError: name 'missing' is not defined (line 1 of the value)"));
}

TEST_F(Evaluation, SurvivesWhateverIsRaised) {
    EXPECT_THAT(failure("__import__('sys').exit(3)"), HasSubstr("SystemExit: 3"));
    EXPECT_THAT(failure("exec('raise KeyboardInterrupt')"), HasSubstr("KeyboardInterrupt"));
    EXPECT_THAT(failure("exec('class E(Exception):\\n def __str__(self): raise E\\nraise E')"),
                HasSubstr("E"));
    EXPECT_THAT(failure("(lambda f: f(f))(lambda f: f(f))"), HasSubstr("RecursionError"));
    EXPECT_THAT(failure("exec('raise ValueError(\"a\\\\nb\\\\x1b[2J\")')"),
                HasSubstr("ValueError: a b\\x1b[2J"));
    EXPECT_THAT(failure(std::string("'a\0b'", 5)), HasSubstr("null bytes"));
    EXPECT_THAT(failure(""), HasSubstr("SyntaxError"));
}

TEST_F(Evaluation, CallsPython2CodeByItsName) {
    for (const char* old :
         {"{}.iteritems()", "{}.has_key(1)", "unicode('x')", "raw_input()", "`1`", "1 <> 2", "0777",
          "lambda (a, b): a", "lambda x, (a, b): a", "__import__('urllib2')", "print 'x'"}) {
        EXPECT_THAT(
            failure(old),
            HasSubstr(std::string("this is Python 2, write it for Python 3 (2to3 shows how): ") + old))
            << old;
    }
    for (const char* other :
         {"(", "lambda f: f(", "{}['print']", "undefined", "''.nothing", "__import__('nowhere')"}) {
        EXPECT_THAT(failure(other), Not(HasSubstr("Python 2"))) << other;
    }
}

TEST_F(Evaluation, CallsTextThatIsDecodedPython2WithoutSendingTo2to3) {
    EXPECT_THAT(
        failure("'x'.decode('imap4-utf-7')"),
        EndsWith("; this is Python 2, text needs no .decode() in Python 3: 'x'.decode('imap4-utf-7')"));
    EXPECT_THAT(failure("None.decode()"),
                EndsWith("'NoneType' object has no attribute 'decode' (line 1 of the value)"));
    EXPECT_THAT(failure("None.iteritems()"), Not(HasSubstr("Python 2")));
}

TEST_F(Evaluation, ExplainsBytesThatMeetText) {
    EXPECT_THAT(failure("b'x'.strip('y')"), AllOf(HasSubstr("TypeError: "), HasSubstr("text=True")));
    EXPECT_THAT(failure("b'x'.startswith('y')"), HasSubstr(".decode()"));
}

TEST_F(Evaluation, NeverShowsTheTextOfASecret) {
    EXPECT_THAT(failure("'hunter2'.iteritems()", "remotepasseval"),
                AllOf(HasSubstr("this is Python 2"), Not(HasSubstr("hunter2"))));
    EXPECT_THAT(failure("unicode('hunter2')", "oauth2_client_secret_eval"), Not(HasSubstr("hunter2")));
}

TEST_F(Evaluation, NeverShowsASecretWhoseQuotesWereForgotten) {
    EXPECT_EQ(
        failure("hunter2", "remotepasseval"),
        "rc:7: [Repository R] remotepasseval: NameError: names something that is not defined (a text needs "
        "quotes) (line 1 of the value)");
    EXPECT_EQ(
        failure("hunter 2", "remotepasseval"),
        "rc:7: [Repository R] remotepasseval: SyntaxError: is no expression (a text needs quotes) (line 1 of "
        "the value)");
    EXPECT_EQ(failure("{}['hunter2']", "oauth2_client_secret_eval"),
              "rc:7: [Repository R] oauth2_client_secret_eval: KeyError (line 1 of the value)");
    EXPECT_THAT(failure("int('hunter2')", "remotepasseval"), Not(HasSubstr("hunter2")));
    EXPECT_THAT(failure("hunter2", "remoteusereval"), HasSubstr("name 'hunter2' is not defined"));
}

TEST_F(Pythonfile, GivesEverythingThatItHasToExpressions) {
    load(
        "import os, re\nfrom os import getenv\nNAMES = {'a': 'b'}\ndef f(x='y'):\n    return x\n_hidden = "
        "'h'\n");
    EXPECT_EQ(evaluate("f()"), "y");
    EXPECT_EQ(evaluate("NAMES['a'] + _hidden + os.sep + re.escape('a') + getenv('nothing', '-')"), "bh/a-");
    EXPECT_EQ(evaluate("__name__"), "<none>");
    EXPECT_EQ(evaluate("__file__"), path_.string());
}

TEST_F(Pythonfile, IsLoadedOnce) {
    load("import sys\nsys.loads = getattr(sys, 'loads', 0) + 1\n");
    EXPECT_EQ(evaluate("str(sys.loads)"), "1");
    EXPECT_EQ(evaluate("str(sys.loads)"), "1");
}

TEST_F(Pythonfile, DoesNotRunItsMainBlock) {
    load("ran = 'no'\nif __name__ == '__main__':\n    ran = 'yes'\n");
    EXPECT_EQ(evaluate("ran"), "no");
}

TEST_F(Pythonfile, MayMakeClosuresClassesAndDataclasses) {
    load(
        "import dataclasses\n@dataclasses.dataclass\nclass Point:\n    x: int = 3\n"
        "def exclude(names):\n    return lambda f: f not in names\n");
    EXPECT_EQ(evaluate("str(Point().x)"), "3");
    EXPECT_FALSE(interpreter_->evaluate_function(expression("exclude({'a'})"), Names::plain).call_truth("a"));
}

TEST_F(Pythonfile, KeepsTheChangesThatItsFunctionsMake) {
    load("count = 0\ndef f():\n    global count\n    count += 1\n    return str(count)\n");
    EXPECT_EQ(evaluate("f()"), "1");
    EXPECT_EQ(evaluate("f()"), "2");
}

TEST_F(Pythonfile, IsNamedInErrorsWithTheLine) {
    const auto said =
        failure("import subprocess\n\ndef f():\n    return subprocess.check_output(['false'])\n");
    EXPECT_EQ(said,
              "rc:7: [Repository R] nametrans: CalledProcessError: Command '['false']' returned non-zero "
              "exit status 1." +
                  at(4) + ", in f)");
}

TEST_F(Pythonfile, FailsEveryEvaluationInTheSameWay) {
    const auto first = failure("import nowhere\n", "'a'");
    EXPECT_EQ(
        first,
        "rc:7: [Repository R] nametrans: pythonfile cannot be used: ModuleNotFoundError: No module named "
        "'nowhere'" +
            at(1) + ", in <module>)");
    EXPECT_EQ(failure_of([&] { evaluate("'b'"); }), first);
}

TEST_F(Pythonfile, ThatIsPython2IsCalledThatWithTheLineAndTheMend) {
    const std::map<std::string, std::string> old = {
        {"import os\n\nprint os.name\n", "print os.name"},
        {"def f(self, (a, b)):\n    pass\n", "def f(self, (a, b)):"},
        {"for k, v in {}.iteritems():\n    pass\n", "for k, v in {}.iteritems():"},
        {"try:\n    pass\nexcept IOError, e:\n    pass\n", "except IOError, e:"},
        {"raise ValueError, 'x'\n", "raise ValueError, 'x'"},
        {"x = unicode('y')\n", "x = unicode('y')"},
        {"import string\nx = string.maketrans('a', 'b')\n", "x = string.maketrans('a', 'b')"},
    };
    for (const auto& [content, line] : old) {
        const auto said = failure(content);
        EXPECT_THAT(said, HasSubstr("this is Python 2 (2to3 -w " + path_.string() +
                                    " rewrites it for Python 3): " + line));
    }
}

TEST_F(Pythonfile, ThatWantsGnomekeyringIsToldWhatReplacesIt) {
    const auto said = failure("import os\nimport gnomekeyring as gk\n");
    EXPECT_THAT(
        said,
        EndsWith(at(2) + ", in <module>); this is Python 2: gnomekeyring has no successor for Python 3; "
                         "use secret-tool or the keyring module: import gnomekeyring as gk"));
}

TEST_F(Pythonfile, MayHandleWhatCommandsPrintAsTextAtThePriceOfANotice) {
    const std::string printf = "['printf', '%s\\n', 'user: jo', 'password: x=y']";
    load("import subprocess\nfrom subprocess import PIPE, Popen, check_output\nprintf = " + printf +
         "\ndef stripped():\n    return check_output(printf).strip('\\n')\n"
         "def found():\n    for line in Popen(printf, stdout=PIPE).communicate()[0].split('\\n'):\n"
         "        if line.startswith(('password: ', 'secret: ')): return line[10:].partition('=')[2]\n"
         "def read():\n    return '<' + Popen(printf, stdout=PIPE).stdout.readline()\n"
         "def ran():\n    return str('jo' in subprocess.run(printf, stdout=PIPE).stdout)\n");
    EXPECT_EQ(evaluate("stripped()"), "user: jo\npassword: x=y");
    EXPECT_EQ(evaluate("found()"), "y");
    EXPECT_EQ(evaluate("read()"), "<user: jo");
    EXPECT_EQ(evaluate("ran()"), "True");
    const std::string text =
        ": bytes that a command printed are handled as text, which Python 3 refuses; give text=True to "
        "subprocess, or .decode() the bytes";
    EXPECT_THAT(notices_, ElementsAre(path_.string() + ":5" + text, HasSubstr(":7: "), HasSubstr(":8: "),
                                      HasSubstr(":10: "), HasSubstr(":12: ")));
    notices_.clear();
    EXPECT_EQ(evaluate("found()"), "y");
    EXPECT_THAT(notices_, IsEmpty());
}

TEST_F(Pythonfile, MayCallCmpAtThePriceOfANotice) {
    load("def by_name(x, y):\n    return cmp(x, y)\n");
    const auto by_name = interpreter_->evaluate_function(expression("by_name"), Names::plain);
    const auto backwards =
        interpreter_->evaluate_function(expression("lambda x, y: cmp(y, x)", "foldersort"), Names::plain);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(by_name.call_compare("a", "b"), -1);
        EXPECT_EQ(backwards.call_compare("a", "b"), 1);
    }
    const std::string text = ": cmp() is gone from Python 3; write (x > y) - (x < y)";
    EXPECT_THAT(notices_,
                ElementsAre(path_.string() + ":2" + text, "rc:7: [Repository R] foldersort" + text));
}

TEST_F(Pythonfile, MeetsBytesAsEverywhereIfItIsWrittenForPython3) {
    load(
        "import subprocess, json\nfrom subprocess import PIPE\n"
        "def f():\n    out = subprocess.check_output(['printf', '{\"a\": 1}'])\n"
        "    assert isinstance(out, bytes) and out == b'{\"a\": 1}' and out[0] == 123\n"
        "    assert json.loads(out) == {'a': 1} and str(out) == repr(out) and {out: 1}[b'{\"a\": 1}'] == 1\n"
        "    assert b'a' in out and out.split(b':')[0] == b'{\"a\"' and b'<' + out == b'<{\"a\": 1}'\n"
        "    assert subprocess.run(['true'], stdout=PIPE).stdout == b''\n"
        "    assert subprocess.check_output(['printf', 'x'], text=True) == 'x'\n"
        "    return out.decode()\n");
    EXPECT_EQ(evaluate("f()"), "{\"a\": 1}");
    EXPECT_THAT(notices_, IsEmpty());
}

TEST_F(Pythonfile, ThatAsksWhatItHasMeetsPython3) {
    load(
        "import subprocess\n"
        "try:\n    import commands\nexcept ImportError:\n    commands = None\n"
        "try:\n    import ConfigParser\nexcept ImportError:\n    import configparser as ConfigParser\n"
        "try:\n    cmp\nexcept NameError:\n    def cmp(x, y): return 7\n"
        "def f():\n    out = subprocess.check_output(['printf', 'x'])\n"
        "    try: text = 'x' + out\n"
        "    except TypeError: text = out.decode()\n"
        "    return text + str(type(out) is bytes) + str(commands) + ConfigParser.__name__ + str(cmp(1, "
        "2))\n");
    EXPECT_EQ(evaluate("f()"), "xTrueNoneconfigparser7");
    EXPECT_THAT(notices_, IsEmpty());
}

TEST_F(Pythonfile, GetsASecondChanceAlsoWhileItIsLoaded) {
    load(
        "import pickle, subprocess\nOUT = subprocess.check_output(['printf', 'a b'])\n"
        "WORDS = OUT.split(sep=' ')\nORDER = cmp(1, 2)\n"
        "def f(): return WORDS[1] + repr(type(pickle.loads(pickle.dumps(OUT)))).encode()\n");
    EXPECT_EQ(evaluate("f()"), "b<class 'bytes'>");
    EXPECT_THAT(notices_, ElementsAre(HasSubstr(":3: bytes that"), HasSubstr(":4: cmp() is gone")));
}

TEST_F(Pythonfile, FailsAsItWouldWithPython3IfTheSecondChanceDoesNotHelp) {
    load(
        "import subprocess\nruns = 0\ndef f():\n    global runs\n    runs += 1\n    return "
        "b'x'.strip('y')\n");
    EXPECT_THAT(failure_of([&] { evaluate("f()"); }),
                HasSubstr("TypeError: a bytes-like object is required"));
    EXPECT_EQ(evaluate("str(runs)"), "2");
    EXPECT_THAT(failure_of([&] { evaluate("f()"); }),
                HasSubstr("TypeError: a bytes-like object is required"));
    EXPECT_EQ(evaluate("str(runs)"), "3");
}

TEST_F(Pythonfile, IsForgottenWithWhatItWasAllowed) {
    load("import commands\nORDER = cmp(1, 2)\n");
    EXPECT_EQ(evaluate("str(ORDER)"), "-1");
    load(
        "import builtins, sys\ndef f(): return str('commands' in sys.modules) + str(hasattr(builtins, "
        "'cmp'))\n");
    EXPECT_EQ(evaluate("f()"), "FalseFalse");
}

TEST_F(Pythonfile, IsEndedAsPythonEndsIt) {
    const auto log = kSurroundings->write("log", "");
    const auto read = [&] {
        std::ifstream file(log);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    load("import atexit\nlog = open('" + log.string() +
         "', 'a')\n"
         "def last(): log.write('handler ')\n"
         "def broken(): raise SystemExit(3)\n"
         "atexit.register(last)\natexit.register(broken)\nlog.write('written ')\n");
    EXPECT_EQ(evaluate("'x'"), "x");
    EXPECT_EQ(read(), "");
    interpreter_.reset();
    EXPECT_EQ(read(), "written handler ");
}

TEST_F(Pythonfile, MayImportModulesThatPython3Renamed) {
    load(
        "import commands, ConfigParser\nfrom commands import getoutput\nparser = "
        "ConfigParser.ConfigParser()\n");
    EXPECT_EQ(evaluate("commands.getoutput('echo x') + getoutput('echo y')"), "xy");
    EXPECT_EQ(evaluate("str(parser.sections())"), "[]");
    const auto notice = [&](const std::string& module) {
        return path_.string() + ":1: '" + module + "' is a module of Python 2; 2to3 -w " + path_.string() +
               " gives it its new name";
    };
    EXPECT_THAT(notices_, ElementsAre(notice("commands"), notice("ConfigParser")));
}

TEST_F(Pythonfile, MayAskOfflineimapItself) {
    load(
        "import offlineimap\nfrom offlineimap.ui import getglobalui\nold = offlineimap.__version__ < '6.4'\n"
        "getglobalui().debug('', 'quiet')\n");
    EXPECT_EQ(evaluate("offlineimap.__version__"), "8.0.1");
    EXPECT_EQ(evaluate("str(old)"), "False");
}

TEST_F(Pythonfile, MayUseWhatOfflineimapHasForFolderNames) {
    load(
        "from offlineimap import imaputil, OfflineImapError\n"
        "from offlineimap.imaputil import IMAP_utf8, utf8_IMAP, dequote, flagsplit, quote\n"
        "from offlineimap.error import OfflineImapError as Same\nassert Same is OfflineImapError\n");
    EXPECT_EQ(evaluate("IMAP_utf8('Entw&APw-rfe &- &XfJT0ZAB-')"),
              "Entw\xC3\xBCrfe & \xE5\xB7\xB2\xE5\x8F\x91\xE9\x80\x81");
    EXPECT_EQ(evaluate("utf8_IMAP(IMAP_utf8('R&-D &XfJT0ZAB-'))"), "R&-D &XfJT0ZAB-");
    EXPECT_EQ(evaluate("'\\u00fc&'.encode('imap4-utf-7')"), "&APw-&-");
    EXPECT_EQ(evaluate("dequote('\"a\\\\\"b\"') + dequote('c') + quote('d\"')"), "a\"bc\"d\\\"\"");
    EXPECT_EQ(evaluate("','.join(flagsplit('(\\\\Seen x)'))"), "\\Seen,x");
}

TEST_F(Pythonfile, IsToldWhatThereIsOfOfflineimap) {
    EXPECT_THAT(
        failure("from offlineimap.accounts import Account\n"),
        HasSubstr("; this program has __version__, OfflineImapError, ui and imaputil under that name"));
    EXPECT_THAT(failure("from offlineimap.imaputil import flagsmaildir2imap\n"),
                HasSubstr("under that name"));
    EXPECT_THAT(failure("from offlineimap.ui import getglobalui\ndef f(): return getglobalui().acct('x')\n"),
                HasSubstr("AttributeError: 'HelperUI' object has no attribute 'acct'"));
}

TEST_F(Pythonfile, EndsTheEvaluationButNotTheProgramWithTerminate) {
    const auto said = failure(
        "from offlineimap.ui import getglobalui\n"
        "def f():\n    getglobalui().terminate(1, errormsg='no agent')\n");
    EXPECT_THAT(said, HasSubstr("SystemExit: no agent" + at(3) + ", in f)"));
}

TEST_F(Pythonfile, IsReadInItsOwnEncoding) {
    load("# -*- coding: latin-1 -*-\nname = 'Entw\xFCrfe'\n");
    EXPECT_EQ(evaluate("name"), "Entw\xC3\xBCrfe");
    load("name = 'Entw\xC3\xBCrfe'\n");
    EXPECT_EQ(evaluate("name"), "Entw\xC3\xBCrfe");
}

TEST_F(Pythonfile, MayPrint) {
    load("import sys\ndef f():\n    print('from the helper')\n    return 'x'\n");
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(evaluate("f()"), "x");
    EXPECT_EQ(::testing::internal::GetCapturedStdout(), "from the helper\n");
}

}  // namespace
}  // namespace offlineimap::python

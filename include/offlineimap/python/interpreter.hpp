// The embedded Python: the only place that knows pybind11. It is started at the first evaluation and never
// otherwise; a configuration without Python expressions runs without an interpreter.
//
// Threads: every function here may be called from any thread; each takes the GIL for its own duration only,
// and none of our locks are taken under it (a lock may be held while the GIL is waited for: starting Python
// and loading the pythonfile happen once, and every other caller waits for that). Values that come back are
// ours, not Python's. Errors: Error{repository, python} whose text names file:line, section, option, and the
// exception with the Python file and line; Python 2 code is called that. Never a C++ or Python crash.
//
// Names: what `dir(pythonfile)` lists, builtins, and `re` where asked for. The module `offlineimap` that
// helpers import is a small one of ours, also where the Python program is installed.
//
// Second chances: code that fails because `cmp`, or the module `commands` or `ConfigParser`, is missing, or
// because it handles as text what a command printed, is run once more with what Python 2 had, at the price of
// a notice. What was allowed so stays allowed until the Interpreter ends.
//
// Once started, Python stays until the process ends and is not finalised: helpers may have threads of their
// own, for which finalising would wait. It installs no signal handlers, changes no locale, and writes
// unbuffered.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "offlineimap/config/document.hpp"

namespace offlineimap::python {

// Whether `re` is among the names (reference: configuration §3, the table).
enum class Names { plain, with_re };

namespace detail {
struct Callable;
}

// A Python function that an expression evaluated to. Copyable; may outlive nothing but the Interpreter's
// process-wide runtime.
class Function {
  public:
    // Bytes that are no UTF-8 go in and come out of a str unchanged (surrogateescape).
    //
    // nametrans: (str) -> str. bytes are taken as UTF-8; anything else is an error.
    std::string call_text(const std::string& argument) const;
    // folderfilter: (str) -> truthy.
    bool call_truth(const std::string& argument) const;
    // mbnames folderfilter: (accountname, foldername) -> truthy.
    bool call_truth(const std::string& first, const std::string& second) const;
    // foldersort: (x, y) -> negative, zero, positive. The names are str that also have .name, .visiblename,
    // .getname() and .getvisiblename(), as the folders had that old versions gave.
    int call_compare(const std::string& x, const std::string& y) const;
    // copy_ignore_eval: (str) -> a list, set or tuple of ints, or None (empty).
    std::vector<std::int64_t> call_numbers(const std::string& argument) const;
    // newmail_hook: () -> ignored. Meanwhile os.environ and children it starts have `variable` as `value`:
    // one such call at a time, others wait. The variable must be in the environment before there are threads.
    void call_with_variable(const std::string& variable, const std::string& value) const;
    // mbnames sort_keyfunc: sorts the dicts {accountname, foldername, localfolders} by the key this function
    // gives; returns the order as indices into `items`. Stable, as Python's sorted(); if every key is None,
    // the order stays.
    std::vector<std::size_t> sort_by_key(
        const std::vector<std::vector<std::pair<std::string, std::optional<std::string>>>>& items) const;

  private:
    friend class Interpreter;
    explicit Function(std::shared_ptr<const detail::Callable> callable) : callable_(std::move(callable)) {}
    std::shared_ptr<const detail::Callable> callable_;
};

class Interpreter {
  public:
    // A line for the user about code that works here, but not with Python 3 elsewhere. Called without the
    // GIL, from whichever thread evaluates.
    using Notify = std::function<void(const std::string&)>;

    // Does nothing yet. `pythonfile` is loaded once, at first need, before the first evaluation; if it fails,
    // every evaluation fails with the same reason.
    explicit Interpreter(std::optional<std::filesystem::path> pythonfile, Notify notify = {});
    // The end of the helpers, if Python runs: calls what they gave to atexit, lets go of the pythonfile and
    // all that only it held, and flushes the streams. Python goes on (see above). No other thread may be
    // inside a call.
    ~Interpreter();
    Interpreter(const Interpreter&) = delete;
    Interpreter& operator=(const Interpreter&) = delete;

    // Whether this instance has needed Python.
    bool started() const noexcept;

    // str, or bytes in UTF-8, whose newlines at the end are dropped: they are what a program printed
    // (check_output). A str stays as it is. None gives nullopt.
    std::optional<std::string> evaluate_text(const config::Expression& expression, Names names);
    // A user name or a password: str or bytes whose newlines at the end are dropped, as a command may have
    // printed it. None, an empty text and the text of bytes ("b'…'") are errors; `what` names what is needed.
    std::string evaluate_credential(const config::Expression& expression, const std::string& what);
    // An int, or a str of decimal digits, as the environment has them. None gives nullopt.
    std::optional<std::int64_t> evaluate_integer(const config::Expression& expression, Names names);
    std::vector<std::string> evaluate_texts(const config::Expression& expression, Names names);
    // conversion % item, as Python's operator does it with a dict; `option` is where the conversion stands.
    std::string format(const config::Expression& option, const std::string& conversion,
                       const std::vector<std::pair<std::string, std::optional<std::string>>>& item);
    // The expression must evaluate to something callable.
    Function evaluate_function(const config::Expression& expression, Names names);

    // "Python 3.11.2" of the embedded library; does not start it.
    static std::string version();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace offlineimap::python

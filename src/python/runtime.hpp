// The one Python of the process, and the rules for being inside it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include <pybind11/embed.h>

#include "offlineimap/base/error.hpp"
#include "offlineimap/config/document.hpp"

// pybind11's types are hidden symbols, so what has them as members must be hidden too.
#define OFFLINEIMAP_HOLDS_PYTHON [[gnu::visibility("hidden")]]

namespace offlineimap::python {

// Holds the GIL. Take it last: no lock of ours may be waited for under it.
class Gil {
  public:
    Gil() noexcept : state_(PyGILState_Ensure()) {}
    Gil(const Gil&) = delete;
    Gil& operator=(const Gil&) = delete;
    ~Gil() { PyGILState_Release(state_); }

  private:
    PyGILState_STATE state_;
};

// Python, started. The calling thread holds the GIL whenever it touches the objects.
class OFFLINEIMAP_HOLDS_PYTHON Runtime {
  public:
    // Starts Python at the first call, from whichever thread; the others wait for it. Throws
    // Error{critical, python} if Python cannot start. Takes the GIL: the caller must not hold it.
    static const Runtime& get();
    // Whether it has started.
    static bool is_started() noexcept;

    // A name of the bootstrap module.
    pybind11::object helper(const char* name) const { return bootstrap_.attr(name); }

    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

  private:
    Runtime();
    ~Runtime() = default;
    pybind11::object bootstrap_;
};

// What messages need to know about the code that ran, and where to those go that are no errors.
struct Context {
    config::Expression expression;
    std::string pythonfile;  // empty: none
    std::shared_ptr<const std::function<void(const std::string&)>> notify;
};

// The "file" that an expression's code comes from, in Python's eyes.
std::string expression_name(const config::Expression& expression);

// "FILE:LINE: [section] option: text"
base::Error error_about(const Context& context, const std::string& text);

// The sentence for a Python exception. The GIL is held.
std::string describe(const pybind11::error_already_set& exception, const Context& context);

// Passes on what the Python side noted since the last time. The GIL is not held.
void report_notices(const Context& context);

// What code of Python 2 times is allowed at this moment. The GIL is held.
class OFFLINEIMAP_HOLDS_PYTHON SecondChance {
  public:
    SecondChance();
    // Whether code that ended with `exception` is worth another try, because more is allowed now.
    bool is_given(const pybind11::error_already_set& exception) const;

  private:
    pybind11::object allowed_;
};

// Runs `body`, and again if it fails for the lack of something that Python 2 had and that we can give it. The
// GIL is held.
template <class Body>
auto with_second_chance(Body body) {
    for (;;) {
        const SecondChance chance;
        try {
            return body();
        } catch (const pybind11::error_already_set& exception) {
            if (!chance.is_given(exception)) throw;
        }
    }
}

// Runs `body` under the GIL, with a second chance; a Python exception leaves as our Error. What `body`
// returns must not be Python's.
template <class Body>
auto in_python(const Context& context, Body body) {
    const auto run = [&] {
        const Gil gil;
        try {
            return with_second_chance(body);
        } catch (const pybind11::error_already_set& exception) {
            throw error_about(context, describe(exception, context));
        }
    };
    if constexpr (std::is_void_v<decltype(run())>) {
        run();
        report_notices(context);
    } else {
        auto result = run();
        report_notices(context);
        return result;
    }
}

}  // namespace offlineimap::python

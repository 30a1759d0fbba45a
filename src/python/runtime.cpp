#include "runtime.hpp"

#include <atomic>
#include <string_view>

#include "offlineimap/base/text.hpp"

#include "bootstrap.hpp"
#include "conversions.hpp"
#include "helper_module.hpp"
#include "python2.hpp"

namespace py = pybind11;

namespace offlineimap::python {

namespace {

// What `offlineimap.__version__` says to helpers: the version whose names and behaviour they meet here.
constexpr const char* kCompatibleVersion = "8.0.1";

void check(const PyStatus& status) {
    if (PyStatus_Exception(status) == 0) return;
    throw base::Error(base::Severity::critical, base::ErrorCode::python,
                      std::string("Python cannot start: ") +
                          (status.err_msg == nullptr ? "no reason given" : status.err_msg));
}

// The locale and the environment belong to this program and its other threads: Python leaves them alone and
// takes UTF-8 for everything, as a configuration is UTF-8 in every locale (cron has none).
void preinitialize() {
    PyPreConfig config;
    PyPreConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    config.configure_locale = 0;
    config.coerce_c_locale = 0;
    config.utf8_mode = 1;
    check(Py_PreInitialize(&config));
}

struct Configuration {
    PyConfig config;
    Configuration() { PyConfig_InitPythonConfig(&config); }
    Configuration(const Configuration&) = delete;
    Configuration& operator=(const Configuration&) = delete;
    ~Configuration() { PyConfig_Clear(&config); }
};

void initialize() {
    Configuration configuration;
    PyConfig& config = configuration.config;
    // SIGINT and the rest stay this program's own.
    config.install_signal_handlers = 0;
    config.parse_argv = 0;
    // stdout and stderr are shared with C++: what a helper prints must be out before we print more, and
    // nothing may be left in a buffer, as Python is not finalised.
    config.configure_c_stdio = 0;
    config.buffered_stdio = 0;
    config.pathconfig_warnings = 0;
    // Without this, Python looks for the first python3 in PATH and takes the standard library beside it,
    // which may be another version's (pyenv, conda). If there is no such file, the library's own prefix
    // counts.
    const std::string executable =
        "/usr/bin/python" + std::to_string(PY_MAJOR_VERSION) + "." + std::to_string(PY_MINOR_VERSION);
    check(PyConfig_SetBytesString(&config, &config.program_name, executable.c_str()));
    char program[] = "offlineimap";
    char* const arguments[] = {program};
    check(PyConfig_SetBytesArgv(&config, 1, arguments));
    check(Py_InitializeFromConfig(&config));
}

std::atomic<bool> runtime_started = false;

bool is_secret(std::string_view option) {
    return option.find("pass") != std::string_view::npos || option.starts_with("oauth2_");
}

}  // namespace

const Runtime& Runtime::get() {
    // Never destroyed and never finalised: helpers may have threads of their own, which Py_FinalizeEx would
    // wait for, and modules in C often do not survive a second start. A static local: C++ lets one thread
    // start it while the others wait, and tries again if that one failed.
    static const Runtime& runtime = *new Runtime;
    return runtime;
}

bool Runtime::is_started() noexcept {
    return runtime_started;
}

Runtime::Runtime() {
    if (Py_IsInitialized() == 0) {
        preinitialize();
        initialize();
        // pybind11 remembers, for the thread that first needs its tables, the thread state of that moment.
        // The one of the start lives for ever; one that PyGILState_Ensure() made would be gone when pybind11
        // comes back to it (to destroy an exception), and the thread would wait for the GIL that it holds.
        py::detail::get_internals();
        PyEval_SaveThread();
    }
    const Gil gil;
    try {
        const auto module = py::reinterpret_steal<py::object>(PyModule_New("offlineimap_bootstrap"));
        if (!module) throw py::error_already_set();
        const py::object names = module.attr("__dict__");
        names["__builtins__"] = py::module_::import("builtins");
        for (const char* part : {kPython2, kHelperModule, kBootstrap}) py::exec(part, names);
        module.attr("install_helper_module")(kCompatibleVersion);
        bootstrap_ = module;
        runtime_started = true;
    } catch (const py::error_already_set& exception) {
        throw base::Error(base::Severity::critical, base::ErrorCode::python,
                          std::string("Python cannot start: ") + exception.what());
    }
}

std::string expression_name(const config::Expression& expression) {
    return "<[" + expression.section + "] " + expression.option + ">";
}

namespace {

// "FILE:LINE: [section] option"
std::string place_of(const config::Expression& expression) {
    const std::string where = expression.origin.to_string();
    return (where.empty() ? "" : where + ": ") + "[" + base::printable(expression.section) + "] " +
           expression.option;
}

}  // namespace

void report_notices(const Context& context) {
    std::vector<std::string> texts;
    {
        const Gil gil;
        const py::list taken = Runtime::get().helper("take_notices")(
            to_python(expression_name(context.expression)), to_python(place_of(context.expression)));
        for (const auto& text : taken)
            texts.push_back(text_from(py::reinterpret_borrow<py::object>(text), context));
    }
    if (!context.notify || !*context.notify) return;
    for (const auto& text : texts) (*context.notify)(base::printable(text, 2000));
}

base::Error error_about(const Context& context, const std::string& text) {
    return {base::Severity::repository, base::ErrorCode::python,
            place_of(context.expression) + ": " + base::printable(text, 2000)};
}

SecondChance::SecondChance() : allowed_(Runtime::get().helper("allowed")()) {}

bool SecondChance::is_given(const py::error_already_set& exception) const {
    return py::cast<bool>(Runtime::get().helper("gets_second_chance")(exception.value(), allowed_));
}

std::string describe(const py::error_already_set& exception, const Context& context) {
    const auto& expression = context.expression;
    const py::object trace = exception.trace() ? exception.trace() : py::none();
    try {
        const py::object sentence = Runtime::get().helper("describe")(
            exception.value(), trace, to_python(expression_name(expression)), to_python(expression.text),
            to_python(context.pythonfile), is_secret(expression.option));
        return text_from(sentence, context);
    } catch (const py::error_already_set&) {
        // An exception whose own text cannot be had (a broken __str__).
        return py::cast<std::string>(py::str(exception.type().attr("__name__")));
    }
}

}  // namespace offlineimap::python

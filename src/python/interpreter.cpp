#include "offlineimap/python/interpreter.hpp"

#include <atomic>
#include <mutex>
#include <string_view>
#include <utility>

#include "offlineimap/base/text.hpp"

#include "conversions.hpp"
#include "runtime.hpp"

namespace py = pybind11;

namespace offlineimap::python {

namespace detail {

struct OFFLINEIMAP_HOLDS_PYTHON Callable {
    Callable(Context its_context, py::object its_function)
        : context(std::move(its_context)), function(std::move(its_function)) {}
    Callable(const Callable&) = delete;
    Callable& operator=(const Callable&) = delete;
    ~Callable() {
        const Gil gil;
        function = py::object();
    }

    Context context;
    py::object function;
};

}  // namespace detail

namespace {

// Calls the function with texts and gives the result to `convert`, all under the GIL.
template <class Convert, class... Texts>
auto call_with(const detail::Callable& callable, Convert convert, const Texts&... arguments) {
    return in_python(callable.context, [&] { return convert(callable.function(to_python(arguments)...)); });
}

using Item = std::vector<std::pair<std::string, std::optional<std::string>>>;

py::dict to_dict(const Item& item) {
    py::dict dict;
    for (const auto& [key, value] : item) {
        dict[to_python(key)] = value ? to_python(*value) : py::object(py::none());
    }
    return dict;
}

std::string without_newlines_at_end(std::string text) {
    while (text.ends_with('\n')) text.erase(text.size() - (text.ends_with("\r\n") ? 2 : 1));
    return text;
}

// Nobody's password looks so, but str(check_output(…)) does.
bool is_text_of_bytes(std::string_view text) {
    return text.size() > 2 && text.starts_with('b') && (text[1] == '\'' || text[1] == '"') &&
           text.ends_with(text[1]);
}

}  // namespace

std::string Function::call_text(const std::string& argument) const {
    return call_with(
        *callable_, [&](const py::object& result) { return text_from(result, callable_->context); },
        argument);
}

bool Function::call_truth(const std::string& argument) const {
    return call_with(*callable_, truth_from, argument);
}

bool Function::call_truth(const std::string& first, const std::string& second) const {
    return call_with(*callable_, truth_from, first, second);
}

int Function::call_compare(const std::string& x, const std::string& y) const {
    return in_python(callable_->context, [&] {
        const py::object folder_name = Runtime::get().helper("FolderName");
        return order_from(callable_->function(folder_name(to_python(x)), folder_name(to_python(y))));
    });
}

std::vector<std::int64_t> Function::call_numbers(const std::string& argument) const {
    return call_with(
        *callable_, [&](const py::object& result) { return integers_from(result, callable_->context); },
        argument);
}

void Function::call_with_variable(const std::string& variable, const std::string& value) const {
    static std::mutex environment_mutex;  // guards os.environ[variable], the process's, while Python runs
    const std::lock_guard lock(environment_mutex);
    in_python(callable_->context, [&] {
        const py::object environment = py::module_::import("os").attr("environb");
        const auto set = [&](const std::string& text) { environment[py::bytes(variable)] = py::bytes(text); };
        set(value);
        try {
            callable_->function();
        } catch (const py::error_already_set&) {
            set("");
            throw;
        }
        set("");  // nobody else's child is to find it
    });
}

std::vector<std::size_t> Function::sort_by_key(const std::vector<Item>& items) const {
    return in_python(callable_->context, [&] {
        py::list dicts;
        for (const auto& item : items) dicts.append(to_dict(item));
        std::vector<std::size_t> order;
        for (const auto& index : Runtime::get().helper("sorted_indices")(callable_->function, dicts)) {
            order.push_back(static_cast<std::size_t>(integer_from(index, callable_->context)));
        }
        return order;
    });
}

struct OFFLINEIMAP_HOLDS_PYTHON Interpreter::State {
    std::optional<std::filesystem::path> pythonfile;
    std::shared_ptr<const Notify> notify;
    std::atomic<bool> started = false;

    std::mutex load_mutex_;  // guards loaded, failure, module; waited for without the GIL, held while loading
    bool loaded = false;
    std::string failure;  // why the pythonfile cannot be used; empty: it can
    py::object module;    // null without a pythonfile

    Context context_of(const config::Expression& expression) const {
        return {expression, pythonfile ? pythonfile->string() : "", notify};
    }

    void load(const Context& context) {
        const std::lock_guard lock(load_mutex_);
        if (!loaded && pythonfile) {
            const Gil gil;
            try {
                const auto load_it = Runtime::get().helper("load_pythonfile");
                module = with_second_chance([&] { return load_it(to_python(pythonfile->string())); });
            } catch (const py::error_already_set& exception) {
                failure = describe(exception, context);
            }
        }
        loaded = true;
        if (!failure.empty()) throw error_about(context, "pythonfile cannot be used: " + failure);
    }

    // Evaluates and gives the result to `convert` under the GIL.
    template <class Convert>
    auto evaluate(const config::Expression& expression, Names names, Convert convert) {
        const Runtime& runtime = Runtime::get();
        started = true;
        const Context context = context_of(expression);
        load(context);
        return in_python(context, [&] {
            const py::object value =
                runtime.helper("evaluate")(to_python(expression.text), to_python(expression_name(expression)),
                                           module ? module : py::object(py::none()), names == Names::with_re);
            return convert(value, context);
        });
    }
};

Interpreter::Interpreter(std::optional<std::filesystem::path> pythonfile, Notify notify)
    : state_(std::make_unique<State>()) {
    state_->pythonfile = std::move(pythonfile);
    state_->notify = std::make_shared<const Notify>(std::move(notify));
}

Interpreter::~Interpreter() {
    // The keyring starts Python, too.
    if (!Runtime::is_started()) return;
    const Gil gil;
    const py::object module = std::exchange(state_->module, py::object());
    try {
        Runtime::get().helper("finish")(module ? module : py::object(py::none()));
    } catch (const py::error_already_set&) {  // a broken stream of a helper's, which Python ignores, too
    }
}

bool Interpreter::started() const noexcept {
    return state_->started;
}

std::optional<std::string> Interpreter::evaluate_text(const config::Expression& expression, Names names) {
    return state_->evaluate(
        expression, names, [](const py::object& value, const Context& context) -> std::optional<std::string> {
            if (value.is_none()) return std::nullopt;
            const bool bytes = PyBytes_Check(value.ptr()) != 0;
            auto text = text_from(value, context);
            return bytes ? without_newlines_at_end(std::move(text)) : text;
        });
}

std::string Interpreter::evaluate_credential(const config::Expression& expression, const std::string& what) {
    return state_->evaluate(expression, Names::plain, [&](const py::object& value, const Context& context) {
        if (value.is_none()) throw error_about(context, "gave None, but " + what + " is needed");
        auto text = without_newlines_at_end(text_from(value, context));
        if (text.empty()) throw error_about(context, "gave an empty text, but " + what + " is needed");
        if (is_text_of_bytes(text)) {
            throw error_about(context,
                              "gave b'…', which is what str() makes of bytes; use .decode() instead");
        }
        return text;
    });
}

std::optional<std::int64_t> Interpreter::evaluate_integer(const config::Expression& expression, Names names) {
    return state_->evaluate(
        expression, names,
        [](const py::object& value, const Context& context) -> std::optional<std::int64_t> {
            if (value.is_none()) return std::nullopt;
            if (PyUnicode_Check(value.ptr()) != 0) {
                if (const auto number = base::parse_integer<std::int64_t>(text_from(value, context)))
                    return number;
            }
            return integer_from(value, context);
        });
}

std::vector<std::string> Interpreter::evaluate_texts(const config::Expression& expression, Names names) {
    return state_->evaluate(expression, names, texts_from);
}

std::string Interpreter::format(const config::Expression& option, const std::string& conversion,
                                const Item& item) {
    const Context context = state_->context_of(option);
    Runtime::get();
    return in_python(
        context, [&] { return text_from(to_python(conversion).attr("__mod__")(to_dict(item)), context); });
}

Function Interpreter::evaluate_function(const config::Expression& expression, Names names) {
    return Function(state_->evaluate(expression, names, [](const py::object& value, const Context& context) {
        if (PyCallable_Check(value.ptr()) == 0) {
            throw error_about(context, std::string("gave ") + Py_TYPE(value.ptr())->tp_name +
                                           ", but a function is needed (for example 'lambda x: …')");
        }
        return std::make_shared<const detail::Callable>(context, value);
    }));
}

std::string Interpreter::version() {
    const std::string_view version = Py_GetVersion();
    return "Python " + std::string(version.substr(0, version.find(' ')));
}

}  // namespace offlineimap::python

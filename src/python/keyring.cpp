#include "offlineimap/python/keyring.hpp"

#include "offlineimap/base/text.hpp"

#include "conversions.hpp"
#include "runtime.hpp"

namespace py = pybind11;

namespace offlineimap::python {

namespace {

std::string name_of(const py::error_already_set& exception) {
    return py::cast<std::string>(exception.type().attr("__name__"));
}

// "KeyringLocked: Failed to unlock the collection!"
std::string sentence_of(const py::error_already_set& exception) {
    try {
        return base::printable(name_of(exception) + ": " + py::cast<std::string>(py::str(exception.value())));
    } catch (const py::error_already_set&) {  // a broken __str__
        return name_of(exception);
    }
}

bool is_no_keyring(const py::error_already_set& exception) {
    return exception.matches(PyExc_ImportError) || name_of(exception) == "NoKeyringError";
}

}  // namespace

base::Result<std::optional<base::Secret>, std::string> read_keyring(const std::string& service,
                                                                    const std::string& user) {
    try {
        Runtime::get();
    } catch (const base::Error& error) {
        return base::Unexpected(std::string(error.what()));
    }
    const Gil gil;
    try {
        const py::object password =
            py::module_::import("keyring").attr("get_password")(to_python(service), to_python(user));
        if (password.is_none()) return std::optional<base::Secret>();
        return std::optional(base::Secret(py::cast<std::string>(password)));
    } catch (const py::error_already_set& exception) {
        if (is_no_keyring(exception)) return std::optional<base::Secret>();
        return base::Unexpected(sentence_of(exception));
    } catch (const py::cast_error&) {
        return base::Unexpected(std::string("its answer is no text"));
    }
}

std::optional<std::string> store_in_keyring(const std::string& service, const std::string& user,
                                            const base::Secret& password) {
    try {
        Runtime::get();
    } catch (const base::Error& error) {
        return error.what();
    }
    const Gil gil;
    try {
        py::module_::import("keyring").attr("set_password")(to_python(service), to_python(user),
                                                            to_python(std::string(password.reveal())));
        return std::nullopt;
    } catch (const py::error_already_set& exception) {
        return sentence_of(exception);
    }
}

}  // namespace offlineimap::python

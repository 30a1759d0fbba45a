#include "conversions.hpp"

namespace py = pybind11;

namespace offlineimap::python {

namespace {

py::object owned(PyObject* object) {
    if (object == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(object);
}

bool is_true(int answer) {
    if (answer < 0) throw py::error_already_set();
    return answer != 0;
}

[[noreturn]] void fail_type(py::handle value, const char* wanted, const Context& context) {
    throw error_about(
        context, std::string("gave ") + Py_TYPE(value.ptr())->tp_name + ", but " + wanted + " is needed");
}

bool is_text(py::handle value) {
    return PyUnicode_Check(value.ptr()) != 0 || PyBytes_Check(value.ptr()) != 0;
}

std::string bytes_of(const py::object& bytes) {
    return {PyBytes_AS_STRING(bytes.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr()))};
}

template <class Take>
void for_each_item(const py::object& iterable, Take take) {
    const auto iterator = owned(PyObject_GetIter(iterable.ptr()));
    while (PyObject* next = PyIter_Next(iterator.ptr())) take(owned(next));
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
}

}  // namespace

py::object to_python(const std::string& text) {
    return owned(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape"));
}

std::string text_from(const py::object& value, const Context& context) {
    if (PyUnicode_Check(value.ptr()) != 0) {
        return bytes_of(owned(PyUnicode_AsEncodedString(value.ptr(), "utf-8", "surrogateescape")));
    }
    if (PyBytes_Check(value.ptr()) == 0) fail_type(value, "a text (str)", context);
    std::string text = bytes_of(value);
    // Only to see that it is UTF-8: Python's exception says where it is not.
    owned(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "strict"));
    return text;
}

std::int64_t integer_from(py::handle value, const Context& context) {
    if (PyLong_Check(value.ptr()) == 0 || PyBool_Check(value.ptr()) != 0) {
        fail_type(value, "a whole number (int)", context);
    }
    const long long number = PyLong_AsLongLong(value.ptr());
    if (number == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    return number;
}

bool truth_from(const py::object& value) {
    return is_true(PyObject_IsTrue(value.ptr()));
}

int order_from(const py::object& value) {
    const py::int_ zero(0);
    if (is_true(PyObject_RichCompareBool(value.ptr(), zero.ptr(), Py_LT))) return -1;
    return is_true(PyObject_RichCompareBool(value.ptr(), zero.ptr(), Py_GT)) ? 1 : 0;
}

std::vector<std::string> texts_from(const py::object& value, const Context& context) {
    // A text is an iterable of texts too, but never what was meant.
    if (is_text(value) || value.is_none()) fail_type(value, "a list of texts", context);
    std::vector<std::string> texts;
    for_each_item(value, [&](const py::object& item) { texts.push_back(text_from(item, context)); });
    return texts;
}

std::vector<std::int64_t> integers_from(const py::object& value, const Context& context) {
    std::vector<std::int64_t> numbers;
    if (value.is_none()) return numbers;
    if (is_text(value)) fail_type(value, "a list of whole numbers", context);
    for_each_item(value, [&](const py::object& item) { numbers.push_back(integer_from(item, context)); });
    return numbers;
}

}  // namespace offlineimap::python

// Python's values and ours. The GIL is held by the caller of each function. A value of the wrong type is
// error_about(context, …).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime.hpp"

namespace offlineimap::python {

pybind11::object to_python(const std::string& text);

std::string text_from(const pybind11::object& value, const Context& context);
std::int64_t integer_from(pybind11::handle value, const Context& context);
bool truth_from(const pybind11::object& value);
// Negative, zero or positive.
int order_from(const pybind11::object& value);
// Any iterable of texts but a text.
std::vector<std::string> texts_from(const pybind11::object& value, const Context& context);
// Any iterable of integers; None is empty.
std::vector<std::int64_t> integers_from(const pybind11::object& value, const Context& context);

}  // namespace offlineimap::python

// Result<T, E>: a value or the reason why there is none. A strict subset of std::expected's interface
// (C++23), so that it can be replaced by that one day. For outcomes that a correct caller decides about; see
// error.hpp for the other half.
#pragma once

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

namespace offlineimap::base {

template <class E>
class Unexpected {
  public:
    constexpr explicit Unexpected(E error) : error_(std::move(error)) {}
    constexpr const E& error() const& noexcept { return error_; }
    constexpr E&& error() && noexcept { return std::move(error_); }

  private:
    E error_;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

template <class T, class E>
class [[nodiscard]] Result {
  public:
    using value_type = T;
    using error_type = E;

    constexpr Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    template <class G>
    requires std::is_convertible_v<G, E>
    constexpr Result(Unexpected<G> unexpected)
        : content_(std::in_place_index<1>, std::move(unexpected).error()) {}

    constexpr bool has_value() const noexcept { return content_.index() == 0; }
    constexpr explicit operator bool() const noexcept { return has_value(); }

    // Precondition: has_value().
    constexpr T& value() & { return assert(has_value()), *std::get_if<0>(&content_); }
    constexpr const T& value() const& { return assert(has_value()), *std::get_if<0>(&content_); }
    constexpr T&& value() && { return assert(has_value()), std::move(*std::get_if<0>(&content_)); }
    constexpr T& operator*() & { return value(); }
    constexpr const T& operator*() const& { return value(); }
    constexpr T&& operator*() && { return std::move(*this).value(); }
    constexpr T* operator->() { return &value(); }
    constexpr const T* operator->() const { return &value(); }

    // Precondition: !has_value().
    constexpr const E& error() const& { return assert(!has_value()), *std::get_if<1>(&content_); }
    constexpr E&& error() && { return assert(!has_value()), std::move(*std::get_if<1>(&content_)); }

    template <class U>
    constexpr T value_or(U&& fallback) const& {
        return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
    }

  private:
    std::variant<T, E> content_;
};

}  // namespace offlineimap::base

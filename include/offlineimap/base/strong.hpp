// Strong types over integers and strings: explicit construction, comparison, hashing, no conversion back by
// accident.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace offlineimap::base {

// A number of its own kind. Not arithmetic on purpose: a UID plus a UID means nothing.
template <class Tag, class Rep>
class StrongNumber {
  public:
    using rep = Rep;
    constexpr explicit StrongNumber(Rep value) noexcept : value_(value) {}
    constexpr Rep value() const noexcept { return value_; }
    constexpr auto operator<=>(const StrongNumber&) const noexcept = default;

  private:
    Rep value_;
};

// A text of its own kind, held as bytes exactly as given.
template <class Tag>
class StrongText {
  public:
    StrongText() = default;
    explicit StrongText(std::string text) noexcept : text_(std::move(text)) {}
    const std::string& text() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }
    auto operator<=>(const StrongText&) const noexcept = default;

  private:
    std::string text_;
};

}  // namespace offlineimap::base

template <class Tag, class Rep>
struct std::hash<offlineimap::base::StrongNumber<Tag, Rep>> {
    std::size_t operator()(const offlineimap::base::StrongNumber<Tag, Rep>& n) const noexcept {
        return std::hash<Rep>{}(n.value());
    }
};

template <class Tag>
struct std::hash<offlineimap::base::StrongText<Tag>> {
    std::size_t operator()(const offlineimap::base::StrongText<Tag>& t) const noexcept {
        return std::hash<std::string>{}(t.text());
    }
};

#include "columns.hpp"

#include <algorithm>
#include <cwchar>
#include <locale.h>

namespace offlineimap::ui {

namespace {

constexpr std::string_view kEllipsis = "…";

// Decoding and widths need a locale of UTF-8; that of the user may be another.
class Utf8Here {
  public:
    Utf8Here() : before_(::uselocale(utf8())) {}
    ~Utf8Here() { ::uselocale(before_); }
    Utf8Here(const Utf8Here&) = delete;
    Utf8Here& operator=(const Utf8Here&) = delete;

  private:
    static locale_t utf8() {
        static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return locale;
    }
    locale_t before_;
};

struct Character {
    std::size_t bytes;
    std::size_t columns;
};

// Precondition: `text` is not empty, and a Utf8Here stands.
Character first_character(std::string_view text) {
    std::mbstate_t state{};
    wchar_t character = 0;
    const auto bytes = std::mbrtowc(&character, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) return {1, 1};
    return {bytes, static_cast<std::size_t>(std::max(::wcwidth(character), 0))};
}

// The longest beginning of `text` that fits.
struct Beginning {
    std::size_t bytes = 0;
    std::size_t columns = 0;
};
Beginning beginning_within(std::string_view text, std::size_t most) {
    const Utf8Here utf8;
    Beginning beginning;
    while (beginning.bytes < text.size()) {
        const auto next = first_character(text.substr(beginning.bytes));
        if (next.columns > most - beginning.columns) break;
        beginning.bytes += next.bytes;
        beginning.columns += next.columns;
    }
    return beginning;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
    return beginning_within(text, std::string_view::npos).columns;
}

std::string cut_to_columns(std::string_view text, std::size_t most) {
    if (beginning_within(text, most).bytes == text.size()) return std::string(text);
    if (most == 0) return "";
    return std::string(text.substr(0, beginning_within(text, most - 1).bytes)).append(kEllipsis);
}

}  // namespace offlineimap::ui

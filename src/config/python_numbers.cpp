#include "python_numbers.hpp"

#include "offlineimap/base/text.hpp"

namespace offlineimap::config {

std::optional<std::string> without_python_decoration(std::string_view text) {
    text = base::trim(text);
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    std::string bare;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '_') {
            bare += text[i];
            continue;
        }
        const bool between_digits = i > 0 && i + 1 < text.size() && base::is_ascii_digit(text[i - 1]) &&
                                    base::is_ascii_digit(text[i + 1]);
        if (!between_digits) return std::nullopt;
    }
    return bare;
}

}  // namespace offlineimap::config

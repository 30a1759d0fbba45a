#include "blinkenlights_input.hpp"

#include <cassert>
#include <cstddef>
#include <utility>

#include "offlineimap/base/secret.hpp"

namespace offlineimap::ui::blinkenlights {

namespace {

// As many as a terminal's own line may have; the text never grows, so no copies of it are left behind.
constexpr std::size_t kLongestLine = 4096;

bool continues_character(char byte) noexcept {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

TypedLine::TypedLine() {
    text_.reserve(kLongestLine);
}

TypedLine::~TypedLine() {
    wipe();
}

void TypedLine::type(const Key& key) {
    if (state_ != State::open) return;
    switch (key.kind) {
        case Key::Kind::byte:
            if (text_.size() < kLongestLine) text_ += key.byte;
            break;
        case Key::Kind::enter:
            state_ = State::entered;
            break;
        case Key::Kind::erase:
            erase_character();
            break;
        case Key::Kind::clear:
            wipe();
            break;
        case Key::Kind::escape:
            state_ = State::given_up;
            break;
        case Key::Kind::redraw:
        case Key::Kind::other:
            break;
    }
}

std::string TypedLine::take() noexcept {
    assert(state_ == State::entered);
    return std::exchange(text_, {});
}

void TypedLine::erase_character() noexcept {
    while (!text_.empty()) {
        const char last = text_.back();
        text_.back() = 0;
        text_.pop_back();
        if (!continues_character(last)) return;
    }
}

void TypedLine::wipe() noexcept {
    base::wipe(text_.data(), text_.size());
    text_.clear();
}

}  // namespace offlineimap::ui::blinkenlights

// A password or token in memory: wiped when it goes, never printable by accident.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace offlineimap::base {

// volatile: the compiler must not drop stores to memory that nobody reads again.
inline void wipe(char* bytes, std::size_t size) noexcept {
    for (std::size_t i = 0; i < size; ++i) static_cast<volatile char*>(bytes)[i] = 0;
}

class Secret {
  public:
    Secret() = default;
    explicit Secret(const std::string& text) : text_(text) {}
    // Nothing of it stays behind in `text`: a short string is copied when it is moved.
    explicit Secret(std::string&& text) noexcept : text_(std::move(text)) { wipe(text); }
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
    Secret& operator=(Secret other) noexcept {
        wipe();
        text_ = std::move(other.text_);
        return *this;  // `other` wipes what a short string leaves behind
    }
    ~Secret() { wipe(); }

    bool empty() const noexcept { return text_.empty(); }
    // The one place where the text comes out; grep for it.
    std::string_view reveal() const noexcept { return text_; }

  private:
    void wipe() noexcept { wipe(text_); }
    static void wipe(std::string& text) noexcept {
        text.resize(text.capacity());  // never reallocates; covers what an earlier, longer text left behind
        base::wipe(text.data(), text.size());
        text.clear();
    }
    std::string text_;
};

}  // namespace offlineimap::base

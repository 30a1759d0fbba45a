// Reads the typed options of one section: defaults, ranges, lists, paths. Every failure is the document's
// error, which names file, line, section and option.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/config/document.hpp"
#include "offlineimap/config/options.hpp"

namespace offlineimap::config {

// YYYY-MM-DD, a day that exists. nullopt if the text is anything else.
std::optional<std::chrono::year_month_day> parse_date(std::string_view text);

// Split at ',', both sides of each entry stripped, empty ones dropped.
std::vector<std::string> parse_list(std::string_view text);

class SectionReader {
  public:
    // Both must outlive the reader.
    SectionReader(const Document& document, std::string section)
        : document_(document), section_(std::move(section)) {}

    const std::string& section() const noexcept { return section_; }
    bool has(std::string_view option) const { return document_.has(section_, option); }

    // An empty value counts as not written.
    std::optional<std::string> text(std::string_view option) const;
    std::string text_or(std::string_view option, std::string_view fallback) const;
    // Fails if the option is not written or empty.
    std::string required_text(std::string_view option, std::string_view meaning) const;
    bool flag(std::string_view option, bool fallback) const;
    // Fails outside of [least, most].
    int integer(std::string_view option, int fallback, int least, int most) const;
    std::vector<std::string> list(std::string_view option) const;
    std::optional<std::chrono::year_month_day> date(std::string_view option) const;
    std::optional<std::filesystem::path> path(std::string_view option,
                                              const Surroundings& surroundings) const;
    // Fails if the value is empty: Python has no empty expression.
    std::optional<Expression> expression(std::string_view option) const;
    // Fails if the value is not one of `choices`.
    std::string choice(std::string_view option, std::string_view fallback,
                       std::span<const std::string_view> choices) const;

    // "FILE:LINE: [section] option: text", for what is told but stops nothing.
    std::string notice(std::string_view option, const std::string& text) const;
    [[noreturn]] void fail(std::string_view option, const std::string& text) const;

  private:
    const Document& document_;
    std::string section_;
};

}  // namespace offlineimap::config

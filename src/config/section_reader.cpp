#include "section_reader.hpp"

#include <algorithm>

#include "offlineimap/base/text.hpp"

namespace offlineimap::config {

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
    // As Python's %Y-%m-%d: four digits, then one or two each.
    const auto parts = base::split(text, '-');
    if (parts.size() != 3 || parts[0].size() != 4 || parts[1].size() > 2 || parts[2].size() > 2)
        return std::nullopt;
    const auto year = base::parse_integer<unsigned>(parts[0]);
    const auto month = base::parse_integer<unsigned>(parts[1]);
    const auto day = base::parse_integer<unsigned>(parts[2]);
    if (!year || !month || !day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(*month), std::chrono::day(*day)};
    if (!date.ok()) return std::nullopt;
    return date;
}

std::vector<std::string> parse_list(std::string_view text) {
    std::vector<std::string> entries;
    for (const auto part : base::split(text, ',')) {
        const auto entry = base::trim(part);
        if (!entry.empty()) entries.emplace_back(entry);
    }
    return entries;
}

std::optional<std::string> SectionReader::text(std::string_view option) const {
    auto value = document_.get(section_, option);
    if (value && value->empty()) return std::nullopt;
    return value;
}

std::string SectionReader::text_or(std::string_view option, std::string_view fallback) const {
    return text(option).value_or(std::string(fallback));
}

std::string SectionReader::required_text(std::string_view option, std::string_view meaning) const {
    if (auto value = text(option)) return *value;
    fail(option, "is missing: write '" + std::string(option) + " = …' with " + std::string(meaning));
}

bool SectionReader::flag(std::string_view option, bool fallback) const {
    return document_.get_bool(section_, option).value_or(fallback);
}

int SectionReader::integer(std::string_view option, int fallback, int least, int most) const {
    const auto number = document_.get_int(section_, option);
    if (!number) return fallback;
    if (*number < least || *number > most) {
        fail(option, std::to_string(*number) + " is out of range: write a number from " +
                         std::to_string(least) + " to " + std::to_string(most));
    }
    return static_cast<int>(*number);
}

std::vector<std::string> SectionReader::list(std::string_view option) const {
    return parse_list(text_or(option, ""));
}

std::optional<std::chrono::year_month_day> SectionReader::date(std::string_view option) const {
    const auto value = text(option);
    if (!value) return std::nullopt;
    const auto day = parse_date(*value);
    if (!day) fail(option, "'" + base::printable(*value) + "' is not a date: write it as YYYY-MM-DD");
    return day;
}

std::optional<std::filesystem::path> SectionReader::path(std::string_view option,
                                                         const Surroundings& surroundings) const {
    const auto value = text(option);
    if (!value) return std::nullopt;
    return expand_path(*value, surroundings);
}

std::optional<Expression> SectionReader::expression(std::string_view option) const {
    auto expression = document_.get_expression(section_, option);
    if (expression && base::trim(expression->text).empty()) {
        fail(option, "is empty: write a Python expression, or remove the option");
    }
    return expression;
}

std::string SectionReader::choice(std::string_view option, std::string_view fallback,
                                  std::span<const std::string_view> choices) const {
    std::string value = text_or(option, fallback);
    if (value == fallback || std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
    const std::vector<std::string> names(choices.begin(), choices.end());
    fail(option, "'" + base::printable(value) + "' is unknown: write one of " + base::join(names, ", "));
}

std::string SectionReader::notice(std::string_view option, const std::string& text) const {
    const RawOption* found = document_.find(section_, option);
    const std::string where = found != nullptr ? found->origin.to_string() : "";
    return (where.empty() ? "" : where + ": ") + "[" + base::printable(section_) + "] " +
           std::string(option) + ": " + text;
}

void SectionReader::fail(std::string_view option, const std::string& text) const {
    document_.fail(section_, option, text);
}

}  // namespace offlineimap::config

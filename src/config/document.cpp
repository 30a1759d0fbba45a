#include "offlineimap/config/document.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "offlineimap/base/text.hpp"

#include "python_numbers.hpp"

namespace offlineimap::config {

namespace {

constexpr std::string_view kDefaults = "DEFAULT";

// Expands the %(name)s of one value as configparser's BasicInterpolation does.
class Interpolator {
  public:
    Interpolator(const Document& document, std::string_view section, std::string_view option)
        : document_(document), section_(section), option_(option) {}

    std::string expand(const std::string& value) {
        expand(value, 1);
        return std::move(text_);
    }

  private:
    // configparser's limit.
    static constexpr int kDepth = 10;
    // Ours, far above any sane use: ten levels of values that each name the next one many times would
    // otherwise grow without end (the "billion laughs").
    static constexpr std::size_t kReferences = 10'000;
    static constexpr std::size_t kBytes = std::size_t{1} << 20U;

    void expand(std::string_view rest, int depth) {
        if (depth > kDepth) {
            fail("its %(name)s references are nested more than " + std::to_string(kDepth) +
                 " deep; do they refer to themselves?");
        }
        while (!rest.empty()) {
            const auto percent = rest.find('%');
            append(rest.substr(0, percent));
            if (percent == std::string_view::npos) return;
            rest.remove_prefix(percent);
            if (rest.starts_with("%%")) {
                append("%");
                rest.remove_prefix(2);
            } else {
                rest.remove_prefix(expand_reference(rest, depth));
            }
        }
    }

    // `rest` begins with a '%'. Returns the length of the reference.
    std::size_t expand_reference(std::string_view rest, int depth) {
        const auto close = rest.find(')');
        const bool named = rest.starts_with("%(") && close != std::string_view::npos && close > 2;
        if (!named || !rest.substr(close + 1).starts_with('s')) {
            fail("a '%' must be written as '%%' unless it begins a reference like %(name)s");
        }
        const auto name = rest.substr(2, close - 2);
        const RawOption* referred = document_.find(section_, name);
        if (referred == nullptr) {
            fail("%(" + std::string(name) +
                 ")s refers to an option that neither this section nor [DEFAULT] has; "
                 "define it, or write '%%' for a plain '%'");
        }
        if (++references_ > kReferences) fail("it has too many %(name)s references");
        // A plain value ends the chain at any depth.
        if (referred->value.find('%') == std::string::npos) {
            append(referred->value);
        } else {
            expand(referred->value, depth + 1);
        }
        return close + 2;
    }

    void append(std::string_view piece) {
        if (text_.size() + piece.size() > kBytes)
            fail("it grows too long when its %(name)s references are filled in");
        text_ += piece;
    }

    [[noreturn]] void fail(const std::string& text) const { document_.fail(section_, option_, text); }

    const Document& document_;
    std::string_view section_;
    std::string_view option_;
    std::string text_;
    std::size_t references_ = 0;
};

constexpr std::string_view kTrue[] = {"1", "yes", "true", "on"};
constexpr std::string_view kFalse[] = {"0", "no", "false", "off"};

// People write "993 ; comment" because the original's Python 2 versions cut that off.
std::string inline_comment_hint(std::string_view value) {
    if (value.find_first_of("#;") == std::string_view::npos) return "";
    return " (a comment after a value is part of it: put it on a line of its own)";
}

}  // namespace

std::string Origin::to_string() const {
    return line == 0 ? file : file + ":" + std::to_string(line);
}

void Document::add_section(std::string name, Origin origin) {
    if (find_section(name) == nullptr) sections_.push_back({std::move(name), std::move(origin), {}});
}

bool Document::has_section(std::string_view name) const {
    return name != kDefaults && find_section(name) != nullptr;
}

std::vector<std::string> Document::sections() const {
    std::vector<std::string> names;
    for (const auto& section : sections_) {
        if (section.name != kDefaults) names.push_back(section.name);
    }
    return names;
}

std::optional<Origin> Document::section_origin(std::string_view name) const {
    const Section* section = find_section(name);
    if (section == nullptr) return std::nullopt;
    return section->origin;
}

void Document::set(std::string_view section, std::string_view option, std::string value, Origin origin) {
    add_section(std::string(section), origin);
    auto& options = find_section(section)->options;
    const std::string name = base::to_lower(option);
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const auto& o) { return o.name == name; });
    if (found == options.end()) {
        options.push_back({name, std::move(value), std::move(origin)});
    } else {
        found->value = std::move(value);
        found->origin = std::move(origin);
    }
}

void Document::remove(std::string_view section, std::string_view option) {
    Section* found = find_section(section);
    if (found == nullptr) return;
    const std::string name = base::to_lower(option);
    std::erase_if(found->options, [&](const auto& o) { return o.name == name; });
}

bool Document::has(std::string_view section, std::string_view option) const {
    return find(section, option) != nullptr;
}

const RawOption* Document::find(std::string_view section, std::string_view option) const {
    const Section* own = find_section(section);
    if (own == nullptr) return nullptr;
    const std::string name = base::to_lower(option);
    for (const Section* place : {own, find_section(kDefaults)}) {
        if (place == nullptr) continue;
        for (const auto& candidate : place->options) {
            if (candidate.name == name) return &candidate;
        }
    }
    return nullptr;
}

std::vector<RawOption> Document::options(std::string_view section) const {
    const Section* found = find_section(section);
    return found == nullptr ? std::vector<RawOption>{} : found->options;
}

std::optional<std::string> Document::get(std::string_view section, std::string_view option) const {
    const RawOption* found = find(section, option);
    if (found == nullptr) return std::nullopt;
    return Interpolator(*this, section, option).expand(found->value);
}

std::string Document::get_or(std::string_view section, std::string_view option,
                             std::string_view fallback) const {
    return get(section, option).value_or(std::string(fallback));
}

std::optional<bool> Document::get_bool(std::string_view section, std::string_view option) const {
    const auto text = get(section, option);
    if (!text) return std::nullopt;
    const std::string word = base::to_lower(base::trim(*text));
    if (std::find(std::begin(kTrue), std::end(kTrue), word) != std::end(kTrue)) return true;
    if (std::find(std::begin(kFalse), std::end(kFalse), word) != std::end(kFalse)) return false;
    fail(section, option,
         "'" + base::printable(*text) +
             "' is neither yes nor no; write one of yes, no, true, false, on, off, 1, 0" +
             inline_comment_hint(*text));
}

std::optional<long long> Document::get_int(std::string_view section, std::string_view option) const {
    const auto text = get(section, option);
    if (!text) return std::nullopt;
    const auto digits = without_python_decoration(*text);
    if (const auto number = digits ? base::parse_integer<long long>(*digits) : std::nullopt) return number;
    fail(section, option,
         "'" + base::printable(*text) + "' is not a whole number" + inline_comment_hint(*text));
}

std::optional<double> Document::get_float(std::string_view section, std::string_view option) const {
    const auto text = get(section, option);
    if (!text) return std::nullopt;
    if (const auto digits = without_python_decoration(*text)) {
        double number = 0;
        const char* const end = digits->data() + digits->size();
        const auto parsed = std::from_chars(digits->data(), end, number);
        if (parsed.ec == std::errc{} && parsed.ptr == end && std::isfinite(number)) return number;
    }
    fail(section, option, "'" + base::printable(*text) + "' is not a number" + inline_comment_hint(*text));
}

std::optional<Expression> Document::get_expression(std::string_view section, std::string_view option) const {
    auto text = get(section, option);
    if (!text) return std::nullopt;
    return Expression{std::move(*text), std::string(section), base::to_lower(option),
                      find(section, option)->origin};
}

void Document::fail(std::string_view section, std::string_view option, const std::string& text) const {
    const RawOption* found = option.empty() ? nullptr : find(section, option);
    std::string where = found != nullptr ? found->origin.to_string() : "";
    if (found == nullptr) {
        if (const auto origin = section_origin(section)) where = origin->to_string();
    }
    std::string message = where.empty() ? "" : where + ": ";
    message += "[" + base::printable(section) + "]";
    if (!option.empty()) message += " " + base::printable(base::to_lower(option));
    throw base::Error(base::Severity::repository, base::ErrorCode::configuration, message + ": " + text);
}

const Document::Section* Document::find_section(std::string_view name) const {
    const auto found = std::find_if(sections_.begin(), sections_.end(),
                                    [&](const auto& section) { return section.name == name; });
    return found == sections_.end() ? nullptr : &*found;
}

Document::Section* Document::find_section(std::string_view name) {
    return const_cast<Section*>(std::as_const(*this).find_section(name));
}

}  // namespace offlineimap::config

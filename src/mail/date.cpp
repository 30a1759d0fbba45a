// RFC 5322 §3.3 and §4.3 dates, as old and broken software writes them.
#include <algorithm>
#include <array>

#include "offlineimap/base/text.hpp"
#include "offlineimap/mail/header.hpp"

namespace offlineimap::mail {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"monday", "tuesday",  "wednesday", "thursday",
                                                       "friday", "saturday", "sunday"};
constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};

struct NamedZone {
    std::string_view name;
    int hours;
};
// RFC 5322 §4.3 obs-zone. All others, the military letters included, say nothing about the offset.
constexpr std::array kNamedZones = {
    NamedZone{"edt", -4}, NamedZone{"est", -5}, NamedZone{"cdt", -5}, NamedZone{"cst", -6},
    NamedZone{"mdt", -6}, NamedZone{"mst", -7}, NamedZone{"pdt", -7}, NamedZone{"pst", -8},
};

constexpr bool is_letter(char c) {
    const char lower = base::ascii_lower(c);
    return lower >= 'a' && lower <= 'z';
}

constexpr bool is_sign(char c) {
    return c == '+' || c == '-';
}

// The place of the name that `word` abbreviates with at least three letters.
template <std::size_t size>
std::optional<unsigned> find_abbreviated(const std::array<std::string_view, size>& names,
                                         std::string_view word) {
    if (word.size() < 3) return std::nullopt;
    for (unsigned i = 0; i < size; ++i) {
        if (base::starts_with_ignoring_case(names[i], word)) return i;
    }
    return std::nullopt;
}

// Reads words and numbers; white space and comments between them mean nothing.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) { skip_blanks(); }

    bool at_digit() const { return !rest_.empty() && base::is_ascii_digit(rest_.front()); }
    bool at_letter() const { return !rest_.empty() && is_letter(rest_.front()); }
    bool at_end() const { return rest_.empty(); }
    char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

    bool accept(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        skip_blanks();
        return true;
    }
    std::string_view word() { return take(is_letter); }
    std::string_view digits() { return take(base::is_ascii_digit); }

  private:
    std::string_view take(bool (*belongs)(char)) {
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), belongs);
        const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(taken.size());
        skip_blanks();
        return taken;
    }
    void skip_blanks() {
        for (;;) {
            rest_ = base::trim_left(rest_);
            if (rest_.empty() || rest_.front() != '(') return;
            skip_comment();
        }
    }
    // RFC 5322 §3.2.2: comments nest, and a backslash quotes. One that never ends takes all.
    void skip_comment() {
        std::size_t depth = 0;
        while (!rest_.empty()) {
            const char c = rest_.front();
            rest_.remove_prefix(c == '\\' && rest_.size() > 1 ? 2 : 1);
            if (c == '(') ++depth;
            if (c == ')' && --depth == 0) return;
        }
    }
    std::string_view rest_;
};

struct TimeOfDay {
    int hour;
    int minute;
    int second;
};

std::optional<int> read_number(Scanner& scanner, std::size_t most_digits) {
    const auto digits = scanner.digits();
    if (digits.empty() || digits.size() > most_digits) return std::nullopt;
    return base::parse_integer<int>(digits);
}

// A weekday says nothing that the date does not. With a comma behind it, it may be in any language.
void skip_weekday(Scanner& scanner) {
    auto ahead = scanner;
    const auto word = ahead.word();
    const bool comma = ahead.accept(',');
    if (!word.empty() && (comma || find_abbreviated(kWeekdays, word))) scanner = ahead;
}

std::optional<unsigned> read_month(Scanner& scanner) {
    const auto place = find_abbreviated(kMonths, scanner.word());
    if (!place) return std::nullopt;
    return *place + 1;
}

// RFC 5322 §4.3: two digits are 1950 … 2049, three count from 1900.
std::optional<int> read_year(Scanner& scanner) {
    const auto digits = scanner.digits();
    if (digits.size() < 2 || digits.size() > 4) return std::nullopt;
    const int year = base::parse_integer<int>(digits).value_or(0);
    if (digits.size() == 4) return year > 0 ? std::optional(year) : std::nullopt;
    if (digits.size() == 3) return 1900 + year;
    return year < 50 ? 2000 + year : 1900 + year;
}

std::optional<TimeOfDay> read_time(Scanner& scanner) {
    const auto hour = read_number(scanner, 2);
    if (!hour || !scanner.accept(':')) return std::nullopt;
    const auto minute = read_number(scanner, 2);
    std::optional<int> second = 0;
    if (scanner.accept(':')) {
        second = read_number(scanner, 2);
        if (scanner.accept('.')) scanner.digits();  // fractions: not in the RFC, but sent
    }
    if (!minute || !second) return std::nullopt;
    // 60 is a leap second.
    if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return TimeOfDay{*hour, *minute, *second};
}

std::optional<int> read_numeric_zone(Scanner& scanner) {
    const int sign = scanner.peek() == '-' ? -1 : 1;
    scanner.accept(scanner.peek());
    auto digits = std::string(scanner.digits());
    if (digits.size() == 2) digits += scanner.accept(':') ? std::string(scanner.digits()) : "00";
    if (digits.size() != 4) return std::nullopt;
    const int number = base::parse_integer<int>(digits).value_or(0);
    if (number % 100 > 59) return std::nullopt;
    return sign * (number / 100 * 60 + number % 100);
}

// Minutes east of UTC. No zone, and one that is not known, is taken for UTC (RFC 5322 §4.3: "-0000").
std::optional<int> read_zone(Scanner& scanner) {
    if (is_sign(scanner.peek())) return read_numeric_zone(scanner);
    if (!scanner.at_letter()) return scanner.at_end() ? std::optional(0) : std::nullopt;
    const auto word = scanner.word();
    const auto known = std::find_if(kNamedZones.begin(), kNamedZones.end(), [&](const NamedZone& zone) {
        return base::equals_ignoring_case(zone.name, word);
    });
    if (known != kNamedZones.end()) return known->hours * 60;
    return is_sign(scanner.peek()) ? read_numeric_zone(scanner) : 0;  // "GMT+0200" is sent, too
}

std::optional<ParsedDate> combine(std::optional<int> year, std::optional<unsigned> month,
                                  std::optional<int> day, std::optional<TimeOfDay> time,
                                  std::optional<int> offset_minutes) {
    if (!year || !month || !day || !time || !offset_minutes) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(*month),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) return std::nullopt;
    const auto local = std::chrono::sys_days{date} + std::chrono::hours(time->hour) +
                       std::chrono::minutes(time->minute) + std::chrono::seconds(time->second);
    return ParsedDate{local - std::chrono::minutes(*offset_minutes), *offset_minutes};
}

// "2 Jan 2006 15:04:05 +0100", also with dashes in the date.
std::optional<ParsedDate> parse_day_first(Scanner scanner) {
    const auto day = read_number(scanner, 2);
    scanner.accept('-');
    const auto month = read_month(scanner);
    scanner.accept('-');
    const auto year = read_year(scanner);
    const auto time = read_time(scanner);
    const auto zone = read_zone(scanner);
    return combine(year, month, day, time, zone);
}

// "Jan 2, 2006 15:04:05 +0100", and C's asctime(): "Jan  2 15:04:05 2006", sometimes with a zone on either
// side of the year.
std::optional<ParsedDate> parse_month_first(Scanner scanner) {
    const auto month = read_month(scanner);
    const auto day = read_number(scanner, 2);
    scanner.accept(',');
    auto ahead = scanner;
    if (const auto time = read_time(ahead)) {
        std::optional<int> zone;
        if (!ahead.at_digit()) zone = read_zone(ahead);
        const auto year = read_year(ahead);
        return combine(year, month, day, time, zone ? zone : read_zone(ahead));
    }
    const auto year = read_year(scanner);
    const auto time = read_time(scanner);
    const auto zone = read_zone(scanner);
    return combine(year, month, day, time, zone);
}

}  // namespace

std::optional<ParsedDate> parse_date(std::string_view header_value) {
    Scanner scanner(header_value);
    skip_weekday(scanner);
    return scanner.at_letter() ? parse_month_first(scanner) : parse_day_first(scanner);
}

}  // namespace offlineimap::mail

#include "amounts.hpp"

#include <array>
#include <cstdio>

namespace offlineimap::ui {

std::string readable_bytes(std::uint64_t bytes) {
    constexpr std::array<const char*, 5> kUnits = {"kB", "MB", "GB", "TB", "PB"};
    if (bytes < 1000) return std::to_string(bytes) + " B";
    double amount = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    // 999.95 would be shown as 1000.0.
    while (amount >= 999.95 && unit + 1 < kUnits.size()) {
        amount /= 1000;
        ++unit;
    }
    std::array<char, 32> text{};
    const int length = std::snprintf(text.data(), text.size(), "%.1f %s", amount, kUnits.at(unit));
    return std::string(text.data(), static_cast<std::size_t>(length));
}

std::string readable_time(std::chrono::seconds duration) {
    const auto total = duration.count();
    const auto two_digits = [](std::int64_t number) {
        return (number < 10 ? "0" : "") + std::to_string(number);
    };
    const auto minutes = total / 60 % 60;
    const auto start =
        total < 3600 ? std::to_string(minutes) : std::to_string(total / 3600) + ':' + two_digits(minutes);
    return start + ':' + two_digits(total % 60);
}

std::string counted(std::uint64_t number, const std::string& one, const std::string& many) {
    return std::to_string(number) + ' ' + (number == 1 ? one : many);
}

}  // namespace offlineimap::ui

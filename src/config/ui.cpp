#include <algorithm>

#include "offlineimap/base/text.hpp"
#include "offlineimap/config/options.hpp"

#include "section_reader.hpp"

namespace offlineimap::config {

namespace {

// "Curses.Blinkenlights" is how versions before 6.4 called blinkenlights.
std::string without_old_prefix(std::string_view name) {
    return base::to_lower(name.substr(name.rfind('.') + 1));
}

}  // namespace

UiChoice choose_ui(std::string_view written, const std::vector<std::string>& usable) {
    UiChoice choice;
    if (written.find('.') != std::string_view::npos)
        choice.notice = "Using old interface name, consider using one of " + base::join(usable, ", ");
    std::vector<std::string> wishes;
    for (const auto& wish : parse_list(written)) wishes.push_back(without_old_prefix(wish));
    const auto found = std::find_first_of(wishes.begin(), wishes.end(), usable.begin(), usable.end());
    if (found != wishes.end()) {
        choice.name = *found;
    } else if (!wishes.empty()) {
        choice.name = wishes.front();
    }
    return choice;
}

}  // namespace offlineimap::config

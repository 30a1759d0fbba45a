#include "offlineimap/ui/interface.hpp"

#include <algorithm>
#include <array>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/ui/password_prompt.hpp"

#include "blinkenlights_guard.hpp"
#include "blinkenlights_screen.hpp"
#include "faces.hpp"

namespace offlineimap::ui {

namespace {

using events::Level;
using Maker = std::unique_ptr<events::Sink> (*)(const Options&, const Visibility&);

struct Face {
    Name name;
    std::string_view text;
    Level lowest;
    Level sleeping;
    Maker make;
    bool (*works_here)() = [] { return true; };
};

// One line per interface; the first is the default. The order is the one of the enumeration.
constexpr std::array<Face, 7> kFaces = {{
    {Name::ttyui, "ttyui", Level::info, Level::info, make_ttyui},
    {Name::basic, "basic", Level::info, Level::debug, make_basic},
    {Name::quiet, "quiet", Level::warning, Level::debug, make_quiet},
    {Name::syslog, "syslog", Level::info, Level::debug, make_syslog},
    {Name::machineui, "machineui", Level::info, Level::debug, make_machine},
    {Name::blinkenlights, "blinkenlights", Level::info, Level::debug, make_blinkenlights,
     blinkenlights::can_draw_here},
    {Name::json, "json", Level::info, Level::debug, make_json},
}};

constexpr const Face& face_of(Name name) noexcept {
    return kFaces.at(static_cast<std::size_t>(name));
}
static_assert(face_of(Name::ttyui).name == Name::ttyui && face_of(Name::json).name == Name::json);

}  // namespace

std::optional<Name> parse_name(std::string_view text) noexcept {
    const auto* const found = std::find_if(kFaces.begin(), kFaces.end(), [text](const Face& face) {
        return base::equals_ignoring_case(face.text, text);
    });
    if (found == kFaces.end()) return std::nullopt;
    return found->name;
}

std::string_view name_of(Name name) noexcept {
    return face_of(name).text;
}

std::vector<std::string> available_names() {
    std::vector<std::string> names;
    names.reserve(kFaces.size());
    for (const auto& face : kFaces) names.emplace_back(face.text);
    return names;
}

bool works_here(Name name) {
    return face_of(name).works_here();
}

std::vector<std::string> names_that_work_here() {
    std::vector<std::string> names;
    for (const auto& face : kFaces) {
        if (face.works_here()) names.emplace_back(face.text);
    }
    return names;
}

std::string unknown_name_message(std::string_view text) {
    return "UI '" + base::printable(text) +
           "' does not exist, choose one of: " + base::join(available_names(), ", ");
}

Visibility visibility_of(Name name, events::DebugTypes debug) noexcept {
    const auto& face = face_of(name);
    return Visibility{.lowest = face.lowest, .sleeping = face.sleeping, .debug = debug};
}

std::unique_ptr<events::Sink> make_interface(Name name, const Options& options) {
    if (!works_here(name)) {
        throw base::Error(base::Severity::critical, base::ErrorCode::unsupported,
                          "UI '" + std::string(name_of(name)) + "' needs a terminal that it can draw on");
    }
    return face_of(name).make(options, visibility_of(name, options.debug));
}

void release_terminal() noexcept {
    restore_terminal();
    blinkenlights::leave_screen();
}

}  // namespace offlineimap::ui

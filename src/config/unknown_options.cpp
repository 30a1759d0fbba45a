#include <algorithm>
#include <set>

#include "offlineimap/base/text.hpp"
#include "offlineimap/config/options.hpp"

#include "known_options.hpp"
#include "names.hpp"

namespace offlineimap::config {

namespace {

constexpr std::string_view kDefaults = "DEFAULT";

struct Audited {
    std::string section;
    std::vector<Place> places;  // whose options may stand in it
};

bool is_read_in(const Audited& audited, std::string_view option) {
    const auto known = known_options();
    return std::any_of(known.begin(), known.end(), [&](const KnownOption& candidate) {
        return candidate.name == option && std::find(audited.places.begin(), audited.places.end(),
                                                     candidate.place) != audited.places.end();
    });
}

std::string section_of(Place place) {
    switch (place) {
        case Place::general:
            return "[general]";
        case Place::account:
            return "[Account …]";
        case Place::repository:
            return "[Repository …]";
        case Place::maildir_repository:
            return "the [Repository …] of type Maildir";
        case Place::imap_repository:
            return "the [Repository …] of type IMAP";
        case Place::mbnames:
            return "[mbnames]";
    }
    return "";
}

std::string places_of(std::string_view option) {
    std::vector<std::string> places;
    for (const auto& known : known_options()) {
        if (known.name == option) places.push_back(section_of(known.place));
    }
    return base::join(places, " or ");
}

// The option of this section that the name was probably meant to be; empty if none is near.
std::string_view nearest_option(const Audited& audited, std::string_view name) {
    // Short names are near to everything.
    const std::size_t furthest = std::min<std::size_t>(2, name.size() / 3);
    std::string_view nearest;
    std::size_t least = furthest + 1;
    for (const auto& known : known_options()) {
        if (!is_read_in(audited, known.name)) continue;
        const auto distance = edit_distance(name, known.name);
        if (distance < least) {
            least = distance;
            nearest = known.name;
        }
    }
    return nearest;
}

// Names that values refer to as %(name)s are the user's own variables. A value may take them from its own
// section and from [DEFAULT], and a value of [DEFAULT] is read in every section.
bool is_referred_to(const Document& document, const std::string& section, std::string_view name) {
    const std::string reference = "%(" + std::string(name) + ")s";
    std::vector<std::string> readers = {section};
    if (section == kDefaults) readers = document.sections();
    readers.emplace_back(kDefaults);
    return std::any_of(readers.begin(), readers.end(), [&](const std::string& reader) {
        const auto options = document.options(reader);
        return std::any_of(options.begin(), options.end(), [&](const RawOption& option) {
            return base::to_lower(option.value).find(reference) != std::string::npos;
        });
    });
}

std::string advice(const Audited& audited, std::string_view name) {
    if (name == "realdelete") return "was removed from the program long ago and has no effect; remove it";
    const std::string ignored = "is not an option here and is ignored; ";
    if (const auto elsewhere = places_of(name); !elsewhere.empty())
        return ignored + "it belongs in " + elsewhere;
    const auto nearest = nearest_option(audited, name);
    if (!nearest.empty()) return ignored + "did you mean '" + std::string(nearest) + "'?";
    return ignored + "no option of this program is called so";
}

void audit(const Document& document, const Audited& audited, std::vector<std::string>& warnings) {
    for (const auto& option : document.options(audited.section)) {
        if (is_read_in(audited, option.name) || is_referred_to(document, audited.section, option.name))
            continue;
        warnings.push_back(option.origin.to_string() + ": [" + base::printable(audited.section) + "] " +
                           base::printable(option.name) + " " + advice(audited, option.name));
    }
}

// Of the type that is written; of all types if that cannot be told.
std::vector<Place> places_of_repository(const Document& document, const std::string& section) {
    const RawOption* type = document.find(section, "type");
    std::vector<Place> places = {Place::repository};
    if (type == nullptr || !type->value.ends_with("Maildir")) places.push_back(Place::imap_repository);
    if (type == nullptr || (type->value != "IMAP" && type->value != "Gmail")) {
        places.push_back(Place::maildir_repository);
    }
    return places;
}

// The account's section and those of its two repositories, as far as they exist.
std::vector<Audited> sections_of_account(const Document& document, std::string_view account) {
    std::vector<Audited> sections;
    const auto section = section_with_name(document, "Account ", account);
    if (!section) return sections;
    sections.push_back({*section, {Place::account}});
    for (const std::string_view option : {"remoterepository", "localrepository"}) {
        const RawOption* name = document.find(*section, option);
        if (name == nullptr) continue;
        if (auto repository = section_with_name(document, "Repository ", name->value)) {
            sections.push_back({*repository, places_of_repository(document, *repository)});
        }
    }
    return sections;
}

}  // namespace

std::vector<std::string> unknown_option_warnings(const Document& document,
                                                 const std::vector<std::string>& active_accounts) {
    std::vector<std::string> warnings;
    // What stands in [DEFAULT] may be for any section.
    audit(document,
          {std::string(kDefaults),
           {Place::general, Place::account, Place::repository, Place::maildir_repository,
            Place::imap_repository, Place::mbnames}},
          warnings);
    audit(document, {"general", {Place::general}}, warnings);
    audit(document, {"mbnames", {Place::mbnames}}, warnings);
    std::set<std::string> done;  // accounts may share a repository
    for (const auto& account : active_accounts) {
        for (const auto& section : sections_of_account(document, account)) {
            if (done.insert(section.section).second) audit(document, section, warnings);
        }
    }
    return warnings;
}

}  // namespace offlineimap::config

#include "offlineimap/maildir/folder.hpp"

#include <unordered_map>
#include <utility>

#include "offlineimap/base/text.hpp"
#include "offlineimap/os/stop_point.hpp"
#include "offlineimap/os/system.hpp"

#include "census.hpp"
#include "folder_state.hpp"
#include "sequence.hpp"

namespace offlineimap::maildir {
namespace {

// How often a message is followed that another program keeps renaming.
constexpr int kAttempts = 8;

std::int64_t seconds_now() {
    return os::now().time_since_epoch().count();
}

std::optional<base::Uid> uid_of(mail::MessageKey key) {
    return key.has_uid() ? std::optional(key.uid()) : std::nullopt;
}

}  // namespace

Folder::State::State(FolderSettings folder_settings)
    : settings(std::move(folder_settings)), host(os::host_name()), directories(settings.path) {}

std::vector<Sighting> Folder::State::read_names(NameArena& arena, const std::stop_token& stop) const {
    std::vector<Sighting> sightings;
    for (const Place place : {Place::fresh, Place::cur}) {
        directories.for_each_file(place, stop, [&](std::string_view name) {
            sightings.push_back({arena.keep(name), place});
        });
    }
    return sightings;
}

std::string Folder::State::make_name(std::int64_t time, std::optional<base::Uid> uid,
                                     mail::Flags flags) const {
    const mail::UniqueName unique{time, next_sequence(time), os::process_id(), host};
    return mail::make_maildir_name(unique, uid, settings.folder_md5, flags, settings.separator);
}

template <class Attempt>
bool Folder::State::at_current_location(mail::MessageKey key, Attempt attempt) {
    auto location = names.locate(key);
    for (int i = 0; location && i < kAttempts; ++i) {
        if (attempt(*location)) return true;
        NameArena arena;
        names.update(read_names(arena, {}), settings.folder_md5);
        location = names.locate_updated(key);
    }
    if (!location) return false;
    const auto path = directories.path_of(location->place, location->name);
    throw base::Error(base::Severity::message, base::ErrorCode::io,
                      "another program keeps renaming '" + path.string() + "'");
}

mail::Flags Folder::State::merged_flags(const Location& location, mail::Flags wanted) const {
    const auto on_disk = mail::parse_maildir_name(location.name, settings.folder_md5).flags;
    return (on_disk | (wanted - location.listed)) - (location.listed - wanted);
}

bool Folder::State::move(const Location& from, Location& to, std::optional<base::Uid> uid,
                         mail::Flags flags) {
    auto outcome = directories.rename(from.place, from.name, to.place, to.name);
    while (outcome == Directories::Outcome::target_exists) {
        to.name = make_name(seconds_now(), uid, flags);
        outcome = directories.rename(from.place, from.name, to.place, to.name);
    }
    if (outcome == Directories::Outcome::source_missing) return false;
    unsynced[static_cast<std::size_t>(from.place)] = true;
    unsynced[static_cast<std::size_t>(to.place)] = true;
    return true;
}

Folder::Folder(FolderSettings settings) : state_(std::make_unique<State>(std::move(settings))) {}
Folder::~Folder() = default;

const FolderSettings& Folder::settings() const noexcept {
    return state_->settings;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): long work takes its token by value everywhere
mail::Listing Folder::scan(std::stop_token stop) {
    state_->directories.reopen();
    if (state_->settings.sweep_tmp) state_->directories.sweep_tmp(os::now());
    NameArena arena;
    const auto sightings = state_->read_names(arena, stop);
    auto census = take_census(sightings, state_->settings.folder_md5, [this](const Sighting& sighting) {
        return state_->directories.status_of(sighting.place, std::string(sighting.name)).has_value();
    });
    mail::Listing listing;
    listing.reserve(census.records.size());
    for (const auto& record : census.records) listing.put({record.key, record.listed});
    state_->duplicate_names = std::move(census.duplicate_names);
    state_->names.replace(std::move(arena), std::move(census.records));
    return listing;
}

std::string Folder::identity() const {
    return os::file_identity(state_->settings.path, base::Severity::folder);
}

const std::vector<std::string>& Folder::duplicate_names() const noexcept {
    return state_->duplicate_names;
}

std::optional<Content> Folder::open(const mail::MessageKey& key) {
    std::optional<Content> content;
    state_->at_current_location(key, [&](const Location& location) {
        auto opened = state_->directories.open(location.place, location.name);
        if (!opened) return false;
        content = Content{.local_name = location.name,
                          .file_size = static_cast<std::uint64_t>(opened->status.st_size),
                          .modified = std::chrono::sys_seconds(std::chrono::seconds(opened->status.st_mtime)),
                          .file = std::move(opened->file)};
        return true;
    });
    return content;
}

std::optional<std::string> Folder::name_of(const mail::MessageKey& key) const {
    auto location = state_->names.locate(key);
    return location ? std::optional(std::move(location->name)) : std::nullopt;
}

std::optional<mail::MessageKey> Folder::find_by_name(std::string_view name) const {
    return state_->names.find_by_name(name);
}

std::optional<std::uint64_t> Folder::file_size(const mail::MessageKey& key) {
    std::optional<std::uint64_t> size;
    state_->at_current_location(key, [&](const Location& location) {
        const auto status = state_->directories.status_of(location.place, location.name);
        if (status) size = static_cast<std::uint64_t>(status->st_size);
        return status.has_value();
    });
    return size;
}

std::optional<std::int64_t> Folder::name_time(const mail::MessageKey& key) const {
    const auto location = state_->names.locate(key);
    return location ? mail::parse_maildir_name(location->name, {}).time : std::nullopt;
}

bool Folder::set_flags(const mail::MessageKey& key, mail::Flags flags) {
    return state_->at_current_location(key, [&](const Location& from) {
        const auto on_disk = mail::parse_maildir_name(from.name, state_->settings.folder_md5).flags;
        const auto wanted = state_->merged_flags(from, flags);
        // An info part that says the same already stays as it is, or missing.
        const auto name =
            wanted == on_disk ? from.name : mail::with_flags(from.name, wanted, state_->settings.separator);
        Location to{place_for(wanted), name, flags};
        if (to.place == from.place && to.name == from.name) {
            if (!state_->directories.status_of(from.place, from.name)) return false;
        } else {
            os::stop_point("maildir-before-set-flags");
            if (!state_->move(from, to, uid_of(key), wanted)) return false;
            os::stop_point("maildir-after-set-flags");
        }
        state_->names.put(key, to);
        return true;
    });
}

bool Folder::assign_uid(const mail::MessageKey& key, base::Uid uid, mail::Flags flags) {
    return state_->at_current_location(key, [&](const Location& from) {
        const auto wanted = state_->merged_flags(from, flags);
        Location to{from.place, state_->make_name(seconds_now(), uid, wanted), flags};
        os::stop_point("maildir-before-assign-uid");
        if (!state_->move(from, to, uid, wanted)) return false;
        os::stop_point("maildir-after-assign-uid");
        state_->names.forget(key);
        state_->names.put(mail::MessageKey(uid), to);
        return true;
    });
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): long work takes its token by value everywhere
void Folder::renumber(std::span<const Renumbered> files, std::stop_token stop) {
    NameArena arena;
    std::unordered_map<std::string_view, Sighting> by_base;
    for (const auto& sighting : state_->read_names(arena, stop))
        by_base.insert_or_assign(mail::parse_maildir_name(sighting.name, {}).base, sighting);
    for (const auto& file : files) {
        const auto found = by_base.find(mail::parse_maildir_name(file.name, {}).base);
        if (found == by_base.end()) continue;
        const Location from{found->second.place, std::string(found->second.name), {}};
        const auto flags = mail::parse_maildir_name(from.name, state_->settings.folder_md5).flags;
        Location to{from.place, state_->make_name(seconds_now(), file.uid, flags), flags};
        os::stop_point("maildir-before-renumber");
        state_->move(from, to, file.uid, flags);
        os::stop_point("maildir-after-renumber");
    }
    sync();
}

bool Folder::remove(const mail::MessageKey& key) {
    return state_->at_current_location(key, [&](const Location& location) {
        os::stop_point("maildir-before-unlink");
        if (!state_->directories.unlink(location.place, location.name)) return false;
        os::stop_point("maildir-after-unlink");
        state_->unsynced[static_cast<std::size_t>(location.place)] = true;
        state_->names.forget(key);
        return true;
    });
}

void Folder::sync() {
    if (!state_->settings.fsync) return;
    for (const Place place : {Place::fresh, Place::cur}) {
        auto& unsynced = state_->unsynced[static_cast<std::size_t>(place)];
        if (unsynced) state_->directories.sync(place);
        unsynced = false;
    }
}

}  // namespace offlineimap::maildir

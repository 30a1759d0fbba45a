#include "offlineimap/maildir/folder.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
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

// One reading of the directories can miss a file that is renamed while it goes on. This many in succession
// that do not show a file mean that there is none; if other programs never leave us so many, we give up.
constexpr int kQuietReadings = 2;
constexpr int kReadings = 20;

std::int64_t seconds_now() {
    return os::now().time_since_epoch().count();
}

std::optional<base::Uid> uid_of(mail::MessageKey key) {
    return key.has_uid() ? std::optional(key.uid()) : std::nullopt;
}

// Which file gets which UID, and which of them have it.
class Renumberer {
  public:
    Renumberer(std::span<const Renumbered> files, std::string_view folder_md5)
        : folder_md5_(folder_md5), present_(files.size()) {
        for (std::size_t i = 0; i < files.size(); ++i) {
            by_old_base_.emplace(mail::parse_maildir_name(files[i].name, {}).base, files[i].uid);
            by_new_uid_.emplace(files[i].uid, i);
        }
    }
    // nullopt: this file is none of those, or has its UID.
    std::optional<base::Uid> new_uid_of(const Sighting& sighting) {
        const auto name = mail::parse_maildir_name(sighting.name, folder_md5_);
        const auto wanted = by_old_base_.find(name.base);
        if (wanted != by_old_base_.end() && name.uid != wanted->second) return wanted->second;
        // Under one of the old names an equal number would be an old UID.
        if (name.uid) note_present(*name.uid);
        return std::nullopt;
    }
    void note_present(base::Uid uid) {
        const auto found = by_new_uid_.find(uid);
        if (found != by_new_uid_.end()) present_[found->second] = true;
    }
    const std::vector<bool>& present() const noexcept { return present_; }

  private:
    std::string_view folder_md5_;
    std::map<std::string_view, base::Uid> by_old_base_;
    std::map<base::Uid, std::size_t> by_new_uid_;
    std::vector<bool> present_;
};

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

std::string Folder::State::make_name_for(std::string_view old_name, std::optional<base::Uid> uid) const {
    const auto old = mail::parse_maildir_name(old_name, settings.folder_md5);
    // An earlier process with our number may have made names that begin with the same old time; what was
    // counted in this second is ours alone.
    const auto now = seconds_now();
    const auto sequence = static_cast<std::uint64_t>(now) * 1'000'000U + next_sequence(now);
    const mail::UniqueName unique{old.time.value_or(now), sequence, os::process_id(), host};
    return mail::make_maildir_name(unique, uid, settings.folder_md5, old.flags, settings.separator);
}

template <class Handle>
void Folder::State::read_until_quiet(const std::stop_token& stop, Handle handle) {
    int quiet = 0;
    for (int i = 0; i < kReadings; ++i) {
        NameArena arena;
        bool found = false;
        for (const auto& sighting : read_names(arena, stop)) found = handle(sighting) || found;
        quiet = found ? 0 : quiet + 1;
        if (quiet == kQuietReadings) return;
    }
    throw base::Error(base::Severity::folder, base::ErrorCode::io,
                      "another program keeps renaming files in '" + directories.folder().string() + "'");
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

void Folder::State::announce(Change::Kind kind, const Location& location) const {
    if (settings.changes == nullptr) return;
    const Change change{kind, directories.path_of(location.place, location.name)};
    settings.changes->add(std::span(&change, 1));
}

void Folder::State::announce_rename(const Location& from, const Location& to) const {
    if (settings.changes == nullptr) return;
    const std::array changes{Change{Change::Kind::renamed_from, directories.path_of(from.place, from.name)},
                             Change{Change::Kind::renamed_to, directories.path_of(to.place, to.name)}};
    settings.changes->add(changes);
}

bool Folder::State::move(const Location& from, Location& to, std::optional<base::Uid> uid,
                         mail::Flags flags) {
    announce_rename(from, to);
    auto outcome = directories.rename(from.place, from.name, to.place, to.name);
    while (outcome == Directories::Outcome::target_exists) {
        to.name = make_name(seconds_now(), uid, flags);
        announce_rename(from, to);
        outcome = directories.rename(from.place, from.name, to.place, to.name);
    }
    if (outcome == Directories::Outcome::source_missing) return false;
    unsynced[static_cast<std::size_t>(from.place)] = true;
    unsynced[static_cast<std::size_t>(to.place)] = true;
    return true;
}

bool Folder::State::rename_anew(const Sighting& from, std::optional<base::Uid> uid) {
    const std::string old_name(from.name);
    const auto flags = mail::parse_maildir_name(from.name, settings.folder_md5).flags;
    Location to{from.place, make_name_for(from.name, uid), flags};
    return move({from.place, old_name, flags}, to, uid, flags);
}

Folder::Folder(FolderSettings settings) : state_(std::make_unique<State>(std::move(settings))) {}
Folder::~Folder() = default;

const FolderSettings& Folder::settings() const noexcept {
    return state_->settings;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): long work takes its token by value everywhere
mail::Listing Folder::scan(std::stop_token stop) {
    state_->directories.reopen();
    if (state_->settings.sweep_tmp) {
        state_->directories.sweep_tmp(os::now() - state_->settings.tmp_lifetime);
    }
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
std::vector<bool> Folder::renumber(std::span<const Renumbered> files, std::stop_token stop) {
    Renumberer renumberer(files, state_->settings.folder_md5);
    state_->read_until_quiet(stop, [&](const Sighting& sighting) {
        const auto uid = renumberer.new_uid_of(sighting);
        if (!uid) return false;
        os::stop_point("maildir-before-renumber");
        if (state_->rename_anew(sighting, *uid)) renumberer.note_present(*uid);
        os::stop_point("maildir-after-renumber");
        return true;
    });
    sync();
    return renumberer.present();
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): long work takes its token by value everywhere
void Folder::drop_uids(std::stop_token stop) {
    state_->read_until_quiet(stop, [&](const Sighting& sighting) {
        const bool has_uid =
            mail::parse_maildir_name(sighting.name, state_->settings.folder_md5).uid.has_value();
        if (has_uid) state_->rename_anew(sighting, std::nullopt);
        return has_uid;
    });
    sync();
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): long work takes its token by value everywhere
std::vector<base::Uid> Folder::still_there(std::span<const base::Uid> uids, std::stop_token stop) {
    state_->directories.reopen();
    std::set<base::Uid> unseen(uids.begin(), uids.end());
    const auto look_at = [&](std::string_view name) {
        if (const auto uid = mail::parse_maildir_name(name, state_->settings.folder_md5).uid)
            unseen.erase(*uid);
    };
    for (int i = 0; i < kQuietReadings && !unseen.empty(); ++i) {
        for (const Place place : {Place::fresh, Place::cur})
            state_->directories.for_each_entry(place, stop, look_at);
    }
    std::vector<base::Uid> seen;
    std::copy_if(uids.begin(), uids.end(), std::back_inserter(seen),
                 [&](base::Uid uid) { return !unseen.contains(uid); });
    return seen;
}

bool Folder::remove(const mail::MessageKey& key) {
    return state_->at_current_location(key, [&](const Location& location) {
        state_->announce(Change::Kind::deleted, location);
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

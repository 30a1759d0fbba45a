#include "name_table.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "offlineimap/mail/maildir_name.hpp"

namespace offlineimap::maildir {
namespace {

constexpr std::size_t kLateAtLeast = 1024;

std::string_view base_of(std::string_view name) {
    return mail::parse_maildir_name(name, {}).base;
}

bool is_before(const NameRecord& record, mail::MessageKey key) {
    return record.key < key;
}

Location location_of(const NameRecord& record) {
    return {record.place, std::string(record.name), record.listed};
}

}  // namespace

void NameTable::replace(NameArena arena, std::vector<NameRecord> records) {
    const std::scoped_lock lock(names_mutex_);
    arena_ = std::move(arena);
    sorted_ = std::move(records);
    late_.clear();
}

std::optional<Location> NameTable::locate(mail::MessageKey key) const {
    const std::scoped_lock lock(names_mutex_);
    const NameRecord* const record = find(key);
    return record == nullptr ? std::nullopt : std::optional(location_of(*record));
}

std::optional<mail::MessageKey> NameTable::find_by_name(std::string_view name) const {
    const std::scoped_lock lock(names_mutex_);
    const auto base = base_of(name);
    std::optional<mail::MessageKey> found;
    const auto look_at = [&](const NameRecord& record) {
        if (record.name.empty() || !record.name.starts_with(base)) return;
        if (record.name == name || (!found && base_of(record.name) == base)) found = record.key;
    };
    std::for_each(sorted_.begin(), sorted_.end(), look_at);
    for (const auto& [key, record] : late_) look_at(record);
    return found;
}

void NameTable::put(mail::MessageKey key, const Location& location) {
    const std::scoped_lock lock(names_mutex_);
    const NameRecord record{key, arena_.keep(location.name), location.listed, location.place};
    const auto found = std::lower_bound(sorted_.begin(), sorted_.end(), key, is_before);
    if (found != sorted_.end() && found->key == key) {
        *found = record;
    } else if (found == sorted_.end() && late_.empty()) {
        sorted_.push_back(record);
    } else {
        late_.insert_or_assign(key, record);
        merge_late();
    }
}

void NameTable::forget(mail::MessageKey key) {
    const std::scoped_lock lock(names_mutex_);
    if (NameRecord* const record = find(key)) record->name = {};
}

void NameTable::update(const std::vector<Sighting>& sightings, std::string_view folder_md5) {
    const std::scoped_lock lock(names_mutex_);
    std::unordered_map<std::string_view, NameRecord*> new_messages;
    for_each([&](NameRecord& record) {
        ++record.misses;
        if (!record.key.has_uid()) new_messages.emplace(base_of(record.name), &record);
    });
    const auto find_seen = [&](const mail::MaildirName& parsed) -> NameRecord* {
        if (parsed.uid) return find(mail::MessageKey(*parsed.uid));
        const auto found = new_messages.find(parsed.base);
        return found == new_messages.end() ? nullptr : found->second;
    };
    for (const auto& sighting : sightings) {
        const auto parsed = mail::parse_maildir_name(sighting.name, folder_md5);
        NameRecord* const record = find_seen(parsed);
        if (record == nullptr || base_of(record->name) != parsed.base) continue;
        if (record->name != sighting.name) record->name = arena_.keep(sighting.name);
        record->place = sighting.place;
        record->misses = 0;
    }
    // One reading can miss a file that is renamed while it goes on.
    for_each([](NameRecord& record) {
        if (record.misses >= 2) record.name = {};
    });
}

std::optional<Location> NameTable::locate_updated(mail::MessageKey key) {
    const std::scoped_lock lock(names_mutex_);
    NameRecord* const record = find(key);
    if (record == nullptr) return std::nullopt;
    if (record->misses == 0) return location_of(*record);
    record->name = {};
    return std::nullopt;
}

const NameRecord* NameTable::find(mail::MessageKey key) const {
    const NameRecord* record = nullptr;
    const auto found = std::lower_bound(sorted_.begin(), sorted_.end(), key, is_before);
    if (found != sorted_.end() && found->key == key) {
        record = &*found;
    } else if (const auto late = late_.find(key); late != late_.end()) {
        record = &late->second;
    }
    return record == nullptr || record->name.empty() ? nullptr : record;
}

NameRecord* NameTable::find(mail::MessageKey key) {
    return const_cast<NameRecord*>(std::as_const(*this).find(key));
}

template <class Visitor>
void NameTable::for_each(Visitor visit) {
    for (auto& record : sorted_) {
        if (!record.name.empty()) visit(record);
    }
    for (auto& [key, record] : late_) {
        if (!record.name.empty()) visit(record);
    }
}

void NameTable::merge_late() {
    if (late_.size() < kLateAtLeast + sorted_.size() / 8) return;
    for (const auto& [key, record] : late_) sorted_.push_back(record);
    late_.clear();
    std::erase_if(sorted_, [](const NameRecord& record) { return record.name.empty(); });
    std::sort(sorted_.begin(), sorted_.end(),
              [](const NameRecord& a, const NameRecord& b) { return a.key < b.key; });
}

}  // namespace offlineimap::maildir

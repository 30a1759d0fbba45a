#include "census.hpp"

#include <algorithm>
#include <cstdint>

#include "offlineimap/mail/maildir_name.hpp"

namespace offlineimap::maildir {
namespace {

class CensusTaker {
  public:
    CensusTaker(std::string_view folder_md5, const std::function<bool(const Sighting&)>& exists)
        : folder_md5_(folder_md5), exists_(exists) {}

    Census take(const std::vector<Sighting>& sightings) {
        for (const auto& sighting : sightings) sort_in(sighting);
        settle_double_bases();
        number_new_messages();
        settle_double_uids();
        return std::move(census_);
    }

  private:
    struct NewMessage {
        std::string_view base;
        Sighting sighting;
        mail::Flags flags;
        std::uint32_t position;  // in scan order
    };

    void sort_in(const Sighting& sighting) {
        const auto parsed = mail::parse_maildir_name(sighting.name, folder_md5_);
        if (parsed.uid) {
            census_.records.push_back(
                {mail::MessageKey(*parsed.uid), sighting.name, parsed.flags, sighting.place});
        } else {
            const auto position = static_cast<std::uint32_t>(new_messages_.size());
            new_messages_.push_back({parsed.base, sighting, parsed.flags, position});
        }
    }

    // Of two sightings of one message the later counts, as it is the one in `cur` if they are in different
    // directories; unless that file is gone again.
    bool later_counts(const Sighting& earlier, const Sighting& later) {
        const bool earlier_exists = exists_(earlier);
        if (earlier_exists && !exists_(later)) return false;
        if (earlier_exists) census_.duplicate_names.emplace_back(earlier.name);
        return true;
    }

    // Two names with the same unique part are one message; as two they would be uploaded twice.
    void settle_double_bases() {
        std::sort(new_messages_.begin(), new_messages_.end(), [](const NewMessage& a, const NewMessage& b) {
            return a.base != b.base ? a.base < b.base : a.position < b.position;
        });
        keep_one_of_equals(
            new_messages_, [](const NewMessage& a, const NewMessage& b) { return a.base == b.base; },
            [](const NewMessage& message) { return message.sighting; });
    }

    void number_new_messages() {
        std::sort(new_messages_.begin(), new_messages_.end(),
                  [](const NewMessage& a, const NewMessage& b) { return a.position < b.position; });
        census_.records.reserve(census_.records.size() + new_messages_.size());
        std::uint32_t number = 0;
        for (const auto& message : new_messages_) {
            census_.records.push_back({mail::MessageKey::unassigned(++number), message.sighting.name,
                                       message.flags, message.sighting.place});
        }
    }

    void settle_double_uids() {
        std::stable_sort(census_.records.begin(), census_.records.end(),
                         [](const NameRecord& a, const NameRecord& b) { return a.key < b.key; });
        keep_one_of_equals(
            census_.records, [](const NameRecord& a, const NameRecord& b) { return a.key == b.key; },
            [](const NameRecord& record) {
                return Sighting{record.name, record.place};
            });
    }

    template <class Item, class Equal, class SightingOf>
    void keep_one_of_equals(std::vector<Item>& items, Equal equal, SightingOf sighting_of) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (kept != 0 && equal(items[kept - 1], items[i])) {
                if (later_counts(sighting_of(items[kept - 1]), sighting_of(items[i]))) {
                    items[kept - 1] = items[i];
                }
            } else {
                items[kept++] = items[i];
            }
        }
        items.erase(items.begin() + static_cast<std::ptrdiff_t>(kept), items.end());
    }

    std::string_view folder_md5_;
    const std::function<bool(const Sighting&)>& exists_;
    std::vector<NewMessage> new_messages_;
    Census census_;
};

}  // namespace

Census take_census(const std::vector<Sighting>& sightings, std::string_view folder_md5,
                   const std::function<bool(const Sighting&)>& exists) {
    return CensusTaker(folder_md5, exists).take(sightings);
}

}  // namespace offlineimap::maildir

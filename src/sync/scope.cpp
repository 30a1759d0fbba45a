#include "scope.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace offlineimap::sync {

namespace {

using namespace std::chrono_literals;
using repository::Side;

std::string to_text(std::chrono::sys_seconds moment) {
    const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(moment)};
    const auto two_digits = [](unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    return std::to_string(static_cast<int>(day.year())) + '-' +
           two_digits(static_cast<unsigned>(day.month())) + '-' +
           two_digits(static_cast<unsigned>(day.day()));
}

[[noreturn]] void refuse_day(const std::string& text) {
    throw base::Error(base::Severity::message, base::ErrorCode::configuration, text + ". Abort syncing.");
}

std::chrono::sys_seconds checked(const std::string& option, std::chrono::sys_seconds day,
                                 std::chrono::sys_seconds now) {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(day)};
    if (date.year() < std::chrono::year(1900))
        refuse_day(option + " led to year " + std::to_string(static_cast<int>(date.year())));
    if (day > now) refuse_day(option + " led to future date " + to_text(day));
    return day;
}

// Takes what `is_outside` says out of all three listings.
void hide(FolderWork& work, const std::function<bool(mail::MessageKey)>& is_outside) {
    for (auto* listing : {&work.remote_listing, &work.local_listing, &work.status_listing}) {
        std::vector<mail::MessageKey> outside;
        for (const auto& entry : *listing) {
            if (is_outside(entry.key)) outside.push_back(entry.key);
        }
        for (const auto& key : outside) work.hidden.put({key, {}});
        listing->erase(outside);
    }
}

void hide_below(FolderWork& work, base::Uid first) {
    hide(work, [&](mail::MessageKey key) { return key.has_uid() && key.uid() < first; });
}

// By the time in its file name; a name without one counts as young.
bool is_young(const FolderWork& work, mail::MessageKey key, std::chrono::sys_seconds since) {
    const auto time = work.local.name_time(key);
    return !time || *time >= since;
}

std::optional<base::Uid> first_young_local(const FolderWork& work, std::chrono::sys_seconds since) {
    for (const auto& entry : work.local_listing) {
        if (entry.key.has_uid() && is_young(work, entry.key, since)) return entry.key.uid();
    }
    return std::nullopt;
}

void hide_old_new_messages(FolderWork& work, std::chrono::sys_seconds since) {
    hide(work, [&](mail::MessageKey key) { return !key.has_uid() && !is_young(work, key, since); });
}

void load_remote_from(FolderWork& work, base::Uid first) {
    if (work.pair.remote_would_be_created) return;
    work.remote_listing = work.remote.load_from(first, work.context);
}

// `maxage`: all that is at or above the lowest UID of a young message on the server. If it has none, the
// local files' names tell which are young.
void load_young(FolderWork& work, const config::MaxAge& maxage, std::chrono::sys_seconds now) {
    const auto since = cutoff(maxage, now);
    std::optional<base::Uid> first;
    if (!work.pair.remote_would_be_created) {
        // The original asks from the day after on, so that the server's idea of a day does not matter.
        const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(since + 24h)};
        first = work.remote.first_since(day, work.settings.maxsize, work.context);
    }
    if (!first) {
        hide_old_new_messages(work, since);
        first = first_young_local(work, since);
    }
    if (!first) {
        hide(work, [](mail::MessageKey key) { return key.has_uid(); });
        return;
    }
    load_remote_from(work, *first);
    hide_below(work, *first);
}

void require_empty(const mail::Listing& listing, const std::string& restricted, const std::string& other) {
    if (listing.empty()) return;
    throw base::Error(
        base::Severity::message, base::ErrorCode::configuration,
        "To use startdate on Repository " + restricted + ", Repository " + other + " must be empty");
}

// `startdate` of the remote side: the UID to begin at is found once and kept.
void load_remote_since(FolderWork& work, std::chrono::year_month_day day, std::chrono::sys_seconds now) {
    if (work.pair.remote_would_be_created) return;
    auto first = saved_start(work.settings.status, Side::remote, work.remote.entry().name);
    if (!first) {
        require_empty(work.local_listing, work.remote_repository.name(), work.local_repository.name());
        checked("startdate", std::chrono::sys_days{day}, now);
        // Before the question, so that nothing that arrives meanwhile is left out.
        const auto next = work.remote.append_position(work.context).uid_next.value_or(base::Uid(1));
        // Differs from OfflineIMAP: it keeps 1 if there is no such message yet, and fetches everything at the
        // next run.
        first = work.remote.first_since(day, std::nullopt, work.context).value_or(next);
        if (!work.settings.dry_run)
            save_start(work.settings.status, Side::remote, work.remote.entry().name, *first);
    }
    load_remote_from(work, *first);
    hide_below(work, *first);
}

// `startdate` of the local side: what was there before is not sent.
void load_for_local_since(FolderWork& work, std::chrono::year_month_day day, std::chrono::sys_seconds now) {
    if (!work.pair.remote_would_be_created) work.remote_listing = work.remote.load(work.context);
    const auto since = checked("startdate", std::chrono::sys_days{day}, now);
    auto first = saved_start(work.settings.status, Side::local, work.local.entry().name);
    if (!first) {
        require_empty(work.remote_listing, work.local_repository.name(), work.remote_repository.name());
        first = first_young_local(work, since).value_or(base::Uid(1));
        if (!work.settings.dry_run)
            save_start(work.settings.status, Side::local, work.local.entry().name, *first);
    }
    hide_below(work, *first);
    hide_old_new_messages(work, since);
}

// One measure for both sides: the size on the wire, by the server's word for what it has. What it does not
// have is measured here. (The original measures each side its own way, and deletes what falls between.)
void hide_large(FolderWork& work, std::uint64_t limit) {
    std::vector<mail::MessageKey> large;
    for (const auto& entry : work.local_listing) {
        if (work.remote_listing.contains(entry.key)) continue;
        if (!work.local.is_smaller(entry.key, limit)) large.push_back(entry.key);
    }
    if (!work.pair.remote_would_be_created) {
        for (const auto uid : work.remote.of_size_or_more(limit, work.context)) large.emplace_back(uid);
    }
    std::sort(large.begin(), large.end());
    hide(work, [&](mail::MessageKey key) { return std::binary_search(large.begin(), large.end(), key); });
}

}  // namespace

std::chrono::sys_seconds cutoff(const config::MaxAge& maxage, std::chrono::sys_seconds now) {
    if (const auto* days = std::get_if<int>(&maxage))
        return checked("maxage", now - std::chrono::days(*days), now);
    return checked("maxage", std::chrono::sys_days{std::get<std::chrono::year_month_day>(maxage)}, now);
}

bool is_restricted_by_date(const FolderWork& work) {
    const int restrictions = (work.settings.maxage ? 1 : 0) +
                             (work.remote_repository.options().startdate ? 1 : 0) +
                             (work.local_repository.options().startdate ? 1 : 0);
    if (restrictions > 1) {
        throw base::Error(base::Severity::repository, base::ErrorCode::configuration,
                          "Account " + work.settings.account +
                              ": set only one of maxage, startdate of the local repository and startdate of "
                              "the remote repository");
    }
    return restrictions == 1;
}

void load_remote_in_scope(FolderWork& work, std::chrono::sys_seconds now) {
    if (work.settings.maxage) {
        load_young(work, *work.settings.maxage, now);
    } else if (const auto& day = work.remote_repository.options().startdate) {
        load_remote_since(work, *day, now);
    } else if (const auto& local_day = work.local_repository.options().startdate) {
        load_for_local_since(work, *local_day, now);
    } else if (!work.pair.remote_would_be_created) {
        work.remote_listing = work.remote.load(work.context);
    }
    if (work.settings.maxsize) hide_large(work, *work.settings.maxsize);
}

}  // namespace offlineimap::sync

#include "offlineimap/ui/profile.hpp"

#include <algorithm>
#include <charconv>
#include <unistd.h>
#include <variant>
#include <vector>

#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"

#include "whole_write.hpp"

namespace offlineimap::ui {

namespace {

constexpr mode_t kOwnerOnly = 0600;

std::string direction(const events::FolderEnd& source, const events::FolderEnd& destination) {
    return source.kind + " -> " + destination.kind;
}

// What begins with an event; nullopt: nothing, what was under way goes on.
struct PhaseBegun {
    using Name = std::optional<std::string>;

    Name operator()(const events::AccountStarted&) const { return "starting"; }
    Name operator()(const events::Connecting&) const { return "connecting"; }
    Name operator()(const events::CreatingFolder&) const { return "folder structure"; }
    Name operator()(const events::SyncingFolderStructure&) const { return "between folders"; }
    Name operator()(const events::SyncingFolder&) const { return "opening"; }
    Name operator()(const events::LoadingMessageList& list) const { return "listing " + list.kind; }
    Name operator()(const events::MessageListLoaded& list) const { return "after listing " + list.kind; }
    Name operator()(const events::SyncingMessages& pass) const {
        return direction(pass.source, pass.destination) + ", planning";
    }
    Name operator()(const events::CopyingMessage& copy) const {
        return direction(copy.source, copy.destination) + ", copying";
    }
    Name operator()(const events::DeletingMessages& deletion) const {
        return "deleting in " + deletion.from.kind;
    }
    Name operator()(const events::AddingFlags& flags) const { return flags_in(flags.destination); }
    Name operator()(const events::RemovingFlags& flags) const { return flags_in(flags.destination); }
    Name operator()(const events::CallingHook&) const { return "hook"; }
    Name operator()(const events::HookFinished&) const { return "after a hook"; }
    Name operator()(const events::AccountFinished&) const { return "ending"; }
    Name operator()(const events::Sleeping&) const { return "sleeping"; }
    template <class Other>
    Name operator()(const Other&) const {
        return std::nullopt;
    }

  private:
    static Name flags_in(const events::FolderEnd& end) { return "flags in " + end.kind; }
};

template <class Event>
bool is(const events::Record& record) noexcept {
    return std::holds_alternative<Event>(record.event);
}

template <class... Events>
bool is_one_of(const events::Record& record) noexcept {
    return (is<Events>(record) || ...);
}

std::string stamp(std::time_t when, const char* format) {
    std::tm parts{};
    ::localtime_r(&when, &parts);
    char text[32];
    return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

std::string seconds(std::chrono::steady_clock::duration time) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, std::chrono::duration<double>(time).count(),
                                   std::chars_format::fixed, 6);
    return std::string(text, end.ptr);
}

// One field of a line: neither a tab nor a line end is left in a foreign name.
std::string field(const std::string& text) {
    return base::printable(text, std::string_view::npos);
}

}  // namespace

void Profile::report(const events::Record& record) {
    const std::lock_guard lock(account_mutex_);
    if (!account_) {
        if (const auto* const started = std::get_if<events::ThreadStarted>(&record.event))
            begin(started->account);
        return;
    }
    if (is<events::ThreadEnded>(record)) {
        end();
    } else if (is<events::ThreadStarted>(record)) {  // the next folder's turn
        enter({"", "between folders"});
    } else if (const auto* const syncing = std::get_if<events::SyncingFolder>(&record.event)) {
        enter({syncing->remote.folder, "opening"});
    } else if (const auto name = std::visit(PhaseBegun(), record.event)) {
        enter(
            {is_one_of<events::AccountStarted, events::CreatingFolder, events::SyncingFolderStructure,
                       events::CallingHook, events::HookFinished, events::AccountFinished, events::Sleeping>(
                 record)
                 ? ""
                 : account_->phase.folder,
             *name});
    }
}

void Profile::begin(const std::string& account) {
    account_ = Account{.name = account,
                       .begun = clocks_.calendar(),
                       .phase_begun = clocks_.steady(),
                       .phase = {"", "configuration"},
                       .costs = {}};
    account_->costs[account_->phase].times = 1;
}

// What was under way is over; `phase` begins, unless it is just that.
void Profile::enter(const Phase& phase) {
    const auto now = clocks_.steady();
    account_->costs[account_->phase].time += now - account_->phase_begun;
    account_->phase_begun = now;
    if (phase == account_->phase) return;
    ++account_->costs[phase].times;
    account_->phase = phase;
}

void Profile::end() {
    enter(account_->phase);
    auto name = stamp(clocks_.calendar(), "%Y%m%d%H%M%S_") + account_->name + ".prof";
    std::replace(name.begin(), name.end(), '/', '-');
    try {
        os::replace_file(directory_ / name, text_of(*account_), os::Sync::no, base::Severity::repository,
                         kOwnerOnly);
    } catch (const base::Error& error) {
        write_whole(STDERR_FILENO, std::string("WARNING: the profile is lost: ") + error.what() + '\n');
    }
    account_.reset();
}

std::string Profile::text_of(const Account& account) {
    std::vector<std::pair<Phase, Cost>> rows(account.costs.begin(), account.costs.end());
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.second.time > b.second.time; });
    Duration total{};
    for (const auto& [phase, cost] : rows) total += cost.time;
    std::string text = "offlineimap profile 1\naccount\t" + field(account.name) + "\nbegun\t" +
                       stamp(account.begun, "%Y-%m-%d %H:%M:%S") + "\nseconds\t" + seconds(total) +
                       "\n\nseconds\ttimes\tphase\tfolder\n";
    for (const auto& [phase, cost] : rows) {
        text += seconds(cost.time) + '\t' + std::to_string(cost.times) + '\t' + field(phase.name) + '\t' +
                field(phase.folder) + '\n';
    }
    return text;
}

std::optional<std::string> Profile::ask_password(const events::PasswordRequest&) {
    return std::nullopt;
}

}  // namespace offlineimap::ui

#include "summary.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <variant>

#include "offlineimap/base/text.hpp"

#include "amounts.hpp"
#include "columns.hpp"

namespace offlineimap::ui {

namespace {

constexpr std::size_t kWidestName = 30;

void add(events::Changes& sum, const events::Changes& more) noexcept {
    sum.copied += more.copied;
    sum.bytes += more.bytes;
    sum.deleted += more.deleted;
    sum.flagged += more.flagged;
}

std::string described(const events::Changes& changes) {
    std::vector<std::string> parts;
    if (changes.copied != 0)
        parts.push_back(std::to_string(changes.copied) + " new (" + readable_bytes(changes.bytes) + ")");
    if (changes.deleted != 0) parts.push_back(std::to_string(changes.deleted) + " deleted");
    if (changes.flagged != 0) parts.push_back(counted(changes.flagged, "flag change", "flag changes"));
    return base::join(parts, ", ");
}

std::string described(const events::Changes& to_local, const events::Changes& to_remote) {
    std::vector<std::string> parts;
    if (to_local.any()) parts.push_back("here " + described(to_local));
    if (to_remote.any()) parts.push_back("on the server " + described(to_remote));
    return parts.empty() ? "no changes" : base::join(parts, "; ");
}

std::string seconds_text(std::chrono::milliseconds duration) {
    char text[32];
    const int length =
        std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(duration).count());
    return std::string(text, static_cast<std::size_t>(length));
}

// Something was not done that should have been.
bool is_problem(const events::Event& event) noexcept {
    return std::holds_alternative<events::ErrorOccurred>(event) ||
           std::holds_alternative<events::UidValidityProblem>(event) ||
           std::holds_alternative<events::ReadOnlyFolder>(event);
}

std::string padded(const std::string& name, std::size_t width) {
    const auto cut = cut_to_columns(name, width);
    return cut + std::string(width - columns_of(cut), ' ');
}

}  // namespace

std::vector<std::string> Summary::take(const events::Record& record) {
    const auto& event = record.event;
    if (const auto* started = std::get_if<events::ThreadStarted>(&event)) {
        account_of_[record.thread] = started->account;
    } else if (std::holds_alternative<events::ThreadEnded>(event)) {
        account_of_.erase(record.thread);
    } else if (const auto* account = std::get_if<events::AccountStarted>(&event)) {
        accounts_[account->account] = {};
    } else if (std::holds_alternative<events::SyncingFolder>(event)) {
        open_folders_[record.thread] = 0;
    } else if (is_problem(event)) {
        count_problem(record.thread);
    } else if (const auto* finished = std::get_if<events::FolderFinished>(&event)) {
        end_folder(record.thread, *finished);
    } else if (const auto* ended = std::get_if<events::AccountFinished>(&event)) {
        auto round = accounts_.extract(ended->account);
        if (!round.empty()) return text_of(std::move(round.mapped()), ended->took);
    }
    return {};
}

// A problem outside of folders belongs to the account alone.
void Summary::count_problem(const std::string& thread) {
    const auto owner = account_of_.find(thread);
    if (owner == account_of_.end()) return;
    ++accounts_[owner->second].total.problems;
    const auto folder = open_folders_.find(thread);
    if (folder != open_folders_.end()) ++folder->second;
}

void Summary::end_folder(const std::string& thread, const events::FolderFinished& finished) {
    auto& account = accounts_[finished.account];
    const auto open = open_folders_.extract(thread);
    const Folder folder{.name = base::printable(finished.remote.folder),
                        .to_local = finished.to_local,
                        .to_remote = finished.to_remote,
                        .took = finished.took,
                        .problems = open.empty() ? 0 : open.mapped()};
    ++account.folders;
    add(account.total.to_local, folder.to_local);
    add(account.total.to_remote, folder.to_remote);
    if (folder.is_worth_a_line()) account.lines.push_back(folder);
}

std::vector<std::string> Summary::text_of(Account account, std::chrono::seconds took) {
    std::sort(account.lines.begin(), account.lines.end(),
              [](const Folder& one, const Folder& other) { return one.name < other.name; });
    std::size_t width = 0;
    for (const auto& folder : account.lines) width = std::max(width, columns_of(folder.name));
    width = std::min(width, kWidestName);

    const auto problems = [](std::size_t number) {
        return number == 0 ? "" : "; " + counted(number, "problem", "problems");
    };
    std::vector<std::string> lines;
    for (const auto& folder : account.lines) {
        lines.push_back("  " + padded(folder.name, width) + "  " +
                        described(folder.to_local, folder.to_remote) + "; " + seconds_text(folder.took) +
                        problems(folder.problems));
    }
    lines.push_back("  " + counted(account.folders, "folder", "folders") + ": " +
                    described(account.total.to_local, account.total.to_remote) + "; " + readable_time(took) +
                    problems(account.total.problems));
    return lines;
}

}  // namespace offlineimap::ui

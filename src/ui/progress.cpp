#include "progress.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

#include "offlineimap/base/text.hpp"

#include "amounts.hpp"

namespace offlineimap::ui {

namespace {

// More is no estimate.
constexpr std::chrono::hours kLongest{99};

// Empty if that cannot be told.
std::string time_left(double bytes, double rate) {
    if (rate < 1 || bytes / rate > std::chrono::duration<double>(kLongest).count()) return "";
    const auto seconds = static_cast<std::int64_t>(std::ceil(bytes / rate));
    return ", " + readable_time(std::chrono::seconds(seconds)) + " left";
}

}  // namespace

void Progress::take(const events::Record& record, Moment now) {
    if (const auto* started = std::get_if<events::ThreadStarted>(&record.event)) {
        account_of_[record.thread] = started->account;
    } else if (const auto* progress = std::get_if<events::TransferProgress>(&record.event)) {
        enter(record.thread, *progress, now);
        if (progress->ended) leave(record.thread, now);
    } else if (const auto* finished = std::get_if<events::AccountFinished>(&record.event)) {
        accounts_.erase(finished->account);
    } else if (std::holds_alternative<events::ThreadEnded>(record.event)) {
        account_of_.erase(record.thread);
    }
}

void Progress::enter(const std::string& thread, const events::TransferProgress& progress, Moment now) {
    const auto owner = account_of_.find(thread);
    if (owner == account_of_.end()) return;
    auto& account = accounts_[owner->second];
    if (account.transfers.empty()) account.begun = now;
    account.transfers.insert_or_assign(thread, progress);
}

// What has arrived stays in the sum, so that the line does not jump back.
void Progress::leave(const std::string& thread, Moment now) {
    for (auto& [name, account] : accounts_) {
        const auto found = account.transfers.find(thread);
        if (found == account.transfers.end()) continue;
        account.messages_before += found->second.messages;
        account.bytes_before += found->second.bytes;
        account.transfers.erase(found);
        if (account.transfers.empty()) account.time_before += now - account.begun;
    }
}

std::vector<std::string> Progress::lines(Moment now) const {
    std::vector<std::string> lines;
    for (const auto& [name, account] : accounts_) {
        if (!account.transfers.empty() && account.time_before + (now - account.begun) >= kPatience)
            lines.push_back(line_of(name, account, now));
    }
    return lines;
}

std::string Progress::line_of(const std::string& name, const Account& account, Moment now) {
    auto messages = account.messages_before;
    auto messages_in_all = account.messages_before;
    auto bytes = account.bytes_before;
    auto bytes_in_all = account.bytes_before;
    bool bytes_are_known = true;
    for (const auto& [thread, transfer] : account.transfers) {
        messages += transfer.messages;
        messages_in_all += transfer.total_messages;
        bytes += transfer.bytes;
        bytes_in_all += transfer.total_bytes;
        bytes_are_known = bytes_are_known && transfer.total_bytes != 0;
    }
    const double seconds = std::chrono::duration<double>(account.time_before + (now - account.begun)).count();
    const double rate = static_cast<double>(bytes) / seconds;

    std::string line = base::printable(name) + ": " + std::to_string(messages) + " of " +
                       counted(messages_in_all, "message", "messages") + ", " + readable_bytes(bytes);
    if (bytes_are_known) line += " of " + readable_bytes(bytes_in_all);
    line += ", " + readable_bytes(static_cast<std::uint64_t>(rate)) + "/s";
    if (bytes_are_known) line += time_left(static_cast<double>(bytes_in_all - bytes), rate);
    const auto& first = account.transfers.begin()->second.source;
    line += account.transfers.size() == 1 ? " (" + base::printable(first.folder) + ")"
                                          : " (" + std::to_string(account.transfers.size()) + " folders)";
    return line;
}

}  // namespace offlineimap::ui

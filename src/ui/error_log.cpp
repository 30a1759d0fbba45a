#include "offlineimap/ui/error_log.hpp"

#include <variant>

#include "offlineimap/events/text.hpp"

namespace offlineimap::ui {

void ErrorLog::report(const events::Record& record) {
    remember(record.event);
    next_->report(record);
}

void ErrorLog::remember(const events::Event& event) {
    if (const auto* finished = std::get_if<events::FolderFinished>(&event)) {
        const std::lock_guard lock(errors_mutex_);
        remote_changed_ = remote_changed_ || finished->to_remote.any();
        local_changed_ = local_changed_ || finished->to_local.any();
        return;
    }
    const bool is_error = events::level_of(event) == events::Level::error;
    const bool is_uid_validity_problem = std::holds_alternative<events::UidValidityProblem>(event);
    if (!is_error && !is_uid_validity_problem) return;

    const std::lock_guard lock(errors_mutex_);
    if (is_uid_validity_problem) {
        uid_validity_problem_ = true;
    } else if (errors_.size() < kErrorsKept) {
        errors_.push_back(events::text_of(event));
    } else {
        ++errors_dropped_;
    }
}

std::optional<std::string> ErrorLog::ask_password(const events::PasswordRequest& request) {
    return next_->ask_password(request);
}

int ErrorLog::exit_status() const {
    const std::lock_guard lock(errors_mutex_);
    if (!errors_.empty()) return 1;
    return uid_validity_problem_ ? 2 : 0;
}

int ErrorLog::extended_exit_status() const {
    constexpr int kRemoteChanged = 32;
    constexpr int kLocalChanged = 64;
    const int status = exit_status();
    const std::lock_guard lock(errors_mutex_);
    return status | (remote_changed_ ? kRemoteChanged : 0) | (local_changed_ ? kLocalChanged : 0);
}

std::vector<std::string> ErrorLog::final_report(std::string_view closing) const {
    const std::lock_guard lock(errors_mutex_);
    std::vector<std::string> records;
    if (!errors_.empty()) {
        records.emplace_back("ERROR: Exceptions occurred during the run!");
        records.insert(records.end(), errors_.begin(), errors_.end());
    }
    if (errors_dropped_ > 0) {
        records.push_back("ERROR: " + std::to_string(errors_dropped_) + " more errors are not repeated here");
    }
    // The original ends this one with an empty line.
    if (!closing.empty()) records.push_back(std::string(closing) + "\n");
    if (uid_validity_problem_) {
        records.emplace_back("At least one folder skipped due to UID validity problem");
    }
    return records;
}

}  // namespace offlineimap::ui

// Pass 1, remote → local: bodies stream from the socket into the Maildir's tmp, become durable by batch, and
// only then enter the status.
#include <algorithm>
#include <chrono>
#include <utility>

#include "offlineimap/base/text.hpp"
#include "offlineimap/os/stop_point.hpp"

#include "meter.hpp"
#include "passes.hpp"

namespace offlineimap::sync {

namespace {

class PullReceiver final : public repository::MessageReceiver {
  public:
    PullReceiver(FolderWork& work, const plan::CopyPlan& plan, Meter& meter)
        : work_(work), plan_(plan), meter_(meter), delivery_(work.local.deliver()) {}

    void begin() override {
        if (work_.context.stop.stop_requested()) throw base::Cancelled();
        delivery_->begin();
        message_bytes_ = 0;
    }
    void data(std::string_view wire_bytes) override {
        delivery_->write(wire_bytes);
        message_bytes_ += wire_bytes.size();
        meter_.add_bytes(wire_bytes.size());
    }
    void abandon() override {
        delivery_->abandon();
        meter_.drop_bytes(message_bytes_);
    }

    void complete(base::Uid uid) override {
        const auto& step = step_of(uid);
        work_.context.reporter(
            events::CopyingMessage{step.key, step.nth, plan_.total, work_.remote.end(), work_.local.end()});
        try {
            const auto unreadable_date = delivery_->finish(uid, step.flags);
            if (unreadable_date) report_date(uid, *unreadable_date);
        } catch (const base::Error& error) {
            if (error.severity() > base::Severity::message) throw;
            abandon();
            report(error.what());
            return;
        }
        batch_bytes_ += message_bytes_;
        meter_.add_messages(1);
        if (!step.flags.contains('S')) has_new_mail_ = true;
        if (delivery_->is_full()) commit();
    }

    void missing(base::Uid uid, const std::string& why) override {
        std::string text = "IMAP server '" + work_.remote.end().repository +
                           "' does not have a message with UID '" + std::to_string(uid.value()) + "'";
        if (!why.empty()) text += ": " + why;
        report(text);
    }

    void given_up(base::Uid, const std::string& why) override { report(why); }

    // The messages first, their record second.
    void commit() {
        if (delivery_->is_empty()) return;
        std::vector<repository::Agreed> arrived;
        for (const auto& message : delivery_->commit()) arrived.push_back({message.uid, message.flags});
        for (const auto& message : arrived)
            work_.local_listing.put({mail::MessageKey(message.uid), message.flags});
        os::stop_point("pull-before-record");
        work_.to_local.copied += arrived.size();
        work_.to_local.bytes += std::exchange(batch_bytes_, 0);
        record(work_, arrived);
        os::stop_point("pull-after-record");
    }

    // After a failure: what has arrived whole is kept. Its own failure is reported, so that the first one is
    // not lost.
    void commit_after_failure() {
        try {
            commit();
        } catch (const base::Error& error) {
            report(error.what());
        }
    }

    bool has_new_mail() const noexcept { return has_new_mail_; }

  private:
    const plan::CopyStep& step_of(base::Uid uid) const {
        const mail::MessageKey key(uid);
        return *std::lower_bound(
            plan_.steps.begin(), plan_.steps.end(), key,
            [](const plan::CopyStep& step, const mail::MessageKey& k) { return step.key < k; });
    }

    void report_date(base::Uid uid, const std::string& date) {
        work_.context.reporter(events::WarningGiven{"UID " + std::to_string(uid.value()) +
                                                    " has invalid date: " + base::printable(date) +
                                                    "\nNot changing file modification time"});
    }

    void report(const std::string& text) {
        work_.context.reporter(events::ErrorOccurred{"Copying messages from " + work_.remote.end().folder +
                                                         " [account " + work_.settings.account + "]",
                                                     text});
    }

    FolderWork& work_;
    const plan::CopyPlan& plan_;
    Meter& meter_;
    std::unique_ptr<repository::Delivery> delivery_;
    std::uint64_t message_bytes_ = 0;  // of the message under way
    std::uint64_t batch_bytes_ = 0;    // of those that wait for a commit
    bool has_new_mail_ = false;
};

std::vector<base::Uid> transfers_of(const plan::CopyPlan& plan) {
    std::vector<base::Uid> uids;
    for (const auto& step : plan.steps) {
        if (step.action == plan::CopyAction::transfer) uids.push_back(step.key.uid());
    }
    return uids;
}

// The user's own Python may fail for one folder; the others go on.
template <class Call>
auto for_this_folder(Call call) {
    try {
        return call();
    } catch (const base::Error& error) {
        throw base::Error(std::min(error.severity(), base::Severity::folder), error.code(), error.what());
    }
}

std::vector<base::Uid> never_copied(FolderWork& work) {
    return for_this_folder([&] { return work.remote_repository.never_copied(work.remote.entry()); });
}

// `newmail_hook` belongs to the folder named exactly INBOX.
void call_new_mail_hook(FolderWork& work) {
    if (work.remote.end().folder != "INBOX") return;
    using std::chrono::steady_clock;
    const auto begun = steady_clock::now();
    for_this_folder([&] { work.remote_repository.call_new_mail_hook(); });
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - begun);
    const auto limit = work.settings.hook_limit;
    if (limit.count() == 0 || took <= limit) return;
    // Python code cannot be ended from outside.
    work.context.reporter(events::WarningGiven{"newmail_hook of account " + work.settings.account + " took " +
                                               std::to_string(took.count()) + " seconds; hooktimeout is " +
                                               std::to_string(limit.count())});
}

// Whether any of the messages is new to its reader.
bool transfer(FolderWork& work, const plan::CopyPlan& plan, const std::vector<base::Uid>& uids) {
    Meter meter(work.context.reporter, work.remote.end(), work.local.end(), uids.size(),
                [&] { return work.remote.wire_size_of(uids, work.context); });
    PullReceiver receiver(work, plan, meter);
    try {
        work.remote.fetch(uids, receiver, work.context);
    } catch (...) {
        receiver.commit_after_failure();
        throw;
    }
    receiver.commit();
    return receiver.has_new_mail();
}

}  // namespace

void pull_messages(FolderWork& work) {
    // Keyword letters follow in the flag pass, as in the original.
    const auto plan = plan::plan_copies(work.remote_listing, work.local_listing, work.status_listing,
                                        never_copied(work), mail::imap_flags());
    const auto uids = transfers_of(plan);
    for (const auto& key : plan.ignored) {
        work.context.reporter(events::IgnoringMessage{key, work.remote.end(), work.local.end()});
    }
    if (work.settings.dry_run) {
        report_would_copy(work, {uids.begin(), uids.end()}, work.remote.end(), work.local.end());
        return;
    }
    record_known(work, plan);
    if (!uids.empty() && transfer(work, plan, uids)) call_new_mail_hook(work);
}

}  // namespace offlineimap::sync

// Pass 1, local → remote. Before a message's first byte goes out, an intent is committed; it is cleared in
// the transaction that records the message's UID. Whatever instant a run is killed at, the next one finds the
// intent and asks the server (resolve_open_uploads).
#include <algorithm>
#include <optional>
#include <utility>

#include "offlineimap/os/stop_point.hpp"

#include "passes.hpp"

namespace offlineimap::sync {

namespace {

using repository::ContentIdentity;
using repository::OpenUpload;
using repository::OutgoingMessage;

// A batch costs two commits whatever its size; each message in it keeps a file open.
constexpr std::size_t kBatchMessages = 100;
constexpr std::uint64_t kBatchBytes = 16U << 20U;

void report_message_error(FolderWork& work, const std::string& local_name, const std::string& text) {
    work.context.reporter(events::ErrorOccurred{"Copying message '" + local_name + "' from " +
                                                    work.local.end().folder + " [account " +
                                                    work.settings.account + "]",
                                                text});
}

// The files of these messages get their UIDs, durably; then the status learns of them and their intents are
// closed, in one transaction. In a dry run only the listings learn of it.
class Adoption {
  public:
    explicit Adoption(FolderWork& work) : work_(work) {}

    void add(const mail::MessageKey& key, const std::string& local_name, base::Uid uid) {
        const auto* known = work_.local_listing.find(key);
        const mail::Flags flags = known ? known->flags : mail::Flags();
        os::stop_point("push-before-rename");
        const bool still_there = work_.settings.dry_run || work_.local.assign_uid(key, uid);
        os::stop_point("push-after-rename");
        work_.local_listing.erase(key);
        // A message that the user deleted meanwhile is on the server and in the status: the deletion pass
        // removes it there.
        if (still_there) work_.local_listing.put({mail::MessageKey(uid), flags});
        const auto shared = flags & mail::imap_flags();
        work_.remote_listing.put({mail::MessageKey(uid), shared});
        agreed_.push_back({uid, shared});
        finished_.push_back(local_name);
    }

    // The upload ended without a message on the server.
    void close(const std::string& local_name) { finished_.push_back(local_name); }

    void commit() {
        if (finished_.empty()) return;
        if (work_.settings.dry_run) return agree_without_record();
        work_.local.sync();
        os::stop_point("push-before-record");
        record(work_, agreed_, finished_);
        os::stop_point("push-after-record");
    }

  private:
    void agree_without_record() {
        for (const auto& message : agreed_)
            work_.status_listing.put({mail::MessageKey(message.uid), message.flags});
    }

    FolderWork& work_;
    std::vector<repository::Agreed> agreed_;
    std::vector<std::string> finished_;
};

// Some uploads whose fate only the server knows.
struct Uncertain {
    const OutgoingMessage* message;
    std::string why;
    bool acknowledged;  // the server said OK; only the UID is unknown
};

// Asks the server for the messages' UIDs by content, and adopts those that are there. Returns those that are
// not.
std::vector<Uncertain> look_for(FolderWork& work, const std::vector<Uncertain>& uncertain,
                                const repository::AppendPosition& before, Adoption& adoption) {
    std::vector<ContentIdentity> wanted;
    wanted.reserve(uncertain.size());
    for (const auto& upload : uncertain) wanted.push_back(upload.message->identity);
    const auto found = work.remote.find_by_content(
        wanted, before.uid_next, [&](base::Uid uid) { return is_known(work, uid); }, work.context);
    std::vector<Uncertain> lost;
    for (std::size_t i = 0; i < uncertain.size(); ++i) {
        const auto& message = *uncertain[i].message;
        if (found[i]) {
            adoption.add(message.key, message.local_name, *found[i]);
        } else {
            lost.push_back(uncertain[i]);
        }
    }
    return lost;
}

struct BatchResult {
    std::vector<Uncertain> uncertain;
    std::optional<std::string> stops_account;
};

BatchResult take_outcomes(FolderWork& work, std::span<const OutgoingMessage> messages,
                          const std::vector<repository::UploadOutcome>& outcomes, Adoption& adoption) {
    BatchResult result;
    struct Take {
        FolderWork& work;
        const OutgoingMessage& message;
        Adoption& adoption;
        BatchResult& result;
        void operator()(const repository::Uploaded& uploaded) const {
            adoption.add(message.key, message.local_name, uploaded.uid);
        }
        void operator()(const repository::UploadedUidUnknown&) const {
            result.uncertain.push_back(
                {&message, "the server did not say under which UID it is stored", true});
        }
        void operator()(const repository::UploadRefused& refused) const {
            adoption.close(message.local_name);
            report_message_error(work, message.local_name, "the server refused it: " + refused.text);
        }
        void operator()(const repository::UploadStopsAccount& stops) const {
            adoption.close(message.local_name);
            result.stops_account = stops.text;
        }
        void operator()(const repository::UploadUncertain& unsure) const {
            result.uncertain.push_back({&message, unsure.why, false});
        }
    };
    for (std::size_t i = 0; i < messages.size(); ++i) {
        std::visit(Take{work, messages[i], adoption, result}, outcomes[i]);
    }
    return result;
}

// One attempt at a batch whose intents are open. Returns what is certainly not on the server yet, to be tried
// again.
std::vector<const OutgoingMessage*> attempt(FolderWork& work, std::span<const OutgoingMessage> messages,
                                            const repository::AppendPosition& before) {
    Adoption adoption(work);
    os::stop_point("push-before-append");
    const auto outcomes = work.remote.append(messages, work.context);
    os::stop_point("push-after-append");
    auto result = take_outcomes(work, messages, outcomes, adoption);
    std::vector<const OutgoingMessage*> again;
    // Over quota, no further question to the server is worth its time: the intents stay open and the next run
    // asks.
    if (!result.uncertain.empty() && !result.stops_account) {
        for (const auto& lost : look_for(work, result.uncertain, before, adoption)) {
            if (!lost.acknowledged) {
                again.push_back(lost.message);
                continue;
            }
            // Its intent stays open, so that it is looked for once more and not sent a second time now. It is
            // never deleted here (differs from OfflineIMAP, which deletes the local file and counts on
            // downloading it again).
            report_message_error(work, lost.message->local_name,
                                 lost.why + "; it stays as it is and is looked for at the next run");
        }
    }
    adoption.commit();
    if (result.stops_account) {
        throw base::Error(base::Severity::repository, base::ErrorCode::quota,
                          "Folder '" + work.remote.end().folder + "' [" + work.remote.end().repository +
                              "]: the server takes no more mail: " + *result.stops_account);
    }
    return again;
}

void upload(FolderWork& work, std::span<const OutgoingMessage> batch) {
    const auto before = work.remote.append_position(work.context);
    os::stop_point("push-before-intents");
    work.status.begin_uploads(batch, before);
    os::stop_point("push-after-intents");
    const auto again = attempt(work, batch, before);
    if (again.empty()) return;
    std::vector<OutgoingMessage> second;
    second.reserve(again.size());
    for (const auto* message : again) second.push_back(*message);
    for (const auto* message : attempt(work, second, before)) {
        report_message_error(
            work, message->local_name,
            "the connection broke twice while it was sent; it is tried again at the next run");
    }
}

class Batch {
  public:
    explicit Batch(FolderWork& work) : work_(work) {}

    void add(OutgoingMessage message) {
        bytes_ += message.identity.wire_size;
        messages_.push_back(std::move(message));
        if (messages_.size() >= kBatchMessages || bytes_ >= kBatchBytes) flush();
    }

    void flush() {
        if (messages_.empty()) return;
        work_.check_stop();
        upload(work_, messages_);
        messages_.clear();
        bytes_ = 0;
    }

  private:
    FolderWork& work_;
    std::vector<OutgoingMessage> messages_;
    std::uint64_t bytes_ = 0;
};

std::vector<mail::MessageKey> transfers_of(const plan::CopyPlan& plan) {
    std::vector<mail::MessageKey> keys;
    for (const auto& step : plan.steps) {
        if (step.action == plan::CopyAction::transfer) keys.push_back(step.key);
    }
    return keys;
}

// A message whose upload was acknowledged but not found is not sent again while its intent is open.
bool has_open_upload(const std::vector<OpenUpload>& open, const std::string& local_name) {
    return std::any_of(open.begin(), open.end(),
                       [&](const OpenUpload& upload) { return upload.local_name == local_name; });
}

void push_one(FolderWork& work, const plan::CopyStep& step, std::size_t total,
              const std::vector<OpenUpload>& open, Batch& batch) {
    try {
        auto message = work.local.prepare(step.key, work.context);
        if (!message || has_open_upload(open, message->local_name)) return;
        work.context.reporter(
            events::CopyingMessage{step.key, step.nth, total, work.local.end(), work.remote.end()});
        message->flags = step.flags;
        batch.add(std::move(*message));
    } catch (const base::Error& error) {
        if (error.severity() > base::Severity::message) throw;
        report_message_error(work, step.key.to_string(), error.what());
    }
}

}  // namespace

void push_messages(FolderWork& work) {
    const auto plan = plan::plan_copies(work.local_listing, work.remote_listing, work.status_listing, {},
                                        mail::imap_flags());
    const auto keys = transfers_of(plan);
    if (work.settings.dry_run) {
        report_would_copy(work, keys, work.local.end(), work.remote.end());
        return;
    }
    record_known(work, plan);
    if (keys.empty() || refuses_writes(work, work.remote, events::ReadOnlyAction::copy, keys)) return;
    const auto open = work.status.open_uploads();
    Batch batch(work);
    for (const auto& step : plan.steps) {
        if (step.action != plan::CopyAction::transfer) continue;
        work.check_stop();
        push_one(work, step, plan.total, open, batch);
    }
    batch.flush();
}

namespace {

struct OpenMessage {
    mail::MessageKey key;
    OpenUpload upload;
};

// The lowest UIDNEXT of all covers every one of them; one that is unknown, or of UIDs that are no longer
// valid, means the whole folder.
std::optional<base::Uid> lowest_start(const std::vector<OpenMessage>& messages, base::UidValidity current) {
    std::optional<base::Uid> lowest;
    for (const auto& message : messages) {
        const auto& before = message.upload.before;
        if (!before.uid_next || before.uid_validity != current) return std::nullopt;
        lowest = lowest ? std::min(lowest, before.uid_next) : before.uid_next;
    }
    return lowest;
}

}  // namespace

void resolve_open_uploads(FolderWork& work) {
    Adoption adoption(work);
    std::vector<OpenMessage> messages;
    for (auto& upload : work.status.open_uploads()) {
        // A file that has its UID in its name already, or is gone, needs no more than what the passes do.
        if (const auto key = work.local.find_unassigned(upload.local_name)) {
            messages.push_back({*key, std::move(upload)});
        } else {
            adoption.close(upload.local_name);
        }
    }
    if (!messages.empty()) {
        std::vector<ContentIdentity> wanted;
        wanted.reserve(messages.size());
        for (const auto& message : messages) wanted.push_back(message.upload.identity);
        const auto found = work.remote.find_by_content(
            wanted, lowest_start(messages, work.remote.uid_validity(work.context)),
            [&](base::Uid uid) { return is_known(work, uid); }, work.context);
        for (std::size_t i = 0; i < messages.size(); ++i) {
            const auto& name = messages[i].upload.local_name;
            if (found[i]) {
                adoption.add(messages[i].key, name, *found[i]);
            } else {
                adoption.close(name);
            }
        }
    }
    adoption.commit();
}

}  // namespace offlineimap::sync

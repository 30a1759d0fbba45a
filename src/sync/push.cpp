// Pass 1, local → remote. Before a message's first byte goes out, an intent is committed; it is cleared in
// the transaction that records the message's UID. Whatever instant a run is killed at, the next one finds the
// intent and asks the server (resolve_open_uploads). An upload that the server acknowledged is never sent
// again, even if it cannot be found there: some servers alter what they store.
#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "offlineimap/base/uid_set.hpp"
#include "offlineimap/os/stop_point.hpp"

#include "meter.hpp"
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

// Its intent stays open. The file is never deleted here (differs from OfflineIMAP, which deletes the local
// file and counts on downloading it again).
void report_not_found(FolderWork& work, const std::string& local_name) {
    report_message_error(work, local_name,
                         "the server did not say under which UID it is stored; it stays as it is and is "
                         "looked for at the next run");
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
        adopted_.push_back(key);
        taken_.add(uid);
        // A message that the user deleted meanwhile is on the server and in the status: the deletion pass
        // removes it there.
        if (still_there) work_.local_listing.put({mail::MessageKey(uid), flags});
        const auto shared = flags & mail::imap_flags();
        work_.remote_listing.put({mail::MessageKey(uid), shared});
        agreed_.push_back({uid, shared});
        finished_.push_back(local_name);
    }

    // Whether the UID is that of another message.
    bool is_taken(base::Uid uid) const { return taken_.contains(uid) || is_known(work_, uid); }

    // The upload ended without a message on the server.
    void close(const std::string& local_name) { finished_.push_back(local_name); }

    void commit() {
        if (finished_.empty()) return;
        // At once, because each call walks the listing.
        work_.local_listing.erase(adopted_);
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
    std::vector<mail::MessageKey> adopted_;  // the keys that the messages had
    base::UidSet taken_;
    std::vector<repository::Agreed> agreed_;
    std::vector<std::string> finished_;
};

// The server has it now, whatever becomes of our record. (What an earlier run uploaded is not this run's
// doing.)
void count_upload(FolderWork& work, const OutgoingMessage& message) {
    ++work.to_remote.copied;
    work.to_remote.bytes += message.identity.wire_size;
}

// Some uploads whose fate only the server knows.
struct Uncertain {
    const OutgoingMessage* message;
    bool acknowledged;     // the server said OK; only the UID is unknown
    std::string why = {};  // it may not have arrived
};

// Asks the server for the messages' UIDs by content, and adopts those that are there. Returns those that are
// not.
std::vector<Uncertain> look_for(FolderWork& work, const std::vector<Uncertain>& uncertain,
                                const repository::AppendPosition& before, Adoption& adoption) {
    std::vector<ContentIdentity> wanted;
    wanted.reserve(uncertain.size());
    for (const auto& upload : uncertain) wanted.push_back(upload.message->identity);
    const auto found = work.remote.find_by_content(
        wanted, before.uid_next, [&](base::Uid uid) { return adoption.is_taken(uid); }, work.context);
    std::vector<Uncertain> lost;
    for (std::size_t i = 0; i < uncertain.size(); ++i) {
        const auto& message = *uncertain[i].message;
        if (found[i]) {
            if (!uncertain[i].acknowledged) count_upload(work, message);
            adoption.add(message.key, message.local_name, *found[i]);
        } else {
            lost.push_back(uncertain[i]);
        }
    }
    return lost;
}

// For an acknowledged upload that content does not find. A Message-ID that two messages bear tells nothing.
bool adopt_by_message_id(FolderWork& work, const mail::MessageKey& key, const std::string& local_name,
                         const std::string& message_id, std::optional<base::Uid> from, Adoption& adoption) {
    if (message_id.empty()) return false;
    auto found = work.remote.with_message_id(message_id, from.value_or(base::Uid(1)), work.context);
    if (!found) return false;
    std::erase_if(*found, [&](base::Uid uid) { return adoption.is_taken(uid); });
    if (found->size() != 1) return false;
    adoption.add(key, local_name, found->front());
    return true;
}

// Before the server is asked anything: the answer may not come.
void remember_acknowledged(FolderWork& work, const std::vector<Uncertain>& uncertain) {
    std::vector<std::string> local_names;
    for (const auto& upload : uncertain) {
        if (upload.acknowledged) local_names.push_back(upload.message->local_name);
    }
    if (!local_names.empty()) work.status.acknowledge(local_names);
}

struct BatchResult {
    std::vector<Uncertain> uncertain;
    std::optional<std::string> stops_account;
};

BatchResult take_outcomes(FolderWork& work, std::span<const OutgoingMessage> messages,
                          const std::vector<repository::UploadOutcome>& outcomes,
                          const repository::AppendPosition& before, Adoption& adoption) {
    BatchResult result;
    struct Take {
        FolderWork& work;
        const repository::AppendPosition& before;
        const OutgoingMessage& message;
        Adoption& adoption;
        BatchResult& result;
        void operator()(const repository::Uploaded& uploaded) const {
            count_upload(work, message);
            // RFC 3501 §2.3.1.1: a new message's UID is none that was given before. To believe another would
            // make our message the record of that one.
            const bool is_old = before.uid_next && uploaded.uid < *before.uid_next;
            if (is_old || adoption.is_taken(uploaded.uid)) {
                work.context.reporter(events::WarningGiven{
                    "Folder '" + work.remote.end().folder + "' [" + work.remote.end().repository +
                    "]: the server says that a new message has UID " + std::to_string(uploaded.uid.value()) +
                    ", which is another message's; it is looked for by its content"});
                result.uncertain.push_back({&message, true});
                return;
            }
            adoption.add(message.key, message.local_name, uploaded.uid);
        }
        void operator()(const repository::UploadedUidUnknown&) const {
            count_upload(work, message);
            result.uncertain.push_back({&message, true});
        }
        void operator()(const repository::UploadRefused& refused) const {
            adoption.close(message.local_name);
            report_message_error(work, message.local_name, "the server refused it: " + refused.text);
        }
        void operator()(const repository::UploadStopsAccount& stops) const {
            adoption.close(message.local_name);
            result.stops_account = stops.text;
        }
        void operator()(const repository::UploadUncertain& uncertain) const {
            result.uncertain.push_back({&message, false, uncertain.why});
        }
    };
    for (std::size_t i = 0; i < messages.size(); ++i) {
        std::visit(Take{work, before, messages[i], adoption, result}, outcomes[i]);
    }
    return result;
}

// One attempt at a batch whose intents are open. Returns what is certainly not on the server yet, to be tried
// again.
std::vector<Uncertain> attempt(FolderWork& work, std::span<const OutgoingMessage> messages,
                               const repository::AppendPosition& before) {
    Adoption adoption(work);
    os::stop_point("push-before-append");
    const auto outcomes = work.remote.append(messages, work.context);
    os::stop_point("push-after-append");
    auto result = take_outcomes(work, messages, outcomes, before, adoption);
    remember_acknowledged(work, result.uncertain);
    std::vector<Uncertain> again;
    // Over quota, no further question to the server is worth its time: the intents stay open and the next run
    // asks.
    if (!result.uncertain.empty() && !result.stops_account) {
        for (const auto& lost : look_for(work, result.uncertain, before, adoption)) {
            const auto& message = *lost.message;
            if (!lost.acknowledged) {
                again.push_back(lost);
            } else if (!adopt_by_message_id(work, message.key, message.local_name,
                                            message.identity.message_id, before.uid_next, adoption)) {
                report_not_found(work, message.local_name);
            }
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

std::vector<OutgoingMessage> copies_of(const std::vector<Uncertain>& uploads) {
    std::vector<OutgoingMessage> copies;
    copies.reserve(uploads.size());
    for (const auto& upload : uploads) copies.push_back(*upload.message);
    return copies;
}

// One at a time, so that a message at which the connection breaks holds nobody else up. Two of them in a row
// are not the messages' fault.
void upload_singly(FolderWork& work, std::span<const OutgoingMessage> messages,
                   const repository::AppendPosition& before) {
    int failures_in_a_row = 0;
    for (const auto& message : messages) {
        work.check_stop();
        const auto lost = attempt(work, std::span(&message, 1), before);
        if (lost.empty()) {
            failures_in_a_row = 0;
            continue;
        }
        report_message_error(work, message.local_name,
                             "the connection broke again and again while it was sent (" + lost.front().why +
                                 "); it is tried again at the next run");
        if (++failures_in_a_row == 2) return;
    }
}

// What is certainly not on the server yet is sent again as long as something comes of it: a refusal or a lost
// connection concerns one message, and those behind it wait for the next attempt.
void upload(FolderWork& work, std::span<const OutgoingMessage> batch) {
    const auto before = work.remote.append_position(work.context);
    os::stop_point("push-before-intents");
    work.status.begin_uploads(batch, before);
    os::stop_point("push-after-intents");
    std::vector<OutgoingMessage> rest(batch.begin(), batch.end());
    for (std::size_t waiting = rest.size() + 1; !rest.empty() && rest.size() < waiting;) {
        work.check_stop();
        waiting = rest.size();
        rest = copies_of(attempt(work, rest, before));
    }
    upload_singly(work, rest, before);
}

// Counts what is read for sending; another attempt at the message begins anew.
std::function<OutgoingMessage::Reader()> metered(std::function<OutgoingMessage::Reader()> open,
                                                 Meter& meter) {
    if (!meter.is_wanted()) return open;
    const auto counted = std::make_shared<std::uint64_t>(0);
    return [open = std::move(open), &meter, counted]() -> OutgoingMessage::Reader {
        meter.drop_bytes(std::exchange(*counted, 0));
        return [read = open(), &meter, counted](std::string& buffer) {
            if (!read(buffer)) return false;
            *counted += buffer.size();
            meter.add_bytes(buffer.size());
            return true;
        };
    };
}

class Batch {
  public:
    Batch(FolderWork& work, Meter& meter) : work_(work), meter_(meter) {}

    void add(OutgoingMessage message) {
        bytes_ += message.identity.wire_size;
        message.open = metered(std::move(message.open), meter_);
        messages_.push_back(std::move(message));
        if (messages_.size() >= kBatchMessages || bytes_ >= kBatchBytes) flush();
    }

    void flush() {
        if (messages_.empty()) return;
        work_.check_stop();
        const auto before = work_.to_remote.copied;
        upload(work_, messages_);
        meter_.add_messages(work_.to_remote.copied - before);
        messages_.clear();
        bytes_ = 0;
    }

  private:
    FolderWork& work_;
    Meter& meter_;
    std::vector<OutgoingMessage> messages_;
    std::uint64_t bytes_ = 0;
};

// Messages that the server has under a UID that nobody knows.
std::set<mail::MessageKey> acknowledged_messages(const FolderWork& work) {
    std::set<mail::MessageKey> keys;
    for (const auto& upload : work.status.open_uploads()) {
        if (!upload.acknowledged) continue;
        if (const auto key = work.local.find_unassigned(upload.local_name)) keys.insert(*key);
    }
    return keys;
}

std::vector<plan::CopyStep> transfers_of(const FolderWork& work, const plan::CopyPlan& plan) {
    const auto acknowledged = acknowledged_messages(work);
    std::vector<plan::CopyStep> transfers;
    for (const auto& step : plan.steps) {
        if (step.action == plan::CopyAction::transfer && !acknowledged.contains(step.key))
            transfers.push_back(step);
    }
    return transfers;
}

std::vector<mail::MessageKey> keys_of(const std::vector<plan::CopyStep>& steps) {
    std::vector<mail::MessageKey> keys;
    keys.reserve(steps.size());
    for (const auto& step : steps) keys.push_back(step.key);
    return keys;
}

void push_one(FolderWork& work, const plan::CopyStep& step, std::size_t total, Batch& batch) {
    try {
        auto message = work.local.prepare(step.key, work.context);
        if (!message) return;
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
    const auto transfers = transfers_of(work, plan);
    const auto keys = keys_of(transfers);
    if (work.settings.dry_run) {
        report_would_copy(work, keys, work.local.end(), work.remote.end());
        return;
    }
    record_known(work, plan);
    if (keys.empty() || refuses_writes(work, work.remote, events::ReadOnlyAction::copy, keys)) return;
    Meter meter(work.context.reporter, work.local.end(), work.remote.end(), keys.size(),
                [&] { return work.local.file_size_of(keys); });
    Batch batch(work, meter);
    for (const auto& step : transfers) {
        work.check_stop();
        push_one(work, step, plan.total, batch);
    }
    batch.flush();
}

namespace {

struct OpenMessage {
    mail::MessageKey key;
    OpenUpload upload;
};

// nullopt: unknown, or of UIDs that are no longer valid.
std::optional<base::Uid> start_of(const OpenMessage& message, base::UidValidity current) {
    const auto& before = message.upload.before;
    return before.uid_validity == current ? before.uid_next : std::nullopt;
}

// The lowest of all covers every one of them; without one it is the whole folder.
std::optional<base::Uid> lowest_start(const std::vector<OpenMessage>& messages, base::UidValidity current) {
    std::optional<base::Uid> lowest;
    for (const auto& message : messages) {
        const auto start = start_of(message, current);
        if (!start) return std::nullopt;
        lowest = lowest ? std::min(lowest, start) : start;
    }
    return lowest;
}

// A file that has its UID in its name already, or is gone, needs no more than what the passes do.
std::vector<OpenMessage> open_messages(FolderWork& work, Adoption& adoption) {
    std::vector<OpenMessage> messages;
    for (auto& upload : work.status.open_uploads()) {
        if (const auto key = work.local.find_unassigned(upload.local_name)) {
            messages.push_back({*key, std::move(upload)});
        } else {
            adoption.close(upload.local_name);
        }
    }
    return messages;
}

// Returns those that are not found.
std::vector<OpenMessage> adopt_by_content(FolderWork& work, std::vector<OpenMessage> messages,
                                          base::UidValidity current, Adoption& adoption) {
    std::vector<ContentIdentity> wanted;
    wanted.reserve(messages.size());
    for (const auto& message : messages) wanted.push_back(message.upload.identity);
    const auto found = work.remote.find_by_content(
        wanted, lowest_start(messages, current), [&](base::Uid uid) { return adoption.is_taken(uid); },
        work.context);
    std::vector<OpenMessage> lost;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (found[i]) {
            adoption.add(messages[i].key, messages[i].upload.local_name, *found[i]);
        } else {
            lost.push_back(std::move(messages[i]));
        }
    }
    return lost;
}

// A single upload is looked for, and a single message arrived since it began: that is the one, unless its
// Message-ID shows that it is another.
bool adopt_only_arrival(FolderWork& work, const OpenMessage& message, base::Uid start, Adoption& adoption) {
    std::vector<base::Uid> arrived;
    for (const auto& entry : work.remote.load_from(start, work.context)) {
        if (!adoption.is_taken(entry.key.uid())) arrived.push_back(entry.key.uid());
    }
    if (arrived.size() != 1) return false;
    const auto& message_id = message.upload.identity.message_id;
    if (!message_id.empty() && work.remote.with_message_id(message_id, start, work.context)) {
        // The server searches headers and did not find ours.
        const auto with_any = work.remote.with_message_id("", start, work.context);
        if (with_any && std::find(with_any->begin(), with_any->end(), arrived.front()) != with_any->end())
            return false;
    }
    adoption.add(message.key, message.upload.local_name, arrived.front());
    return true;
}

// For those that content did not find. Returns those that still are not found.
std::vector<OpenMessage> adopt_acknowledged(FolderWork& work, std::vector<OpenMessage> lost,
                                            base::UidValidity current, Adoption& adoption) {
    std::erase_if(lost, [&](const OpenMessage& message) {
        return message.upload.acknowledged &&
               adopt_by_message_id(work, message.key, message.upload.local_name,
                                   message.upload.identity.message_id, start_of(message, current), adoption);
    });
    if (lost.size() != 1 || !lost.front().upload.acknowledged) return lost;
    const auto start = start_of(lost.front(), current);
    if (start && adopt_only_arrival(work, lost.front(), *start, adoption)) lost.clear();
    return lost;
}

}  // namespace

void resolve_open_uploads(FolderWork& work) {
    Adoption adoption(work);
    auto messages = open_messages(work, adoption);
    if (!messages.empty()) {
        const auto current = work.remote.uid_validity(work.context);
        auto lost = adopt_by_content(work, std::move(messages), current, adoption);
        for (const auto& message : adopt_acknowledged(work, std::move(lost), current, adoption)) {
            if (message.upload.acknowledged) {
                report_not_found(work, message.upload.local_name);
            } else {
                adoption.close(message.upload.local_name);
            }
        }
    }
    adoption.commit();
}

}  // namespace offlineimap::sync

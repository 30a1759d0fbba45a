#include "imap_folder.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "offlineimap/client/body_digest.hpp"

#include "content_match.hpp"

namespace offlineimap::repository {

namespace {

base::UidSet set_of(std::span<const base::Uid> uids) {
    return base::UidSet::of(uids);
}

// Hands bodies on and keeps account of which UIDs are dealt with, so that a broken connection costs only the
// rest.
class CountingHandler final : public client::BodyHandler {
  public:
    CountingHandler(std::span<const base::Uid> wanted, MessageReceiver& receiver)
        : pending_(wanted.begin(), wanted.end()), receiver_(receiver) {}

    void begin(std::uint64_t) override {
        open_ = true;
        receiver_.begin();
    }
    void data(std::string_view bytes) override { receiver_.data(bytes); }
    void complete(base::Uid uid) override {
        open_ = false;
        settle(uid);
        receiver_.complete(uid);
    }
    void abandon() override {
        open_ = false;
        receiver_.abandon();
    }
    void missing(base::Uid uid, const std::string& why) override {
        settle(uid);
        receiver_.missing(uid, why);
    }
    void give_up(base::Uid uid, const std::string& why) {
        settle(uid);
        receiver_.given_up(uid, why);
    }

    // The connection broke, perhaps in the middle of a body.
    void drop_open_body() {
        if (std::exchange(open_, false)) receiver_.abandon();
    }
    std::vector<base::Uid> pending() const {
        std::vector<base::Uid> rest;
        std::copy_if(pending_.begin(), pending_.end(), std::back_inserter(rest),
                     [this](base::Uid uid) { return !settled_.contains(uid); });
        return rest;
    }
    std::size_t settled_count() const noexcept { return settled_count_; }

  private:
    void settle(base::Uid uid) {
        settled_.add(uid);
        ++settled_count_;
    }

    std::vector<base::Uid> pending_;
    base::UidSet settled_;
    std::size_t settled_count_ = 0;
    bool open_ = false;
    MessageReceiver& receiver_;
};

UploadOutcome outcome_of(client::AppendOutcome outcome, base::UidValidity validity) {
    struct Translate {
        base::UidValidity validity;
        UploadOutcome operator()(const client::Appended& appended) const {
            // RFC 4315 §3: an APPENDUID of another epoch says nothing about the mailbox we know.
            if (appended.uid_validity != validity) return UploadedUidUnknown{};
            return Uploaded{appended.uid};
        }
        UploadOutcome operator()(const client::AppendedUidUnknown&) const { return UploadedUidUnknown{}; }
        UploadOutcome operator()(client::AppendRefused& refused) const {
            if (refused.quota) return UploadStopsAccount{std::move(refused.text)};
            return UploadRefused{std::move(refused.text)};
        }
        UploadOutcome operator()(client::AppendBad& bad) const { return UploadRefused{std::move(bad.text)}; }
        UploadOutcome operator()(client::AppendUnanswered& unanswered) const {
            return UploadUncertain{std::move(unanswered.why)};
        }
    };
    return std::visit(Translate{validity}, outcome);
}

}  // namespace

ImapFolder::ImapFolder(FolderEntry entry, events::FolderEnd end, ImapFolderSettings settings,
                       client::Pool& pool)
    : RemoteFolder(std::move(entry), std::move(end)), settings_(std::move(settings)), pool_(pool) {}

client::Connection& ImapFolder::connection(client::Access access, const Context& context) {
    if (lease_ && !(*lease_)->usable()) {
        lease_.reset();
        access_.reset();
    }
    if (!lease_) lease_.emplace(pool_.lease(context.reporter, context.stop));
    if (!access_ || (*access_ == client::Access::read_only && access == client::Access::read_write)) {
        access_.reset();
        const auto selected = (*lease_)->select(settings_.mailbox, access, context.stop);
        // RFC 3501 §2.3.1.1: without it nobody can tell whether a UID still names the message that it named.
        if (selected.uid_validity.value() == 0) {
            throw base::Error(
                base::Severity::folder, base::ErrorCode::protocol,
                "Folder '" + entry().name.text() + "' [" + end().repository +
                    "]: the server tells no UIDVALIDITY above 0, so that its UIDs cannot be relied "
                    "on; nothing is done in it");
        }
        require_same_validity(selected.uid_validity);
        validity_ = selected.uid_validity;
        access_ = access;
    }
    return **lease_;
}

void ImapFolder::require_same_validity(base::UidValidity current) const {
    if (!validity_ || *validity_ == current) return;
    throw base::Error(base::Severity::folder, base::ErrorCode::protocol,
                      "Folder '" + entry().name.text() + "' [" + end().repository +
                          "]: its UIDVALIDITY changed from " + std::to_string(validity_->value()) + " to " +
                          std::to_string(current.value()) + " during the sync; nothing more is done in it");
}

void ImapFolder::fail_folder(const base::Error& error) const {
    throw base::Error(base::Severity::folder, error.code(),
                      "Folder '" + entry().name.text() + "' [" + end().repository + "]: " + error.what());
}

template <class Operation>
auto ImapFolder::with_retry(client::Access access, const Context& context, Operation operation) {
    try {
        return operation(connection(access, context));
    } catch (const base::Error& error) {
        if (error.severity() != base::Severity::folder_retry) throw;
        context.reporter(events::WarningGiven{"Folder '" + entry().name.text() + "' [" + end().repository +
                                              "]: " + error.what() +
                                              "; trying once more on a new connection"});
    }
    lease_.reset();
    access_.reset();
    try {
        return operation(connection(access, context));
    } catch (const base::Error& error) {
        if (error.severity() != base::Severity::folder_retry) throw;
        fail_folder(error);
    }
}

base::UidValidity ImapFolder::uid_validity(const Context& context) {
    with_retry(client::Access::read_only, context, [](client::Connection&) {});
    return *validity_;
}

namespace {

constexpr int kMostListings = 3;

}  // namespace

mail::Listing ImapFolder::load(const Context& context) {
    return with_retry(client::Access::read_only, context, [&](client::Connection& connection) {
        // Others may delete messages while they are listed, but not for ever.
        for (int attempt = 0; attempt < kMostListings; ++attempt) {
            if (attempt > 0) {
                require_same_validity(
                    connection.select(settings_.mailbox, *access_, context.stop).uid_validity);
            }
            mail::Listing listing;
            std::vector<mail::Listing::Entry> entries;
            const bool whole = connection.fetch_flags(
                [&](const client::ListedMessage& message) {
                    entries.push_back(
                        {mail::MessageKey(message.uid), message.flags, listing.intern(message.keywords)});
                },
                context.stop);
            if (!whole) continue;
            listing.put_all(std::move(entries));
            return listing;
        }
        throw base::Error(base::Severity::folder_retry, base::ErrorCode::protocol,
                          "messages are being expunged while they are listed");
    });
}

namespace {

// RFC 3501 §6.4.4: "1-Feb-1994".
std::string search_date(std::chrono::year_month_day day) {
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return std::to_string(static_cast<unsigned>(day.day())) + '-' +
           std::string(kMonths.at(static_cast<unsigned>(day.month()) - 1)) + '-' +
           std::to_string(static_cast<int>(day.year()));
}

constexpr std::uint32_t kLargestUid = 4294967295;

// Not "n:*": that names the last message even where its UID is below n (RFC 3501 §6.4.8).
std::string uids_from(base::Uid first) {
    return std::to_string(first.value()) + ':' + std::to_string(kLargestUid);
}

// A message that the server finds and does not list would look like a deleted one; one that went away in
// between is no longer found either.
void require_all_listed(client::Connection& connection, const mail::Listing& listing,
                        std::vector<base::Uid> found, const Context& context) {
    std::erase_if(found, [&](base::Uid uid) { return listing.contains(mail::MessageKey(uid)); });
    if (found.empty()) return;
    const auto still_there = connection.search("UID " + set_of(found).to_string(), context.stop);
    if (still_there.empty()) return;
    throw base::Error(
        base::Severity::folder_retry, base::ErrorCode::protocol,
        "the server does not list message(s) " + set_of(still_there).to_string() + ", which it has");
}

}  // namespace

mail::Listing ImapFolder::load_from(base::Uid first, const Context& context) {
    return with_retry(client::Access::read_only, context, [&](client::Connection& connection) {
        mail::Listing listing;
        std::vector<mail::Listing::Entry> entries;
        base::UidSet all;
        all.add({first, base::Uid(kLargestUid)});
        connection.fetch_flags(
            all,
            [&](const client::ListedMessage& message) {
                if (message.uid < first) return;  // news of another message
                entries.push_back(
                    {mail::MessageKey(message.uid), message.flags, listing.intern(message.keywords)});
            },
            context.stop);
        listing.put_all(std::move(entries));
        require_all_listed(connection, listing, connection.search("UID " + uids_from(first), context.stop),
                           context);
        return listing;
    });
}

std::optional<base::Uid> ImapFolder::first_since(std::chrono::year_month_day day,
                                                 std::optional<std::uint64_t> below_size,
                                                 const Context& context) {
    std::string criteria = "SINCE " + search_date(day);
    if (below_size) criteria += " SMALLER " + std::to_string(*below_size);
    const auto uids = with_retry(client::Access::read_only, context, [&](client::Connection& connection) {
        return connection.search(criteria, context.stop);
    });
    if (uids.empty()) return std::nullopt;
    return *std::min_element(uids.begin(), uids.end());
}

std::vector<base::Uid> ImapFolder::of_size_or_more(std::uint64_t size, const Context& context) {
    return with_retry(client::Access::read_only, context, [&](client::Connection& connection) {
        return connection.search("NOT SMALLER " + std::to_string(size), context.stop);
    });
}

bool ImapFolder::seems_changed(const mail::Listing& status, const Context& context) {
    return with_retry(client::Access::read_only, context, [&](client::Connection& connection) {
        return !connection.selected() || connection.selected()->exists != status.size();
    });
}

bool ImapFolder::is_read_only(const Context& context) {
    return with_retry(client::Access::read_write, context, [](client::Connection& connection) {
        return connection.selected() && connection.selected()->read_only;
    });
}

std::vector<base::Uid> ImapFolder::remove(std::span<const base::Uid> uids, const Context& context) {
    with_retry(client::Access::read_write, context, [&](client::Connection& connection) {
        connection.delete_messages(set_of(uids), settings_.expunge, context.stop);
    });
    if (!settings_.expunge) return {};
    return {uids.begin(), uids.end()};
}

std::vector<base::Uid> ImapFolder::change_flags(std::span<const mail::Listing::Entry> messages,
                                                FlagChange change, char letter, const Context& context) {
    std::vector<base::Uid> uids;
    for (const auto& message : messages) uids.push_back(message.key.uid());
    const auto direction = change == FlagChange::add ? client::FlagChange::add : client::FlagChange::remove;
    const auto refusals =
        with_retry(client::Access::read_write, context, [&](client::Connection& connection) {
            return connection.store_flags(set_of(uids), direction, mail::Flags().add(letter), context.stop);
        });
    for (const auto& refusal : refusals) {
        context.reporter(events::ErrorOccurred{
            "", "Folder '" + entry().name.text() + "' [" + end().repository +
                    "]: the server refused to change flag " + letter + " of message(s) " +
                    refusal.uids.to_string() + ": " + refusal.text});
        std::erase_if(uids, [&](base::Uid uid) { return refusal.uids.contains(uid); });
    }
    return uids;
}

namespace {

std::string retrying(int attempt, int most) {
    return "Retrying (" + std::to_string(attempt) + "/" + std::to_string(most) + ")";
}

std::string no_more_retries(int most) {
    return "Max retry reached (" + std::to_string(most) + ")";
}

}  // namespace

void ImapFolder::fetch(std::span<const base::Uid> sorted_uids, MessageReceiver& receiver,
                       const Context& context) {
    CountingHandler handler(sorted_uids, receiver);
    const int most_attempts = std::max(settings_.retrycount, 1);
    int attempts_without_progress = 0;
    bool gave_up_before = false;
    for (auto pending = handler.pending(); !pending.empty(); pending = handler.pending()) {
        const auto settled_before = handler.settled_count();
        try {
            connection(client::Access::read_only, context).fetch_bodies(pending, handler, context.stop);
            return;
        } catch (const base::Error& error) {
            if (error.severity() != base::Severity::folder_retry) throw;
            handler.drop_open_body();
            lease_.reset();
            access_.reset();
            const bool has_progress = handler.settled_count() > settled_before;
            attempts_without_progress = has_progress ? 1 : attempts_without_progress + 1;
            if (has_progress) gave_up_before = false;
            const auto rest = handler.pending();
            if (rest.empty()) return;
            const std::string where = std::string(error.what()) + ". While fetching msg '" +
                                      std::to_string(rest.front().value()) + "' in folder '" +
                                      entry().name.text() + "'. ";
            if (attempts_without_progress < most_attempts) {
                context.reporter(
                    events::WarningGiven{where + retrying(attempts_without_progress, most_attempts)});
                continue;
            }
            if (std::exchange(gave_up_before, true)) fail_folder(error);
            handler.give_up(rest.front(), where + no_more_retries(most_attempts));
            attempts_without_progress = 0;
        }
    }
}

std::uint64_t ImapFolder::wire_size_of(std::span<const base::Uid> sorted_uids, const Context& context) {
    try {
        return connection(client::Access::read_only, context)
            .fetch_total_size(set_of(sorted_uids), context.stop);
    } catch (const base::Error& error) {
        // Nobody needs to know it: what is wrong shows when the messages are fetched.
        if (error.severity() > base::Severity::folder) throw;
        return 0;
    }
}

// Below one UIDNEXT messages only go (RFC 3501 §2.3.1.1), so that their number tells the sets apart.
std::optional<std::string> ImapFolder::look(const Context& context) {
    using Look = std::optional<std::string>;
    return with_retry(client::Access::read_only, context, [](client::Connection& connection) -> Look {
        const auto& selected = connection.selected();
        if (!selected || !selected->uid_next) return std::nullopt;
        return std::to_string(selected->uid_validity.value()) + ' ' +
               std::to_string(selected->uid_next->value()) + ' ' + std::to_string(selected->exists);
    });
}

AppendPosition ImapFolder::append_position(const Context& context) {
    return with_retry(client::Access::read_write, context, [](client::Connection& connection) {
        const auto& selected = connection.selected();
        if (!selected) return AppendPosition{};
        return AppendPosition{selected->uid_validity, selected->uid_next};
    });
}

std::vector<UploadOutcome> ImapFolder::append(std::span<const OutgoingMessage> messages,
                                              const Context& context) {
    std::vector<client::Outgoing> outgoing;
    for (const auto& message : messages) {
        outgoing.push_back({.flags = message.flags & mail::imap_flags(),
                            .internal_date = message.internal_date,
                            .wire_size = message.identity.wire_size,
                            .open = message.open});
    }
    // Connecting and selecting may be tried again; the APPENDs themselves are not: whether they arrived is
    // the caller's to find out.
    auto& ready = with_retry(client::Access::read_write, context, [](client::Connection& connection) {
                      return std::ref(connection);
                  }).get();
    std::vector<UploadOutcome> outcomes;
    for (auto& outcome : ready.append(settings_.mailbox, outgoing, context.stop)) {
        outcomes.push_back(outcome_of(std::move(outcome), *validity_));
    }
    return outcomes;
}

std::vector<std::optional<base::Uid>> ImapFolder::find_by_content(std::span<const ContentIdentity> wanted,
                                                                  std::optional<base::Uid> from,
                                                                  const std::function<bool(base::Uid)>& taken,
                                                                  const Context& context) {
    const base::Uid first = from.value_or(base::Uid(1));
    return with_retry(client::Access::read_only, context, [&](client::Connection& connection) {
        auto there = connection.search("UID " + uids_from(first), context.stop);
        std::erase_if(there, [&](base::Uid uid) { return uid < first || taken(uid); });
        std::vector<RemoteCandidate> candidates;
        for (auto& found : connection.fetch_fingerprints(set_of(there), context.stop)) {
            candidates.push_back({found.uid, found.size, std::move(found.header_sha256)});
        }
        return match_content(wanted, candidates, [&](std::span<const base::Uid> uids) {
            return client::fetch_body_digests(connection, uids, context.stop);
        });
    });
}

namespace {

// RFC 3501 §6.4.4: HEADER finds a part of the value, so that anything but a whole msg-id (RFC 5322 §3.6.4)
// would find other messages too. Other than ASCII would need a charset, and no line is longer than 998 bytes
// (RFC 5322 §2.1.1).
bool can_be_searched(std::string_view message_id) {
    return message_id.size() > 2 && message_id.size() <= 998 && message_id.front() == '<' &&
           message_id.back() == '>' &&
           std::all_of(message_id.begin(), message_id.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::optional<std::vector<base::Uid>> ImapFolder::with_message_id(const std::string& message_id,
                                                                  base::Uid first, const Context& context) {
    if (!message_id.empty() && !can_be_searched(message_id)) return std::nullopt;
    const auto criteria =
        "UID " + uids_from(first) + " HEADER Message-ID " + client::Connection::quote(message_id);
    using Found = std::optional<std::vector<base::Uid>>;
    return with_retry(client::Access::read_only, context, [&](client::Connection& connection) -> Found {
        try {
            return connection.search(criteria, context.stop);
        } catch (const base::Error& error) {
            // Some servers search no headers.
            if (error.code() != base::ErrorCode::refused) throw;
            return std::nullopt;
        }
    });
}

}  // namespace offlineimap::repository

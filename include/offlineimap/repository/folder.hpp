// One folder on one side of an account, behind one interface for both sides, and what only the remote or only
// the local side does. The remote side is an IMAP server; the local side is a Maildir (or, later, another
// IMAP server with a UID map). All keys and UIDs are remote UIDs.
//
// A folder object belongs to the thread that syncs the folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "offlineimap/base/types.hpp"
#include "offlineimap/events/event.hpp"
#include "offlineimap/mail/flags.hpp"
#include "offlineimap/mail/listing.hpp"
#include "offlineimap/repository/context.hpp"
#include "offlineimap/repository/folder_rules.hpp"

namespace offlineimap::repository {

enum class FlagChange { add, remove };

class Folder {
  public:
    virtual ~Folder() = default;
    const FolderEntry& entry() const noexcept { return entry_; }
    // Repository, kind and own name: what lines about this folder say.
    const events::FolderEnd& end() const noexcept { return end_; }

    // Opens the folder if it is not open. Maildir: always 42, as the original has it.
    virtual base::UidValidity uid_validity(const Context& context) = 0;
    // What the folder holds now.
    virtual mail::Listing load(const Context& context) = 0;
    // The quick test (reference: synchronisation §4): may say "changed" too often, and misses what the
    // original's misses.
    virtual bool seems_changed(const mail::Listing& status, const Context& context) = 0;
    // The server or the file system lets nobody write here.
    virtual bool is_read_only(const Context& context) = 0;
    // Removes messages; those that are gone already count as removed. Returns what is no longer listed from
    // now on (with `expunge = no` a marked message is still there).
    virtual std::vector<base::Uid> remove(std::span<const base::Uid> uids, const Context& context) = 0;
    // `messages`: entries of the listing, with the flags known so far. Returns the UIDs for which the change
    // is a fact now.
    virtual std::vector<base::Uid> change_flags(std::span<const mail::Listing::Entry> messages,
                                                FlagChange change, char letter, const Context& context) = 0;

  protected:
    Folder(FolderEntry entry, events::FolderEnd end) : entry_(std::move(entry)), end_(std::move(end)) {}

  private:
    FolderEntry entry_;
    events::FolderEnd end_;
};

// Takes fetched messages while their bytes stream in; the calls come as client::BodyHandler describes.
class MessageReceiver {
  public:
    virtual ~MessageReceiver() = default;
    virtual void begin() = 0;
    virtual void data(std::string_view wire_bytes) = 0;
    virtual void complete(base::Uid uid) = 0;
    virtual void abandon() = 0;
    virtual void missing(base::Uid uid, const std::string& why) = 0;
    // It could not be fetched, however often that was tried; it is tried again at the next sync.
    virtual void given_up(base::Uid uid, const std::string& why) = 0;
};

// The identity of a message's bytes as they go over the wire.
struct ContentIdentity {
    std::uint64_t wire_size = 0;
    std::string sha256;         // hex, of all bytes in mail::RecognisableForm
    std::string header_sha256;  // the same of the header block with its empty line
    std::string message_id;     // empty: none
};

// A message ready to be uploaded. `open` starts reading from the beginning and may be called again for
// another attempt.
struct OutgoingMessage {
    mail::MessageKey key;
    std::string local_name;
    mail::Flags flags;
    std::optional<std::chrono::sys_seconds> internal_date;
    ContentIdentity identity;
    using Reader = std::function<bool(std::string& buffer)>;
    std::function<Reader()> open;
};

// What became of one upload. The fact decides what the status records; the text is for people.
struct Uploaded {
    base::Uid uid;
};
struct UploadedUidUnknown {};  // it is stored there; nobody knows yet under which UID
struct UploadRefused {
    std::string text;
};  // this message only
struct UploadStopsAccount {
    std::string text;
};  // over quota: no other message would fare better
struct UploadUncertain {
    std::string why;
};  // the connection broke: it may or may not have arrived
using UploadOutcome =
    std::variant<Uploaded, UploadedUidUnknown, UploadRefused, UploadStopsAccount, UploadUncertain>;

// Where the remote side stands, for an intent.
struct AppendPosition {
    base::UidValidity uid_validity{0};
    std::optional<base::Uid> uid_next;
};

class RemoteFolder : public Folder {
  public:
    // What the folder holds at and above `first`.
    virtual mail::Listing load_from(base::Uid first, const Context& context) = 0;
    // Tells the set of messages that are there now from any other that the folder has under any UIDVALIDITY,
    // without looking at them. nullopt: the server does not say enough.
    virtual std::optional<std::string> look(const Context& context) = 0;
    // The lowest UID among messages that arrived on `day` (as the server counts days) or later and, if
    // `below_size` is given, have fewer bytes on the wire. nullopt: there is none.
    virtual std::optional<base::Uid> first_since(std::chrono::year_month_day day,
                                                 std::optional<std::uint64_t> below_size,
                                                 const Context& context) = 0;
    // Messages of `size` bytes or more on the wire, by the server's word.
    virtual std::vector<base::Uid> of_size_or_more(std::uint64_t size, const Context& context) = 0;
    // Every UID ends in exactly one complete(), missing() or given_up(). A lost connection is replaced and
    // the rest asked for again; after `retrycount` attempts without progress the message at which it broke is
    // given up. Two of them in a row are not the messages' fault, and the folder ends.
    virtual void fetch(std::span<const base::Uid> sorted_uids, MessageReceiver& receiver,
                       const Context& context) = 0;
    // Bytes of these messages together on the wire, by the server's word; 0 if it cannot be had.
    virtual std::uint64_t wire_size_of(std::span<const base::Uid> sorted_uids, const Context& context) = 0;
    virtual AppendPosition append_position(const Context& context) = 0;
    // One outcome a message, in order.
    virtual std::vector<UploadOutcome> append(std::span<const OutgoingMessage> messages,
                                              const Context& context) = 0;
    // For uploads whose UID is unknown: which message at or above `from` is it? Matched by size and header
    // hash, by the hash of the whole body where that is not unique; one UID is given to one message only.
    // UIDs in `taken` are never given.
    virtual std::vector<std::optional<base::Uid>> find_by_content(std::span<const ContentIdentity> wanted,
                                                                  std::optional<base::Uid> from,
                                                                  const std::function<bool(base::Uid)>& taken,
                                                                  const Context& context) = 0;
    // Messages at or above `first` that bear this Message-ID; with an empty one, those that bear any.
    // nullopt: the server cannot be asked for it.
    virtual std::optional<std::vector<base::Uid>> with_message_id(const std::string& message_id,
                                                                  base::Uid first,
                                                                  const Context& context) = 0;

  protected:
    using Folder::Folder;
};

// Arriving messages on the local side, made durable by batch: begin, write…, finish for each, then commit for
// all.
class Delivery {
  public:
    virtual ~Delivery() = default;
    virtual void begin() = 0;
    virtual void write(std::string_view wire_bytes) = 0;
    // Returns the text of a Date header that `utime_from_header` wants and cannot read.
    virtual std::optional<std::string> finish(base::Uid uid, mail::Flags flags) = 0;
    virtual void abandon() noexcept = 0;
    // Whether enough is waiting for a commit to be worth its price.
    virtual bool is_full() const noexcept = 0;
    virtual bool is_empty() const noexcept = 0;
    struct Delivered {
        base::Uid uid;
        mail::Flags flags;
    };
    virtual std::vector<Delivered> commit() = 0;
};

class LocalFolder : public Folder {
  public:
    virtual std::unique_ptr<Delivery> deliver() = 0;
    // Tells this folder from another one that stands in its place later.
    virtual std::string identity() const = 0;
    // nullopt: it is gone.
    virtual std::optional<OutgoingMessage> prepare(const mail::MessageKey& key, const Context& context) = 0;
    // Bytes of these files together; those that are gone have none.
    virtual std::uint64_t file_size_of(std::span<const mail::MessageKey> keys) = 0;
    // As the server would have it. nullopt: it is gone.
    enum class Headers { all, without_filtered };  // `filterheaders` are left out of what is uploaded
    virtual std::optional<ContentIdentity> identify(const mail::MessageKey& key, Headers headers) = 0;
    // nullopt: it is gone.
    virtual std::optional<std::string> local_name(const mail::MessageKey& key) const = 0;
    // Two files claim one UID: which of them is the message is anybody's guess.
    virtual bool has_ambiguous_uids() const = 0;
    // Files known by the names they had get these UIDs, durably, whatever UIDs they had. Returns the UIDs of
    // those that have them now, also from an earlier call that was interrupted; the others are gone. What was
    // loaded is void afterwards.
    struct NewUid {
        std::string local_name;
        base::Uid uid;
    };
    virtual std::vector<base::Uid> renumber(std::span<const NewUid> files, const Context& context) = 0;
    // All messages become new ones, durably: their UIDs were those of another remote folder. What was loaded
    // is void afterwards.
    virtual void forget_uids(const Context& context) = 0;
    // Those of `uids` that are here, whether or not load() has seen them: one reading of a directory can miss
    // what is renamed meanwhile. For messages that are about to be deleted elsewhere.
    virtual std::vector<base::Uid> still_there(std::span<const base::Uid> uids, const Context& context) = 0;
    // The message `key` is `uid` from now on. False: it is gone.
    virtual bool assign_uid(const mail::MessageKey& key, base::Uid uid) = 0;
    // Whether the message has fewer bytes on the wire than that. A message that is gone has.
    virtual bool is_smaller(const mail::MessageKey& key, std::uint64_t wire_size) = 0;
    // The time that the message's file name begins with; nullopt if it begins with no number.
    virtual std::optional<std::chrono::sys_seconds> name_time(const mail::MessageKey& key) const = 0;
    // The message that an intent names, if it still has no UID.
    virtual std::optional<mail::MessageKey> find_unassigned(const std::string& local_name) const = 0;
    // Makes assigned UIDs durable.
    virtual void sync() = 0;
    // The letters for these IMAP keywords (`customflag_x`).
    virtual mail::Flags letters_for(const std::vector<std::string>& keywords) const = 0;
    // All letters that letters_for() can give; empty: no keyword is configured.
    virtual mail::Flags mapped_letters() const = 0;

  protected:
    using Folder::Folder;
};

}  // namespace offlineimap::repository

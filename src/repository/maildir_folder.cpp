#include "maildir_folder.hpp"

#include <algorithm>
#include <utility>

#include "offlineimap/maildir/wire_content.hpp"

namespace offlineimap::repository {

namespace {

// The original's constant: a Maildir keeps its UIDs in file names, so its epoch never changes.
constexpr base::UidValidity kMaildirValidity{42};

// A commit costs one wait for the disk whatever its size, and what is not committed is fetched again after a
// crash.
constexpr std::size_t kBatchMessages = 500;
constexpr std::uint64_t kBatchBytes = 32U << 20U;

class MaildirDelivery final : public Delivery {
  public:
    explicit MaildirDelivery(maildir::Folder& store) : delivery_(store) {}

    void begin() override { delivery_.begin(); }
    void write(std::string_view wire_bytes) override { delivery_.write(wire_bytes); }
    std::optional<std::string> finish(base::Uid uid, mail::Flags flags) override {
        return delivery_.finish(uid, flags);
    }
    void abandon() noexcept override { delivery_.abandon(); }
    bool is_full() const noexcept override {
        return delivery_.messages() >= kBatchMessages || delivery_.bytes() >= kBatchBytes;
    }
    bool is_empty() const noexcept override { return delivery_.messages() == 0; }
    std::vector<Delivered> commit() override {
        std::vector<Delivered> delivered;
        for (const auto& message : delivery_.commit())
            delivered.push_back({message.key.uid(), message.flags});
        return delivered;
    }

  private:
    maildir::Delivery delivery_;
};

bool exists_as_folder(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::is_directory(path / "cur", ignored);
}

}  // namespace

MaildirFolder::MaildirFolder(FolderEntry entry, events::FolderEnd end, MaildirFolderSettings settings)
    : LocalFolder(std::move(entry), std::move(end)), settings_(std::move(settings)) {
    if (settings_.may_be_missing && !exists_as_folder(settings_.store.path)) return;
    store_ = std::make_unique<maildir::Folder>(settings_.store);
}

base::UidValidity MaildirFolder::uid_validity(const Context&) {
    return kMaildirValidity;
}

void MaildirFolder::debug(const Context& context, const std::string& text) const {
    if (!context.reporter.debugging(events::DebugType::maildir)) return;
    context.reporter.debug(events::DebugType::maildir, settings_.store.path.string() + ": " + text);
}

mail::Listing MaildirFolder::load(const Context& context) {
    if (!store_) return {};
    listing_ = store_->scan(context.stop);
    const auto fresh = std::count_if(listing_.begin(), listing_.end(),
                                     [](const auto& entry) { return !entry.key.has_uid(); });
    debug(context, "scanned: " + std::to_string(listing_.size()) + " messages, " + std::to_string(fresh) +
                       " of them without a UID");
    for (const auto& name : store_->duplicate_names()) {
        context.reporter(events::WarningGiven{
            "Folder '" + entry().name.text() + "' [" + end().repository + "] has two files with one UID; '" +
            name + "' is left alone. Rename it without its 'U=' part to have it synced as a new message."});
    }
    return listing_;
}

bool MaildirFolder::seems_changed(const mail::Listing& status, const Context&) {
    // Letters that mean nothing on the server are no change.
    const auto comparable = mail::imap_flags() | mapped_letters();
    return !std::equal(listing_.begin(), listing_.end(), status.begin(), status.end(),
                       [comparable](const auto& a, const auto& b) {
                           return a.key == b.key && (a.flags & comparable) == (b.flags & comparable);
                       });
}

bool MaildirFolder::is_read_only(const Context&) {
    return false;
}

std::vector<base::Uid> MaildirFolder::remove(std::span<const base::Uid> uids, const Context& context) {
    for (const auto uid : uids) {
        debug(context, "removing UID " + std::to_string(uid.value()));
        store_->remove(mail::MessageKey(uid));
    }
    store_->sync();
    return {uids.begin(), uids.end()};
}

std::vector<base::Uid> MaildirFolder::change_flags(std::span<const mail::Listing::Entry> messages,
                                                   FlagChange change, char letter, const Context& context) {
    std::vector<base::Uid> changed;
    for (const auto& message : messages) {
        mail::Flags flags = message.flags;
        if (change == FlagChange::add) {
            flags.add(letter);
        } else {
            flags.remove(letter);
        }
        debug(context, "giving UID " + message.key.to_string() + " the flags '" + flags.to_string() + "'");
        if (store_->set_flags(message.key, flags)) changed.push_back(message.key.uid());
    }
    store_->sync();
    return changed;
}

std::string MaildirFolder::identity() const {
    return store_ ? store_->identity() : std::string();
}

std::unique_ptr<Delivery> MaildirFolder::deliver() {
    return std::make_unique<MaildirDelivery>(*store_);
}

namespace {

ContentIdentity identity_of(const maildir::WireContent& wire) {
    auto identity = wire.identify();
    return {identity.size, std::move(identity.sha256), std::move(identity.header_sha256),
            std::move(identity.message_id)};
}

}  // namespace

std::optional<OutgoingMessage> MaildirFolder::prepare(const mail::MessageKey& key, const Context& context) {
    auto content = store_->open(key);
    if (!content) return std::nullopt;
    debug(context, "reading '" + content->local_name + "'");
    const maildir::WireContent wire(std::move(content->file), content->local_name, settings_.dropped_headers);
    const auto* known = listing_.find(key);
    return OutgoingMessage{.key = key,
                           .local_name = content->local_name,
                           .flags = known ? known->flags : mail::Flags(),
                           .internal_date = content->modified,
                           .identity = identity_of(wire),
                           .open = [wire] { return wire.reader(); }};
}

std::uint64_t MaildirFolder::file_size_of(std::span<const mail::MessageKey> keys) {
    std::uint64_t size = 0;
    for (const auto& key : keys) size += store_->file_size(key).value_or(0);
    return size;
}

std::optional<ContentIdentity> MaildirFolder::identify(const mail::MessageKey& key, Headers headers) {
    auto content = store_->open(key);
    if (!content) return std::nullopt;
    const bool filtered = headers == Headers::without_filtered;
    return identity_of({std::move(content->file), content->local_name,
                        filtered ? settings_.dropped_headers : std::vector<std::string>()});
}

std::optional<std::string> MaildirFolder::local_name(const mail::MessageKey& key) const {
    return store_->name_of(key);
}

bool MaildirFolder::has_ambiguous_uids() const {
    return store_ && !store_->duplicate_names().empty();
}

std::vector<base::Uid> MaildirFolder::renumber(std::span<const NewUid> files, const Context& context) {
    std::vector<maildir::Renumbered> names;
    for (const auto& file : files) names.push_back({file.local_name, file.uid});
    const auto is_present = store_->renumber(names, context.stop);
    std::vector<base::Uid> present;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (is_present[i]) present.push_back(files[i].uid);
    }
    return present;
}

void MaildirFolder::forget_uids(const Context& context) {
    if (!store_) return;
    store_->drop_uids(context.stop);
    listing_ = {};
}

std::vector<base::Uid> MaildirFolder::still_there(std::span<const base::Uid> uids, const Context& context) {
    if (!store_) return {};
    return store_->still_there(uids, context.stop);
}

bool MaildirFolder::assign_uid(const mail::MessageKey& key, base::Uid uid) {
    const auto* known = listing_.find(key);
    return store_->assign_uid(key, uid, known ? known->flags : mail::Flags());
}

bool MaildirFolder::is_smaller(const mail::MessageKey& key, std::uint64_t wire_size) {
    auto content = store_->open(key);
    if (!content || content->file_size >= wire_size) return !content;
    // Each LF may become two bytes.
    if (content->file_size * 2 < wire_size) return true;
    const maildir::WireContent wire(std::move(content->file), content->local_name, settings_.dropped_headers);
    return wire.identify().size < wire_size;
}

std::optional<std::chrono::sys_seconds> MaildirFolder::name_time(const mail::MessageKey& key) const {
    if (!store_) return std::nullopt;
    const auto seconds = store_->name_time(key);
    if (!seconds) return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::seconds(*seconds));
}

std::optional<mail::MessageKey> MaildirFolder::find_unassigned(const std::string& local_name) const {
    if (!store_) return std::nullopt;
    const auto key = store_->find_by_name(local_name);
    return key && !key->has_uid() ? key : std::nullopt;
}

void MaildirFolder::sync() {
    store_->sync();
}

mail::Flags MaildirFolder::letters_for(const std::vector<std::string>& keywords) const {
    mail::Flags letters;
    for (std::size_t i = 0; i < settings_.keyword_of_letter.size(); ++i) {
        const auto& keyword = settings_.keyword_of_letter[i];
        if (!keyword.empty() && std::find(keywords.begin(), keywords.end(), keyword) != keywords.end()) {
            letters.add(static_cast<char>('a' + i));
        }
    }
    return letters;
}

mail::Flags MaildirFolder::mapped_letters() const {
    mail::Flags letters;
    for (std::size_t i = 0; i < settings_.keyword_of_letter.size(); ++i) {
        if (!settings_.keyword_of_letter[i].empty()) letters.add(static_cast<char>('a' + i));
    }
    return letters;
}

}  // namespace offlineimap::repository

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
    void finish(base::Uid uid, mail::Flags flags) override { delivery_.finish(uid, flags); }
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

mail::Listing MaildirFolder::load(const Context& context) {
    if (!store_) return {};
    listing_ = store_->scan(context.stop);
    for (const auto& name : store_->duplicate_names()) {
        context.reporter(events::WarningGiven{
            "Folder '" + entry().name.text() + "' [" + end().repository + "] has two files with one UID; '" +
            name + "' is left alone. Rename it without its 'U=' part to have it synced as a new message."});
    }
    return listing_;
}

bool MaildirFolder::seems_changed(const mail::Listing& status, const Context&) {
    return !std::equal(listing_.begin(), listing_.end(), status.begin(), status.end(),
                       [](const auto& a, const auto& b) { return a.key == b.key && a.flags == b.flags; });
}

bool MaildirFolder::is_read_only(const Context&) {
    return false;
}

std::vector<base::Uid> MaildirFolder::remove(std::span<const base::Uid> uids, const Context&) {
    for (const auto uid : uids) store_->remove(mail::MessageKey(uid));
    store_->sync();
    return {uids.begin(), uids.end()};
}

std::vector<base::Uid> MaildirFolder::change_flags(std::span<const mail::Listing::Entry> messages,
                                                   FlagChange change, char letter, const Context&) {
    std::vector<base::Uid> changed;
    for (const auto& message : messages) {
        mail::Flags flags = message.flags;
        if (change == FlagChange::add) {
            flags.add(letter);
        } else {
            flags.remove(letter);
        }
        if (store_->set_flags(message.key, flags)) changed.push_back(message.key.uid());
    }
    store_->sync();
    return changed;
}

std::unique_ptr<Delivery> MaildirFolder::deliver() {
    return std::make_unique<MaildirDelivery>(*store_);
}

std::optional<OutgoingMessage> MaildirFolder::prepare(const mail::MessageKey& key, const Context&) {
    auto content = store_->open(key);
    if (!content) return std::nullopt;
    const maildir::WireContent wire(std::move(content->file), content->local_name, settings_.dropped_headers);
    auto identity = wire.identify();
    const auto* known = listing_.find(key);
    return OutgoingMessage{.key = key,
                           .local_name = content->local_name,
                           .flags = known ? known->flags : mail::Flags(),
                           .internal_date = content->modified,
                           .identity = {identity.size, std::move(identity.sha256),
                                        std::move(identity.header_sha256), std::move(identity.message_id)},
                           .open = [wire] { return wire.reader(); }};
}

bool MaildirFolder::assign_uid(const mail::MessageKey& key, base::Uid uid) {
    const auto* known = listing_.find(key);
    return store_->assign_uid(key, uid, known ? known->flags : mail::Flags());
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

// Both ends of an account in memory: what the sync engine is tested against. Faults are switched on by name.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/python/interpreter.hpp"
#include "offlineimap/repository/repository.hpp"

namespace offlineimap::sync::fake {

class Collector final : public events::Sink {
  public:
    void report(const events::Record& record) override { records.push_back(record); }
    bool wants(events::DebugType) const noexcept override { return false; }
    bool wants_progress() const noexcept override { return progress; }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest&) override { return std::nullopt; }

    template <class Event>
    std::vector<Event> all() const {
        std::vector<Event> found;
        for (const auto& record : records) {
            if (const auto* event = std::get_if<Event>(&record.event)) found.push_back(*event);
        }
        return found;
    }
    std::vector<events::Record> records;
    bool progress = false;
};

struct Message {
    std::string body;
    mail::Flags flags;
    std::chrono::sys_seconds arrived = {};
    std::string message_id = {};
};

// What a server holds; outlives the folder objects of several syncs.
struct Server {
    std::map<base::Uid, Message> messages;
    std::uint32_t next_uid = 1;
    base::UidValidity validity{7};
    bool read_only = false;
    // Faults of the next append: what the server answers for the nth message (from 0) instead of storing and
    // telling the UID.
    enum class AppendFault {
        refuse,
        quota,
        break_before_storing,
        break_after_storing,
        store_silently,
        store_altered
    };
    std::map<std::size_t, AppendFault> append_faults;
    // Bodies that are refused every time, and at which the connection breaks every time; what waits behind
    // one of them was not begun.
    std::set<std::string> refused;
    std::set<std::string> poisonous;
    bool searches_headers = true;
    bool tells_uid_next = true;
    bool expunges = true;
    std::size_t fetched = 0;
    std::size_t appended = 0;
    std::size_t searched_by_content = 0;

    base::Uid add(std::string body, const char* flags = "") {
        const base::Uid uid(next_uid++);
        messages[uid] = {std::move(body), mail::Flags::parse(flags)};
        return uid;
    }
};

// What a Maildir folder holds: messages by file name, some with a UID.
struct Disk {
    struct File {
        std::optional<base::Uid> uid;
        Message message;
    };
    std::map<std::string, File> files;
    std::set<std::string> unseen;  // what load() misses
    int next_name = 1;
    bool has_ambiguous_uids = false;
    std::string vanishing;  // goes away while files get new UIDs
    std::string identity = "1 1";

    std::string add(std::string body, const char* flags = "", std::optional<base::Uid> uid = std::nullopt) {
        std::string name = "file" + std::to_string(next_name++);
        files[name] = {uid, {std::move(body), mail::Flags::parse(flags)}};
        return name;
    }
    void rename(const std::string& from, const std::string& to) {
        auto file = std::move(files.at(from));
        files.erase(from);
        files[to] = std::move(file);
    }
    std::string name_of(base::Uid uid) const {
        for (const auto& [name, file] : files) {
            if (file.uid == uid) return name;
        }
        return "";
    }
};

inline mail::Flags apply(mail::Flags flags, repository::FlagChange change, char letter) {
    return change == repository::FlagChange::add ? flags.add(letter) : flags.remove(letter);
}

class FakeRemoteFolder final : public repository::RemoteFolder {
  public:
    FakeRemoteFolder(const repository::FolderEntry& entry, Server& server)
        : RemoteFolder(entry, {"Remote", "IMAP", entry.name.text()}), server_(server) {}

    base::UidValidity uid_validity(const repository::Context&) override { return server_.validity; }
    mail::Listing load(const repository::Context&) override {
        mail::Listing listing;
        for (const auto& [uid, message] : server_.messages)
            listing.put({mail::MessageKey(uid), message.flags});
        return listing;
    }
    mail::Listing load_from(base::Uid first, const repository::Context& context) override {
        mail::Listing listing;
        for (const auto& entry : load(context)) {
            if (entry.key.uid() >= first) listing.put(entry);
        }
        return listing;
    }
    std::optional<std::string> look(const repository::Context&) override {
        if (!server_.tells_uid_next) return std::nullopt;
        return std::to_string(server_.validity.value()) + ' ' + std::to_string(server_.next_uid) + ' ' +
               std::to_string(server_.messages.size());
    }
    std::optional<base::Uid> first_since(std::chrono::year_month_day day,
                                         std::optional<std::uint64_t> below_size,
                                         const repository::Context&) override {
        for (const auto& [uid, message] : server_.messages) {
            if (message.arrived >= std::chrono::sys_days{day} &&
                (!below_size || message.body.size() < *below_size))
                return uid;
        }
        return std::nullopt;
    }
    std::vector<base::Uid> of_size_or_more(std::uint64_t size, const repository::Context&) override {
        std::vector<base::Uid> found;
        for (const auto& [uid, message] : server_.messages) {
            if (message.body.size() >= size) found.push_back(uid);
        }
        return found;
    }
    bool seems_changed(const mail::Listing& status, const repository::Context&) override {
        return server_.messages.size() != status.size();
    }
    bool is_read_only(const repository::Context&) override { return server_.read_only; }
    std::vector<base::Uid> remove(std::span<const base::Uid> uids, const repository::Context&) override {
        if (!server_.expunges) {
            for (const auto uid : uids) server_.messages.at(uid).flags.add('T');
            return {};
        }
        for (const auto uid : uids) server_.messages.erase(uid);
        return {uids.begin(), uids.end()};
    }
    std::vector<base::Uid> change_flags(std::span<const mail::Listing::Entry> messages,
                                        repository::FlagChange change, char letter,
                                        const repository::Context&) override {
        std::vector<base::Uid> done;
        for (const auto& entry : messages) {
            auto& message = server_.messages.at(entry.key.uid());
            message.flags = apply(message.flags, change, letter);
            done.push_back(entry.key.uid());
        }
        return done;
    }
    void fetch(std::span<const base::Uid> uids, repository::MessageReceiver& receiver,
               const repository::Context&) override {
        for (const auto uid : uids) {
            const auto found = server_.messages.find(uid);
            if (found == server_.messages.end()) {
                receiver.missing(uid, "");
                continue;
            }
            ++server_.fetched;
            receiver.begin();
            receiver.data(found->second.body);
            receiver.complete(uid);
        }
    }
    std::uint64_t wire_size_of(std::span<const base::Uid> uids, const repository::Context&) override {
        std::uint64_t size = 0;
        for (const auto uid : uids) size += server_.messages.at(uid).body.size();
        return size;
    }
    repository::AppendPosition append_position(const repository::Context&) override {
        return {server_.validity, base::Uid(server_.next_uid)};
    }
    std::vector<repository::UploadOutcome> append(std::span<const repository::OutgoingMessage> messages,
                                                  const repository::Context&) override {
        std::vector<repository::UploadOutcome> outcomes;
        bool broken = false;
        for (std::size_t i = 0; i < messages.size(); ++i)
            outcomes.push_back(append_one(messages[i], i, broken));
        server_.append_faults.clear();
        return outcomes;
    }
    std::vector<std::optional<base::Uid>> find_by_content(std::span<const repository::ContentIdentity> wanted,
                                                          std::optional<base::Uid> from,
                                                          const std::function<bool(base::Uid)>& taken,
                                                          const repository::Context&) override {
        std::vector<std::optional<base::Uid>> found(wanted.size());
        ++server_.searched_by_content;
        std::set<base::Uid> given;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            for (const auto& [uid, message] : server_.messages) {
                if ((from && uid < *from) || taken(uid) || given.contains(uid) ||
                    message.body != wanted[i].sha256)
                    continue;
                found[i] = uid;
                given.insert(uid);
                break;
            }
        }
        return found;
    }
    std::optional<std::vector<base::Uid>> with_message_id(const std::string& message_id, base::Uid first,
                                                          const repository::Context&) override {
        if (!server_.searches_headers) return std::nullopt;
        std::vector<base::Uid> found;
        for (const auto& [uid, message] : server_.messages) {
            if (uid < first || message.message_id.empty()) continue;
            if (message_id.empty() || message.message_id == message_id) found.push_back(uid);
        }
        return found;
    }

  private:
    repository::UploadOutcome append_one(const repository::OutgoingMessage& message, std::size_t nth,
                                         bool& broken) {
        if (broken) return repository::UploadUncertain{"connection lost"};
        broken = server_.refused.contains(message.identity.sha256) ||
                 server_.poisonous.contains(message.identity.sha256);
        if (server_.refused.contains(message.identity.sha256)) return repository::UploadRefused{"too large"};
        if (broken) return repository::UploadUncertain{"connection lost"};
        const auto fault = server_.append_faults.find(nth);
        const auto store = [&] {
            std::string body;
            std::string piece;
            for (const auto next = message.open(); next(piece);) body += piece;
            ++server_.appended;
            const auto uid = server_.add(std::move(body));
            server_.messages[uid].flags = message.flags;
            server_.messages[uid].message_id = message.identity.message_id;
            return uid;
        };
        if (fault == server_.append_faults.end()) return repository::Uploaded{store()};
        switch (fault->second) {
            case Server::AppendFault::refuse:
                return repository::UploadRefused{"too odd"};
            case Server::AppendFault::quota:
                return repository::UploadStopsAccount{"quota exceeded"};
            case Server::AppendFault::break_before_storing:
                broken = true;
                return repository::UploadUncertain{"connection lost"};
            case Server::AppendFault::break_after_storing:
                broken = true;
                store();
                return repository::UploadUncertain{"connection lost"};
            case Server::AppendFault::store_silently:
                store();
                return repository::UploadedUidUnknown{};
            case Server::AppendFault::store_altered:
                server_.messages[store()].body += " altered";
                return repository::UploadedUidUnknown{};
        }
        return repository::UploadRefused{""};
    }
    Server& server_;
};

class FakeLocalFolder final : public repository::LocalFolder {
  public:
    FakeLocalFolder(const repository::FolderEntry& entry, Disk& disk)
        : LocalFolder(entry, {"Local", "Maildir", entry.name.text()}), disk_(disk) {}

    base::UidValidity uid_validity(const repository::Context&) override { return base::UidValidity(42); }
    mail::Listing load(const repository::Context&) override {
        mail::Listing listing;
        std::uint32_t unassigned = 0;
        names_.clear();
        for (const auto& [name, file] : disk_.files) {
            if (disk_.unseen.contains(name)) continue;
            const auto key =
                file.uid ? mail::MessageKey(*file.uid) : mail::MessageKey::unassigned(++unassigned);
            names_.insert_or_assign(key, name);
            listing.put({key, file.message.flags});
        }
        return listing;
    }
    bool seems_changed(const mail::Listing& status, const repository::Context& context) override {
        const auto now = load(context);
        return !std::equal(now.begin(), now.end(), status.begin(), status.end(),
                           [](const auto& a, const auto& b) { return a.key == b.key && a.flags == b.flags; });
    }
    bool is_read_only(const repository::Context&) override { return false; }
    std::vector<base::Uid> remove(std::span<const base::Uid> uids, const repository::Context&) override {
        for (const auto uid : uids) disk_.files.erase(disk_.name_of(uid));
        return {uids.begin(), uids.end()};
    }
    std::vector<base::Uid> change_flags(std::span<const mail::Listing::Entry> messages,
                                        repository::FlagChange change, char letter,
                                        const repository::Context&) override {
        std::vector<base::Uid> done;
        for (const auto& entry : messages) {
            auto& message = disk_.files.at(disk_.name_of(entry.key.uid())).message;
            message.flags = apply(message.flags, change, letter);
            done.push_back(entry.key.uid());
        }
        return done;
    }
    std::string identity() const override { return disk_.identity; }
    std::unique_ptr<repository::Delivery> deliver() override { return std::make_unique<FakeDelivery>(*this); }
    std::optional<repository::OutgoingMessage> prepare(const mail::MessageKey& key,
                                                       const repository::Context&) override {
        const auto name = names_.at(key);
        const auto found = disk_.files.find(name);
        if (found == disk_.files.end()) return std::nullopt;
        const std::string body = found->second.message.body;
        return repository::OutgoingMessage{
            .key = key,
            .local_name = name,
            .flags = found->second.message.flags,
            .internal_date = std::nullopt,
            .identity = {body.size(), body, body, found->second.message.message_id},
            .open = [body] {
                return [body, done = false](std::string& buffer) mutable {
                    buffer = body;
                    return !std::exchange(done, true);
                };
            }};
    }
    std::uint64_t file_size_of(std::span<const mail::MessageKey> keys) override {
        std::uint64_t size = 0;
        for (const auto& key : keys) size += disk_.files.at(names_.at(key)).message.body.size();
        return size;
    }
    bool assign_uid(const mail::MessageKey& key, base::Uid uid) override {
        const auto found = disk_.files.find(names_.at(key));
        if (found == disk_.files.end()) return false;
        auto file = std::move(found->second);
        disk_.files.erase(found);
        file.uid = uid;
        const std::string name = "uid" + std::to_string(uid.value());
        disk_.files[name] = std::move(file);
        names_.insert_or_assign(mail::MessageKey(uid), name);
        return true;
    }
    std::optional<repository::ContentIdentity> identify(const mail::MessageKey& key, Headers) override {
        const auto found = disk_.files.find(names_.at(key));
        if (found == disk_.files.end()) return std::nullopt;
        const auto& body = found->second.message.body;
        return repository::ContentIdentity{body.size(), body, body, ""};
    }
    std::optional<std::string> local_name(const mail::MessageKey& key) const override {
        return names_.at(key);
    }
    bool has_ambiguous_uids() const override { return disk_.has_ambiguous_uids; }
    std::vector<base::Uid> renumber(std::span<const NewUid> files, const repository::Context&) override {
        std::map<std::string, Disk::File> renamed;
        for (const auto& file : files) {
            if (file.local_name == disk_.vanishing) disk_.files.erase(file.local_name);
            const auto found = disk_.files.find(file.local_name);
            if (found == disk_.files.end()) continue;
            found->second.uid = file.uid;
            renamed["uid" + std::to_string(file.uid.value())] = std::move(found->second);
            disk_.files.erase(found);
        }
        disk_.files.merge(renamed);
        std::vector<base::Uid> present;
        for (const auto& file : files) {
            if (!disk_.name_of(file.uid).empty()) present.push_back(file.uid);
        }
        return present;
    }
    void forget_uids(const repository::Context&) override {
        for (auto& [name, file] : disk_.files) file.uid = std::nullopt;
    }
    std::vector<base::Uid> still_there(std::span<const base::Uid> uids, const repository::Context&) override {
        std::vector<base::Uid> found;
        for (const auto uid : uids) {
            if (!disk_.name_of(uid).empty()) found.push_back(uid);
        }
        return found;
    }
    bool is_smaller(const mail::MessageKey& key, std::uint64_t wire_size) override {
        return disk_.files.at(names_.at(key)).message.body.size() < wire_size;
    }
    std::optional<std::chrono::sys_seconds> name_time(const mail::MessageKey& key) const override {
        return disk_.files.at(names_.at(key)).message.arrived;
    }
    std::optional<mail::MessageKey> find_unassigned(const std::string& local_name) const override {
        for (const auto& [key, name] : names_) {
            if (name == local_name && !key.has_uid()) return key;
        }
        return std::nullopt;
    }
    void sync() override {}
    mail::Flags letters_for(const std::vector<std::string>&) const override { return {}; }
    mail::Flags mapped_letters() const override { return {}; }

  private:
    class FakeDelivery final : public repository::Delivery {
      public:
        explicit FakeDelivery(FakeLocalFolder& folder) : folder_(folder) {}
        void begin() override { body_.clear(); }
        void write(std::string_view bytes) override { body_ += bytes; }
        std::optional<std::string> finish(base::Uid uid, mail::Flags flags) override {
            finished_.push_back({uid, {body_, flags}});
            return std::nullopt;
        }
        void abandon() noexcept override { body_.clear(); }
        bool is_full() const noexcept override { return finished_.size() >= 3; }
        bool is_empty() const noexcept override { return finished_.empty(); }
        std::vector<Delivered> commit() override {
            std::vector<Delivered> delivered;
            for (auto& [uid, message] : finished_) {
                delivered.push_back({uid, message.flags});
                folder_.disk_.files["uid" + std::to_string(uid.value())] = {uid, std::move(message)};
            }
            finished_.clear();
            return delivered;
        }

      private:
        FakeLocalFolder& folder_;
        std::string body_;
        std::vector<std::pair<base::Uid, Message>> finished_;
    };

    Disk& disk_;
    std::map<mail::MessageKey, std::string> names_;
};

inline config::Repository remote_options() {
    config::Repository options;
    options.name = "Remote";
    options.type = config::RepositoryType::imap;
    options.kind = config::ImapOptions();
    return options;
}

inline config::Repository local_options() {
    config::Repository options;
    options.name = "Local";
    options.type = config::RepositoryType::maildir;
    options.kind = config::MaildirOptions();
    return options;
}

class FakeRemote final : public repository::RemoteRepository {
  public:
    FakeRemote(std::map<std::string, Server>& servers, python::Interpreter& interpreter,
               config::Repository options = remote_options())
        : RemoteRepository(std::move(options), interpreter), servers_(servers) {}
    std::string kind() const override { return "IMAP"; }
    char separator() const override { return '/'; }
    std::vector<repository::FolderEntry> folders(const repository::Context&) override {
        std::vector<repository::FolderEntry> entries;
        for (const auto& [name, server] : servers_) entries.push_back(entry(base::FolderName(name)));
        return entries;
    }
    bool create_folder(const base::FolderName& name, const repository::Context&) override {
        return servers_.try_emplace(name.text()).second;
    }
    void end_round(RoundEnd) noexcept override {}
    void keep_alive(const repository::Context&) noexcept override {}
    std::unique_ptr<repository::RemoteFolder> open_remote(const repository::FolderEntry& folder,
                                                          const repository::Context&) override {
        return std::make_unique<FakeRemoteFolder>(folder, servers_.at(folder.name.text()));
    }
    repository::ServerDescription describe(const repository::Context&) override { return {}; }
    std::vector<base::Uid> never_copied(const repository::FolderEntry&) override { return ignored; }
    void call_new_mail_hook() override { ++new_mail_hooks; }
    void delete_folder(const base::FolderName& name, const repository::Context&) override {
        servers_.erase(name.text());
    }
    std::vector<base::Uid> ignored;
    int new_mail_hooks = 0;

  private:
    std::map<std::string, Server>& servers_;
};

class FakeLocal final : public repository::LocalRepository {
  public:
    FakeLocal(std::map<std::string, Disk>& disks, python::Interpreter& interpreter,
              config::Repository options = local_options())
        : LocalRepository(std::move(options), interpreter), disks_(disks) {}
    std::string kind() const override { return "Maildir"; }
    char separator() const override { return '.'; }
    std::string root() const override { return "/home/u/Mail"; }
    void require_safe(const base::FolderName&) const override {}
    std::optional<repository::DirectoryIdentity> directory(const base::FolderName& name) const override {
        std::uint64_t inode = 1;
        for (const auto& [folder, disk] : disks_) {
            if (folder == name.text()) return std::pair(1, inode);
            if (ignores_case && base::equals_ignoring_case(folder, name.text())) return std::pair(1, inode);
            ++inode;
        }
        return std::nullopt;
    }
    std::vector<repository::FolderEntry> folders(const repository::Context&) override {
        std::vector<repository::FolderEntry> entries;
        for (const auto& [name, disk] : disks_) entries.push_back(entry(base::FolderName(name)));
        return entries;
    }
    bool create_folder(const base::FolderName& name, const repository::Context&) override {
        return disks_.try_emplace(name.text()).second;
    }
    void end_round(RoundEnd) noexcept override {}
    void keep_alive(const repository::Context&) noexcept override {}
    void restore_access_times() noexcept override {}
    void begin_changes() override {}
    void forget_changes() override {}
    std::unique_ptr<repository::LocalFolder> open_local(const repository::FolderEntry& folder,
                                                        const repository::Context&) override {
        return std::make_unique<FakeLocalFolder>(folder, disks_.at(folder.name.text()));
    }

    bool ignores_case = false;  // as some file systems do

  private:
    std::map<std::string, Disk>& disks_;
};

// A metadata directory of its own, gone afterwards.
class Metadata {
  public:
    Metadata() {
        std::string pattern = (std::filesystem::temp_directory_path() / "sync-test-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~Metadata() { std::filesystem::remove_all(path_); }
    Metadata(const Metadata&) = delete;
    Metadata& operator=(const Metadata&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace offlineimap::sync::fake

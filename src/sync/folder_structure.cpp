#include "folder_structure.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"

namespace offlineimap::sync {

namespace {

using base::FolderName;
using repository::Context;
using repository::FolderEntry;
using repository::name_on_other_side;
using repository::Side;

// As messages name a folder: a line end in a name must not begin a line of ours.
std::string shown(const FolderName& name) {
    return base::printable(name.text(), std::string_view::npos);
}

const FolderEntry* find(const std::vector<FolderEntry>& entries, const FolderName& name) {
    const auto at = std::find_if(entries.begin(), entries.end(),
                                 [&](const FolderEntry& entry) { return entry.name == name; });
    return at == entries.end() ? nullptr : &*at;
}

// RFC 3501 §5.1: INBOX is one mailbox, in whatever case its name is written.
const FolderEntry* find_inbox(const std::vector<FolderEntry>& entries, const FolderName& name) {
    if (!base::equals_ignoring_case(name.text(), "INBOX")) return nullptr;
    const auto at = std::find_if(entries.begin(), entries.end(), [](const FolderEntry& entry) {
        return base::equals_ignoring_case(entry.name.text(), "INBOX");
    });
    return at == entries.end() ? nullptr : &*at;
}

class Pairing {
  public:
    Pairing(const FolderSyncSettings& settings, repository::RemoteRepository& remote,
            repository::LocalRepository& local, const Context& context)
        : settings_(settings), remote_(remote), local_(local), context_(context) {}

    std::vector<FolderPair> run() {
        remote_folders_ = remote_.folders(context_);
        local_folders_ = local_.folders(context_);
        refuse_unsafe(expected_pairs());
        const auto local_before = local_folders_;
        if (may_create_in(local_)) create_missing_locally();
        if (may_create_in(remote_))
            create_missing_remotely(local_before);
        else
            tell_what_stays_local(local_before);
        if (!local_.options().readonly)
            context_.reporter(events::SyncingFolderStructure{end_of(remote_), end_of(local_)});
        return pairs();
    }

  private:
    static events::FolderEnd end_of(const repository::Repository& repository) {
        return {repository.name(), repository.kind(), ""};
    }

    static bool may_create_in(const repository::Repository& repository) {
        return repository.options().createfolders && !repository.options().readonly;
    }

    FolderName local_name(const FolderEntry& remote_folder) const {
        return name_on_other_side(remote_folder.visible_name, remote_.separator(), local_.separator());
    }
    FolderName remote_name(const FolderEntry& local_folder) const {
        return remote_.rules().own_name(
            name_on_other_side(local_folder.visible_name, local_.separator(), remote_.separator()));
    }

    // The local separator inside a remote name would become a level of hierarchy on the way back.
    bool has_local_separator(const FolderName& name) const {
        const char separator = local_.separator();
        return separator != '/' && separator != remote_.separator() &&
               name.text().find(separator) != std::string::npos;
    }

    bool is_synced(const FolderEntry& remote_folder) const {
        return remote_folder.selected && !has_local_separator(remote_folder.name) &&
               !refused_.contains(remote_folder.name);
    }

    // Whether there is nothing to make for a local folder that is called so there.
    bool is_on_server(const FolderName& name) const {
        return name.empty() || find(remote_folders_, name) || find_inbox(remote_folders_, name);
    }

    FolderPair pair_of(const FolderEntry& remote_folder, const FolderEntry& local_folder) const {
        return {
            .remote = remote_folder,
            .local = local_folder,
            .status = status_name(remote_folder, remote_.separator()),
            .remote_was_created = !settings_.dry_run && created_remotely_.contains(remote_folder.name),
            .remote_would_be_created = settings_.dry_run && created_remotely_.contains(remote_folder.name),
            .local_would_be_created = settings_.dry_run && created_locally_.contains(local_folder.name)};
    }

    // What there is to sync once every folder is made that may be. A folder that nobody may sync must not be
    // made either: making one means to forget the state files that it would share with another.
    std::vector<FolderPair> expected_pairs() const {
        std::vector<FolderPair> expected;
        for (const auto& remote_folder : remote_folders_) {
            if (!is_synced(remote_folder)) continue;
            const auto name = local_name(remote_folder);
            const auto* existing = find(local_folders_, name);
            if (!existing && !may_create_in(local_)) continue;
            const auto entry = existing ? *existing : local_.entry(name);
            if (entry.selected) expected.push_back(pair_of(remote_folder, entry));
        }
        if (!may_create_in(remote_)) return expected;
        for (const auto& local_folder : local_folders_) {
            const auto name = remote_name(local_folder);
            if (!local_folder.selected || is_on_server(name)) continue;
            const auto entry = remote_.entry(name);
            if (is_synced(entry) && local_name(entry) == local_folder.name)
                expected.push_back(pair_of(entry, local_folder));
        }
        return expected;
    }

    // Nothing is remembered of a folder that is made now: so that a folder removed on one side comes back,
    // instead of the other side being emptied as if the user had deleted every message. Before it is made: a
    // run that is killed between the two must not find an empty folder and a memory full of messages.
    void begin_afresh(const FolderEntry& remote_folder, const FolderEntry& local_folder) const {
        if (settings_.dry_run) return;
        const auto status = status_name(remote_folder, remote_.separator());
        end_renumbering(settings_.status, status);
        start_afresh(settings_.status, status);
        forget_validity(settings_.status, Side::remote, remote_folder.name);
        forget_validity(settings_.status, Side::local, local_folder.name);
    }

    // With `startdate`: where a folder begins is found again when its local side is new, ...
    void forget_start(const FolderEntry& remote_folder, const FolderEntry& local_folder) const {
        if (settings_.dry_run) return;
        repository::forget_start(settings_.status, Side::remote, remote_folder.name);
        repository::forget_start(settings_.status, Side::local, local_folder.name);
    }

    // ... and is the first of all where the server's side is new: what is here belongs to the sync.
    void begin_at_first_uid(const FolderEntry& remote_folder, const FolderEntry& local_folder) const {
        if (settings_.dry_run) return;
        const base::Uid first(1);
        if (remote_.options().startdate)
            save_start(settings_.status, Side::remote, remote_folder.name, first);
        if (local_.options().startdate) save_start(settings_.status, Side::local, local_folder.name, first);
    }

    // Throws Error{folder, unsafe_name}.
    std::vector<std::string> files_of(const FolderPair& pair) const {
        return state_files(settings_.status, pair.status, pair.remote, pair.local);
    }

    // Inside a handler only.
    void report(const base::Error& error, const std::string& what) const {
        if (error.severity() > base::Severity::folder) throw;
        context_.reporter(events::ErrorOccurred{what + " [account " + settings_.account + "]", error.what()});
    }

    void create_missing_locally() {
        for (const auto& remote_folder : remote_folders_) {
            if (!is_synced(remote_folder)) continue;
            const auto name = local_name(remote_folder);
            if (find(local_folders_, name)) continue;
            try {
                auto entry = local_.entry(name);
                require_own_directory(name);
                begin_afresh(remote_folder, entry);
                forget_start(remote_folder, entry);
                local_.create_folder(name, context_);
                created_locally_.insert(name);
                local_folders_.push_back(std::move(entry));
            } catch (const base::Error& error) {
                report(error, "Creating folder '" + shown(name) + "'");
            }
        }
    }

    void create_missing_remotely(const std::vector<FolderEntry>& local_before) {
        bool created = false;
        for (const auto& local_folder : local_before) {
            if (!local_folder.selected) continue;
            const auto name = remote_name(local_folder);
            if (name.empty() || find(remote_folders_, name) || refused_.contains(name)) continue;
            if (const auto* inbox = find_inbox(remote_folders_, name)) {
                report_other_inbox(local_folder, *inbox);
                continue;
            }
            if (!remote_.rules().selects(name)) {
                context_.reporter(events::FolderFiltered{name.text(), remote_.name()});
                continue;
            }
            require_round_trip(local_folder, name);
            try {
                const auto entry = remote_.entry(name);
                begin_afresh(entry, local_folder);
                begin_at_first_uid(entry, local_folder);
                if (!remote_.create_folder(name, context_)) {
                    // It may hold mail: nothing is concluded from its absence in the list.
                    context_.reporter(events::WarningGiven{"Folder '" + shown(name) + "' [" + remote_.name() +
                                                           "] exists, although the server does not list it; "
                                                           "it is not synced this time"});
                    continue;
                }
                created_remotely_.insert(name);
                created = true;
            } catch (const base::Error& error) {
                report(error, "Creating folder '" + shown(name) + "'");
            }
        }
        if (!created) return;
        if (settings_.dry_run) {
            for (const auto& name : created_remotely_) remote_folders_.push_back(remote_.entry(name));
        } else {
            remote_folders_ = remote_.folders(context_);
        }
    }

    // Differs from OfflineIMAP, which says nothing of them.
    void tell_what_stays_local(const std::vector<FolderEntry>& local_before) const {
        std::set<FolderName> synced;
        for (const auto& remote_folder : remote_folders_) synced.insert(local_name(remote_folder));
        std::vector<std::string> names;
        for (const auto& local_folder : local_before) {
            if (!local_folder.selected || synced.contains(local_folder.name)) continue;
            const auto name = remote_name(local_folder);
            if (!is_on_server(name) && remote_.rules().selects(name))
                names.push_back("'" + shown(local_folder.name) + "'");
        }
        if (names.empty()) return;
        const std::string option = remote_.options().readonly ? "readonly = yes" : "createfolders = no";
        context_.reporter(events::Information{"Not synced, because the server does not have them and '" +
                                              option + "' of repository '" + remote_.name() +
                                              "' forbids to make them: " + base::join(names, ", ")});
    }

    void report_other_inbox(const FolderEntry& local_folder, const FolderEntry& inbox) const {
        const auto name = local_name(inbox);
        if (name == local_folder.name) return;
        context_.reporter(events::WarningGiven{
            "Local folder '" + shown(local_folder.name) + "' is not synced: the server calls its INBOX '" +
            shown(inbox.name) + "', which is the local folder '" + shown(name) + "'. To go on with '" +
            shown(local_folder.name) + "', translate the name with nametrans."});
    }

    // Names that are not the same again after both translations would be made anew, one level deeper, on
    // every run.
    void require_round_trip(const FolderEntry& local_folder, const FolderName& name) const {
        const auto back = local_name(remote_.entry(name));
        if (back == local_folder.name) return;
        const auto again =
            name_on_other_side(local_.entry(back).visible_name, local_.separator(), remote_.separator());
        throw base::Error(base::Severity::repository, base::ErrorCode::configuration,
                          "INFINITE FOLDER CREATION DETECTED! Folder '" + shown(local_folder.name) +
                              "' (repository '" + local_.name() + "') would be created as folder '" +
                              shown(name) + "' (repository '" + remote_.name() + "'). The latter becomes '" +
                              shown(back) +
                              "' in return, leading to infinite folder creation cycles.\n SOLUTION: 1) Do "
                              "set your nametrans "
                              "rules on both repositories so they lead to identical names if applied back "
                              "and forth. 2) Use "
                              "folderfilter settings on a repository to prevent some folders from being "
                              "created on the other side.");
    }

    std::vector<FolderPair> pairs() const {
        std::vector<FolderPair> pairs;
        for (const auto& remote_folder : remote_folders_) {
            if (!remote_folder.selected) {
                context_.reporter(events::FolderFiltered{remote_folder.name.text(), remote_.name()});
                continue;
            }
            if (has_local_separator(remote_folder.name)) {
                context_.reporter(events::WarningGiven{"Ignoring folder '" + shown(remote_folder.name) +
                                                       "' due to unsupported '" + local_.separator() +
                                                       "' character serving as local separator."});
                report_twin(remote_folder);
                continue;
            }
            if (refused_.contains(remote_folder.name)) continue;
            if (auto pair = existing_pair_of(remote_folder)) pairs.push_back(std::move(*pair));
        }
        return pairs;
    }

    std::optional<FolderPair> existing_pair_of(const FolderEntry& remote_folder) const {
        const auto name = local_name(remote_folder);
        const auto* local_folder = find(local_folders_, name);
        if (!local_folder) {
            // Differs from OfflineIMAP, which aborts the account. A folder that appeared on the server during
            // this run has its turn in the next one.
            if (!may_create_in(local_)) {
                context_.reporter(events::WarningGiven{
                    "Folder '" + shown(remote_folder.name) + "' is not synced: there is no local folder '" +
                    shown(name) + "' and 'createfolders' or 'readonly' of repository '" + local_.name() +
                    "' forbids to make it."});
            }
            return std::nullopt;
        }
        if (!local_folder->selected) {
            context_.reporter(events::FolderFiltered{local_folder->name.text(), local_.name()});
            return std::nullopt;
        }
        return pair_of(remote_folder, *local_folder);
    }

    // Two folders with one mailbox, one Maildir or one state file between them would overwrite each other's
    // memory: neither is touched. Differs from OfflineIMAP, which shares them and never syncs the second.
    void refuse_unsafe(const std::vector<FolderPair>& pairs) {
        std::map<std::string, std::vector<const FolderPair*>> users;
        std::map<repository::DirectoryIdentity, std::vector<const FolderPair*>> directories;
        for (const auto& pair : pairs) {
            users["local folder '" + pair.local.name.text() + "'"].push_back(&pair);
            if (base::equals_ignoring_case(pair.remote.name.text(), "INBOX"))
                users["server's one mailbox INBOX"].push_back(&pair);
            try {
                require_safe(pair);
                for (const auto& file : files_of(pair)) users["state file '" + file + "'"].push_back(&pair);
                if (const auto directory = local_.directory(pair.local.name))
                    directories[*directory].push_back(&pair);
            } catch (const base::Error& error) {
                report(error, "Folder '" + shown(pair.remote.name) + "'");
                refused_.insert(pair.remote.name);
            }
        }
        for (const auto& [directory, sharing] : directories)
            users["directory of the local folder '" + sharing.front()->local.name.text() + "'"] = sharing;
        std::set<std::vector<const FolderPair*>> told;
        for (const auto& [what, sharing] : users) {
            if (sharing.size() < 2) continue;
            for (const auto* pair : sharing) refused_.insert(pair->remote.name);
            if (told.insert(sharing).second) report_collision(what, sharing);
        }
        refuse_companions(pairs);
    }

    // What a name alone tells. Before anything is done for the folder: its memory stays as it is.
    void require_safe(const FolderPair& pair) const {
        if (pair.remote.name.text().find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
            throw base::Error(base::Severity::folder, base::ErrorCode::unsafe_name,
                              "its name holds a line end or NUL; give it another one on the server");
        }
        local_.require_safe(pair.local.name);
    }

    // On a file system that takes two names for one, a folder that is listed under one of them is not new
    // under the other.
    void require_own_directory(const FolderName& name) const {
        const auto directory = local_.directory(name);
        if (!directory) return;
        for (const auto& other : local_folders_) {
            if (local_.directory(other.name) != directory) continue;
            throw base::Error(base::Severity::folder, base::ErrorCode::unsafe_name,
                              "its directory is that of the local folder '" + shown(other.name) +
                                  "', because the file system takes the two names for one. Keep them apart "
                                  "with nametrans or folderfilter.");
        }
    }

    // SQLite would take the state of a folder "Trip-journal" for the journal of "Trip", and delete it. The
    // other way round nothing is lost, so "Trip" goes on.
    void refuse_companions(const std::vector<FolderPair>& pairs) {
        std::map<std::string, const FolderPair*> owners;
        for (const auto& pair : pairs) {
            if (refused_.contains(pair.remote.name)) continue;
            for (const auto& file : companion_files(settings_.status, pair.status)) owners[file] = &pair;
        }
        for (const auto& pair : pairs) {
            if (refused_.contains(pair.remote.name)) continue;
            const auto status_file = files_of(pair).front();
            const auto owner = owners.find(status_file);
            if (owner == owners.end()) continue;
            refused_.insert(pair.remote.name);
            context_.reporter(events::ErrorOccurred{
                "", "Account " + settings_.account + ": the folder '" + shown(pair.remote.name) +
                        "' is not synced: its state file '" + status_file +
                        "' would be taken for a part of that of '" + shown(owner->second->remote.name) +
                        "'. Give it another name with nametrans, or leave it out with folderfilter."});
        }
    }

    // With "a/b" beside "a.b", mail that a person may take for synced is not: that is more than a warning.
    void report_twin(const FolderEntry& left_out) const {
        for (const auto& other : remote_folders_) {
            if (other.name == left_out.name || !is_synced(other) || local_name(other) != local_name(left_out))
                continue;
            context_.reporter(events::ErrorOccurred{
                "", "Account " + settings_.account + ": the folders '" + shown(other.name) + "' and '" +
                        shown(left_out.name) + "' would share the local folder '" + shown(local_name(other)) +
                        "'; '" + shown(left_out.name) +
                        "' is not synced. Give it another name with nametrans, or leave it out with "
                        "folderfilter."});
        }
    }

    void report_collision(const std::string& what, const std::vector<const FolderPair*>& sharing) const {
        std::string names;
        for (const auto* pair : sharing)
            names += (names.empty() ? "'" : " and '") + shown(pair->remote.name) + "'";
        context_.reporter(events::ErrorOccurred{
            "", "Account " + settings_.account + ": the folders " + names + " would share the " +
                    base::printable(what, std::string_view::npos) +
                    "; none of them is synced. Keep them apart with nametrans or folderfilter."});
    }

    const FolderSyncSettings& settings_;
    repository::RemoteRepository& remote_;
    repository::LocalRepository& local_;
    const Context& context_;
    std::vector<FolderEntry> remote_folders_;
    std::vector<FolderEntry> local_folders_;
    std::set<FolderName> refused_;  // remote folders, reported already
    std::set<FolderName> created_locally_;
    std::set<FolderName> created_remotely_;
};

}  // namespace

std::vector<FolderPair> pair_folders(const FolderSyncSettings& settings, repository::RemoteRepository& remote,
                                     repository::LocalRepository& local, const Context& context) {
    return Pairing(settings, remote, local, context).run();
}

}  // namespace offlineimap::sync

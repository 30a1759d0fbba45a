#include "folder_structure.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "offlineimap/base/error.hpp"

namespace offlineimap::sync {

namespace {

using base::FolderName;
using repository::Context;
using repository::FolderEntry;
using repository::name_on_other_side;
using repository::Side;

const FolderEntry* find(const std::vector<FolderEntry>& entries, const FolderName& name) {
    const auto at = std::find_if(entries.begin(), entries.end(),
                                 [&](const FolderEntry& entry) { return entry.name == name; });
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
        context_.reporter(events::SyncingFolderStructure{end_of(remote_), end_of(local_)});
        const auto local_before = local_folders_;
        if (may_create_in(local_)) create_missing_locally();
        if (may_create_in(remote_)) create_missing_remotely(local_before);
        return without_collisions(pairs());
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
        return name_on_other_side(local_folder.visible_name, local_.separator(), remote_.separator());
    }

    // The local separator inside a remote name would become a level of hierarchy on the way back.
    bool has_local_separator(const FolderName& name) const {
        const char separator = local_.separator();
        return separator != '/' && separator != remote_.separator() &&
               name.text().find(separator) != std::string::npos;
    }

    bool is_synced(const FolderEntry& remote_folder) const {
        return remote_folder.selected && !has_local_separator(remote_folder.name);
    }

    // Nothing is remembered of a folder that was just made: so that a folder removed on one side comes back,
    // instead of the other side being emptied as if the user had deleted every message.
    void begin_afresh(const FolderEntry& remote_folder, const FolderEntry& local_folder) const {
        if (settings_.dry_run) return;
        start_afresh(settings_.status, status_name(remote_folder, remote_.separator()));
        forget_validity(settings_.status, Side::remote, remote_folder.name);
        forget_validity(settings_.status, Side::local, local_folder.name);
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
                local_.create_folder(name, context_);
                auto entry = local_.entry(name);
                begin_afresh(remote_folder, entry);
                created_locally_.insert(name);
                local_folders_.push_back(std::move(entry));
            } catch (const base::Error& error) {
                report(error, "Creating folder '" + name.text() + "'");
            }
        }
    }

    void create_missing_remotely(const std::vector<FolderEntry>& local_before) {
        bool created = false;
        for (const auto& local_folder : local_before) {
            if (!local_folder.selected) continue;
            const auto name = remote_name(local_folder);
            if (name.empty() || find(remote_folders_, name)) continue;
            if (!remote_.rules().selects(name)) {
                context_.reporter(events::FolderFiltered{name.text(), remote_.name()});
                continue;
            }
            require_round_trip(local_folder, name);
            try {
                remote_.create_folder(name, context_);
                const auto entry = remote_.entry(name);
                begin_afresh(entry, local_folder);
                created_remotely_.insert(name);
                created = true;
            } catch (const base::Error& error) {
                report(error, "Creating folder '" + name.text() + "'");
            }
        }
        if (!created) return;
        if (settings_.dry_run) {
            for (const auto& name : created_remotely_) remote_folders_.push_back(remote_.entry(name));
        } else {
            remote_folders_ = remote_.folders(context_);
        }
    }

    // Names that are not the same again after both translations would be made anew, one level deeper, on
    // every run.
    void require_round_trip(const FolderEntry& local_folder, const FolderName& name) const {
        const auto back = local_name(remote_.entry(name));
        if (back == local_folder.name) return;
        const auto again =
            name_on_other_side(local_.entry(back).visible_name, local_.separator(), remote_.separator());
        throw base::Error(base::Severity::repository, base::ErrorCode::configuration,
                          "INFINITE FOLDER CREATION DETECTED! Folder '" + local_folder.name.text() +
                              "' (repository '" + local_.name() + "') would be created as folder '" +
                              name.text() + "' (repository '" + remote_.name() + "'). The latter becomes '" +
                              back.text() +
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
                context_.reporter(events::WarningGiven{"Ignoring folder '" + remote_folder.name.text() +
                                                       "' due to unsupported '" + local_.separator() +
                                                       "' character serving as local separator."});
                report_twin(remote_folder);
                continue;
            }
            if (auto pair = pair_of(remote_folder)) pairs.push_back(std::move(*pair));
        }
        return pairs;
    }

    std::optional<FolderPair> pair_of(const FolderEntry& remote_folder) const {
        const auto name = local_name(remote_folder);
        const auto* local_folder = find(local_folders_, name);
        if (!local_folder) {
            // Differs from OfflineIMAP, which aborts the account. A folder that appeared on the server during
            // this run has its turn in the next one.
            if (!may_create_in(local_)) {
                context_.reporter(events::WarningGiven{
                    "Folder '" + remote_folder.name.text() + "' is not synced: there is no local folder '" +
                    name.text() + "' and 'createfolders' or 'readonly' of repository '" + local_.name() +
                    "' forbids to make it."});
            }
            return std::nullopt;
        }
        if (!local_folder->selected) {
            context_.reporter(events::FolderFiltered{local_folder->name.text(), local_.name()});
            return std::nullopt;
        }
        return FolderPair{
            .remote = remote_folder,
            .local = *local_folder,
            .status = status_name(remote_folder, remote_.separator()),
            .remote_would_be_created = settings_.dry_run && created_remotely_.contains(remote_folder.name),
            .local_would_be_created = settings_.dry_run && created_locally_.contains(name)};
    }

    // Two folders with one Maildir or one state file between them would overwrite each other's memory:
    // neither is touched. Differs from OfflineIMAP, which shares them and never syncs the second.
    std::vector<FolderPair> without_collisions(std::vector<FolderPair> pairs) const {
        std::map<std::string, std::vector<std::size_t>> users;
        std::set<std::size_t> refused;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            users["local folder '" + pairs[i].local.name.text() + "'"].push_back(i);
            try {
                for (const auto& file :
                     state_files(settings_.status, pairs[i].status, pairs[i].remote, pairs[i].local)) {
                    users["state file '" + file + "'"].push_back(i);
                }
            } catch (const base::Error& error) {
                report(error, "Folder '" + pairs[i].remote.name.text() + "'");
                refused.insert(i);
            }
        }
        std::set<std::vector<std::size_t>> told;
        for (const auto& [what, indices] : users) {
            if (indices.size() < 2) continue;
            refused.insert(indices.begin(), indices.end());
            if (told.insert(indices).second) report_collision(what, indices, pairs);
        }
        std::vector<FolderPair> safe;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            if (!refused.contains(i)) safe.push_back(std::move(pairs[i]));
        }
        return safe;
    }

    // With "a/b" beside "a.b", mail that a person may take for synced is not: that is more than a warning.
    void report_twin(const FolderEntry& left_out) const {
        for (const auto& other : remote_folders_) {
            if (other.name == left_out.name || !is_synced(other) || local_name(other) != local_name(left_out))
                continue;
            context_.reporter(events::ErrorOccurred{
                "", "Account " + settings_.account + ": the folders '" + other.name.text() + "' and '" +
                        left_out.name.text() + "' would share the local folder '" + local_name(other).text() +
                        "'; '" + left_out.name.text() +
                        "' is not synced. Give it another name with nametrans, or leave it out with "
                        "folderfilter."});
        }
    }

    void report_collision(const std::string& what, const std::vector<std::size_t>& indices,
                          const std::vector<FolderPair>& pairs) const {
        std::string names;
        for (const auto index : indices)
            names += (names.empty() ? "'" : " and '") + pairs[index].remote.name.text() + "'";
        context_.reporter(events::ErrorOccurred{
            "", "Account " + settings_.account + ": the folders " + names + " would share the " + what +
                    "; none of them is synced. Keep them apart with nametrans or folderfilter."});
    }

    const FolderSyncSettings& settings_;
    repository::RemoteRepository& remote_;
    repository::LocalRepository& local_;
    const Context& context_;
    std::vector<FolderEntry> remote_folders_;
    std::vector<FolderEntry> local_folders_;
    std::set<FolderName> created_locally_;
    std::set<FolderName> created_remotely_;
};

}  // namespace

std::vector<FolderPair> pair_folders(const FolderSyncSettings& settings, repository::RemoteRepository& remote,
                                     repository::LocalRepository& local, const Context& context) {
    return Pairing(settings, remote, local, context).run();
}

}  // namespace offlineimap::sync

// The two ends of an account: where folders are listed, made and opened.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "offlineimap/config/options.hpp"
#include "offlineimap/repository/context.hpp"
#include "offlineimap/repository/folder.hpp"
#include "offlineimap/repository/folder_rules.hpp"

namespace offlineimap::repository {

// Thread-safe but for connect-time state noted below: folders() runs on the account's thread before any
// folder is opened.
class Repository {
  public:
    virtual ~Repository() = default;
    const config::Repository& options() const noexcept { return options_; }
    const std::string& name() const noexcept { return options_.name; }
    const FolderRules& rules() const noexcept { return rules_; }

    // As lines name it: "IMAP", "Maildir".
    virtual std::string kind() const = 0;
    // IMAP: known after folders().
    virtual char separator() const = 0;
    // All folders, filtered ones included (their entry says so), in sync order.
    virtual std::vector<FolderEntry> folders(const Context& context) = 0;
    // Makes a folder; for IMAP its missing ancestors too. False: it existed already.
    virtual bool create_folder(const base::FolderName& name, const Context& context) = 0;
    // Between rounds: whether connections are kept is the repository's own configuration; `failed` drops them
    // all.
    enum class RoundEnd { done, failed };
    virtual void end_round(RoundEnd end) noexcept = 0;
    // During a long sleep: NOOP on kept connections.
    virtual void keep_alive(const Context& context) noexcept = 0;

    FolderEntry entry(const base::FolderName& name) const { return rules_.entry(name, separator()); }

  protected:
    Repository(config::Repository options, python::Interpreter& interpreter)
        : options_(std::move(options)), rules_(options_, interpreter) {}

  private:
    config::Repository options_;
    FolderRules rules_;
};

// What a server says of itself, for `--info`.
struct ServerDescription {
    std::string greeting;                   // its first line
    std::vector<std::string> capabilities;  // upper case, after login, in its order
    // Where the user's own mailboxes are, if it tells (RFC 2342): names begin with `prefix`.
    struct Namespace {
        std::string prefix;
        std::optional<char> separator;
    };
    std::optional<Namespace> personal = {};
};

class RemoteRepository : public Repository {
  public:
    virtual std::unique_ptr<RemoteFolder> open_remote(const FolderEntry& entry, const Context& context) = 0;
    // Connects if there is no connection.
    virtual ServerDescription describe(const Context& context) = 0;
    // `copy_ignore_eval` for this folder: UIDs that are never downloaded. Ascending.
    virtual std::vector<base::Uid> never_copied(const FolderEntry& entry) = 0;
    // `newmail_hook`; does nothing if none is configured. It finds Surroundings::changes_file in its
    // environment, and runs alone: other accounts' wait.
    virtual void call_new_mail_hook() = 0;
    // --delete-folder. Throws Error{folder, refused} with the server's text.
    virtual void delete_folder(const base::FolderName& name, const Context& context) = 0;

  protected:
    using Repository::Repository;
};

// Device and inode: what tells a directory from every other, whatever path leads to it.
using DirectoryIdentity = std::pair<std::uint64_t, std::uint64_t>;

class LocalRepository : public Repository {
  public:
    // Throws Error{folder, unsafe_name} for names that would leave the root or that no folder may have.
    virtual void require_safe(const base::FolderName& name) const = 0;
    // nullopt: the folder is not there.
    virtual std::optional<DirectoryIdentity> directory(const base::FolderName& name) const = 0;
    virtual std::unique_ptr<LocalFolder> open_local(const FolderEntry& entry, const Context& context) = 0;
    // Before and after a folder's sync (restoreatime).
    virtual void restore_access_times() noexcept = 0;
    virtual std::string root() const = 0;
    // The list of what changes here (Surroundings::changes_file): there from begin to forget, with what
    // earlier rounds left in it. Both do nothing if none is kept, and are called while no folder is open.
    virtual void begin_changes() = 0;
    virtual void forget_changes() = 0;

  protected:
    using Repository::Repository;
};

// What both kinds need beyond their own options. References outlive the repositories.
struct Surroundings {
    const config::General& general;
    config::Account account;
    const config::Surroundings& paths;
    python::Interpreter& interpreter;
    events::Sink& sink;   // for password prompts
    std::string version;  // of this program, for ID
    // Where what changes in the local files is listed for hooks (docs/hooks.md); empty: nowhere.
    std::filesystem::path changes_file = {};
};

std::unique_ptr<RemoteRepository> make_remote_repository(const config::Repository& options,
                                                         const Surroundings& surroundings);
std::unique_ptr<LocalRepository> make_local_repository(const config::Repository& options,
                                                       const Surroundings& surroundings);

}  // namespace offlineimap::repository

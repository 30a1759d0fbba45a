// [mbnames]: the list of folders for a mail reader (reference: on-disk formats §9). Each account leaves the
// folders it synced in a JSON file of its own; the final file is made of all of them, so that accounts not
// synced now stay listed.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "offlineimap/repository/context.hpp"
#include "offlineimap/sync/account.hpp"

namespace offlineimap::sync {

// accountname, foldername, localfolders; the last is missing for a local IMAP server.
using MbnamesItem = std::vector<std::pair<std::string, std::optional<std::string>>>;

// conversion % item in Python, for one conversion such as "%(foldername)-10s".
using FormatConversion = std::function<std::string(const std::string& conversion, const MbnamesItem& item)>;

struct MbnamesSettings {
    std::filesystem::path directory;  // <metadata>/mbnames
    std::filesystem::path filename;
    std::string header, separator, footer;
    std::string peritem;  // a template of Python's % operator over the item
    FormatConversion format;
    bool incremental = false;
    bool dry_run = false;
    std::function<bool(const std::string& account, const std::string& folder)> selects;  // null: all
    std::function<std::vector<std::size_t>(const std::vector<MbnamesItem>&)>
        sorted_order;  // null: by account, then folder
};

// Thread-safe. Errors are reported; they never end a sync.
class Mbnames {
  public:
    Mbnames(MbnamesSettings settings, events::Reporter reporter);
    // The folders of one account's round.
    void account_done(const std::string& account, const std::vector<SyncedFolder>& folders);
    bool is_incremental() const noexcept { return settings_.incremental; }
    // The final file; also at the end of each account with `incremental`.
    void write();

  private:
    void write_account(const std::string& account, const std::vector<SyncedFolder>& folders) const;
    std::vector<MbnamesItem> all_items() const;
    void write_final() const;

    MbnamesSettings settings_;
    events::Reporter reporter_;
    std::mutex files_mutex_;  // held while the files are written: one writer at a time in this process
};

// --mbnames-prune: removes the files of all accounts but `kept` from `directory`, and tells of each, or that
// there was none; a dry run only tells. Names are compared whole. Differs from OfflineIMAP, which keeps the
// file of "Foo" while "FooBar" is configured.
void prune_mbnames(const std::filesystem::path& directory, const std::vector<std::string>& kept,
                   events::Run run, const events::Reporter& reporter);

// peritem % item in Python, but for names: between double quotes, what a mail reader would act on is escaped
// with a backslash; nullopt: a name cannot be written so that a mail reader takes it for one. Throws
// Error{repository, configuration} for a conversion without a key, or with one that no item has; and what
// `format` throws.
std::optional<std::string> format_item(const std::string& peritem, const MbnamesItem& item,
                                       const FormatConversion& format);

}  // namespace offlineimap::sync

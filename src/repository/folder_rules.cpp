#include "offlineimap/repository/folder_rules.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "offlineimap/base/text.hpp"
#include "offlineimap/client/mailbox_name.hpp"
#include "offlineimap/python/interpreter.hpp"

namespace offlineimap::repository {

namespace {

// A name that is no modified UTF-7 stays as it is.
std::string decoded(const std::string& name) {
    return client::folder_name(base::MailboxName(name), client::NameForm::utf8).text();
}

std::optional<python::Function> function_of(const std::optional<config::Expression>& expression,
                                            python::Interpreter& interpreter) {
    if (!expression) return std::nullopt;
    return interpreter.evaluate_function(*expression, python::Names::with_re);
}

// A user's comparator need not be a consistent order, which std::sort must not be given. Inserting each
// element by binary search ends with any comparator, and gives the stable order with a consistent one.
template <class Less>
void insertion_sort(std::vector<FolderEntry>& folders, Less less) {
    std::vector<FolderEntry> sorted;
    sorted.reserve(folders.size());
    for (auto& folder : folders) {
        std::size_t low = 0;
        std::size_t high = sorted.size();
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            if (less(folder, sorted[middle])) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        sorted.insert(sorted.begin() + static_cast<std::ptrdiff_t>(low), std::move(folder));
    }
    folders = std::move(sorted);
}

}  // namespace

struct FolderRules::State {
    std::optional<python::Function> nametrans;
    std::optional<python::Function> folderfilter;
    std::optional<python::Function> foldersort;
    std::vector<std::string> includes;
    std::optional<std::vector<std::string>> only_folders;
    bool dynamic_filter = false;
    bool decode = false;

    // Guards `verdicts`: the filter is called once a name unless `dynamic_folderfilter` is on.
    std::mutex verdicts_mutex_;
    std::unordered_map<std::string, bool> verdicts;

    bool filter(const std::string& name) {
        if (!folderfilter) return true;
        if (dynamic_filter) return folderfilter->call_truth(name);
        {
            const std::lock_guard lock(verdicts_mutex_);
            if (const auto known = verdicts.find(name); known != verdicts.end()) return known->second;
        }
        const bool verdict = folderfilter->call_truth(name);
        const std::lock_guard lock(verdicts_mutex_);
        return verdicts.emplace(name, verdict).first->second;
    }
};

FolderRules::FolderRules(const config::Repository& options, python::Interpreter& interpreter)
    : state_(std::make_unique<State>()) {
    state_->nametrans = function_of(options.nametrans, interpreter);
    state_->foldersort = function_of(options.foldersort, interpreter);
    state_->only_folders = options.only_folders;
    state_->dynamic_filter = options.dynamic_folderfilter;
    state_->decode = options.is_imap() && options.imap().decodefoldernames;
    if (state_->only_folders) return;  // -f replaces both of the others
    state_->folderfilter = function_of(options.folderfilter, interpreter);
    if (options.folderincludes) {
        state_->includes = interpreter.evaluate_texts(*options.folderincludes, python::Names::with_re);
    }
}

FolderRules::~FolderRules() = default;

FolderEntry FolderRules::entry(const base::FolderName& name, char separator) const {
    std::string visible = state_->nametrans ? state_->nametrans->call_text(name.text()) : name.text();
    if (visible.size() == 1 && visible.front() == separator) visible.clear();
    if (state_->decode) visible = decoded(visible);
    return FolderEntry{name, base::FolderName(std::move(visible)), selects(name)};
}

// Differs from OfflineIMAP, whose decodefoldernames works in one direction only: the way back needed an
// encoding nametrans. What that gives is taken as it is.
base::FolderName FolderRules::own_name(const base::FolderName& name) const {
    if (!state_->decode || decoded(name.text()) != name.text()) return name;
    return base::FolderName(client::mailbox_name(name, client::NameForm::utf8).text());
}

bool FolderRules::selects(const base::FolderName& name) const {
    const auto listed = [&](const std::vector<std::string>& names) {
        return std::find(names.begin(), names.end(), name.text()) != names.end();
    };
    if (state_->only_folders) return listed(*state_->only_folders);
    return listed(state_->includes) || state_->filter(name.text());
}

const std::vector<std::string>& FolderRules::includes() const noexcept {
    return state_->includes;
}

void FolderRules::sort(std::vector<FolderEntry>& folders) const {
    insertion_sort(folders, [this](const FolderEntry& a, const FolderEntry& b) {
        const std::string& x = a.visible_name.text();
        const std::string& y = b.visible_name.text();
        if (state_->foldersort) return state_->foldersort->call_compare(x, y) < 0;
        return base::to_lower(x) < base::to_lower(y);
    });
}

base::FolderName name_on_other_side(const base::FolderName& visible_name, char separator,
                                    char other_separator) {
    std::string name = visible_name.text();
    std::replace(name.begin(), name.end(), separator, other_separator);
    return base::FolderName(std::move(name));
}

}  // namespace offlineimap::repository

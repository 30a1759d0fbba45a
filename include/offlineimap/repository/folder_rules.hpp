// What the configuration says about folder names of one repository: translation, filter, additions, order.
// Hides the Python behind them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offlineimap/base/types.hpp"
#include "offlineimap/config/options.hpp"

namespace offlineimap::python {
class Interpreter;
}

namespace offlineimap::repository {

// A folder of one repository, as the account sees it.
struct FolderEntry {
    base::FolderName name;          // its own name
    base::FolderName visible_name;  // translated by this repository's nametrans; '' if that equals the
                                    // separator; decoded with `decodefoldernames`
    bool selected = true;           // the filter's verdict
};

// Thread-safe. Errors of evaluated options are Error{repository, python}.
class FolderRules {
  public:
    // Evaluates nametrans, folderfilter, folderincludes and foldersort at once, so that a broken one is known
    // before anything is done.
    FolderRules(const config::Repository& options, python::Interpreter& interpreter);
    ~FolderRules();

    FolderEntry entry(const base::FolderName& name, char separator) const;
    // How this repository writes a name that came from the other side: with `decodefoldernames` one that is
    // no modified UTF-7 is encoded.
    base::FolderName own_name(const base::FolderName& name) const;
    // `name in folderincludes or folderfilter(name)`.
    bool selects(const base::FolderName& name) const;
    const std::vector<std::string>& includes() const noexcept;
    // By foldersort, else by visible name ignoring case. Stable.
    void sort(std::vector<FolderEntry>& folders) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// This side's visible name as the other side names the folder: this separator becomes the other one.
base::FolderName name_on_other_side(const base::FolderName& visible_name, char separator,
                                    char other_separator);

}  // namespace offlineimap::repository

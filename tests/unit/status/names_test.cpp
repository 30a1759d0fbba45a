#include "offlineimap/status/names.hpp"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"

namespace offlineimap::status {
namespace {

base::FolderName folder(std::string name) {
    return base::FolderName(std::move(name));
}

TEST(StateFileName, IsTheOriginals) {
    const std::vector<std::pair<std::string, std::string>> names = {
        {"INBOX", "INBOX"},
        {"Archive/2024", "Archive.2024"},
        {"Sent Items", "Sent Items"},
        {"G&AOQ-ste", "G&AOQ-ste"},
        {"G\xC3\xA4ste", "G\xC3\xA4ste"},
        {"", "dot"},
        {".", "dot"},
        {"/", "dot"},
        {".Sent Items", ".Sent Items"},
        {"a/../b", "a....b"},
        {"/etc/passwd", ".etc.passwd"},
        {"...", "..."},
        {std::string(255, 'x'), std::string(255, 'x')},
    };
    for (const auto& [name, file] : names) EXPECT_EQ(state_file_name(folder(name)), file);
}

TEST(StateFileName, RefusesWhatIsNoFileNameOrLeavesItsDirectory) {
    const std::vector<std::string> names = {
        "..", "/.", "./", "//", std::string("a\0b", 3), std::string(256, 'x')};
    for (const auto& name : names) {
        try {
            const auto file = state_file_name(folder(name));
            ADD_FAILURE() << "'" << name << "' became '" << file << "'";
        } catch (const base::Error& error) {
            EXPECT_EQ(error.code(), base::ErrorCode::unsafe_name);
            EXPECT_EQ(error.severity(), base::Severity::folder);
        }
    }
}

TEST(MetadataTree, HasTheOriginalsPlaces) {
    const MetadataTree tree{.root = "/home/u/.offlineimap"};
    EXPECT_EQ(tree.account_lock("My Mail"), "/home/u/.offlineimap/My Mail.lock");
    EXPECT_EQ(tree.plain_status("A", folder("a/b")), "/home/u/.offlineimap/Account-A/LocalStatus/a.b");
    EXPECT_EQ(tree.sqlite_status("A", folder("")), "/home/u/.offlineimap/Account-A/LocalStatus-sqlite/dot");
    EXPECT_EQ(tree.folder_validity("R", folder("INBOX")),
              "/home/u/.offlineimap/Repository-R/FolderValidity/INBOX");
    EXPECT_EQ(tree.uid_mapping("R", folder("x")), "/home/u/.offlineimap/Repository-R/UIDMapping/x");
    EXPECT_EQ(tree.start_uid("R", folder("x")), "/home/u/.offlineimap/Repository-R/StartUID/x");
    EXPECT_EQ(tree.mbnames("A"), "/home/u/.offlineimap/mbnames/A.json");
}

}  // namespace
}  // namespace offlineimap::status

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

TEST(StateFileName, IsNeverThatOfAFileBesideAnother) {
    const std::filesystem::path inbox = "/m/FolderValidity/INBOX";
    for (const auto& file : {temporary_of(inbox), intents_of(inbox)}) {
        EXPECT_EQ(file.parent_path(), inbox.parent_path());
        EXPECT_THROW(state_file_name(folder(file.filename().string())), base::Error);
    }
    EXPECT_NE(temporary_of(inbox), temporary_of("/m/FolderValidity/INBOX.tmp"));
    EXPECT_NE(temporary_of(inbox), temporary_of(intents_of(inbox)));
    // Only those are refused; a folder's name may begin like them, or be what the original's are.
    for (const auto* name : {".offlineimap-list", ".offlineimap-list.tmp", "INBOX.tmp", "INBOX.intents"}) {
        EXPECT_EQ(state_file_name(folder(name)), name);
    }
    EXPECT_EQ(temporary_of(std::filesystem::path("/m") / std::string(255, 'x')).filename().string().size(),
              49U);
}

TEST(MetadataTree, LeavesRoomForTheJournalBesideAStatus) {
    const MetadataTree tree{.root = "/m"};
    const auto longest = folder(std::string(247, 'x'));
    const auto too_long = folder(std::string(248, 'x'));
    EXPECT_EQ(tree.sqlite_status("A", longest).filename(), longest.text());
    EXPECT_THROW(tree.sqlite_status("A", too_long), base::Error);
    EXPECT_THROW(tree.plain_status("A", too_long), base::Error);
    EXPECT_EQ(tree.folder_validity("R", too_long).filename(), too_long.text());
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
    EXPECT_EQ(tree.failed_adoption("A", folder("a/b")), "/home/u/.offlineimap/Account-A/FailedAdoption/a.b");
    EXPECT_EQ(tree.mbnames("A"), "/home/u/.offlineimap/mbnames/A.json");
}

}  // namespace
}  // namespace offlineimap::status

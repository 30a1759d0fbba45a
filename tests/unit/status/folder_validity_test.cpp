#include "offlineimap/status/folder_validity.hpp"

#include "state_directory.hpp"

namespace offlineimap::status::test {
namespace {

class FolderValidity : public StateDirectory {
  protected:
    fs::path file() const { return root() / "Repository-R" / "FolderValidity" / "INBOX"; }
};

TEST_F(FolderValidity, IsADecimalNumberAndLineFeed) {
    write_validity(file(), base::UidValidity(1795376872));
    EXPECT_EQ(content_of(file()), "1795376872\n");
    EXPECT_EQ(read_validity(file()), base::UidValidity(1795376872));
    EXPECT_EQ(mode_of(file()), 0600U);
    EXPECT_EQ(mode_of(file().parent_path()), 0700U);
    EXPECT_EQ(mode_of(file().parent_path().parent_path()), 0700U);
}

TEST_F(FolderValidity, ReplacesAnOlderOneAndLeavesNoTemporaryFile) {
    write_validity(file(), base::UidValidity(1));
    write_validity(file(), base::UidValidity(4294967295));
    EXPECT_EQ(read_validity(file()), base::UidValidity(4294967295));
    EXPECT_EQ(names_below(file().parent_path()), std::vector<std::string>{"INBOX"});
}

TEST_F(FolderValidity, IsUnknownWithoutAFileAndAfterForgetting) {
    EXPECT_EQ(read_validity(file()), std::nullopt);
    write_validity(file(), base::UidValidity(5));
    forget_validity(file());
    EXPECT_EQ(read_validity(file()), std::nullopt);
    forget_validity(file());
}

TEST_F(FolderValidity, ReadsTheFirstLineWithoutBlanks) {
    for (const std::string content : {"42\n", "42", " 42 \r\nrest\n"}) {
        write_content(file(), content);
        EXPECT_EQ(read_validity(file()), base::UidValidity(42)) << content;
    }
}

TEST_F(FolderValidity, RefusesWhatIsNoNumber) {
    for (const std::string content : {"", "\n", "x\n", "4 2\n", "-1\n", "4294967296\n"}) {
        SCOPED_TRACE(content);
        write_content(file(), content);
        expect_corrupt([&] { read_validity(file()); }, file());
    }
}

}  // namespace
}  // namespace offlineimap::status::test

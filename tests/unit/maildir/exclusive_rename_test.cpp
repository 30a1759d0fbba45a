#include "offlineimap/maildir/exclusive_rename.hpp"

#include <cerrno>
#include <fcntl.h>

#include <gmock/gmock.h>

#include "offlineimap/os/file.hpp"

#include "maildir_fixture.hpp"

namespace offlineimap::maildir {
namespace {

using testing::ElementsAre;

// Every way has to behave the same.
class ExclusiveRename : public MaildirTest,
                        public testing::WithParamInterface<int (*)(const FileAt&, const FileAt&)> {
  protected:
    ExclusiveRename()
        : new_(os::open_directory(path() / "new", base::Severity::folder)),
          cur_(os::open_directory(path() / "cur", base::Severity::folder)) {}
    int rename_from_new_to_cur(const std::string& from, const std::string& to) const {
        return GetParam()({new_.get(), from}, {cur_.get(), to});
    }

  private:
    os::FileDescriptor new_;
    os::FileDescriptor cur_;
};

TEST_P(ExclusiveRename, MovesAFile) {
    put("new/a", "content");
    EXPECT_EQ(rename_from_new_to_cur("a", "b"), 0);
    EXPECT_THAT(in_new(), ElementsAre());
    EXPECT_THAT(in_cur(), ElementsAre("b"));
    EXPECT_EQ(read_file(path() / "cur" / "b"), "content");
}

TEST_P(ExclusiveRename, NeverReplacesAFile) {
    put("new/a", "ours");
    put("cur/b", "theirs");
    EXPECT_EQ(rename_from_new_to_cur("a", "b"), EEXIST);
    EXPECT_EQ(read_file(path() / "new" / "a"), "ours");
    EXPECT_EQ(read_file(path() / "cur" / "b"), "theirs");
}

TEST_P(ExclusiveRename, NeverReplacesADanglingLink) {
    put("new/a", "ours");
    fs::create_symlink("nowhere", path() / "cur" / "b");
    EXPECT_EQ(rename_from_new_to_cur("a", "b"), EEXIST);
    EXPECT_THAT(in_new(), ElementsAre("a"));
}

TEST_P(ExclusiveRename, SaysThatTheFileIsMissing) {
    EXPECT_EQ(rename_from_new_to_cur("a", "b"), ENOENT);
    EXPECT_THAT(in_cur(), ElementsAre());
}

std::string name_of_way(const testing::TestParamInfo<ExclusiveRename::ParamType>& way) {
    if (way.param == &rename_by_linking) return "ByLinking";
    return way.param == &rename_after_looking ? "AfterLooking" : "BestWay";
}

INSTANTIATE_TEST_SUITE_P(AllWays, ExclusiveRename,
                         testing::Values(&rename_exclusively, &rename_by_linking, &rename_after_looking),
                         name_of_way);

}  // namespace
}  // namespace offlineimap::maildir

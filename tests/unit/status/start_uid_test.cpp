#include "offlineimap/status/start_uid.hpp"

#include "offlineimap/base/error.hpp"

#include "state_directory.hpp"

namespace offlineimap::status::test {
namespace {

class StartUid : public StateDirectory {
  protected:
    fs::path file() const { return root() / "Repository-R" / "StartUID" / "INBOX"; }
};

TEST_F(StartUid, IsADecimalNumberAndLineFeed) {
    EXPECT_EQ(read_start_uid(file()), std::nullopt);
    write_start_uid(file(), base::Uid(4));
    EXPECT_EQ(content_of(file()), "4\n");
    EXPECT_EQ(read_start_uid(file()), base::Uid(4));
}

TEST_F(StartUid, IsRefusedIfItIsNoUid) {
    for (const std::string content : {"", "0\n", "-1\n", "4294967296\n", "four\n"}) {
        write_content(file(), content);
        try {
            read_start_uid(file());
            ADD_FAILURE() << "accepted: " << content;
        } catch (const base::Error& error) {
            EXPECT_EQ(error.code(), base::ErrorCode::corrupt_state) << content;
        }
    }
}

}  // namespace
}  // namespace offlineimap::status::test

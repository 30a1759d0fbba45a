#include "offlineimap/status/renumbering.hpp"

#include "offlineimap/base/error.hpp"

#include "state_directory.hpp"

namespace offlineimap::status::test {
namespace {

using base::Uid;

class RenumberingFile : public StateDirectory {
  protected:
    fs::path file() const { return root() / "Account-A" / "Renumbering" / "INBOX"; }
};

TEST_F(RenumberingFile, ComesBackAsItWasWritten) {
    const Renumbering renumbering{
        .uid_validity = base::UidValidity(4294967295),
        .messages = {
            {.local_name = "1_0.1.h,U=5,FMD5=x:2,S", .uid = Uid(1), .agreed = mail::Flags::parse("FS")},
            {.local_name = "odd name\nwith % and \x7f", .uid = Uid(4294967295), .agreed = mail::Flags()},
            {.local_name = "unknown", .uid = Uid(2)}}};
    write_renumbering(file(), renumbering);
    EXPECT_EQ(read_renumbering(file()), renumbering);
    EXPECT_EQ(mode_of(file()), 0600U);
    EXPECT_EQ(mode_of(file().parent_path()), 0700U);
}

TEST_F(RenumberingFile, MayHoldNoMessage) {
    write_renumbering(file(), {.uid_validity = base::UidValidity(7)});
    EXPECT_EQ(read_renumbering(file()), (Renumbering{.uid_validity = base::UidValidity(7)}));
}

TEST_F(RenumberingFile, IsNotUnderWayWithoutAFile) {
    EXPECT_EQ(read_renumbering(file()), std::nullopt);
    write_renumbering(file(), {.uid_validity = base::UidValidity(7)});
    remove_renumbering(file());
    EXPECT_EQ(read_renumbering(file()), std::nullopt);
}

TEST_F(RenumberingFile, IsRefusedWhenDamaged) {
    for (const std::string content :
         {"", "something else\n7\n", "offlineimap renumbering 1\n", "offlineimap renumbering 1\nx\n",
          "offlineimap renumbering 1\n7\n1 =S name", "offlineimap renumbering 1\n7\n0 =S name\n",
          "offlineimap renumbering 1\n7\n1 S name\n", "offlineimap renumbering 1\n7\n1 =S\n",
          "offlineimap renumbering 1\n7\n1  name\n", "offlineimap renumbering 1\n7\n1 =S %4\n"}) {
        write_content(file(), content);
        try {
            read_renumbering(file());
            ADD_FAILURE() << "accepted: " << content;
        } catch (const base::Error& error) {
            EXPECT_EQ(error.code(), base::ErrorCode::corrupt_state) << content;
        }
    }
}

}  // namespace
}  // namespace offlineimap::status::test

// What `maxage`, `startdate` and `maxsize` let a sync see.
#include "offlineimap/os/system.hpp"

#include "folder_sync_fixture.hpp"

namespace offlineimap::sync {
namespace {

using namespace std::chrono_literals;
using base::Uid;

class Restricted : public FolderSyncTest {
  protected:
    Uid add(const char* body, std::chrono::days age) {
        const auto uid = server().add(body, "S");
        server().messages.at(uid).arrived = now_ - age;
        return uid;
    }
    std::string add_local(const char* body, std::chrono::days age) {
        auto name = disk().add(body);
        disk().files.at(name).message.arrived = now_ - age;
        return name;
    }
    static std::chrono::year_month_day day_of(std::chrono::sys_seconds moment) {
        return std::chrono::floor<std::chrono::days>(moment);
    }
    void expect_no_error() { EXPECT_EQ(errors(), std::vector<std::string>{}); }

    const std::chrono::sys_seconds now_ = os::now();
};

using std::chrono::days;

TEST_F(Restricted, MaxageCopiesFromTheFirstYoungMessageOn) {
    add("old", days(40));
    add("young", days(2));
    add("old but behind a young one", days(40));
    settings_.maxage = 30;
    sync();
    EXPECT_EQ(on_disk(), (Content{{2, "young/S"}, {3, "old but behind a young one/S"}}));
    expect_no_error();
}

TEST_F(Restricted, MaxageNeverTakesAnAgedMessageForADeletedOne) {
    add("a", days(40));
    add("b", days(2));
    sync();
    settings_.maxage = 30;
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "a/S"}, {2, "b/S"}}));
    EXPECT_EQ(on_server(), on_disk());
    settings_.maxage.reset();
    sync();
    EXPECT_EQ(server().fetched, 2U);
    EXPECT_EQ(on_server(), (Content{{1, "a/S"}, {2, "b/S"}}));
}

TEST_F(Restricted, MaxagePropagatesDeletionsAndFlagsOfYoungMessages) {
    add("a", days(40));
    add("b", days(3));
    add("c", days(2));
    add("d", days(1));
    sync();
    settings_.maxage = 30;
    server().messages.erase(Uid(4));
    disk().files.erase("uid3");
    disk().files.at("uid2").message.flags = mail::Flags::parse("FS");
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "a/S"}, {2, "b/FS"}}));
    EXPECT_EQ(on_server(), on_disk());
}

TEST_F(Restricted, MaxageGoesByTheNamesOfFilesWhereTheServerHasNothingYoung) {
    add("a", days(50));
    add("b", days(40));
    sync();
    add_local("old draft", days(60));
    add_local("young draft", days(1));
    disk().files.at("uid1").message.arrived = now_ - days(50);
    disk().files.at("uid2").message.arrived = now_ - days(40);
    settings_.maxage = 30;
    sync();
    EXPECT_EQ(on_server(), (Content{{1, "a/S"}, {2, "b/S"}, {3, "young draft/"}}));
    EXPECT_EQ(on_disk(), (Content{{0, "old draft/"}, {1, "a/S"}, {2, "b/S"}, {3, "young draft/"}}));
}

TEST_F(Restricted, MaxageRefusesADayToCome) {
    settings_.maxage = day_of(now_ + days(3));
    add("a", days(1));
    sync();
    ASSERT_EQ(errors().size(), 1U);
    EXPECT_NE(errors()[0].find("maxage led to future date"), std::string::npos);
    EXPECT_EQ(on_disk(), Content{});
}

TEST_F(Restricted, TakesNoQuickLook) {
    add("a", days(1));
    sync();
    server().messages.at(Uid(1)).flags = mail::Flags::parse("FS");
    settings_.maxage = 30;
    sync(Thoroughness::quick);
    EXPECT_EQ(on_disk(), (Content{{1, "a/FS"}}));
    ASSERT_EQ(sink_.all<events::WarningGiven>().size(), 1U);
    EXPECT_EQ(sink_.all<events::WarningGiven>()[0].text,
              "Quick syncs (-q) not supported in conjunction with maxage or startdate; ignoring -q.");
}

TEST_F(Restricted, MaxsizeLeavesLargeMessagesAloneOnBothSides) {
    server().add("small", "");
    server().add("much larger", "");
    disk().add("tiny", "");
    disk().add("a large one, too", "");
    settings_.maxsize = 10;
    sync();
    EXPECT_EQ(on_disk(), (Content{{0, "a large one, too/"}, {1, "small/"}, {3, "tiny/"}}));
    EXPECT_EQ(on_server(), (Content{{1, "small/"}, {2, "much larger/"}, {3, "tiny/"}}));
}

TEST_F(Restricted, MaxsizeNeverTakesALargeMessageForADeletedOne) {
    server().add("just as large", "S");
    server().add("also that large", "S");
    server().add("c", "S");
    sync();
    settings_.maxsize = 10;
    sync();
    // Gone on one side for good: a large message is still not this sync's business.
    server().messages.erase(Uid(1));
    disk().files.erase("uid2");
    server().messages.erase(Uid(3));
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "just as large/S"}}));
    EXPECT_EQ(on_server(), (Content{{2, "also that large/S"}}));
    settings_.maxsize.reset();
    sync();
    EXPECT_EQ(on_disk(), Content{});
    EXPECT_EQ(on_server(), Content{});
    EXPECT_EQ(server().fetched, 3U);
}

TEST_F(Restricted, StartdateOfTheServerIsFoundOnceAndKept) {
    add("old", days(40));
    add("young", days(2));
    remote_options_.startdate = day_of(now_ - days(10));
    sync();
    EXPECT_EQ(on_disk(), (Content{{2, "young/S"}}));
    remote_options_.startdate = day_of(now_ - days(100));
    add("new", days(0));
    sync();
    EXPECT_EQ(on_disk(), (Content{{2, "young/S"}, {3, "new/S"}}));
    expect_no_error();
}

TEST_F(Restricted, StartdateBeginsAtTheNextMessageWhereNoneIsYoungEnough) {
    add("old", days(40));
    remote_options_.startdate = day_of(now_ - days(10));
    sync();
    add("new", days(0));
    sync();
    EXPECT_EQ(on_disk(), (Content{{2, "new/S"}}));
}

TEST_F(Restricted, StartdateWantsTheOtherSideEmptyAtFirst) {
    add("a", days(1));
    add_local("b", days(1));
    remote_options_.startdate = day_of(now_ - days(10));
    sync();
    EXPECT_EQ(errors(), std::vector<std::string>{
                            "To use startdate on Repository Remote, Repository Local must be empty"});
    EXPECT_EQ(on_disk(), (Content{{0, "b/"}}));
    EXPECT_EQ(on_server(), (Content{{1, "a/S"}}));
}

TEST_F(Restricted, StartdateOfTheMaildirKeepsOlderFilesFromTheServer) {
    add_local("old", days(40));
    add_local("young", days(1));
    local_options_.startdate = day_of(now_ - days(10));
    sync();
    EXPECT_EQ(on_server(), (Content{{1, "young/"}}));
    add_local("newer", days(0));
    add("from elsewhere", days(0));
    sync();
    EXPECT_EQ(on_server(), (Content{{1, "young/"}, {2, "from elsewhere/S"}, {3, "newer/"}}));
    EXPECT_EQ(on_disk(), (Content{{0, "old/"}, {1, "young/"}, {2, "from elsewhere/S"}, {3, "newer/"}}));
    expect_no_error();
}

TEST_F(Restricted, AllowsOneRestrictionByDateOnly) {
    settings_.maxage = 30;
    remote_options_.startdate = day_of(now_ - days(10));
    try {
        sync();
        FAIL() << "both were accepted";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.severity(), base::Severity::repository);
    }
}

}  // namespace
}  // namespace offlineimap::sync

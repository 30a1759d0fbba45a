#include <sys/time.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "offlineimap/base/error.hpp"
#include "offlineimap/os/file.hpp"

#include "maildir_fixture.hpp"

namespace offlineimap::maildir {
namespace {

using mail::Flags;
using mail::MessageKey;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

class FolderChanges : public MaildirTest {
  protected:
    // The folder holds UID 5 with these flags where they belong, and has been scanned.
    void have(const std::string& file) {
        put(file, "content\n");
        folder_ = std::make_unique<Folder>(settings());
        folder_->scan({});
    }
    Folder& folder() { return *folder_; }
    std::string uid5(const std::string& info) const { return base_name(5) + info; }

  private:
    std::unique_ptr<Folder> folder_;
};

std::string content_of(const Content& content) {
    std::string text(4096, '\0');
    const auto count = os::read_some(content.file.get(), text, base::Severity::message, "test");
    return text.substr(0, count);
}

TEST_F(FolderChanges, OpenGivesContentSizeAndTime) {
    have("cur/" + uid5(":2,S"));
    const timeval times[] = {{1600000001, 0}, {1600000000, 0}};
    ASSERT_EQ(::utimes((path() / "cur" / uid5(":2,S")).c_str(), times), 0);
    const auto content = folder().open(uid_key(5));
    ASSERT_TRUE(content);
    EXPECT_EQ(content->local_name, uid5(":2,S"));
    EXPECT_EQ(content->file_size, 8U);
    EXPECT_EQ(content->modified.time_since_epoch().count(), 1600000000);
    EXPECT_EQ(content_of(*content), "content\n");
    EXPECT_EQ(folder().file_size(uid_key(5)), 8U);
}

TEST_F(FolderChanges, OpenFollowsAMailReader) {
    have("new/" + uid5(":2,"));
    rename("new/" + uid5(":2,"), "cur/" + uid5(":2,RS"));
    const auto content = folder().open(uid_key(5));
    ASSERT_TRUE(content);
    EXPECT_EQ(content->local_name, uid5(":2,RS"));
    EXPECT_EQ(content_of(*content), "content\n");
}

TEST_F(FolderChanges, OpenFollowsAMessageWithoutUid) {
    have("new/1.a");
    rename("new/1.a", "cur/1.a:2,S");
    const auto content = folder().open(MessageKey::unassigned(1));
    ASSERT_TRUE(content);
    EXPECT_EQ(content->local_name, "1.a:2,S");
    EXPECT_EQ(folder().name_of(MessageKey::unassigned(1)), "1.a:2,S");
}

TEST_F(FolderChanges, FileSizeFollowsAMailReader) {
    have("new/" + uid5(":2,"));
    rename("new/" + uid5(":2,"), "cur/" + uid5(":2,S"));
    EXPECT_EQ(folder().file_size(uid_key(5)), 8U);
}

TEST_F(FolderChanges, NothingIsDoneToWhatIsGone) {
    have("new/" + uid5(":2,"));
    put("new/" + base_name(6) + ":2,");
    fs::remove(path() / "new" / uid5(":2,"));
    EXPECT_FALSE(folder().open(uid_key(5)));
    EXPECT_FALSE(folder().file_size(uid_key(5)));
    EXPECT_FALSE(folder().set_flags(uid_key(5), Flags::parse("S")));
    EXPECT_FALSE(folder().assign_uid(uid_key(5), base::Uid(7), Flags()));
    EXPECT_FALSE(folder().remove(uid_key(5)));
    EXPECT_FALSE(folder().name_of(uid_key(5)));
    EXPECT_THAT(in_new(), ElementsAre(base_name(6) + ":2,"));
    EXPECT_THAT(in_cur(), IsEmpty());
}

TEST_F(FolderChanges, EachOperationNoticesByItselfThatAMessageIsGone) {
    const auto gone = [&](auto operation) {
        have("new/" + uid5(":2,"));
        fs::remove(path() / "new" / uid5(":2,"));
        return !operation();
    };
    EXPECT_TRUE(gone([&] { return folder().open(uid_key(5)).has_value(); }));
    EXPECT_TRUE(gone([&] { return folder().file_size(uid_key(5)).has_value(); }));
    EXPECT_TRUE(gone([&] { return folder().set_flags(uid_key(5), Flags::parse("S")); }));
    EXPECT_TRUE(gone([&] { return folder().set_flags(uid_key(5), Flags()); }));
    EXPECT_TRUE(gone([&] { return folder().assign_uid(uid_key(5), base::Uid(7), Flags()); }));
    EXPECT_TRUE(gone([&] { return folder().remove(uid_key(5)); }));
}

TEST_F(FolderChanges, TouchALinkToAFileAndNotTheFile) {
    const auto target = path() / "target";
    write_file(target, "content");
    fs::create_symlink("../target", path() / "new" / "1.a");
    Folder linked(settings());
    linked.scan({});
    auto content = linked.open(MessageKey::unassigned(1));
    ASSERT_TRUE(content);
    EXPECT_EQ(content->file_size, 7U);
    EXPECT_TRUE(linked.assign_uid(MessageKey::unassigned(1), base::Uid(5), Flags()));
    EXPECT_TRUE(linked.set_flags(uid_key(5), Flags::parse("S")));
    ASSERT_EQ(in_cur().size(), 1U);
    EXPECT_TRUE(fs::is_symlink(path() / "cur" / in_cur()[0]));
    EXPECT_EQ(linked.still_there(std::vector{base::Uid(5)}, {}).size(), 1U);
    EXPECT_EQ(text_of(linked.scan({})), "5:S");
    EXPECT_TRUE(linked.remove(uid_key(5)));
    EXPECT_THAT(in_cur(), IsEmpty());
    EXPECT_EQ(read_file(target), "content");
}

TEST_F(FolderChanges, OpenReadsNothingButARegularFileBehindALink) {
    ASSERT_EQ(::mkfifo((path() / "fifo").c_str(), 0600), 0);
    for (const char* target : {"../fifo", "/dev/zero", "../tmp", "nowhere"}) {
        have("cur/" + uid5(":2,S"));
        fs::remove(path() / "cur" / uid5(":2,S"));
        fs::create_symlink(target, path() / "cur" / uid5(":2,S"));
        EXPECT_FALSE(folder().open(uid_key(5))) << target;
        fs::remove(path() / "cur" / uid5(":2,S"));
    }
}

TEST_F(FolderChanges, OpenDoesNotWaitForAFifoPutInPlaceOfTheMessage) {
    have("cur/" + uid5(":2,S"));
    fs::remove(path() / "cur" / uid5(":2,S"));
    ASSERT_EQ(::mkfifo((path() / "cur" / uid5(":2,S")).c_str(), 0600), 0);
    EXPECT_FALSE(folder().open(uid_key(5)));
}

struct FlagCase {
    std::string before;
    std::string flags;
    std::string after;
};

TEST_F(FolderChanges, SetFlagsRenamesToWhereTheOriginalPutsIt) {
    const std::string base = base_name(5);
    const std::vector<FlagCase> cases = {
        {"new/" + base + ":2,", "S", "cur/" + base + ":2,S"},
        {"cur/" + base + ":2,S", "", "new/" + base + ":2,"},
        // Unseen mail goes back to `new`, even if a mail reader had it in `cur`.
        {"cur/" + base + ":2,", "F", "new/" + base + ":2,F"},
        {"new/" + base + ":2,F", "FSa", "cur/" + base + ":2,FSa"},
        {"cur/" + base + ":2,PS", "PST", "cur/" + base + ":2,PST"},
        {"cur/" + base, "S", "cur/" + base + ":2,S"},
        {"cur/" + base + "!2,S", "RS", "cur/" + base + ":2,RS"},
        // Nothing to say: the name stays, the place is put right.
        {"cur/" + base + ":2,S", "S", "cur/" + base + ":2,S"},
        {"cur/" + base, "", "new/" + base},
        {"cur/" + base + "!2,S", "S", "cur/" + base + "!2,S"},
        {"cur/17,S=10,W=11,U=5,FMD5=" + std::string(kInbox) + ":2,S", "FS",
         "cur/17,S=10,W=11,U=5,FMD5=" + std::string(kInbox) + ":2,FS"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.before + " → " + c.flags);
        have(c.before);
        EXPECT_TRUE(folder().set_flags(uid_key(5), Flags::parse(c.flags)));
        EXPECT_TRUE(fs::exists(path() / c.after));
        EXPECT_EQ(in_new().size() + in_cur().size(), 1U);
        EXPECT_EQ("cur/" + *folder().name_of(uid_key(5)) == c.after ||
                      "new/" + *folder().name_of(uid_key(5)) == c.after,
                  true);
        fs::remove(path() / c.after);
    }
}

TEST_F(FolderChanges, SetFlagsWritesTheWindowsSeparatorIfConfigured) {
    put("new/" + uid5(":2,"));
    auto windows = settings();
    windows.separator = mail::InfoSeparator::exclamation;
    Folder folder(windows);
    folder.scan({});
    EXPECT_TRUE(folder.set_flags(uid_key(5), Flags::parse("S")));
    EXPECT_THAT(in_cur(), ElementsAre(uid5("!2,S")));
}

struct MergeCase {
    std::string listed;
    std::string on_disk;  // what a mail reader made of it
    std::string wanted;
    std::string result;
};

TEST_F(FolderChanges, SetFlagsLosesNoChangeOfAMailReader) {
    const std::vector<MergeCase> cases = {
        {"", "S", "F", "FS"},      // both added
        {"S", "FS", "", "F"},      // we remove S, the reader added F
        {"FS", "S", "FRS", "RS"},  // we add R, the reader removed F
        {"S", "", "S", ""},        // we change nothing
        {"", "S", "S", "S"},       // the same wish
        {"PS", "FPS", "PRS", "FPRS"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.listed + ' ' + c.on_disk + ' ' + c.wanted);
        have("cur/" + uid5(":2," + c.listed));
        if (c.listed != c.on_disk) rename("cur/" + uid5(":2," + c.listed), "cur/" + uid5(":2," + c.on_disk));
        EXPECT_TRUE(folder().set_flags(uid_key(5), Flags::parse(c.wanted)));
        // Where nothing had to be looked up again, a mail reader's change is seen at the next scan.
        const auto listing = folder().scan({});
        ASSERT_EQ(listing.size(), 1U);
        EXPECT_EQ(listing.begin()->flags, Flags::parse(c.result));
        fs::remove(path() / (c.result.find('S') == std::string::npos ? "new" : "cur") /
                   uid5(":2," + c.result));
        EXPECT_THAT(in_new(), IsEmpty());
        EXPECT_THAT(in_cur(), IsEmpty());
    }
}

TEST_F(FolderChanges, SetFlagsTwiceCountsFromWhatTheCallerKnows) {
    have("cur/" + uid5(":2,S"));
    rename("cur/" + uid5(":2,S"), "cur/" + uid5(":2,FS"));
    EXPECT_TRUE(folder().set_flags(uid_key(5), Flags::parse("RS")));
    EXPECT_THAT(in_cur(), ElementsAre(uid5(":2,FRS")));
    EXPECT_TRUE(folder().set_flags(uid_key(5), Flags::parse("S")));
    EXPECT_THAT(in_cur(), ElementsAre(uid5(":2,FS")));
}

TEST_F(FolderChanges, SetFlagsNeverReplacesAnotherFile) {
    have("new/" + uid5(":2,"));
    put("cur/" + uid5(":2,S"), "another\n");
    EXPECT_TRUE(folder().set_flags(uid_key(5), Flags::parse("S")));
    ASSERT_EQ(in_cur().size(), 2U);
    EXPECT_EQ(read_file(path() / "cur" / uid5(":2,S")), "another\n");
    const auto name = folder().name_of(uid_key(5));
    EXPECT_THAT(*name, MatchesRegex("[0-9]+_[0-9]+\\.[0-9]+\\..*,U=5,FMD5=" + std::string(kInbox) + ":2,S"));
    EXPECT_EQ(read_file(path() / "cur" / *name), "content\n");
}

TEST_F(FolderChanges, AssignUidGivesANewNameInTheSameDirectory) {
    have("cur/1.a,S=8:2,FS");
    EXPECT_TRUE(folder().assign_uid(MessageKey::unassigned(1), base::Uid(77), Flags::parse("FS")));
    ASSERT_EQ(in_cur().size(), 1U);
    EXPECT_THAT(in_cur()[0], MatchesRegex("[0-9]+_[0-9]+\\." + std::to_string(::getpid()) +
                                          "\\..*,U=77,FMD5=" + std::string(kInbox) + ":2,FS"));
    EXPECT_EQ(read_file(path() / "cur" / in_cur()[0]), "content\n");
    EXPECT_EQ(folder().name_of(uid_key(77)), in_cur()[0]);
    EXPECT_FALSE(folder().name_of(MessageKey::unassigned(1)));
    EXPECT_EQ(text_of(folder().scan({})), "77:FS");
}

TEST_F(FolderChanges, RenumberGivesFilesNewUidsWhoeverHasThemNow) {
    have("cur/" + uid5(":2,FS"));
    have("new/" + base_name(6) + ":2,");
    const std::vector<Renumbered> files{{uid5(":2,FS"), base::Uid(6)}, {base_name(6) + ":2,", base::Uid(5)}};
    EXPECT_THAT(folder().renumber(files, {}), ElementsAre(true, true));
    EXPECT_EQ(text_of(folder().scan({})), "5: 6:FS");
    EXPECT_EQ(in_cur().size(), 1U);
    EXPECT_EQ(in_new().size(), 1U);
}

TEST_F(FolderChanges, RenumberFindsFilesThatAReaderRenamedAndPassesOverThoseThatAreGone) {
    have("new/" + uid5(":2,"));
    fs::rename(path() / "new" / uid5(":2,"), path() / "cur" / uid5(":2,S"));
    const std::vector<Renumbered> files{{uid5(":2,"), base::Uid(9)}, {"gone:2,", base::Uid(10)}};
    EXPECT_THAT(folder().renumber(files, {}), ElementsAre(true, false));
    EXPECT_EQ(text_of(folder().scan({})), "9:S");
    const auto once = in_cur();
    EXPECT_THAT(folder().renumber(files, {}), ElementsAre(true, false));
    EXPECT_EQ(in_cur(), once);
}

TEST_F(FolderChanges, RenumberTellsAnOldUidFromTheSameNumberAsANewOne) {
    have("cur/" + base_name(6) + ":2,S");
    const std::vector<Renumbered> files{{uid5(":2,S"), base::Uid(6)}, {base_name(6) + ":2,S", base::Uid(7)}};
    EXPECT_THAT(folder().renumber(files, {}), ElementsAre(false, true));
    EXPECT_EQ(text_of(folder().scan({})), "7:S");
}

TEST_F(FolderChanges, RenumberCountsWhatAnEarlierCallRenamedAlthoughAReaderRenamedItAgain) {
    have("new/" + uid5(":2,"));
    const std::vector<Renumbered> files{{uid5(":2,"), base::Uid(9)}};
    folder().renumber(files, {});
    fs::rename(path() / "new" / in_new()[0], path() / "cur" / (in_new()[0] + "S"));
    EXPECT_THAT(folder().renumber(files, {}), ElementsAre(true));
    EXPECT_EQ(text_of(folder().scan({})), "9:S");
}

TEST_F(FolderChanges, RenumberLeavesAFileAloneThatKeepsItsUid) {
    have("cur/" + uid5(":2,S"));
    EXPECT_THAT(folder().renumber(std::vector<Renumbered>{{uid5(":2,"), base::Uid(5)}}, {}),
                ElementsAre(true));
    EXPECT_THAT(in_cur(), ElementsAre(uid5(":2,S")));
}

TEST_F(FolderChanges, RenumberKeepsTheTimeThatTheNameBeginsWith) {
    have("cur/" + uid5(":2,S"));
    folder().renumber(std::vector<Renumbered>{{uid5(":2,S"), base::Uid(9)}}, {});
    folder().scan({});
    EXPECT_EQ(folder().name_time(uid_key(9)), 1700000000);
}

TEST_F(FolderChanges, DropUidsMakesNewMessagesOfThisFoldersFilesOnly) {
    put("new/" + base_name(6) + ":2,F");
    put("cur/2.b,U=7,FMD5=" + std::string(kOther) + ":2,S");
    put("cur/3.c:2,R");
    have("cur/" + uid5(":2,S"));
    folder().drop_uids({});
    EXPECT_EQ(text_of(folder().scan({})).find("5:"), std::string::npos);
    const std::string renamed = "1700000000_[0-9]+\\.[0-9]+\\.[^,]*,FMD5=" + std::string(kInbox);
    EXPECT_THAT(in_new(), ElementsAre(MatchesRegex(renamed + ":2,F")));
    EXPECT_THAT(in_cur(), ElementsAre(MatchesRegex(renamed + ":2,S"),
                                      "2.b,U=7,FMD5=" + std::string(kOther) + ":2,S", "3.c:2,R"));
    const auto once = in_cur();
    folder().drop_uids({});
    EXPECT_EQ(in_cur(), once);
}

TEST_F(FolderChanges, StillThereFindsWhatTheScanDidNotShow) {
    have("cur/" + uid5(":2,S"));
    put("new/" + base_name(6) + ":2,");
    fs::create_symlink("nowhere", path() / "cur" / (base_name(7) + ":2,S"));
    put("cur/2.b,U=8,FMD5=" + std::string(kOther) + ":2,S");
    const std::vector<base::Uid> asked{base::Uid(5), base::Uid(6), base::Uid(7), base::Uid(8), base::Uid(9)};
    EXPECT_THAT(folder().still_there(asked, {}), ElementsAre(base::Uid(5), base::Uid(6), base::Uid(7)));
    fs::remove(path() / "cur" / uid5(":2,S"));
    EXPECT_THAT(folder().still_there(asked, {}), ElementsAre(base::Uid(6), base::Uid(7)));
    fs::remove_all(path() / "cur");
    EXPECT_EQ(error_code_of([&] { folder().still_there(asked, {}); }), base::ErrorCode::not_found);
}

TEST_F(FolderChanges, AssignUidLeavesAnUnseenMessageInCur) {
    have("cur/1.a:2,");
    EXPECT_TRUE(folder().assign_uid(MessageKey::unassigned(1), base::Uid(77), Flags()));
    EXPECT_EQ(in_cur().size(), 1U);
    EXPECT_THAT(in_new(), IsEmpty());
}

TEST_F(FolderChanges, AssignUidFollowsAMailReaderAndKeepsItsFlags) {
    have("new/1.a");
    rename("new/1.a", "cur/1.a:2,S");
    EXPECT_TRUE(folder().assign_uid(MessageKey::unassigned(1), base::Uid(77), Flags()));
    EXPECT_THAT(in_new(), IsEmpty());
    EXPECT_EQ(text_of(folder().scan({})), "77:S");
}

TEST_F(FolderChanges, AssignUidTellsMessagesOfOneSecondApart) {
    put("cur/1.a:2,");
    put("cur/2.b:2,");
    have("cur/3.c:2,");
    for (std::uint32_t i = 1; i <= 3; ++i) {
        EXPECT_TRUE(folder().assign_uid(MessageKey::unassigned(i), base::Uid(100), Flags()));
    }
    EXPECT_EQ(in_cur().size(), 3U);
}

TEST_F(FolderChanges, RemoveUnlinks) {
    have("cur/" + uid5(":2,S"));
    EXPECT_TRUE(folder().remove(uid_key(5)));
    EXPECT_THAT(in_cur(), IsEmpty());
    EXPECT_FALSE(folder().remove(uid_key(5)));
}

TEST_F(FolderChanges, RemoveFollowsAMailReader) {
    have("new/" + uid5(":2,"));
    rename("new/" + uid5(":2,"), "cur/" + uid5(":2,S"));
    EXPECT_TRUE(folder().remove(uid_key(5)));
    EXPECT_THAT(in_cur(), IsEmpty());
}

TEST_F(FolderChanges, RemoveLeavesAnotherFileWithTheSameUid) {
    have("new/" + uid5(":2,"));
    fs::remove(path() / "new" / uid5(":2,"));
    put("cur/" + base_name(5, "2.other") + ":2,S");
    EXPECT_FALSE(folder().remove(uid_key(5)));
    EXPECT_EQ(in_cur().size(), 1U);
}

TEST_F(FolderChanges, OneLookFindsAllThatAMailReaderRenamed) {
    for (std::uint32_t uid = 1; uid <= 20; ++uid) put("new/" + base_name(uid) + ":2,");
    put("new/1.a");
    have("new/2.b");
    for (std::uint32_t uid = 1; uid <= 20; ++uid) {
        if (uid % 4 == 0) {
            fs::remove(path() / "new" / (base_name(uid) + ":2,"));
        } else {
            rename("new/" + base_name(uid) + ":2,", "cur/" + base_name(uid) + ":2,S");
        }
    }
    rename("new/2.b", "cur/2.b:2,S");
    for (std::uint32_t uid = 1; uid <= 20; ++uid) {
        EXPECT_EQ(folder().set_flags(uid_key(uid), Flags::parse("F")), uid % 4 != 0) << uid;
    }
    EXPECT_EQ(in_cur().size(), 16U);
    EXPECT_EQ(folder().open(MessageKey::unassigned(1)).has_value(), true);
    EXPECT_EQ(folder().open(MessageKey::unassigned(2)).has_value(), true);
}

TEST_F(FolderChanges, AMessageThatOneReadingDidNotShowIsStillFound) {
    put("new/" + base_name(4) + ":2,");
    have("new/" + uid5(":2,"));
    // While we look for 4, which is gone, 5 is nowhere to be seen; it comes back under another name.
    fs::remove(path() / "new" / (base_name(4) + ":2,"));
    rename("new/" + uid5(":2,"), "elsewhere");
    EXPECT_FALSE(folder().open(uid_key(4)));
    rename("elsewhere", "cur/" + uid5(":2,S"));
    EXPECT_TRUE(folder().open(uid_key(5)));
}

TEST_F(FolderChanges, SyncMakesChangesDurable) {
    put("new/" + uid5(":2,"));
    auto durable = settings();
    durable.fsync = true;
    Folder folder(durable);
    folder.scan({});
    EXPECT_TRUE(folder.set_flags(uid_key(5), Flags::parse("S")));
    EXPECT_NO_THROW(folder.sync());
    EXPECT_NO_THROW(folder.sync());
    EXPECT_THAT(in_cur(), ElementsAre(uid5(":2,S")));
}

TEST_F(FolderChanges, UnknownKeysAreGone) {
    have("cur/" + uid5(":2,S"));
    EXPECT_FALSE(folder().open(uid_key(6)));
    EXPECT_FALSE(folder().set_flags(MessageKey::unassigned(1), Flags::parse("S")));
    EXPECT_FALSE(folder().remove(uid_key(4294967295U)));
    EXPECT_EQ(in_cur().size(), 1U);
}

}  // namespace
}  // namespace offlineimap::maildir

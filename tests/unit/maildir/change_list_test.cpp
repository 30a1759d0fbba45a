#include "offlineimap/maildir/change_list.hpp"

#include <array>
#include <csignal>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <vector>

#include <gmock/gmock.h>

#include "maildir_fixture.hpp"

namespace offlineimap::maildir {
namespace {

using Kind = Change::Kind;
using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

class Changes : public MaildirTest {
  protected:
    fs::path file() const { return path() / "Test.changes"; }
    std::vector<std::string> fields() const {
        std::vector<std::string> fields(1);
        for (const char byte : read_file(file())) {
            if (byte == '\0') {
                fields.emplace_back();
            } else {
                fields.back().push_back(byte);
            }
        }
        EXPECT_EQ(fields.back(), "");
        fields.pop_back();
        return fields;
    }
    // What `interrupted` leaves once the next round has begun.
    std::string mended(const std::string& interrupted) {
        write_file(file(), interrupted);
        ChangeList(file()).begin();
        return read_file(file());
    }
    static void add(const ChangeList& list, Kind kind, const fs::path& changed) {
        const Change change{kind, changed};
        list.add(std::span(&change, 1));
    }
};

TEST_F(Changes, AreListedFromBeginToForget) {
    ChangeList list(file());
    add(list, Kind::folder, "/m/before");
    EXPECT_FALSE(fs::exists(file()));
    list.begin();
    EXPECT_EQ(read_file(file()), "");
    add(list, Kind::folder, "/m/a\nb");
    const std::array renamed{Change{Kind::renamed_from, "/m/1"}, Change{Kind::renamed_to, "/m/2"}};
    list.add(renamed);
    add(list, Kind::arrived, "/m/\xff \"x\"");
    add(list, Kind::deleted, "/m/3");
    EXPECT_EQ(read_file(file()),
              "folder\0/m/a\nb\0renamed-from\0/m/1\0renamed-to\0/m/2\0new\0/m/\xff \"x\"\0deleted\0/m/3\0"s);
    fs::remove(file());
    list.begin();
    add(list, Kind::deleted, "/m/5");
    EXPECT_EQ(read_file(file()), "deleted\0/m/5\0"s);
    list.forget();
    add(list, Kind::deleted, "/m/4");
    EXPECT_FALSE(fs::exists(file()));
    list.begin();
    EXPECT_EQ(read_file(file()), "");
}

TEST_F(Changes, AreForTheOwnerOnly) {
    ChangeList(file()).begin();
    struct stat found {};
    ASSERT_EQ(::stat(file().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(Changes, HaveAbsolutePaths) {
    ChangeList list(file());
    list.begin();
    add(list, Kind::deleted, "Mail/cur/1");
    EXPECT_THAT(fields(), ElementsAre("deleted", (fs::current_path() / "Mail/cur/1").string()));
}

TEST_F(Changes, OfAnInterruptedRoundStay) {
    const std::string whole = "new\0/m/1\0renamed-from\0/m/2\0renamed-to\0/m/3\0"s;
    EXPECT_EQ(mended(whole), whole);
    EXPECT_EQ(mended(whole + "delet"), whole);
    EXPECT_EQ(mended(whole + "deleted\0"s), whole);
    EXPECT_EQ(mended(whole + "deleted\0/m/"s), whole);
    EXPECT_EQ(mended(whole + "renamed-from\0/m/4\0"s), whole);
    EXPECT_EQ(mended(whole + "renamed-from\0/m/4\0renamed-to\0/m"s), whole);
    EXPECT_EQ(mended("new\0/renamed-from\0folder\0/m\0"s), "new\0/renamed-from\0folder\0/m\0"s);
    const std::string large = "new\0/"s + std::string(200'000, 'x') + '\0';
    EXPECT_EQ(mended(large + large), large + large);
    EXPECT_EQ(mended(large + large.substr(0, 150'000)), large);
}

TEST_F(Changes, GoNowhereBehindALink) {
    fs::create_symlink(path() / "elsewhere", file());
    ChangeList list(file());
    EXPECT_THROW(list.begin(), base::Error);
    EXPECT_FALSE(fs::exists(path() / "elsewhere"));
}

// Every way in which a folder changes files, in one list.
TEST_F(Changes, OfAFolderAreAllListed) {
    ChangeList list(file());
    list.begin();
    auto with_list = settings();
    with_list.changes = &list;
    Folder folder(with_list);
    write_file(path() / "new" / "1.a");
    folder.scan({});

    Delivery delivery(folder);
    for (const std::uint32_t uid : {5U, 6U}) {
        delivery.begin();
        delivery.write("x\r\n");
        delivery.finish(base::Uid(uid), uid == 5 ? mail::Flags() : mail::Flags::parse("S"));
    }
    delivery.commit();
    const auto arrived = fields();
    ASSERT_EQ(arrived.size(), 4U);
    EXPECT_EQ(arrived[0], "new");
    EXPECT_EQ(arrived[1], path() / "new" / *folder.name_of(uid_key(5)));
    EXPECT_EQ(arrived[3], path() / "cur" / *folder.name_of(uid_key(6)));

    fs::resize_file(file(), 0);
    EXPECT_TRUE(folder.assign_uid(mail::MessageKey::unassigned(1), base::Uid(7), mail::Flags()));
    EXPECT_THAT(fields(), ElementsAre("renamed-from", path() / "new" / "1.a", "renamed-to",
                                      path() / "new" / *folder.name_of(uid_key(7))));

    fs::resize_file(file(), 0);
    const auto before = path() / "new" / *folder.name_of(uid_key(7));
    EXPECT_TRUE(folder.set_flags(uid_key(7), mail::Flags()));
    EXPECT_THAT(fields(), IsEmpty());
    EXPECT_TRUE(folder.set_flags(uid_key(7), mail::Flags::parse("S")));
    const auto after = path() / "cur" / *folder.name_of(uid_key(7));
    EXPECT_THAT(fields(), ElementsAre("renamed-from", before, "renamed-to", after));

    fs::resize_file(file(), 0);
    EXPECT_TRUE(folder.remove(uid_key(7)));
    EXPECT_THAT(fields(), ElementsAre("deleted", after));

    fs::resize_file(file(), 0);
    folder.renumber(std::vector<Renumbered>{{*folder.name_of(uid_key(5)), base::Uid(9)}}, {});
    ASSERT_EQ(fields().size(), 4U);
    EXPECT_EQ(fields()[1], arrived[1]);
    EXPECT_THAT(fields()[3], MatchesRegex(".*/new/.*,U=9,.*"));
}

// Until it goes: no file of ours may grow beyond `bytes`.
class LimitOfFiles {
  public:
    explicit LimitOfFiles(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &usual_);
        const rlimit limit{bytes, usual_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~LimitOfFiles() {
        ::setrlimit(RLIMIT_FSIZE, &usual_);
        std::signal(SIGXFSZ, handler_);
    }
    LimitOfFiles(const LimitOfFiles&) = delete;
    LimitOfFiles& operator=(const LimitOfFiles&) = delete;

  private:
    rlimit usual_{};
    void (*handler_)(int);
};

TEST_F(Changes, AreNotMadeIfTheyCannotBeListed) {
    ChangeList list(file());
    list.begin();
    auto with_list = settings();
    with_list.changes = &list;
    Folder folder(with_list);
    const auto name = base_name(5) + ":2,S";
    write_file(path() / "cur" / name);
    folder.scan({});
    {
        const LimitOfFiles limit(0);
        EXPECT_THROW(folder.remove(uid_key(5)), base::Error);
    }
    EXPECT_THAT(in_cur(), ElementsAre(name));
}

TEST_F(Changes, ThatFitOnlyInPartLeaveNothingBehind) {
    ChangeList list(file());
    list.begin();
    const std::vector<Change> first = {{Change::Kind::arrived, "/a"}};
    list.add(first);
    const auto size = std::filesystem::file_size(file());
    {
        const LimitOfFiles limit(size + 6);
        EXPECT_THROW(list.add(first), base::Error);
    }
    EXPECT_EQ(std::filesystem::file_size(file()), size);
    list.add(first);
    EXPECT_EQ(std::filesystem::file_size(file()), 2 * size);
}

}  // namespace
}  // namespace offlineimap::maildir

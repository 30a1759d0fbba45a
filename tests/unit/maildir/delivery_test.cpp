#include <csignal>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <set>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>

#include "maildir_fixture.hpp"

namespace offlineimap::maildir {
namespace {

using base::ErrorCode;
using base::Uid;
using mail::Flags;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

class DeliveryTest : public MaildirTest {
  protected:
    // The pattern of the names that this process makes, up to the UID.
    static std::string pattern(const std::string& time_and_number, const std::string& uid_and_info) {
        return time_and_number + "\\." + std::to_string(::getpid()) +
               "\\.[^,]*,U=" + uid_and_info.substr(0, uid_and_info.find(':')) + ",FMD5=" + kInbox +
               uid_and_info.substr(uid_and_info.find(':'));
    }
    static void deliver(Delivery& delivery, std::string_view bytes, std::uint32_t uid,
                        const std::string& flags = "", std::size_t piece = 7) {
        delivery.begin();
        for (std::size_t at = 0; at < bytes.size(); at += piece) delivery.write(bytes.substr(at, piece));
        delivery.finish(Uid(uid), Flags::parse(flags));
    }
    // The one file of the folder after a delivery of `bytes`.
    fs::path deliver_one(const FolderSettings& settings, std::string_view bytes) {
        Folder folder(settings);
        Delivery delivery(folder);
        deliver(delivery, bytes, 1);
        delivery.commit();
        EXPECT_THAT(in_new(), SizeIs(1));
        return path() / "new" / in_new().at(0);
    }
};

TEST_F(DeliveryTest, NamesAndPlacesMessagesAsTheOriginalDoes) {
    Folder folder(settings());
    Delivery delivery(folder);
    deliver(delivery, "A: b\r\n\r\nbody\r\n", 17, "FS");
    deliver(delivery, "A: c\r\n\r\nbody\r\n", 18, "F");
    EXPECT_EQ(delivery.messages(), 2U);
    EXPECT_EQ(delivery.bytes(), 22U);
    EXPECT_THAT(in_new(), IsEmpty());
    EXPECT_THAT(in_cur(), IsEmpty());
    EXPECT_THAT(in_tmp(), SizeIs(2));

    const auto delivered = delivery.commit();
    ASSERT_THAT(delivered, SizeIs(2));
    EXPECT_EQ(delivered[0].key, uid_key(17));
    EXPECT_EQ(delivered[0].flags, Flags::parse("FS"));
    EXPECT_EQ(delivered[1].key, uid_key(18));
    EXPECT_EQ(delivery.messages(), 0U);
    EXPECT_EQ(delivery.bytes(), 0U);
    EXPECT_THAT(in_tmp(), IsEmpty());
    EXPECT_THAT(in_cur(), ElementsAre(MatchesRegex(pattern("[0-9]+_[0-9]+", "17:2,FS"))));
    EXPECT_THAT(in_new(), ElementsAre(MatchesRegex(pattern("[0-9]+_[0-9]+", "18:2,F"))));
    EXPECT_EQ(read_file(path() / "cur" / in_cur()[0]), "A: b\n\nbody\n");
    // Keys of deliveries can be used at once, and the next scan knows them too.
    EXPECT_EQ(folder.name_of(uid_key(17)), in_cur()[0]);
    EXPECT_TRUE(folder.open(uid_key(18)));
    EXPECT_EQ(text_of(folder.scan({})), "17:FS 18:F");
}

TEST_F(DeliveryTest, WritesTheWindowsSeparatorIfConfigured) {
    auto windows = settings();
    windows.separator = mail::InfoSeparator::exclamation;
    EXPECT_TRUE(deliver_one(windows, "x").string().ends_with("!2,"));
}

TEST_F(DeliveryTest, KeepsEveryByteButTheCrOfCrlf) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", ""},
        {"A: b\r\n\r\n", "A: b\n\n"},
        {"no header", "no header"},
        {"\r\nbody", "\nbody"},
        {"bare\rcr\r\r\nlf\n\r", "bare\rcr\r\nlf\n\r"},
        {std::string("nul\0 8bit \xE4\xFF\r\n", 14), std::string("nul\0 8bit \xE4\xFF\n", 13)},
    };
    for (const auto& [wire, disk] : cases) {
        SCOPED_TRACE(testing::PrintToString(wire));
        for (const std::size_t piece : {1U, 2U, 1000U}) {
            Folder folder(settings());
            Delivery delivery(folder);
            deliver(delivery, wire, 1, "", piece);
            delivery.commit();
            const auto file = path() / "new" / in_new().at(0);
            EXPECT_EQ(read_file(file), disk);
            fs::remove(file);
        }
    }
}

TEST_F(DeliveryTest, TakesALineOfTenMegabytesInOnePieceAndInMany) {
    const std::string line(10U << 20U, 'x');
    const std::string message = "A: b\r\n\r\n" + line + "\r\n";
    for (const std::size_t piece : {message.size(), std::size_t{16384}}) {
        Folder folder(settings());
        Delivery delivery(folder);
        deliver(delivery, message, 1, "", piece);
        EXPECT_EQ(delivery.bytes(), line.size() + 7);
        delivery.commit();
        const auto file = path() / "new" / in_new().at(0);
        EXPECT_EQ(read_file(file), "A: b\n\n" + line + "\n");
        fs::remove(file);
    }
}

TEST_F(DeliveryTest, MakesABatchOfAHundredDurable) {
    auto durable = settings();
    durable.fsync = true;
    Folder folder(durable);
    Delivery delivery(folder);
    for (std::uint32_t uid = 1; uid <= 100; ++uid) {
        deliver(delivery, "Subject: " + std::to_string(uid) + "\r\n\r\n", uid, uid % 2 == 0 ? "S" : "");
    }
    EXPECT_THAT(delivery.commit(), SizeIs(100));
    EXPECT_THAT(in_new(), SizeIs(50));
    EXPECT_THAT(in_cur(), SizeIs(50));
    EXPECT_THAT(in_tmp(), IsEmpty());
    const auto listing = folder.scan({});
    ASSERT_EQ(listing.size(), 100U);
    for (const auto& entry : listing) {
        const auto place = entry.flags.contains('S') ? "cur" : "new";
        EXPECT_EQ(read_file(path() / place / *folder.name_of(entry.key)),
                  "Subject: " + entry.key.to_string() + "\n\n");
    }
}

TEST_F(DeliveryTest, CanGoOnAfterACommit) {
    Folder folder(settings());
    Delivery delivery(folder);
    EXPECT_THAT(delivery.commit(), IsEmpty());
    deliver(delivery, "a\r", 1);
    delivery.commit();
    deliver(delivery, "\nb", 2);
    EXPECT_THAT(delivery.commit(), SizeIs(1));
    EXPECT_EQ(read_file(path() / "new" / *folder.name_of(uid_key(1))), "a\r");
    EXPECT_EQ(read_file(path() / "new" / *folder.name_of(uid_key(2))), "\nb");
}

TEST_F(DeliveryTest, LeavesNothingBehindWithoutACommit) {
    Folder folder(settings());
    {
        Delivery delivery(folder);
        deliver(delivery, "finished", 1, "S");
        delivery.begin();
        delivery.write("begun");
        EXPECT_THAT(in_tmp(), SizeIs(2));
    }
    EXPECT_THAT(in_tmp(), IsEmpty());
    EXPECT_THAT(in_new(), IsEmpty());
    EXPECT_THAT(in_cur(), IsEmpty());
    EXPECT_FALSE(folder.name_of(uid_key(1)));
}

TEST_F(DeliveryTest, AbandonsOneMessageAndKeepsTheOthers) {
    Folder folder(settings());
    Delivery delivery(folder);
    deliver(delivery, "one", 1);
    delivery.begin();
    delivery.write("half a message\r");
    delivery.abandon();
    deliver(delivery, "\ntwo", 2);
    EXPECT_THAT(in_tmp(), SizeIs(2));
    EXPECT_EQ(delivery.bytes(), 7U);
    EXPECT_THAT(delivery.commit(), SizeIs(2));
    EXPECT_EQ(read_file(path() / "new" / *folder.name_of(uid_key(2))), "\ntwo");
}

TEST_F(DeliveryTest, NumbersNamesOfOneSecondAcrossFoldersAndThreads) {
    Folder folder(settings());
    constexpr std::uint32_t kThreads = 4;
    constexpr std::uint32_t kMessages = 100;
    std::vector<std::thread> threads;
    for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&folder, thread] {
            Delivery delivery(folder);
            for (std::uint32_t i = 0; i < kMessages; ++i) {
                deliver(delivery, "x", 1 + i * kThreads + thread);
                if (i % 10 == 9) delivery.commit();
            }
        });
    }
    for (auto& thread : threads) thread.join();
    std::set<std::string> unique_parts;
    for (const auto& name : in_new()) unique_parts.insert(name.substr(0, name.find(',')));
    EXPECT_THAT(unique_parts, SizeIs(kThreads * kMessages));
    for (std::uint32_t uid = 1; uid <= kThreads * kMessages; ++uid) EXPECT_TRUE(folder.name_of(uid_key(uid)));
    EXPECT_EQ(folder.scan({}).size(), kThreads * kMessages);
}

TEST_F(DeliveryTest, KeepsNamesFindableInWhateverOrderUidsCome) {
    Folder folder(settings());
    Delivery delivery(folder);
    constexpr std::uint32_t kMessages = 3001;
    for (std::uint32_t i = 0; i < kMessages; ++i) {
        deliver(delivery, "", 1 + (i * 1999) % kMessages);
        if (i % 100 == 0) delivery.commit();
    }
    delivery.commit();
    for (std::uint32_t uid = 1; uid <= kMessages; ++uid) {
        ASSERT_TRUE(folder.name_of(uid_key(uid))) << uid;
        ASSERT_THAT(*folder.name_of(uid_key(uid)), testing::HasSubstr(",U=" + std::to_string(uid) + ","));
    }
}

TEST_F(DeliveryTest, NeverReplacesAFileOfTheSameName) {
    auto dated = settings();
    dated.filename_use_mail_timestamp = true;
    const auto first = deliver_one(dated, "Date: 1 Jan 2024 10:00:01 +0000\r\n\r\none");
    // The names that would come next are taken, by files that are not ours.
    std::string name = first.filename();
    const auto number_at = name.find('_') + 1;
    const auto number_length = name.find('.') - number_at;
    const auto number = std::stoul(name.substr(number_at, number_length));
    for (unsigned long next = number + 1; next <= number + 3; ++next) {
        auto taken = name;
        put("new/" + taken.replace(number_at, number_length, std::to_string(next)), "theirs");
    }
    Folder folder(dated);
    Delivery delivery(folder);
    deliver(delivery, "Date: 1 Jan 2024 10:00:01 +0000\r\n\r\ntwo", 1);
    delivery.commit();
    ASSERT_THAT(in_new(), SizeIs(5));
    EXPECT_EQ(*folder.name_of(uid_key(1)),
              std::string(name).replace(number_at, number_length, std::to_string(number + 4)));
    int theirs = 0;
    for (const auto& file : in_new()) theirs += read_file(path() / "new" / file) == "theirs" ? 1 : 0;
    EXPECT_EQ(theirs, 3);
}

TEST_F(DeliveryTest, TakesTheTimeOfTheNameFromTheHeaderIfAsked) {
    auto dated = settings();
    dated.filename_use_mail_timestamp = true;
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"Date: Mon, 01 Jan 2024 10:00:01 +0000\r\n\r\n", "1704103201_[0-9]+"},
        {"Date: nonsense\r\nDelivery-date: 1 Jan 2024 10:00:02 GMT\r\n\r\n", "1704103202_[0-9]+"},
        {"Date: 1 Jan 1960 00:00:00 +0000\r\n\r\n", "-315619200_[0-9]+"},
        {"X: " + std::string(100000, 'x') + "\r\nDate: 1 Jan 2024 10:00:03 +0000\r\n\r\n",
         "1704103203_[0-9]+"},
    };
    for (const auto& [message, expected] : cases) {
        SCOPED_TRACE(expected);
        const auto file = deliver_one(dated, message);
        EXPECT_THAT(file.filename().string(), MatchesRegex(pattern(expected, "1:2,")));
        fs::remove(file);
    }
}

TEST_F(DeliveryTest, TakesTheTimeOfTheNameFromTheClockIfTheHeaderHasNone) {
    auto dated = settings();
    dated.filename_use_mail_timestamp = true;
    const auto before = ::time(nullptr);
    const auto file = deliver_one(dated, "Subject: x\r\n\r\nDate: Mon, 01 Jan 2024 10:00:01 +0000\r\n");
    EXPECT_GE(std::stoll(file.filename()), before - 1);
}

TEST_F(DeliveryTest, TakesTheFileTimeFromTheHeaderIfAsked) {
    auto dated = settings();
    dated.utime_from_header = true;
    dated.fsync = true;
    const auto file = deliver_one(dated, "Date: Mon, 01 Jan 2024 10:00:01 +0000\r\n\r\nbody");
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mtime, 1704103201);
    EXPECT_FALSE(file.filename().string().starts_with("1704103201_"));
}

TEST_F(DeliveryTest, LeavesTheFileTimeOtherwise) {
    auto dated = settings();
    dated.utime_from_header = true;
    const auto before = ::time(nullptr);
    const auto file = deliver_one(dated, "Date: nonsense\r\nDelivery-date: 1 Jan 2024 10:00:02 GMT\r\n\r\n");
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_GE(status.st_mtime, before - 1);
}

TEST_F(DeliveryTest, TellsOfADateThatItWantsAndCannotRead) {
    auto dated = settings();
    dated.utime_from_header = true;
    Folder folder(dated);
    Delivery delivery(folder);
    const auto finish = [&](std::string_view message) {
        delivery.begin();
        delivery.write(message);
        return delivery.finish(base::Uid(1), {});
    };
    EXPECT_EQ(finish("Date: nonsense\r\n\r\nbody"), "nonsense");
    EXPECT_EQ(finish("Date: Mon, 01 Jan 2024 10:00:01 +0000\r\n\r\nbody"), std::nullopt);
    EXPECT_EQ(finish("Subject: undated\r\n\r\nDate: nonsense\r\n"), std::nullopt);
}

TEST_F(DeliveryTest, ObeysTheUmask) {
    const auto mode_under = [&](mode_t mask) {
        const mode_t before = ::umask(mask);
        const auto file = deliver_one(settings(), "x");
        ::umask(before);
        const auto mode = fs::status(file).permissions();
        fs::remove(file);
        return static_cast<unsigned>(mode);
    };
    EXPECT_EQ(mode_under(022), 0644U);
    EXPECT_EQ(mode_under(077), 0600U);
    EXPECT_EQ(mode_under(0), 0666U);
}

TEST_F(DeliveryTest, ReportsATmpThatCannotBeWritten) {
    Folder folder(settings());
    fs::remove(path() / "tmp");
    Delivery delivery(folder);
    EXPECT_EQ(error_code_of([&] { delivery.begin(); }), ErrorCode::not_found);
}

TEST_F(DeliveryTest, ReportsADirectoryThatVanishedBeforeTheCommit) {
    Folder folder(settings());
    Delivery delivery(folder);
    deliver(delivery, "seen", 1, "S");
    deliver(delivery, "unseen", 2);
    deliver(delivery, "seen", 3, "S");
    fs::remove(path() / "new");
    EXPECT_EQ(error_code_of([&] { delivery.commit(); }), ErrorCode::not_found);
    // What got there is there; nothing waits any more, and tmp is clean.
    EXPECT_THAT(in_cur(), SizeIs(1));
    EXPECT_TRUE(folder.name_of(uid_key(1)));
    EXPECT_THAT(in_tmp(), IsEmpty());
    EXPECT_EQ(delivery.messages(), 0U);
}

// Writing beyond a file size limit fails as a full disk does, half-way through a message.
TEST_F(DeliveryTest, ReportsAFailedWriteAndLeavesNothing) {
    Folder folder(settings());
    Delivery delivery(folder);
    deliver(delivery, "small", 1);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 100000;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    delivery.begin();
    const auto code = error_code_of([&] { delivery.write(std::string(1000000, 'x')); });
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(code, ErrorCode::io);
    delivery.abandon();
    EXPECT_THAT(in_tmp(), SizeIs(1));
    EXPECT_THAT(delivery.commit(), SizeIs(1));
    EXPECT_THAT(in_tmp(), IsEmpty());
}

#ifdef OFFLINEIMAP_STOP_POINTS

// Runs again in a process of its own, which a stop point ends; the directory is handed to it by environment.
TEST(DeliveryInterrupted, LeavesAMessageWholeOrInTmp) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    constexpr const char* kDirectory = "OFFLINEIMAP_TEST_MAILDIR";
    struct Case {
        const char* stop_at;
        std::size_t delivered;
    };
    constexpr Case kCases[] = {{"maildir-after-tmp-write:1", 0}, {"maildir-after-tmp-write:3", 0},
                               {"maildir-before-rename", 0},     {"maildir-after-rename:1", 1},
                               {"maildir-after-rename:3", 3},    {"maildir-after-directory-sync", 3}};
    const auto deliver_three = [](const char* stop_at) {
        ::setenv("OFFLINEIMAP_STOP_AT", stop_at, 1);
        FolderSettings settings;
        settings.path = std::getenv(kDirectory);
        settings.folder_md5 = std::string(32, '0');
        Folder folder(settings);
        Delivery delivery(folder);
        for (std::uint32_t uid = 1; uid <= 3; ++uid) {
            delivery.begin();
            delivery.write("whole\r\n");
            delivery.finish(Uid(uid), Flags());
        }
        delivery.commit();
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.stop_at);
        std::optional<support::TemporaryDirectory> directory;  // the child has been given one
        if (std::getenv(kDirectory) == nullptr) {
            directory.emplace();
            for (const auto* name : {"cur", "new", "tmp"}) fs::create_directory(*directory / name);
            ::setenv(kDirectory, directory->path().c_str(), 1);
        }
        EXPECT_EXIT(deliver_three(c.stop_at), testing::KilledBySignal(SIGKILL), "");
        if (!directory) continue;
        ::unsetenv(kDirectory);
        EXPECT_THAT(names_in(*directory / "new"), SizeIs(c.delivered));
        for (const auto& name : names_in(*directory / "new")) {
            EXPECT_EQ(read_file(*directory / "new" / name), "whole\n");
        }
    }
}

#endif

}  // namespace
}  // namespace offlineimap::maildir

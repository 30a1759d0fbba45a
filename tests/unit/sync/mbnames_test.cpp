#include "offlineimap/sync/mbnames.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"

namespace offlineimap::sync {
namespace {

class Collector final : public events::Sink {
  public:
    void report(const events::Record& record) override { records.push_back(record); }
    bool wants(events::DebugType) const noexcept override { return false; }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest&) override { return std::nullopt; }
    std::vector<events::Record> records;
};

// Python's part, as far as these tests go: texts without flags, and their quotes.
std::string format(const std::string& conversion, const MbnamesItem& item) {
    for (const auto& [key, value] : item) {
        if (conversion == "%(" + key + ")s") return value.value_or("None");
        if (conversion == "%(" + key + ")r") return "'" + value.value_or("None") + "'";
        if (conversion == "%(" + key + ")-9s") return (value.value_or("None") + "         ").substr(0, 9);
    }
    throw base::Error(base::Severity::repository, base::ErrorCode::python, "no such conversion");
}

class MbnamesTest : public ::testing::Test {
  protected:
    MbnamesTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "mbnames-XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
        settings_ = {.directory = root_ / "mbnames",
                     .filename = root_ / "mailboxes",
                     .header = "mailboxes ",
                     .separator = "\n",
                     .footer = "\n",
                     .peritem = "\"+%(accountname)s/%(foldername)s\"",
                     .format = &format,
                     .selects = nullptr,
                     .sorted_order = nullptr};
    }
    ~MbnamesTest() override { std::filesystem::remove_all(root_); }

    static std::string content(const std::filesystem::path& path) {
        std::ifstream file(path, std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    Mbnames make() { return Mbnames(settings_, events::Reporter(sink_, "MainThread")); }

    std::filesystem::path root_;
    MbnamesSettings settings_;
    Collector sink_;
};

TEST_F(MbnamesTest, WritesTheAccountsFileAsPythonsJsonModuleDoes) {
    make().account_done("Test", {{"Test", "INBOX", "/home/u/Mail"}, {"Test", "Gäste", "/home/u/Mail"}});
    EXPECT_EQ(
        content(root_ / "mbnames" / "Test.json"),
        "[{\"accountname\": \"Test\", \"foldername\": \"INBOX\", \"localfolders\": \"/home/u/Mail\"}, "
        "{\"accountname\": \"Test\", \"foldername\": \"G\\u00e4ste\", \"localfolders\": \"/home/u/Mail\"}]");
}

TEST_F(MbnamesTest, ListsAccountsThatWereNotSyncedNow) {
    auto mbnames = make();
    mbnames.account_done("B", {{"B", "INBOX", "/m"}});
    auto later = make();
    later.account_done("A", {{"A", "Work", "/m"}, {"A", "INBOX", "/m"}});
    later.write();
    EXPECT_EQ(content(settings_.filename), "mailboxes \"+A/INBOX\"\n\"+A/Work\"\n\"+B/INBOX\"\n");
}

TEST_F(MbnamesTest, EscapesBetweenQuotesWhatAMailReaderWouldExecute) {
    auto mbnames = make();
    mbnames.account_done("T", {{"T", "`touch pwned`", "/m"},
                               {"T", "q\"; source evil", "/m"},
                               {"T", "$HOME", "/m"},
                               {"T", "back\\slash", "/m"}});
    mbnames.write();
    EXPECT_EQ(content(settings_.filename),
              "mailboxes \"+T/\\$HOME\"\n\"+T/\\`touch pwned\\`\"\n\"+T/back\\\\slash\"\n"
              "\"+T/q\\\"; source evil\"\n");
    EXPECT_TRUE(sink_.records.empty());
}

TEST_F(MbnamesTest, LeavesOutNamesThatCannotBeMadeHarmless) {
    settings_.peritem = "+%(accountname)s/%(foldername)s";
    auto mbnames = make();
    mbnames.account_done(
        "T", {{"T", "`x`", "/m"}, {"T", "a;b", "/m"}, {"T", "two\nlines", "/m"}, {"T", "a b", "/m"}});
    mbnames.write();
    EXPECT_EQ(content(settings_.filename), "mailboxes +T/a b\n");
    EXPECT_EQ(sink_.records.size(), 3U);
    settings_.peritem = "\"%(foldername)s\"";
    make().write();
    EXPECT_EQ(content(settings_.filename), "mailboxes \"\\`x\\`\"\n\"a b\"\n\"a;b\"\n");
}

TEST_F(MbnamesTest, HonoursTheFilter) {
    settings_.selects = [](const std::string&, const std::string& folder) { return folder != "Spam"; };
    auto mbnames = make();
    mbnames.account_done("T", {{"T", "Spam", "/m"}, {"T", "INBOX", "/m"}});
    mbnames.write();
    EXPECT_EQ(content(settings_.filename), "mailboxes \"+T/INBOX\"\n");
}

TEST_F(MbnamesTest, ChangesNothingInADryRun) {
    settings_.dry_run = true;
    auto mbnames = make();
    mbnames.account_done("T", {{"T", "INBOX", "/m"}});
    mbnames.write();
    EXPECT_TRUE(std::filesystem::is_empty(root_));
    EXPECT_EQ(sink_.records.size(), 2U);
}

class PruneMbnamesTest : public MbnamesTest {
  protected:
    PruneMbnamesTest() {
        auto mbnames = make();
        for (const auto* account : {"Foo", "FooBar", "Old"})
            mbnames.account_done(account, {{account, "INBOX", "/m"}});
    }
    void prune(const std::vector<std::string>& kept, events::Run run = events::Run::real) {
        prune_mbnames(settings_.directory, kept, run, events::Reporter(sink_, "MainThread"));
    }
    std::string path_of(const std::string& account) const {
        return (settings_.directory / (account + ".json")).string();
    }
    std::vector<std::string> told() const {
        std::vector<std::string> texts;
        for (const auto& record : sink_.records)
            texts.push_back(std::get<events::Information>(record.event).text);
        return texts;
    }
    bool has(const std::string& account) const { return std::filesystem::exists(path_of(account)); }
};

TEST_F(PruneMbnamesTest, RemovesTheFilesOfAccountsThatAreGone) {
    prune({"Foo", "FooBar"});
    EXPECT_TRUE(has("Foo") && has("FooBar"));
    EXPECT_FALSE(has("Old"));
    EXPECT_EQ(told(), std::vector<std::string>{"removed " + path_of("Old")});
}

TEST_F(PruneMbnamesTest, ComparesWholeNames) {
    prune({"FooBar", "Older"});
    EXPECT_TRUE(has("FooBar"));
    EXPECT_FALSE(has("Foo") || has("Old"));
}

TEST_F(PruneMbnamesTest, SaysThatThereIsNothingToDo) {
    prune({"Foo", "FooBar", "Old"});
    EXPECT_EQ(told(), std::vector<std::string>{"no cache file to remove"});
    std::filesystem::remove_all(settings_.directory);
    prune({});
    EXPECT_EQ(told().size(), 2U);
}

TEST_F(PruneMbnamesTest, DryRunOnlyTells) {
    prune({"Foo", "FooBar"}, events::Run::dry);
    EXPECT_TRUE(has("Old"));
    EXPECT_EQ(told(), std::vector<std::string>{"mbnames would remove " + path_of("Old")});
}

TEST_F(MbnamesTest, ReplacesTheFileThatALinkLeadsToAndKeepsItsPermissions) {
    std::filesystem::create_directory(root_ / "dotfiles");
    std::ofstream(root_ / "dotfiles" / "boxes") << "old";
    std::filesystem::permissions(root_ / "dotfiles" / "boxes", std::filesystem::perms{0640});
    std::filesystem::create_symlink("dotfiles/boxes", settings_.filename);
    auto mbnames = make();
    mbnames.account_done("T", {{"T", "INBOX", "/m"}});
    mbnames.write();
    EXPECT_EQ(std::filesystem::read_symlink(settings_.filename), "dotfiles/boxes");
    EXPECT_EQ(content(root_ / "dotfiles" / "boxes"), "mailboxes \"+T/INBOX\"\n");
    EXPECT_EQ(std::filesystem::status(settings_.filename).permissions(), std::filesystem::perms{0640});
}

const MbnamesItem kItem{{"accountname", "A"}, {"foldername", "F"}, {"localfolders", std::nullopt}};

TEST(FormatItem, LeavesEachConversionToPython) {
    EXPECT_EQ(format_item("%(accountname)s%%%(foldername)-9s|%(localfolders)s 100%%", kItem, &format),
              "A%F        |None 100%");
    std::vector<std::string> conversions;
    format_item("a%(accountname)-10.3sb%(foldername)#0+rc%(localfolders)s", kItem,
                [&](const std::string& conversion, const MbnamesItem&) {
                    conversions.push_back(conversion);
                    return std::string();
                });
    EXPECT_EQ(conversions,
              (std::vector<std::string>{"%(accountname)-10.3s", "%(foldername)#0+r", "%(localfolders)s"}));
}

TEST(FormatItem, RefusesWhatHasNoKeyOfAnItem) {
    for (const char* peritem :
         {"%(nothing)s", "100%", "%s", "%(foldername", "%((foldername)s", "% (foldername)s"})
        EXPECT_THROW(format_item(peritem, kItem, &format), base::Error) << peritem;
}

TEST(FormatItem, TakesPythonsQuotesForHarmlessNamesOnly) {
    const auto shown = [](const std::string& peritem, const std::string& folder) {
        return format_item(peritem, {{"foldername", folder}}, &format);
    };
    EXPECT_EQ(shown("%(foldername)r", "a b"), "'a b'");
    EXPECT_EQ(shown("%(foldername)r", "a|b"), "'a|b'");
    EXPECT_EQ(shown("%(foldername)r", "it's"), std::nullopt);
    EXPECT_EQ(shown("%(foldername)r", "`x`"), std::nullopt);
    EXPECT_EQ(shown("'%(foldername)r'", "a|b"), std::nullopt);  // it stands outside of all quotes
    EXPECT_EQ(shown("'%(foldername)r'", "ab"), "''ab''");
    EXPECT_EQ(shown("\"%(foldername)r\"", "$x"), "\"'\\$x'\"");
}

}  // namespace
}  // namespace offlineimap::sync

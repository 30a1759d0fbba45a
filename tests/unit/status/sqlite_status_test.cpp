#include "offlineimap/status/sqlite_database.hpp"

#include "state_directory.hpp"

namespace offlineimap::status::test {
namespace {

const std::string kOne = "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 1\n";
const std::string kTwo = "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 2\n";
const std::string kMetadataSchema = "CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128))";
const std::string kStatusSchema =
    "CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50), mtime INTEGER, labels VARCHAR(256))";
const std::string kUpgradedStatusSchema =
    "CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50), mtime INTEGER DEFAULT 0, labels "
    "VARCHAR(256) DEFAULT '')";

class SqliteStatusFile : public StateDirectory {
  protected:
    std::unique_ptr<FolderStatus> open() const { return open_sqlite(paths(), Durability::relaxed); }

    // Runs SQL on the file, which is created if missing, as another program would.
    void run(const std::string& sql) const {
        if (!fs::exists(paths().sqlite)) write_content(paths().sqlite, "");
        Database::open(paths().sqlite, Database::Access::read_write).execute(sql);
    }
    // The first column of all rows.
    std::vector<std::string> ask(const std::string& sql) const {
        auto database = Database::open(paths().sqlite, Database::Access::read_only);
        auto query = database.prepare(sql);
        std::vector<std::string> answers;
        while (query.step()) answers.emplace_back(query.text(0));
        return answers;
    }
    std::vector<std::string> tables() const {
        return ask("SELECT sql FROM sqlite_master WHERE type='table' ORDER BY rowid");
    }
};

TEST_F(SqliteStatusFile, IsCreatedAsTheOriginalDoesButPrivate) {
    const auto status = open_sqlite(paths(), Durability::fsync);
    EXPECT_EQ(status->opened(), Opened::created);
    EXPECT_EQ(status->load(), std::vector<Row>{});
    EXPECT_EQ(status->intents(), std::vector<Intent>{});
    EXPECT_EQ(tables(), (std::vector<std::string>{kMetadataSchema, kStatusSchema}));
    EXPECT_EQ(ask("SELECT key || '=' || value FROM metadata"), std::vector<std::string>{"db_version=2"});
    EXPECT_EQ(ask("PRAGMA journal_mode"), std::vector<std::string>{"delete"});
    EXPECT_EQ(ask("PRAGMA page_size"), std::vector<std::string>{"4096"});
    EXPECT_EQ(ask("PRAGMA user_version"), std::vector<std::string>{"0"});
    EXPECT_EQ(ask("PRAGMA encoding"), std::vector<std::string>{"UTF-8"});
    EXPECT_EQ(mode_of(paths().sqlite), 0600U);
    EXPECT_EQ(mode_of(paths().sqlite.parent_path()), 0700U);
    EXPECT_EQ(names_below(paths().sqlite.parent_path()), std::vector<std::string>{"INBOX"});
}

TEST_F(SqliteStatusFile, HoldsWhatWasApplied) {
    auto status = open();
    status->apply({.put = {row(3, "S"), row(1, "bFa", 7, {"a", "b"}), row(2, "")}});
    status->apply({.put = {row(3, "T")}, .set_flags = {row(1, "RD"), row(9, "S")}, .erase = {base::Uid(2)}});
    EXPECT_EQ(status->load(), (std::vector<Row>{row(1, "DR", 7, {"a", "b"}), row(3, "T")}));
    EXPECT_EQ(ask("SELECT id || '|' || flags || '|' || mtime || '|' || labels FROM status"),
              (std::vector<std::string>{"1|DR|7|a, b", "3|T|0|"}));
    EXPECT_EQ(open()->opened(), Opened::existing);
    EXPECT_EQ(tables(), (std::vector<std::string>{kMetadataSchema, kStatusSchema}));
}

TEST_F(SqliteStatusFile, PutsAfterErasingAndSetsFlagsLast) {
    auto status = open();
    status->apply({.put = {row(1, "S")}, .set_flags = {row(1, "F")}, .erase = {base::Uid(1)}});
    EXPECT_EQ(status->load(), std::vector<Row>{row(1, "F")});
}

TEST_F(SqliteStatusFile, KeepsIntentsInATableOfOurs) {
    auto status = open();
    Intent odd{.local_name = "odd\xFF name", .wire_size = UINT64_MAX};
    status->apply({.open_intents = {odd, intent("a")}});
    EXPECT_EQ(open()->intents(), (std::vector<Intent>{intent("a"), odd}));
    EXPECT_EQ(ask("SELECT name FROM sqlite_master WHERE type='table' ORDER BY rowid"),
              (std::vector<std::string>{"metadata", "status", "offlineimap_intents"}));
    auto second = intent("a");
    second.uid_next = std::nullopt;
    status->apply({.put = {row(5, "S")}, .open_intents = {second}, .close_intents = {"a", odd.local_name}});
    EXPECT_EQ(open()->intents(), std::vector<Intent>{second});
    EXPECT_EQ(open()->load(), std::vector<Row>{row(5, "S")});
}

TEST_F(SqliteStatusFile, RemembersWhichIntentsAreAcknowledged) {
    auto status = open();
    status->apply({.acknowledge_intents = {"before the table is there"}});
    status->apply({.open_intents = {intent("a"), intent("b")}});
    status->apply({.acknowledge_intents = {"a", "never opened"}});
    EXPECT_EQ(open()->intents(), (std::vector<Intent>{acknowledged("a"), intent("b")}));
    status->apply({.open_intents = {intent("a")}});
    EXPECT_EQ(open()->intents(), (std::vector<Intent>{intent("a"), intent("b")}));
}

TEST_F(SqliteStatusFile, AddsTheAcknowledgementToAnOlderTableWhenItChangesIt) {
    const std::vector<Changes> changes = {{.acknowledge_intents = {"a"}},
                                          {.open_intents = {intent("b")}, .acknowledge_intents = {"a"}},
                                          {.open_intents = {acknowledged("a")}}};
    for (const auto& change : changes) {
        purge(paths());
        open();
        run("CREATE TABLE offlineimap_intents (local_name TEXT PRIMARY KEY, wire_size INTEGER NOT NULL, "
            "sha256 TEXT NOT NULL, header_sha256 TEXT NOT NULL, message_id TEXT NOT NULL, uid_next INTEGER, "
            "uid_validity INTEGER NOT NULL);"
            "INSERT INTO offlineimap_intents VALUES('a', 4711, '" +
            std::string(64, 'a') + "', '" + std::string(64, 'b') + "', '<1@example.org>', 17, 42);");
        const auto before = content_of(paths().sqlite);
        EXPECT_EQ(open_read_only(paths())->intents(), std::vector<Intent>{intent("a")});
        EXPECT_TRUE(content_of(paths().sqlite) == before);
        auto status = open();
        EXPECT_EQ(status->intents(), std::vector<Intent>{intent("a")});
        status->apply(change);
        EXPECT_EQ(open()->intents().at(0), acknowledged("a"));
        EXPECT_EQ(open_read_only(paths())->intents(), open()->intents());
    }
}

TEST_F(SqliteStatusFile, ChangesAllOrNothing) {
    auto status = open();
    status->apply({.put = {row(1, "S")}});
    run("CREATE TRIGGER refuse BEFORE INSERT ON status WHEN new.id=3 BEGIN SELECT RAISE(ABORT, 'no'); END");
    EXPECT_THROW(
        status->apply(
            {.put = {row(2, ""), row(3, "")}, .erase = {base::Uid(1)}, .open_intents = {intent("a")}}),
        base::Error);
    EXPECT_EQ(status->load(), std::vector<Row>{row(1, "S")});
    EXPECT_EQ(status->intents(), std::vector<Intent>{});
    status->apply({.put = {row(2, "")}});
    EXPECT_EQ(status->load(), (std::vector<Row>{row(1, "S"), row(2, "")}));
}

TEST_F(SqliteStatusFile, OfVersionOneIsUpgradedAsTheOriginalDoes) {
    run("CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128));"
        "INSERT INTO metadata VALUES('db_version', '1');"
        "CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50));"
        "INSERT INTO status VALUES(7, 'FS');");
    EXPECT_EQ(open_read_only(paths())->load(), std::vector<Row>{row(7, "FS")});
    EXPECT_EQ(ask("SELECT value FROM metadata"), std::vector<std::string>{"1"});
    const auto status = open();
    EXPECT_EQ(status->opened(), Opened::upgraded);
    EXPECT_EQ(status->load(), std::vector<Row>{row(7, "FS")});
    EXPECT_EQ(ask("SELECT value FROM metadata"), std::vector<std::string>{"2"});
    EXPECT_EQ(tables(), (std::vector<std::string>{kMetadataSchema, kUpgradedStatusSchema}));
    EXPECT_EQ(open()->opened(), Opened::existing);
}

TEST_F(SqliteStatusFile, FinishesAnUpgradeThatTheOriginalWasStoppedIn) {
    run("CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128));"
        "INSERT INTO metadata VALUES('db_version', '1');"
        "CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50));"
        "INSERT INTO status VALUES(7, 'FS');"
        "ALTER TABLE status ADD mtime INTEGER DEFAULT 0;");
    EXPECT_EQ(open()->load(), std::vector<Row>{row(7, "FS")});
    EXPECT_EQ(tables(), (std::vector<std::string>{kMetadataSchema, kUpgradedStatusSchema}));
}

TEST_F(SqliteStatusFile, FinishesACreationThatTheOriginalWasStoppedIn) {
    for (const std::string begun : {"", "INSERT INTO metadata VALUES('db_version', '2')"}) {
        fs::remove(paths().sqlite);
        run("CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128));" + begun);
        EXPECT_EQ(open()->opened(), Opened::created);
        EXPECT_EQ(open()->load(), std::vector<Row>{});
        EXPECT_EQ(tables(), (std::vector<std::string>{kMetadataSchema, kStatusSchema}));
    }
}

TEST_F(SqliteStatusFile, OfANewerVersionIsRefused) {
    open();
    run("UPDATE metadata SET value='3'");
    for (const auto& action :
         std::vector<std::function<void()>>{[&] { open(); }, [&] { open_read_only(paths()); }}) {
        const auto error = error_of(action);
        EXPECT_EQ(error.code(), base::ErrorCode::unsupported);
        EXPECT_EQ(error.severity(), base::Severity::folder);
        EXPECT_NE(std::string(error.what()).find("version 3"), std::string::npos) << error.what();
    }
    EXPECT_EQ(ask("SELECT value FROM metadata"), std::vector<std::string>{"3"});
}

TEST_F(SqliteStatusFile, WithRowsButWithoutAVersionIsRefusedAndNotWiped) {
    for (const std::string damage :
         {"DELETE FROM metadata", "UPDATE metadata SET value='x'", "UPDATE metadata SET value='0'",
          "UPDATE metadata SET value=NULL", "DROP TABLE metadata"}) {
        SCOPED_TRACE(damage);
        fs::remove(paths().sqlite);
        open()->apply({.put = {row(1, "S")}});
        run(damage);
        expect_corrupt([&] { open(); }, paths().sqlite);
        expect_corrupt([&] { open_read_only(paths()); }, paths().sqlite);
        EXPECT_EQ(ask("SELECT flags FROM status"), std::vector<std::string>{"S"});
    }
}

TEST_F(SqliteStatusFile, WithOtherColumnsIsRefused) {
    run("CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128));"
        "INSERT INTO metadata VALUES('db_version', '2');"
        "CREATE TABLE status (id INTEGER PRIMARY KEY, something VARCHAR(50));");
    const auto status = open();
    expect_corrupt([&] { status->load(); }, paths().sqlite);
}

TEST_F(SqliteStatusFile, ToleratesNullsAndOddValuesOfOldFiles) {
    open();
    run("INSERT INTO status VALUES(1, NULL, NULL, NULL);"
        "INSERT INTO status VALUES(2, 'S', '12', 'b,, a ,b');"
        "INSERT INTO status VALUES(3, 'S S?!', 0, '');");
    EXPECT_EQ(open()->load(), (std::vector<Row>{row(1, ""), row(2, "S", 12, {"a", "b"}), row(3, "S")}));
}

TEST_F(SqliteStatusFile, IgnoresRowsWhoseIdIsNoUidAndLeavesThemThere) {
    open();
    run("INSERT INTO status VALUES(-3, 'S', 0, '');"
        "INSERT INTO status VALUES(0, 'S', 0, '');"
        "INSERT INTO status VALUES(4294967295, 'S', 0, '');"
        "INSERT INTO status VALUES(4294967296, 'S', 0, '');");
    auto status = open();
    EXPECT_EQ(status->load(), std::vector<Row>{row(4294967295, "S")});
    status->apply({.put = {row(1, "")}});
    EXPECT_EQ(ask("SELECT id FROM status"),
              (std::vector<std::string>{"-3", "0", "1", "4294967295", "4294967296"}));
}

TEST_F(SqliteStatusFile, TakesAPlainStatusOverOnceAndLeavesItInPlace) {
    const std::vector<std::pair<std::string, std::vector<Row>>> cases = {
        {kOne + "1:RS\n4:\n", {row(1, "RS"), row(4, "")}},
        {kTwo + "1|RS|0|\n3|FS|123|Foo, Bar\n", {row(1, "RS"), row(3, "FS", 123, {"Bar", "Foo"})}},
    };
    for (const auto& [content, rows] : cases) {
        purge(paths());
        write_content(paths().plain, content);
        EXPECT_TRUE(exists(paths()));
        EXPECT_EQ(open_read_only(paths())->load(), rows);
        const auto status = open();
        EXPECT_EQ(status->opened(), Opened::migrated);
        EXPECT_EQ(status->load(), rows);
        EXPECT_EQ(content_of(paths().plain), content);
        write_content(paths().plain, kTwo + "99|S|0|\n");
        EXPECT_EQ(open()->opened(), Opened::existing);
        EXPECT_EQ(open()->load(), rows);
        EXPECT_EQ(open_read_only(paths())->load(), rows);
    }
}

TEST_F(SqliteStatusFile, TakesAPlainStatusOverIfItIsEmptyOrHasNoTables) {
    write_content(paths().plain, kTwo + "5|S|0|\n");
    write_content(paths().sqlite, "");
    EXPECT_EQ(open()->opened(), Opened::migrated);
    fs::remove(paths().sqlite);
    run("PRAGMA user_version=0; CREATE TABLE other (x); DROP TABLE other");
    ASSERT_GT(fs::file_size(paths().sqlite), 0U);
    EXPECT_EQ(open_read_only(paths())->load(), std::vector<Row>{row(5, "S")});
    const auto status = open();
    EXPECT_EQ(status->opened(), Opened::migrated);
    EXPECT_EQ(status->load(), std::vector<Row>{row(5, "S")});
}

TEST_F(SqliteStatusFile, TakesOpenIntentsOfAPlainStatusOver) {
    open_plain(paths(), Durability::relaxed)
        ->apply({.put = {row(1, "")}, .open_intents = {acknowledged("a")}});
    EXPECT_EQ(open()->intents(), std::vector<Intent>{acknowledged("a")});
    EXPECT_TRUE(fs::exists(journal()));
}

TEST_F(SqliteStatusFile, PassesTheWarningOfAnEmptyPlainStatusOn) {
    write_content(paths().plain, "");
    const auto status = open();
    EXPECT_EQ(status->load(), std::vector<Row>{});
    EXPECT_EQ(status->warning(), "Cache file '" + paths().plain.string() + "' is empty.");
}

TEST_F(SqliteStatusFile, ThatIsNoDatabaseIsRefusedAndLeftAlone) {
    for (const auto& content : {std::string("x"), std::string(100, '\0'), std::string(5000, '\0'),
                                std::string(5000, 'x'), std::string("SQLite format 3\0", 16)}) {
        write_content(paths().sqlite, content);
        expect_corrupt([&] { open(); }, paths().sqlite);
        expect_corrupt([&] { open_read_only(paths()); }, paths().sqlite);
        EXPECT_TRUE(content_of(paths().sqlite) == content);
    }
}

TEST_F(SqliteStatusFile, CutShortIsNeverTakenForASmallerOne) {
    Changes many;
    for (std::uint32_t uid = 1; uid <= 2000; ++uid) many.put.push_back(row(uid, "FS"));
    open()->apply(many);
    const auto whole = content_of(paths().sqlite);
    ASSERT_GT(whole.size(), 5U * 4096U);
    std::vector<std::size_t> lengths = {1,
                                        15,
                                        16,
                                        50,
                                        91,
                                        92,
                                        99,
                                        100,
                                        511,
                                        512,
                                        1000,
                                        4095,
                                        4096,
                                        4097,
                                        8191,
                                        8192,
                                        8193,
                                        9000,
                                        whole.size() - 4096,
                                        whole.size() - 1};
    for (std::size_t length = 12288; length < whole.size(); length += 1531) lengths.push_back(length);
    for (const auto length : lengths) {
        SCOPED_TRACE(length);
        write_content(paths().sqlite, whole.substr(0, length));
        expect_corrupt([&] { open()->load(); }, paths().sqlite);
        expect_corrupt([&] { open_read_only(paths()); }, paths().sqlite);
    }
}

TEST_F(SqliteStatusFile, WithAPageOfZerosIsRefused) {
    Changes many;
    for (std::uint32_t uid = 1; uid <= 2000; ++uid) many.put.push_back(row(uid, "FS"));
    open()->apply(many);
    const auto whole = content_of(paths().sqlite);
    for (std::size_t page = 3; page * 4096 < whole.size(); ++page) {
        SCOPED_TRACE(page);
        auto damaged = whole;
        damaged.replace(page * 4096, 4096, 4096, '\0');
        write_content(paths().sqlite, damaged);
        expect_corrupt([&] { open()->load(); }, paths().sqlite);
    }
}

// Each page by itself is sound, so SQLite has nothing to complain about.
TEST_F(SqliteStatusFile, WithAPageInTwoPlacesIsRefused) {
    Changes many;
    for (std::uint32_t uid = 1; uid <= 2000; ++uid) many.put.push_back(row(uid, "FS"));
    open()->apply(many);
    auto damaged = content_of(paths().sqlite);
    constexpr std::size_t page = 4096;
    ASSERT_GT(damaged.size(), 6 * page);
    damaged.replace(5 * page, page, damaged, 4 * page, page);
    write_content(paths().sqlite, damaged);
    expect_corrupt([&] { open()->load(); }, paths().sqlite);
}

TEST_F(SqliteStatusFile, ReportsALockThatIsNotGivenUp) {
    open();
    auto holder = Database::open(paths().sqlite, Database::Access::read_write);
    const Transaction held(holder);
    auto other = Database::open(paths().sqlite, Database::Access::read_write, std::chrono::milliseconds(0));
    const auto error = error_of([&] { const Transaction second(other); });
    EXPECT_EQ(error.code(), base::ErrorCode::lock_held) << error.what();
    EXPECT_EQ(error.severity(), base::Severity::folder);
}

TEST_F(SqliteStatusFile, ReportsAFullDisk) {
    open();
    auto database = Database::open(paths().sqlite, Database::Access::read_write);
    database.execute("PRAGMA max_page_count=5; CREATE TABLE filler (x)");
    const auto error = error_of([&] { database.execute("INSERT INTO filler VALUES (zeroblob(100000))"); });
    EXPECT_EQ(error.code(), base::ErrorCode::disk_full) << error.what();
}

TEST_F(SqliteStatusFile, ReportsAPlaceThatIsNoFile) {
    fs::create_directories(paths().sqlite);
    const auto error = error_of([&] { open(); });
    EXPECT_EQ(error.code(), base::ErrorCode::io) << error.what();
    EXPECT_THROW(open_read_only(paths()), base::Error);
    EXPECT_THROW(exists(paths()), base::Error);
}

TEST_F(SqliteStatusFile, ReadOnlyCreatesNothing) {
    const auto status = open_read_only(paths());
    EXPECT_EQ(status->load(), std::vector<Row>{});
    EXPECT_EQ(status->intents(), std::vector<Intent>{});
    EXPECT_FALSE(exists(paths()));
    EXPECT_EQ(names_below(root()), std::vector<std::string>{});
    status->apply({});
    EXPECT_EQ(error_of([&] { status->apply({.put = {row(1, "")}}); }).code(), base::ErrorCode::permission);
}

TEST_F(SqliteStatusFile, ReadOnlyLeavesTheFileAndItsDirectoryAlone) {
    open()->apply({.put = {row(1, "S")}, .open_intents = {intent("a")}});
    const auto content = content_of(paths().sqlite);
    const auto names = names_below(root());
    const auto status = open_read_only(paths());
    EXPECT_EQ(status->load(), std::vector<Row>{row(1, "S")});
    EXPECT_EQ(status->intents(), std::vector<Intent>{intent("a")});
    EXPECT_TRUE(content_of(paths().sqlite) == content);
    EXPECT_EQ(names_below(root()), names);
}

// Leaves the file as a process does that is killed while it writes: changed pages in it, and the journal that
// undoes them.
void interrupt_a_write(const fs::path& file) {
    const auto copy = file.string() + ".copy";
    {
        auto database = Database::open(file, Database::Access::read_write);
        const Transaction unfinished(database);
        database.execute("PRAGMA cache_size=1; UPDATE status SET flags='T' WHERE id<2000");
        fs::copy_file(file, copy);
        fs::copy_file(file.string() + "-journal", copy + "-journal");
    }
    fs::rename(copy + "-journal", file.string() + "-journal");
    fs::rename(copy, file);
}

TEST_F(SqliteStatusFile, UndoesAnInterruptedWriteAndForAReaderOnlyInACopy) {
    Changes many;
    for (std::uint32_t uid = 1; uid <= 2000; ++uid) many.put.push_back(row(uid, "FS"));
    open()->apply(many);
    const auto before = content_of(paths().sqlite);
    interrupt_a_write(paths().sqlite);
    const auto interrupted = content_of(paths().sqlite);
    ASSERT_FALSE(interrupted == before);
    const auto names = names_below(root());
    const auto journal_before = content_of(paths().sqlite.string() + "-journal");
    EXPECT_EQ(open_read_only(paths())->load(), many.put);
    EXPECT_EQ(names_below(root()), names);
    EXPECT_TRUE(content_of(paths().sqlite) == interrupted);
    EXPECT_TRUE(content_of(paths().sqlite.string() + "-journal") == journal_before);
    EXPECT_EQ(open()->load(), many.put);
    EXPECT_EQ(open_read_only(paths())->load(), many.put);
}

TEST_F(SqliteStatusFile, PurgeForgetsBothFormatsAndWhatBelongsToThem) {
    open_plain(paths(), Durability::relaxed)->apply({.put = {row(1, "")}, .open_intents = {intent("a")}});
    open();
    for (const auto& file : companions(paths())) write_content(file, "left over");
    EXPECT_TRUE(exists(paths()));
    purge(paths());
    EXPECT_FALSE(exists(paths()));
    EXPECT_EQ(names_below(root() / "Account-Test"),
              (std::vector<std::string>{"LocalStatus", "LocalStatus-sqlite"}));
    purge(paths());
}

}  // namespace
}  // namespace offlineimap::status::test

#include "state_directory.hpp"

namespace offlineimap::status::test {
namespace {

const std::string kOne = "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 1\n";
const std::string kTwo = "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 2\n";

class PlainStatusFile : public StateDirectory {
  protected:
    std::unique_ptr<FolderStatus> open() const { return open_plain(paths(), Durability::relaxed); }
    std::string text() const { return content_of(paths().plain); }
};

TEST_F(PlainStatusFile, IsCreatedPrivate) {
    const auto status = open_plain(paths(), Durability::fsync);
    EXPECT_EQ(status->opened(), Opened::created);
    EXPECT_EQ(status->load(), std::vector<Row>{});
    EXPECT_EQ(text(), kTwo);
    EXPECT_EQ(mode_of(paths().plain), 0600U);
    EXPECT_EQ(mode_of(paths().plain.parent_path()), 0700U);
    EXPECT_EQ(mode_of(paths().plain.parent_path().parent_path()), 0700U);
    EXPECT_EQ(names_below(paths().plain.parent_path()), std::vector<std::string>{"INBOX"});
}

TEST_F(PlainStatusFile, HoldsWhatWasApplied) {
    auto status = open();
    status->apply({.put = {row(3, "S"), row(1, "F", 7, {"a", "b"}), row(2, "")}});
    status->apply({.put = {row(3, "T")}, .set_flags = {row(1, "R"), row(9, "S")}, .erase = {base::Uid(2)}});
    const std::vector<Row> expected = {row(1, "R", 7, {"a", "b"}), row(3, "T")};
    EXPECT_EQ(status->load(), expected);
    EXPECT_EQ(text(), kTwo + "1|R|7|a, b\n3|T|0|\n");
    const auto again = open();
    EXPECT_EQ(again->opened(), Opened::existing);
    EXPECT_EQ(again->load(), expected);
}

TEST_F(PlainStatusFile, PutsAfterErasingAndSetsFlagsLast) {
    auto status = open();
    status->apply({.put = {row(1, "S")}, .set_flags = {row(1, "F")}, .erase = {base::Uid(1)}});
    EXPECT_EQ(status->load(), std::vector<Row>{row(1, "F")});
}

TEST_F(PlainStatusFile, OfVersionOneIsRewrittenAsVersionTwo) {
    write_content(paths().plain, kOne + "1:RS\n4:\n");
    const auto status = open();
    EXPECT_EQ(status->opened(), Opened::upgraded);
    EXPECT_EQ(status->load(), (std::vector<Row>{row(1, "RS"), row(4, "")}));
    EXPECT_EQ(text(), kTwo + "1|RS|0|\n4||0|\n");
}

TEST_F(PlainStatusFile, ThatIsEmptyHoldsNoMessagesAndSaysSo) {
    write_content(paths().plain, "");
    const auto status = open();
    EXPECT_EQ(status->opened(), Opened::existing);
    EXPECT_EQ(status->load(), std::vector<Row>{});
    EXPECT_EQ(status->warning(), "Cache file '" + paths().plain.string() + "' is empty.");
}

TEST_F(PlainStatusFile, ThatIsCorruptIsReportedAndLeftAlone) {
    const std::string content = kTwo + "1|S|0|\n2|S\n";
    write_content(paths().plain, content);
    expect_corrupt([&] { open(); }, paths().plain);
    expect_corrupt([&] { open_read_only(paths()); }, paths().plain);
    expect_corrupt([&] { open_sqlite(paths(), Durability::relaxed); }, paths().plain);
    const auto error = error_of([&] { open(); });
    const auto expected = "Corrupt line '2|S' in cache file '" + paths().plain.string() + "'";
    EXPECT_EQ(std::string(error.what()).rfind(expected, 0), 0U) << error.what();
    EXPECT_EQ(text(), content);
}

TEST_F(PlainStatusFile, WithUnknownMagicIsReportedAndLeftAlone) {
    write_content(paths().plain, "something else\n");
    expect_corrupt([&] { open(); }, paths().plain);
    const auto error = error_of([&] { open(); });
    const auto expected = "Unrecognized cache magicline in '" + paths().plain.string() + "'";
    EXPECT_EQ(std::string(error.what()).rfind(expected, 0), 0U) << error.what();
    EXPECT_EQ(text(), "something else\n");
}

TEST_F(PlainStatusFile, RefusesALabelWithALineBreakAndKeepsWhatItHad) {
    auto status = open();
    status->apply({.put = {row(1, "S")}});
    const auto error = error_of([&] { status->apply({.put = {row(2, "", 0, {"a\nb"})}}); });
    EXPECT_EQ(error.code(), base::ErrorCode::unsupported);
    EXPECT_EQ(status->load(), std::vector<Row>{row(1, "S")});
    EXPECT_EQ(open()->load(), std::vector<Row>{row(1, "S")});
}

TEST_F(PlainStatusFile, KeepsItsStateWhenItCannotBeWritten) {
    auto status = open();
    status->apply({.put = {row(1, "S")}});
    fs::create_directory(temporary_of(paths().plain));
    const auto error = error_of([&] { status->apply({.put = {row(2, "")}}); });
    EXPECT_EQ(error.code(), base::ErrorCode::io) << error.what();
    EXPECT_EQ(status->load(), std::vector<Row>{row(1, "S")});
    EXPECT_EQ(open()->load(), std::vector<Row>{row(1, "S")});
}

TEST_F(PlainStatusFile, KeepsIntentsBesideItWhileAnyIsOpen) {
    auto status = open();
    EXPECT_FALSE(fs::exists(journal()));
    status->apply({.open_intents = {intent("b"), intent("a")}});
    EXPECT_EQ(open()->intents(), (std::vector<Intent>{intent("a"), intent("b")}));
    EXPECT_EQ(mode_of(journal()), 0600U);
    status->apply({.put = {row(1, "")}, .close_intents = {"a", "never opened"}});
    EXPECT_EQ(open()->intents(), std::vector<Intent>{intent("b")});
    status->apply({.close_intents = {"b"}});
    EXPECT_EQ(status->intents(), std::vector<Intent>{});
    EXPECT_FALSE(fs::exists(journal()));
    EXPECT_EQ(open()->load(), std::vector<Row>{row(1, "")});
}

TEST_F(PlainStatusFile, ReplacesAnIntentOfTheSameName) {
    auto status = open();
    status->apply({.open_intents = {intent("a")}});
    auto second = intent("a");
    second.wire_size = 5;
    status->apply({.open_intents = {second}, .close_intents = {"a"}});
    EXPECT_EQ(open()->intents(), std::vector<Intent>{second});
}

TEST_F(PlainStatusFile, RemembersWhichIntentsAreAcknowledged) {
    auto status = open();
    status->apply({.open_intents = {intent("a"), intent("b")}});
    status->apply({.acknowledge_intents = {"a", "never opened"}});
    EXPECT_EQ(open()->intents(), (std::vector<Intent>{acknowledged("a"), intent("b")}));
    EXPECT_EQ(open_read_only(paths())->intents(), open()->intents());
}

TEST_F(PlainStatusFile, GoesOnWithAJournalOfFormatOne) {
    write_content(paths().plain, kTwo);
    write_content(journal(), "offlineimap intents 1\na 4711 " + std::string(64, 'a') + ' ' +
                                 std::string(64, 'b') + " <1@example.org> 17 42\n");
    auto status = open();
    EXPECT_EQ(status->intents(), std::vector<Intent>{intent("a")});
    status->apply({.acknowledge_intents = {"a"}});
    EXPECT_EQ(open()->intents(), std::vector<Intent>{acknowledged("a")});
}

TEST_F(PlainStatusFile, RecordsTheUidBeforeItsIntentIsCleared) {
    auto status = open();
    status->apply({.open_intents = {intent("a"), intent("b")}});
    fs::create_directory(temporary_of(journal()));
    const auto error = error_of([&] { status->apply({.put = {row(1, "S")}, .close_intents = {"a"}}); });
    EXPECT_EQ(error.code(), base::ErrorCode::io) << error.what();
    EXPECT_EQ(open()->load(), std::vector<Row>{row(1, "S")});
    EXPECT_EQ(open()->intents(), (std::vector<Intent>{intent("a"), intent("b")}));
}

TEST_F(PlainStatusFile, RefusesAJournalThatItCannotRead) {
    write_content(paths().plain, kTwo);
    write_content(journal(), kTwo + "1|S|0|\n");  // the status of a folder that is called INBOX.intents
    expect_corrupt([&] { open(); }, journal());
    EXPECT_EQ(content_of(journal()), kTwo + "1|S|0|\n");
}

TEST_F(PlainStatusFile, TakesOverAnSqliteStatusWithItsIntents) {
    const std::vector<Row> rows = {row(1, "S"), row(2, "F", 3, {"x"})};
    open_sqlite(paths(), Durability::relaxed)->apply({.put = rows, .open_intents = {acknowledged("a")}});
    const auto before = content_of(paths().sqlite);
    const auto status = open();
    EXPECT_EQ(status->opened(), Opened::migrated);
    EXPECT_EQ(status->load(), rows);
    EXPECT_EQ(open()->intents(), std::vector<Intent>{acknowledged("a")});
    EXPECT_TRUE(content_of(paths().sqlite) == before);
    EXPECT_EQ(open()->opened(), Opened::existing);
}

}  // namespace
}  // namespace offlineimap::status::test

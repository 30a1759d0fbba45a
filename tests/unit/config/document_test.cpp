#include "offlineimap/config/document.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offlineimap::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DocumentTest : public ::testing::Test {
  protected:
    void set(std::string_view section, std::string_view option, std::string value) {
        document_.set(section, option, std::move(value), {"rc", ++line_});
    }
    template <class Function>
    std::string failure_of(Function function) {
        try {
            function();
        } catch (const base::Error& error) {
            EXPECT_EQ(error.severity(), base::Severity::repository);
            EXPECT_EQ(error.code(), base::ErrorCode::configuration);
            return error.what();
        }
        ADD_FAILURE() << "no error";
        return "";
    }
    std::string failure(std::string_view option) {
        return failure_of([&] { document_.get("s", option); });
    }

    Document document_;
    std::size_t line_ = 0;
};

TEST_F(DocumentTest, FoldsOptionNamesButNotSectionNames) {
    set("S", "RemoteUser", "me");
    EXPECT_EQ(document_.get("S", "REMOTEUSER"), "me");
    EXPECT_EQ(document_.get("s", "remoteuser"), std::nullopt);
    EXPECT_EQ(document_.options("S").front().name, "remoteuser");
}

TEST_F(DocumentTest, KeepsSectionsInOrderWithoutDefault) {
    document_.add_section("b", {"rc", 1});
    set("DEFAULT", "x", "1");
    document_.add_section("a", {"rc", 3});
    document_.add_section("b", {"rc", 9});
    EXPECT_THAT(document_.sections(), ElementsAre("b", "a"));
    EXPECT_EQ(document_.section_origin("b")->line, 1U);
    EXPECT_FALSE(document_.has_section("DEFAULT"));
    EXPECT_TRUE(document_.has_section("a"));
}

TEST_F(DocumentTest, SeesDefaultsInEverySectionThatExists) {
    set("DEFAULT", "quick", "5");
    set("s", "own", "1");
    EXPECT_TRUE(document_.has("s", "quick"));
    EXPECT_EQ(document_.get("s", "quick"), "5");
    EXPECT_FALSE(document_.has("missing", "quick"));
    EXPECT_EQ(document_.options("s").size(), 1U);
    set("s", "quick", "6");
    EXPECT_EQ(document_.get("s", "quick"), "6");
    document_.remove("s", "QUICK");
    EXPECT_EQ(document_.get("s", "quick"), "5");
    document_.remove("DEFAULT", "quick");
    document_.remove("missing", "quick");
    EXPECT_FALSE(document_.has("s", "quick"));
}

TEST_F(DocumentTest, ReplacesAValueInItsPlace) {
    set("s", "a", "1");
    set("s", "b", "2");
    set("s", "A", "3");
    ASSERT_EQ(document_.options("s").size(), 2U);
    EXPECT_EQ(document_.options("s").front().value, "3");
    EXPECT_EQ(document_.find("s", "a")->origin.to_string(), "rc:3");
}

TEST_F(DocumentTest, InterpolatesFromTheSectionBeforeDefault) {
    set("DEFAULT", "base", "~/Mail");
    set("DEFAULT", "user", "nobody");
    set("s", "user", "me");
    set("s", "path", "%(base)s/%(USER)s/100%%");
    EXPECT_EQ(document_.get("s", "path"), "~/Mail/me/100%");
    EXPECT_EQ(document_.find("s", "path")->value, "%(base)s/%(USER)s/100%%");
}

TEST_F(DocumentTest, InterpolatesTenLevelsDeepAndNoMore) {
    for (int i = 0; i < 11; ++i) set("s", "a" + std::to_string(i), "%(a" + std::to_string(i + 1) + ")s");
    set("s", "a11", "end");
    EXPECT_EQ(document_.get("s", "a1"), "end");
    set("s", "a11", "%%");
    EXPECT_THAT(failure("a1"), HasSubstr("nested more than 10 deep"));
    set("s", "self", "%(self)s");
    EXPECT_THAT(failure("self"), HasSubstr("refer to themselves"));
}

TEST_F(DocumentTest, IsNotBlownUpByReferences) {
    std::string level = "x";
    for (int i = 0; i < 9; ++i) {
        set("s", "b" + std::to_string(i), level);
        const std::string reference = "%(b" + std::to_string(i) + ")s";
        level.clear();
        for (int j = 0; j < 20; ++j) level += reference;
    }
    EXPECT_THAT(failure("b8"), HasSubstr("too many"));
    set("s", "long", std::string(100'000, 'x'));
    set("s", "longer",
        "%(long)s%(long)s%(long)s%(long)s%(long)s%(long)s%(long)s%(long)s%(long)s%(long)s%(long)s");
    EXPECT_THAT(failure("longer"), HasSubstr("too long"));
}

TEST_F(DocumentTest, ComplainsOfABadPercentOnlyWhenItIsRead) {
    set("s", "bad", "50%");
    set("s", "good", "1");
    EXPECT_EQ(document_.get("s", "good"), "1");
    EXPECT_EQ(failure("bad"),
              "rc:1: [s] bad: a '%' must be written as '%%' unless it begins a reference like %(name)s");
    for (const char* value : {"%", "%d", "%(", "%(a", "%()s", "%(good)d", "%(good)"}) {
        set("s", "bad", value);
        EXPECT_THAT(failure("bad"), HasSubstr("[s] bad: a '%' must be")) << value;
    }
    set("s", "bad", "%(nothing)s");
    EXPECT_THAT(failure("bad"), HasSubstr("%(nothing)s refers to an option that neither"));
}

TEST_F(DocumentTest, ReadsBooleansOfEveryCase) {
    for (const char* value : {"1", "yes", "True", "ON"}) {
        set("s", "b", value);
        EXPECT_EQ(document_.get_bool("s", "b"), true) << value;
    }
    for (const char* value : {"0", "NO", "false", "Off"}) {
        set("s", "b", value);
        EXPECT_EQ(document_.get_bool("s", "b"), false) << value;
    }
    EXPECT_EQ(document_.get_bool("s", "missing"), std::nullopt);
    set("s", "b", "maybe");
    EXPECT_EQ(failure_of([&] { document_.get_bool("s", "b"); }),
              "rc:9: [s] b: 'maybe' is neither yes nor no; write one of yes, no, true, false, on, off, 1, 0");
}

TEST_F(DocumentTest, ReadsIntegersAsPythonDoes) {
    const std::pair<const char*, long long> good[] = {{"42", 42},      {"-1", -1},  {"+7", 7}, {"007", 7},
                                                      {"1_000", 1000}, {" 5\n", 5}, {"-0", 0}, {"-1_0", -10}};
    for (const auto& [value, number] : good) {
        set("s", "n", value);
        EXPECT_EQ(document_.get_int("s", "n"), number) << value;
    }
    for (const char* value :
         {"", "x", "1.0", "1__0", "_1", "1_", "+-1", "--1", "- 1", "0x10", "1 2", "99999999999999999999"}) {
        set("s", "n", value);
        EXPECT_THAT(failure_of([&] { document_.get_int("s", "n"); }), HasSubstr("is not a whole number"))
            << value;
    }
}

TEST_F(DocumentTest, SaysWhyACommentAfterANumberIsNoComment) {
    set("s", "n", "993 ; imaps");
    EXPECT_THAT(failure_of([&] { document_.get_int("s", "n"); }), HasSubstr("put it on a line of its own"));
}

TEST_F(DocumentTest, ReadsFloatsAsPythonDoes) {
    const std::pair<const char*, double> good[] = {{"0.5", 0.5}, {".5", 0.5},   {"5.", 5},         {"-2", -2},
                                                   {"1e3", 1e3}, {"+1.5", 1.5}, {"1_0.2_5", 10.25}};
    for (const auto& [value, number] : good) {
        set("s", "f", value);
        EXPECT_EQ(document_.get_float("s", "f"), number) << value;
    }
    for (const char* value : {"", "x", "inf", "nan", "-Infinity", "1e999", "1._5", "0x1p3", "1,5", "+-1"}) {
        set("s", "f", value);
        EXPECT_THAT(failure_of([&] { document_.get_float("s", "f"); }), HasSubstr("is not a number"))
            << value;
    }
}

TEST_F(DocumentTest, GivesExpressionsWithTheirPlace) {
    set("DEFAULT", "who", "'me'");
    set("s", "RemoteUserEval", "%(who)s");
    const auto expression = document_.get_expression("s", "remoteusereval");
    ASSERT_TRUE(expression);
    EXPECT_EQ(expression->text, "'me'");
    EXPECT_EQ(expression->section, "s");
    EXPECT_EQ(expression->option, "remoteusereval");
    EXPECT_EQ(expression->origin.to_string(), "rc:2");
    EXPECT_FALSE(document_.get_expression("s", "missing"));
}

TEST_F(DocumentTest, NamesThePlaceOfAFailure) {
    document_.add_section("s", {"rc", 12});
    EXPECT_EQ(failure_of([&] { document_.fail("s", "missing", "why"); }), "rc:12: [s] missing: why");
    EXPECT_EQ(failure_of([&] { document_.fail("s", "", "why"); }), "rc:12: [s]: why");
    EXPECT_EQ(failure_of([&] { document_.fail("nowhere", "x", "why"); }), "[nowhere] x: why");
    document_.set("s", "ui", "x", {"-k ui", 0});
    EXPECT_EQ(failure_of([&] { document_.fail("s", "ui", "why"); }), "-k ui: [s] ui: why");
}

TEST_F(DocumentTest, GivesTheFallbackOnlyIfNothingIsWritten) {
    set("s", "empty", "");
    EXPECT_EQ(document_.get_or("s", "empty", "x"), "");
    EXPECT_EQ(document_.get_or("s", "missing", "x"), "x");
    EXPECT_THAT(document_.options("missing"), IsEmpty());
}

}  // namespace
}  // namespace offlineimap::config

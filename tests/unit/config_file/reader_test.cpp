#include "offlineimap/config_file/reader.hpp"

#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offlineimap::config_file {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

config::Document document(const std::string& text) {
    return read_text(text, "rc").document;
}

template <class Function>
base::Error error_of(Function function) {
    try {
        function();
    } catch (const base::Error& error) {
        return error;
    }
    ADD_FAILURE() << "no error";
    return {base::Severity::message, base::ErrorCode::general, ""};
}

std::string refusal(const std::string& text) {
    const auto error = error_of([&] { read_text(text, "rc"); });
    EXPECT_EQ(error.severity(), base::Severity::critical);
    EXPECT_EQ(error.code(), base::ErrorCode::configuration);
    return error.what();
}

std::string raw(const config::Document& document, std::string_view section, std::string_view option) {
    const auto* found = document.find(section, option);
    return found == nullptr ? "(none)" : found->value;
}

class TemporaryFile {
  public:
    TemporaryFile(const std::string& content, mode_t mode) {
        char name[] = "/tmp/offlineimap-config-XXXXXX";
        const int descriptor = mkstemp(name);
        path_ = name;
        close(descriptor);
        std::ofstream(path_, std::ios::binary) << content;
        chmod(name, mode);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::filesystem::remove(path_); }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

TEST(ReadText, BringsAVeryLongValueWhole) {
    const std::string value(10'000, 'v');
    EXPECT_EQ(raw(document("[general]\nlong = " + value + "\n"), "general", "long"), value);
}

TEST(ReadText, BringsALongSectionNameWhole) {
    const std::string name = "Account " + std::string(80, 'n');
    EXPECT_THAT(document("[" + name + "]\n[" + name + "2]\n").sections(), ElementsAre(name, name + "2"));
}

TEST(ReadText, KeepsASemicolonInALambda) {
    EXPECT_EQ(raw(document("[r]\nf = lambda f: f.replace(' ;', ';') ; x\n"), "r", "f"),
              "lambda f: f.replace(' ;', ';') ; x");
}

TEST(ReadText, KnowsTheLineOfEveryOptionAndSection) {
    const auto read = document("# first\n[general]\n\na = 1\n  2\n  # no\n  3\nb = 4\r\n\r[x]\n");
    EXPECT_EQ(read.find("general", "a")->origin.to_string(), "rc:4");
    EXPECT_EQ(read.find("general", "b")->origin.to_string(), "rc:8");
    EXPECT_EQ(read.section_origin("x")->to_string(), "rc:10");
}

TEST(ReadText, ReadsMoreLinesThanAnyLimitOfTheLibrary) {
    std::string text = "[general]\n";
    for (int i = 0; i < 20'000; ++i) text += "# comment\n";
    text += "a = 1\n";
    EXPECT_EQ(document(text).find("general", "a")->origin.line, 20'002U);
}

TEST(ReadText, TakesTheLastOfTwoOptionsAndWarns) {
    const auto result = read_text("[s]\na = 1\nb = 2\nA = 3\n", "rc");
    EXPECT_EQ(raw(result.document, "s", "a"), "3");
    EXPECT_THAT(result.warnings, ElementsAre(AllOf(StartsWith("rc:4: [s] a "), HasSubstr("line 2"))));
}

TEST(ReadText, MergesTwoSectionsAndWarns) {
    const auto result = read_text("[s]\na = 1\n[t]\n[s]\na = 2\nb = 3\n", "rc");
    EXPECT_EQ(raw(result.document, "s", "a"), "2");
    EXPECT_EQ(raw(result.document, "s", "b"), "3");
    EXPECT_THAT(result.warnings, ElementsAre(AllOf(StartsWith("rc:4: [s] "), HasSubstr("line 1")),
                                             AllOf(StartsWith("rc:5: [s] a "), HasSubstr("line 2"))));
}

TEST(ReadText, HasNothingToSayAboutAGoodFile) {
    EXPECT_THAT(read_text("[DEFAULT]\na = 1\n[s]\na = 2\n", "rc").warnings, IsEmpty());
}

TEST(ReadText, RefusesALineThatIsNoOption) {
    EXPECT_THAT(refusal("[general]\naccounts = A\nui basic\n"), StartsWith("rc:3: this line is neither"));
}

TEST(ReadText, RefusesTheFirstOfSeveralBadLines) {
    EXPECT_THAT(refusal("[general]\nfirst\nsecond\n= third\n"), StartsWith("rc:2: this line is neither"));
}

TEST(ReadText, RefusesTextBeforeTheFirstSection) {
    EXPECT_THAT(refusal("\n<html>\n[general]\n"),
                StartsWith("rc:2: this line stands before the first section"));
}

TEST(ReadText, RefusesBytesThatAreNotUtf8) {
    EXPECT_THAT(refusal("[general]\n# ok \xC3\xA4\nname = B\xE4r\n"),
                StartsWith("rc:3: this line is not UTF-8"));
    for (const char* bad :
         {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF0\x9F\x98"}) {
        EXPECT_THAT(refusal(std::string("[s]\r\na = ") + bad + "\n"), StartsWith("rc:2: ")) << bad;
    }
}

TEST(ReadText, RefusesNulBytes) {
    EXPECT_THAT(refusal(std::string("[s]\na = \0x\n", 11)), StartsWith("rc:2: this line has a NUL byte"));
}

TEST(ReadText, ShowsNothingOfARefusedLineWhichMayBeAPassword) {
    for (const char* text :
         {"[s]\nremotepass =\ns3cret\n", "[s]\nremotepass s3cret\n", "remotepass = s3cret\n"})
        EXPECT_THAT(refusal(text), Not(HasSubstr("s3cret"))) << text;
}

TEST(ReadFile, SaysThatAFileIsMissing) {
    const auto error = error_of([] { read_file("/nonexistent/offlineimaprc"); });
    EXPECT_STREQ(error.what(), "*** Config file '/nonexistent/offlineimaprc' does not exist; aborting!");
    EXPECT_EQ(error.severity(), base::Severity::critical);
    EXPECT_EQ(error.code(), base::ErrorCode::configuration);
}

TEST(ReadFile, SaysThatADirectoryIsNoFile) {
    EXPECT_EQ(error_of([] { read_file("/tmp"); }).severity(), base::Severity::critical);
}

TEST(ReadFile, WarnsOfAPasswordThatOthersCanRead) {
    const std::string content = "[Repository R]\nremotepass = secret\n";
    const TemporaryFile open(content, 0644);
    EXPECT_THAT(read_file(open.path()).warnings,
                ElementsAre(AllOf(HasSubstr(":2: [Repository R] remotepass: other users"),
                                  Not(HasSubstr("secret")))));
    const TemporaryFile closed(content, 0600);
    EXPECT_THAT(read_file(closed.path()).warnings, IsEmpty());
    const TemporaryFile harmless("[Repository R]\nremotepasseval = f()\n", 0644);
    EXPECT_THAT(read_file(harmless.path()).warnings, IsEmpty());
}

class ApplyOverride : public ::testing::Test {
  protected:
    void apply(const std::string& argument) { apply_override(document_, argument); }
    std::string refusal_of(const std::string& argument) {
        const auto error = error_of([&] { apply(argument); });
        EXPECT_EQ(error.severity(), base::Severity::critical);
        EXPECT_EQ(error.code(), base::ErrorCode::usage);
        return error.what();
    }
    std::string value(std::string_view section, std::string_view option) {
        return raw(document_, section, option);
    }

    config::Document document_ =
        document("[general]\nui = basic\n[Account A B]\n[Account A_B]\n[Account C D]\n");
};

TEST_F(ApplyOverride, SetsAnOptionOfGeneral) {
    apply("UI=quiet");
    EXPECT_EQ(value("general", "ui"), "quiet");
    EXPECT_EQ(document_.find("general", "ui")->origin.to_string(), "-k UI");
}

TEST_F(ApplyOverride, ReadsAnUnderscoreAsABlankUnlessASectionHasIt) {
    apply("Account_C_D:quick=-1");
    EXPECT_EQ(value("Account C D", "quick"), "-1");
    apply("Account A_B:quick=2");
    EXPECT_EQ(value("Account A_B", "quick"), "2");
    EXPECT_EQ(value("Account A B", "quick"), "(none)");
}

TEST_F(ApplyOverride, SplitsAtTheFirstEqualsSignThenAtTheFirstColon) {
    apply("Account_C_D:hook=a=b:c");
    EXPECT_EQ(value("Account C D", "hook"), "a=b:c");
    apply("path=a:b");
    EXPECT_EQ(value("general", "path"), "a:b");
}

TEST_F(ApplyOverride, SetsADefault) {
    apply("DEFAULT:autorefresh=5");
    EXPECT_EQ(value("Account C D", "autorefresh"), "5");
}

TEST_F(ApplyOverride, RefusesWhatItCannotPlace) {
    EXPECT_THAT(refusal_of("ui"), HasSubstr("has no '='"));
    EXPECT_THAT(refusal_of("Account_X:quick=1"), HasSubstr("no section [Account X]"));
    EXPECT_THAT(refusal_of("general:=1"), HasSubstr("names no option"));
    EXPECT_EQ(document_.options("general").size(), 1U);
}

TEST_F(ApplyOverride, RefusesALonePercent) {
    EXPECT_THAT(refusal_of("Account_C_D:hook=date +%s"), HasSubstr("'%%'"));
    apply("Account_C_D:hook=date +%%s %(x)s");
    EXPECT_EQ(value("Account C D", "hook"), "date +%%s %(x)s");
}

}  // namespace
}  // namespace offlineimap::config_file

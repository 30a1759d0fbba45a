#include "offlineimap/repository/folder_rules.hpp"

#include <gtest/gtest.h>

#include "offlineimap/python/interpreter.hpp"

namespace offlineimap::repository {
namespace {

class DecodedNames : public ::testing::Test {
  protected:
    FolderRules rules() {
        config::ImapOptions imap;
        imap.decodefoldernames = decode_;
        config::Repository options;
        options.name = "R";
        options.kind = imap;
        if (!nametrans_.empty()) {
            options.nametrans = config::Expression{.text = nametrans_,
                                                   .section = "Repository R",
                                                   .option = "nametrans",
                                                   .origin = {"test.conf", 1}};
        }
        return {options, interpreter_};
    }
    std::string visible(const std::string& name) {
        return rules().entry(base::FolderName(name), '/').visible_name.text();
    }
    std::string own(const std::string& name) { return rules().own_name(base::FolderName(name)).text(); }

    python::Interpreter interpreter_{std::nullopt};
    bool decode_ = true;
    std::string nametrans_;
};

TEST_F(DecodedNames, AreWhatTheOtherSideSees) {
    EXPECT_EQ(visible("Entw&APw-rfe"), "Entw\xC3\xBCrfe");
    EXPECT_EQ(visible("R&-D"), "R&D");
    EXPECT_EQ(visible("Work/Sub"), "Work/Sub");
}

TEST_F(DecodedNames, StayAsTheyAreWhereTheyAreNoModifiedUtf7) {
    EXPECT_EQ(visible("R&D"), "R&D");
    EXPECT_EQ(visible("Entw\xC3\xBCrfe"), "Entw\xC3\xBCrfe");
}

TEST_F(DecodedNames, AreDecodedAfterTheTranslation) {
    nametrans_ = "lambda name: 'X' + name if '&APw-' in name else 'not seen'";
    EXPECT_EQ(visible("Entw&APw-rfe"), "XEntw\xC3\xBCrfe");
}

TEST_F(DecodedNames, ComeBackAsTheServerWritesThem) {
    for (const std::string name : {"Entw&APw-rfe", "R&-D", "Work/Sub", "INBOX"}) {
        EXPECT_EQ(own(visible(name)), name);
    }
    EXPECT_EQ(own("Entw&APw-rfe"), "Entw&APw-rfe") << "encoded by a nametrans of the other side";
}

TEST_F(DecodedNames, AreOnlyForThoseWhoAskForThem) {
    decode_ = false;
    EXPECT_EQ(visible("Entw&APw-rfe"), "Entw&APw-rfe");
    EXPECT_EQ(own("Entw\xC3\xBCrfe"), "Entw\xC3\xBCrfe");
}

}  // namespace
}  // namespace offlineimap::repository

// The sample files of the project: they can be used as they are, and name only options that exist.
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/config/options.hpp"
#include "offlineimap/config_file/reader.hpp"

namespace offlineimap::config_file {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::filesystem::path sample(const std::string& name) {
    return std::filesystem::path(OFFLINEIMAP_TEST_DATA) / ".." / ".." / name;
}

// "#option = value" is an option that is switched off; "# text" is a comment.
bool is_option_switched_off(const std::string& line) {
    return line.size() > 1 && line[0] == '#' && std::isalpha(static_cast<unsigned char>(line[1])) != 0 &&
           line.find(" = ") != std::string::npos;
}

std::string with_all_options_on(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string text;
    for (std::string line; std::getline(file, line);) {
        text += (is_option_switched_off(line) ? line.substr(1) : line) + "\n";
    }
    return text;
}

void expect_usable(const config::Document& document) {
    const config::Surroundings surroundings{.home = "/home/me", .environment = {}, .homes_of_users = {}};
    const auto general = config::read_general(document, surroundings);
    EXPECT_THAT(general.accounts, ElementsAre("Personal"));
    const auto account = config::read_account(document, "Personal");
    const auto remote = config::read_repository(document, account.remote_repository, config::Role::remote,
                                                account, general, surroundings);
    const auto local = config::read_repository(document, account.local_repository, config::Role::local,
                                               account, general, surroundings);
    EXPECT_EQ(remote.imap().remotehost, "imap.example.org");
    EXPECT_EQ(local.maildir().localfolders, "/home/me/Mail");
    EXPECT_THAT(config::unsupported_options(document, account, remote, local), IsEmpty());
    EXPECT_THAT(config::unknown_option_warnings(document, general.accounts), IsEmpty());
}

TEST(SampleConfigurations, CanBeUsedAsTheyAre) {
    for (const char* name : {"offlineimap.conf", "offlineimap.conf.minimal"}) {
        const auto result = read_file(sample(name));
        EXPECT_THAT(result.warnings, IsEmpty()) << name;
        expect_usable(result.document);
    }
}

TEST(SampleConfigurations, NameOnlyOptionsThatExistOncePerSection) {
    const auto result = read_text(with_all_options_on(sample("offlineimap.conf")), "offlineimap.conf");
    EXPECT_THAT(result.warnings, IsEmpty());
    EXPECT_THAT(config::unknown_option_warnings(result.document, {"Personal"}), IsEmpty());
    EXPECT_GE(result.document.options("Repository PersonalRemote").size(), 50U);
}

}  // namespace
}  // namespace offlineimap::config_file

// The sample files of the project: they can be used as they are, and name only options that exist.
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

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

// An option that is switched off, and what the comment above it promises.
struct Trial {
    std::string option;
    std::string text;  // of the whole file with this option on
    bool refused = false;
    bool warned_about = false;
};

std::vector<Trial> trials(const std::filesystem::path& path) {
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    std::vector<Trial> all;
    std::string comment;
    for (std::size_t on = 0; on < lines.size(); ++on) {
        if (!is_option_switched_off(lines[on])) {
            if (!lines[on].starts_with("# ")) comment.clear();
            comment += lines[on];
            continue;
        }
        Trial trial{.option = lines[on].substr(1), .text = ""};
        trial.refused = comment.find("refused by this version") != std::string::npos;
        trial.warned_about = comment.find("a line says so") != std::string::npos;
        for (std::size_t i = 0; i < lines.size(); ++i)
            trial.text += (i == on ? trial.option : lines[i]) + "\n";
        all.push_back(std::move(trial));
    }
    return all;
}

struct Answers {
    std::vector<std::string> warnings;
    std::vector<std::string> refusals;
};

Answers read_everything(const ReadResult& result) {
    const config::Surroundings surroundings{.home = "/home/me", .environment = {}, .homes_of_users = {}};
    const auto& document = result.document;
    const auto general = config::read_general(document, surroundings);
    const auto account = config::read_account(document, "Personal");
    const auto remote = config::read_repository(document, account.remote_repository, config::Role::remote,
                                                account, general, surroundings);
    const auto local = config::read_repository(document, account.local_repository, config::Role::local,
                                               account, general, surroundings);
    EXPECT_TRUE(config::read_mbnames(document, surroundings));
    Answers answers{.warnings = result.warnings,
                    .refusals = config::unsupported_options(document, account, remote, local)};
    for (const auto& notices : {general.notices, account.notices, remote.notices, local.notices,
                                config::unknown_option_warnings(document, general.accounts)}) {
        answers.warnings.insert(answers.warnings.end(), notices.begin(), notices.end());
    }
    return answers;
}

TEST(SampleConfigurations, SayOfEachOptionWhatBecomesOfIt) {
    const auto all = trials(sample("offlineimap.conf"));
    EXPECT_GE(all.size(), 90U);
    for (const auto& trial : all) {
        SCOPED_TRACE(trial.option);
        const auto answers = read_everything(read_text(trial.text, "offlineimap.conf"));
        EXPECT_EQ(answers.warnings.size(), trial.warned_about ? 1U : 0U);
        // The labels' own options matter only with synclabels.
        const bool harmless =
            trial.option.starts_with("labelsheader") || trial.option.starts_with("ignorelabels");
        EXPECT_EQ(answers.refusals.size(), trial.refused && !harmless ? 1U : 0U);
    }
}

}  // namespace
}  // namespace offlineimap::config_file

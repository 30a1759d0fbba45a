// The reader against the module whose dialect it reads: every file of tests/data/config goes through both.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <stdlib.h>
#include <string>

#include <gtest/gtest.h>

#include "offlineimap/base/text.hpp"
#include "offlineimap/config_file/reader.hpp"

namespace offlineimap::config_file {
namespace {

namespace fs = std::filesystem;

// Prints every section, and for each option that it sees the raw and the interpolated value. Only what 8.x
// refuses and this program forgives is set otherwise: duplicates (strict) and a byte order mark.
constexpr const char* kDump = R"PY(
import configparser, sys
def line(*parts):
    print("\t".join(p.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t") for p in parts))
for path in sys.argv[1:]:
    line("FILE", path)
    parser = configparser.ConfigParser(strict=False)
    try:
        with open(path, encoding="utf-8-sig") as file:
            parser.read_file(file)
    except configparser.MissingSectionHeaderError as error:
        line("REFUSED", str(error.lineno))
        continue
    except configparser.ParsingError as error:
        line("REFUSED", str(error.errors[0][0]))
        continue
    for section in parser.sections():
        line("SECTION", section)
        for option in sorted(parser.options(section)):
            line("RAW", option, parser.get(section, option, raw=True))
            try:
                line("VALUE", option, parser.get(section, option))
            except configparser.InterpolationError:
                line("NOVALUE", option)
)PY";

std::string shell_quoted(const std::string& text) {
    return "'" + base::replace_all(text, "'", "'\\''") + "'";
}

std::vector<fs::path> corpus() {
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fs::path(OFFLINEIMAP_TEST_DATA) / "config")) {
        if (entry.path().extension() == ".conf") files.insert(entry.path());
    }
    return {files.begin(), files.end()};
}

std::string output_of(const std::string& command) {
    std::string output;
    std::FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return output;
    char buffer[65536];
    for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
        output.append(buffer, size);
    EXPECT_EQ(pclose(pipe), 0) << command;
    return output;
}

// What Python says about each file, one line a fact.
std::map<std::string, std::string> python_reports(const std::vector<fs::path>& files) {
    std::string command = "PYTHONIOENCODING=utf-8 /usr/bin/python3 -c " + shell_quoted(kDump);
    for (const auto& file : files) command += " " + shell_quoted(file.string());
    std::istringstream output(output_of(command));
    std::map<std::string, std::string> reports;
    std::string* report = nullptr;
    for (std::string line; std::getline(output, line);) {
        if (line.starts_with("FILE\t")) {
            report = &reports[line.substr(5)];
        } else if (report != nullptr) {
            *report += line + "\n";
        }
    }
    return reports;
}

std::string escaped(const std::string& text) {
    return base::replace_all(base::replace_all(base::replace_all(text, "\\", "\\\\"), "\n", "\\n"), "\t",
                             "\\t");
}

std::set<std::string> visible_options(const config::Document& document, const std::string& section) {
    std::set<std::string> names;
    for (const auto& option : document.options(section)) names.insert(option.name);
    for (const auto& option : document.options("DEFAULT")) names.insert(option.name);
    return names;
}

std::string report_of(const config::Document& document) {
    std::string report;
    for (const auto& section : document.sections()) {
        report += "SECTION\t" + escaped(section) + "\n";
        for (const auto& option : visible_options(document, section)) {
            report +=
                "RAW\t" + escaped(option) + "\t" + escaped(document.find(section, option)->value) + "\n";
            try {
                report += "VALUE\t" + escaped(option) + "\t" + escaped(*document.get(section, option)) + "\n";
            } catch (const base::Error&) {
                report += "NOVALUE\t" + escaped(option) + "\n";
            }
        }
    }
    return report;
}

std::string our_report(const fs::path& file) {
    try {
        return report_of(read_file(file).document);
    } catch (const base::Error& error) {
        // "PATH:LINE: why"
        const std::string text = std::string(error.what()).substr(file.string().size() + 1);
        return "REFUSED\t" + text.substr(0, text.find(':')) + "\n";
    }
}

std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void expect_same_reading(const std::vector<fs::path>& files) {
    const auto expected = python_reports(files);
    ASSERT_EQ(expected.size(), files.size());
    for (const auto& file : files) {
        EXPECT_EQ(our_report(file), expected.at(file.string())) << file << ":\n" << content_of(file);
    }
}

// Files made of the pieces that mean something in the dialect, in any order. They begin with a section, as
// otherwise nearly all would be refused at once.
class RandomFiles {
  public:
    RandomFiles(unsigned seed, int count) : random_(seed) {
        char name[] = "/tmp/offlineimap-config-XXXXXX";
        folder_ = mkdtemp(name);
        for (int i = 0; i < count; ++i) {
            paths_.push_back(folder_ / (std::to_string(i) + ".conf"));
            std::ofstream(paths_.back(), std::ios::binary) << text();
        }
    }
    RandomFiles(const RandomFiles&) = delete;
    RandomFiles& operator=(const RandomFiles&) = delete;
    ~RandomFiles() { fs::remove_all(folder_); }
    const std::vector<fs::path>& paths() const { return paths_; }

  private:
    std::string text() {
        static const std::vector<std::string> pieces = {"\n",         "\n",
                                                        "\n",         "\n",
                                                        "\n",         "\n",
                                                        "\r\n",       "\r",
                                                        " ",          " ",
                                                        "  ",         "\t",
                                                        "\xC2\xA0",   "\xE2\x80\xA8",
                                                        "\x0c",       "\x1d",
                                                        "a",          "b",
                                                        "A",          "Account",
                                                        "x = 1",      "y: 2",
                                                        "b = %(a)s",  "a =",
                                                        "=",          ":",
                                                        "%",          "%%",
                                                        "%(a)s",      "%(b)s",
                                                        "[s]",        "[t]",
                                                        "[DEFAULT]",  "[",
                                                        "]",          "#",
                                                        ";",          " ; ",
                                                        "'",          "\\",
                                                        "\n  more",   "\n\n",
                                                        "\n# note\n", "\n  ; note\n",
                                                        "\xC3\xA4",   "\n[s]\n",
                                                        "\nc = d\n",  "\n e = f\n"};
        std::string text = random_() % 8 == 0 ? "" : "[s]\n";
        for (auto left = random_() % 40; left > 0; --left) text += pieces[random_() % pieces.size()];
        return text;
    }
    std::mt19937 random_;
    fs::path folder_;
    std::vector<fs::path> paths_;
};

TEST(ConfigFile, IsReadAsPythonsConfigparserReadsIt) {
    const auto files = corpus();
    ASSERT_GE(files.size(), 45U);
    expect_same_reading(files);
}

TEST(ConfigFile, IsReadAsPythonsConfigparserReadsItWhateverItsPieces) {
    const RandomFiles files(20240229, 1500);
    expect_same_reading(files.paths());
    std::size_t accepted = 0;
    for (const auto& file : files.paths()) {
        if (!our_report(file).starts_with("REFUSED")) ++accepted;
    }
    EXPECT_GT(accepted, 200U);
}

}  // namespace
}  // namespace offlineimap::config_file

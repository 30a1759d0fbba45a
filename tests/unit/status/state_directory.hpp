// A metadata directory that goes away with the test, and the values that status tests share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"
#include "offlineimap/status/folder_status.hpp"
#include "offlineimap/status/names.hpp"

namespace offlineimap::status {

inline std::ostream& operator<<(std::ostream& out, const Row& row) {
    out << row.uid.value() << '|' << row.flags.to_string() << '|' << row.mtime << '|';
    for (const auto& label : row.labels) out << '<' << label << '>';
    return out;
}

inline std::ostream& operator<<(std::ostream& out, const Intent& intent) {
    return out << "intent " << intent.local_name;
}

}  // namespace offlineimap::status

namespace offlineimap::status::test {

namespace fs = std::filesystem;

class StateDirectory : public testing::Test {
  protected:
    StateDirectory() {
        std::string pattern = testing::TempDir() + "offlineimap-status-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot create " + pattern);
        root_ = pattern;
    }
    ~StateDirectory() override { fs::remove_all(root_); }

    const fs::path& root() const { return root_; }
    StatusPaths paths() const {
        return {.sqlite = root_ / "Account-Test" / "LocalStatus-sqlite" / "INBOX",
                .plain = root_ / "Account-Test" / "LocalStatus" / "INBOX"};
    }
    fs::path journal() const { return intents_of(paths().plain); }

  private:
    fs::path root_;
};

inline std::string content_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_content(const fs::path& file, const std::string& content) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

inline mode_t mode_of(const fs::path& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777U;
}

// The names of everything below `directory`, sorted.
inline std::vector<std::string> names_below(const fs::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        names.push_back(entry.path().lexically_relative(directory).string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

inline Row row(std::uint32_t uid, std::string_view letters, std::int64_t mtime = 0,
               std::vector<std::string> labels = {}) {
    return {.uid = base::Uid(uid),
            .flags = mail::Flags::parse(letters),
            .mtime = mtime,
            .labels = std::move(labels)};
}

inline Intent intent(const std::string& local_name) {
    return {.local_name = local_name,
            .wire_size = 4711,
            .sha256 = std::string(64, 'a'),
            .header_sha256 = std::string(64, 'b'),
            .message_id = "<1@example.org>",
            .uid_next = base::Uid(17),
            .uid_validity = base::UidValidity(42)};
}

inline Intent acknowledged(const std::string& local_name) {
    auto known = intent(local_name);
    known.acknowledged = true;
    return known;
}

// The Error that `action` throws; a test failure and a critical one if it throws none.
template <class Action>
base::Error error_of(Action action) {
    try {
        action();
    } catch (const base::Error& error) {
        return error;
    }
    ADD_FAILURE() << "no error";
    return {base::Severity::critical, base::ErrorCode::general, "no error"};
}

template <class Action>
void expect_corrupt(Action action, const fs::path& file) {
    const auto error = error_of(action);
    EXPECT_EQ(error.code(), base::ErrorCode::corrupt_state) << error.what();
    EXPECT_EQ(error.severity(), base::Severity::folder);
    EXPECT_NE(std::string(error.what()).find(file.string()), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("remove"), std::string::npos) << error.what();
}

}  // namespace offlineimap::status::test

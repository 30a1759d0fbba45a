// A Maildir folder in a temporary directory.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"
#include "offlineimap/maildir/folder.hpp"

#include "support/temporary_directory.hpp"

namespace offlineimap::maildir {

namespace fs = std::filesystem;

inline void write_file(const fs::path& path, std::string_view content = "x\n") {
    std::ofstream(path, std::ios::binary) << content;
}

inline std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::vector<std::string> names_in(const fs::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

inline mail::MessageKey uid_key(std::uint32_t uid) {
    return mail::MessageKey(base::Uid(uid));
}

// The code of the Error that `call` throws.
template <class Call>
base::ErrorCode error_code_of(Call call, base::Severity severity = base::Severity::folder) {
    try {
        call();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.severity(), severity) << error.what();
        return error.code();
    }
    ADD_FAILURE() << "no Error";
    return base::ErrorCode::general;
}

class MaildirTest : public testing::Test {
  protected:
    // FMD5 of "INBOX", and of another folder.
    static constexpr const char* kInbox = "7e33429f656f1e6e9d79b29c3f82c57e";
    static constexpr const char* kOther = "d41d8cd98f00b204e9800998ecf8427e";

    MaildirTest() {
        for (const auto* name : {"cur", "new", "tmp"}) fs::create_directory(path() / name);
    }
    const fs::path& path() const { return directory_.path(); }

    FolderSettings settings() const {
        FolderSettings settings;
        settings.path = path();
        settings.folder_md5 = kInbox;
        settings.fsync = false;
        return settings;
    }
    // What stands before the info part of a message of this folder.
    static std::string base_name(std::uint32_t uid, const std::string& unique = "1700000000_0.1.host") {
        return unique + ",U=" + std::to_string(uid) + ",FMD5=" + kInbox;
    }
    std::vector<std::string> in_new() const { return names_in(path() / "new"); }
    std::vector<std::string> in_cur() const { return names_in(path() / "cur"); }
    std::vector<std::string> in_tmp() const { return names_in(path() / "tmp"); }
    void put(const std::string& name, std::string_view content = "x\n") const {
        write_file(path() / name, content);
    }
    // What a mail reader does behind our back.
    void rename(const std::string& from, const std::string& to) const {
        fs::rename(path() / from, path() / to);
    }

  private:
    support::TemporaryDirectory directory_;
};

// "-1:S 5:FS": the keys of a listing with their letters.
inline std::string text_of(const mail::Listing& listing) {
    std::string text;
    for (const auto& entry : listing) {
        if (!text.empty()) text += ' ';
        text += entry.key.to_string() + ':' + entry.flags.to_string();
    }
    return text;
}

}  // namespace offlineimap::maildir

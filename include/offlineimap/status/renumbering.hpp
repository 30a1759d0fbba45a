// A folder whose messages have new UIDs on the server and were recognised by their content: which local file
// gets which UID. Kept in `Account-ACCOUNT/Renumbering/FOLDER` (docs/files.md) from the decision until files,
// status and UIDVALIDITY say the same, so that a run that is killed in between is finished by the next one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "offlineimap/base/types.hpp"
#include "offlineimap/mail/flags.hpp"

namespace offlineimap::status {

struct Renumbering {
    struct Message {
        std::string local_name;  // the file's name before
        base::Uid uid;           // the UID it gets
        // What the status knew of it; nullopt: nothing.
        std::optional<mail::Flags> agreed = {};
        bool operator==(const Message&) const = default;
    };
    base::UidValidity uid_validity{0};  // the UIDs' epoch
    std::vector<Message> messages = {};
    bool operator==(const Renumbering&) const = default;
};

// nullopt: none is under way. A file that does not parse throws Error{folder, corrupt_state}.
std::optional<Renumbering> read_renumbering(const std::filesystem::path& file);
// Durable when it returns. Creates the directory (0700).
void write_renumbering(const std::filesystem::path& file, const Renumbering& renumbering);
void remove_renumbering(const std::filesystem::path& file);

}  // namespace offlineimap::status

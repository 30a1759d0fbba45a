// What a run tells the world, as values. Every user interface is a function of these and of nothing else; the
// wording of each line belongs to the interface (text.hpp has the original's), the facts stand here.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "offlineimap/mail/flags.hpp"
#include "offlineimap/mail/message_key.hpp"

namespace offlineimap::events {

enum class Level { debug, info, warning, error };

// The types of `-d`. `other` is the original's unnamed type ''.
enum class DebugType { imap, maildir, thread, other };

// One end of a folder, as lines name it: KIND[FOLDER] or REPOSITORY:FOLDER.
struct FolderEnd {
    std::string repository;  // its name in the configuration
    std::string kind;        // IMAP, Gmail, MappedIMAP, Maildir, GmailMaildir
    std::string folder;      // the folder's own name
};

enum class Run { real, dry };

// The first event of a run: who speaks. `banner` has two lines.
struct ProgramStarted {
    std::string banner;
};
// `-d`: messages of this type follow.
struct DebuggingEnabled {
    DebugType type;
};
struct ThreadStarted {
    std::string account;
};
// `was_main`: with -1 the main thread works under the activity's name, and keeps it.
struct ThreadEnded {
    bool was_main = false;
};
struct AccountStarted {
    std::string account;
};
struct AccountFinished {
    std::string account;
    std::chrono::seconds took;
};
// `port` is 0 when none is known; a tunnel has the command in `tunnel` and no host.
struct Connecting {
    std::string host;
    std::uint16_t port;
    std::string tunnel;
    std::string repository;
};
struct CreatingFolder {
    std::string folder;
    std::string repository;
    Run run;
};
struct StatusCreated {
    std::string repository;
    std::string folder;
};
struct StatusUpgraded {
    std::string repository;
    std::string folder;
};
struct StatusMigrated {
    std::string repository;
    std::string folder;
};
// The folders of both sides correspond now. Not where the local side may not be changed.
struct SyncingFolderStructure {
    FolderEnd remote;
    FolderEnd local;
};
struct SyncingFolder {
    FolderEnd remote;
    FolderEnd local;
};
struct SkippingUnchangedFolder {
    std::string folder;
};
// What one sync did to the messages of one end.
struct Changes {
    std::size_t copied = 0;   // messages that are new there
    std::uint64_t bytes = 0;  // of those, on the wire
    std::size_t deleted = 0;
    std::size_t flagged = 0;  // changes of one flag of one message
    bool any() const noexcept { return copied + deleted + flagged != 0; }
    bool operator==(const Changes&) const = default;
};
// The end of what SyncingFolder began, however it ended. A dry run changes nothing.
struct FolderFinished {
    std::string account;
    FolderEnd remote;
    FolderEnd local;
    Changes to_remote;
    Changes to_local;
    std::chrono::milliseconds took;
};
struct FolderFiltered {
    std::string folder;
    std::string repository;
};
struct LoadingMessageList {
    std::string kind;
    std::string folder;
    std::string visible_name;
};
struct MessageListLoaded {
    std::string kind;
    std::string folder;
    std::size_t count;
};
struct SyncingMessages {
    FolderEnd source;
    FolderEnd destination;
};
struct IgnoringMessage {
    mail::MessageKey key;
    FolderEnd source;
    FolderEnd destination;
};
struct CopyingMessage {
    mail::MessageKey key;
    std::size_t nth;
    std::size_t total;
    FolderEnd source;
    FolderEnd destination;
};
// Dry run: one line per folder and direction, and each message for debug and machine interfaces.
struct WouldCopyMessages {
    std::vector<mail::MessageKey> keys;
    FolderEnd source;
    FolderEnd destination;
};
// How far the copying from one end to the other is: at its start, a few times a second while it goes on, and
// at its end. Only for those who want it (Sink::wants_progress).
struct TransferProgress {
    FolderEnd source;
    FolderEnd destination;
    std::size_t messages;  // that arrived
    std::size_t total_messages;
    std::uint64_t bytes;        // on the wire, those of a message that is under way included
    std::uint64_t total_bytes;  // 0: nobody knows
    bool ended;                 // nothing more comes of it, whether or not all arrived
};
struct DeletingMessages {
    std::vector<mail::MessageKey> keys;
    FolderEnd from;
    Run run;
};
struct AddingFlags {
    std::vector<mail::MessageKey> keys;
    mail::Flags flags;
    FolderEnd destination;
    Run run = Run::real;
};
struct RemovingFlags {
    std::vector<mail::MessageKey> keys;
    mail::Flags flags;
    FolderEnd destination;
    Run run = Run::real;
};
struct UnknownKeywords {
    std::vector<std::string> keywords;
};
struct CallingHook {
    std::string command;
    Run run;
};
struct HookFinished {
    std::string command;
    std::string standard_output;
    std::string standard_error;
    int exit_code;
};
// One step of the sleep between two rounds; the last one is 0, 0.
struct Sleeping {
    std::chrono::seconds step;
    std::chrono::seconds remaining;
};
enum class ReadOnlyAction { copy, flags, labels, deletion };
struct ReadOnlyFolder {
    ReadOnlyAction action;
    std::vector<mail::MessageKey> keys;
    FolderEnd folder;
};
struct UidValidityProblem {
    std::string folder;
    std::string repository;
    std::uint64_t saved;
    std::uint64_t current;
};
struct AuthenticationFailed {
    std::string mechanism;
    std::string reason;
};
// An error that ended a scope; `context` may be empty ("While attempting to sync account 'Test'").
struct ErrorOccurred {
    std::string context;
    std::string text;
};
struct WarningGiven {
    std::string text;
};
// Plain information with no event of its own.
struct Information {
    std::string text;
};
struct DebugMessage {
    DebugType type;
    std::string text;
    std::chrono::system_clock::time_point time;
    std::string thread;  // of which activity it tells
};
// What went wrong, once more, at the end of the run: one record each.
struct EndReport {
    std::string text;
};
// The last event of a run. `refused`: it could not begin, and `message` says why.
struct ProgramEnded {
    bool refused;
    std::string message;
};

using Event =
    std::variant<ProgramStarted, DebuggingEnabled, ThreadStarted, ThreadEnded, AccountStarted,
                 AccountFinished, Connecting, CreatingFolder, StatusCreated, StatusUpgraded, StatusMigrated,
                 SyncingFolderStructure, SyncingFolder, SkippingUnchangedFolder, FolderFinished,
                 FolderFiltered, LoadingMessageList, MessageListLoaded, SyncingMessages, IgnoringMessage,
                 CopyingMessage, WouldCopyMessages, TransferProgress, DeletingMessages, AddingFlags,
                 RemovingFlags, UnknownKeywords, CallingHook, HookFinished, Sleeping, ReadOnlyFolder,
                 UidValidityProblem, AuthenticationFailed, ErrorOccurred, WarningGiven, Information,
                 DebugMessage, EndReport, ProgramEnded>;

}  // namespace offlineimap::events

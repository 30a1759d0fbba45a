#include "offlineimap/events/text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <type_traits>
#include <utility>

#include "offlineimap/base/text.hpp"
#include "offlineimap/events/debug_types.hpp"

namespace offlineimap::events {

namespace {

using Records = std::vector<std::string>;
using Keys = std::vector<mail::MessageKey>;

// A name of foreign origin inside one of our lines.
std::string name(std::string_view text) {
    return base::printable(text, std::string_view::npos);
}

// Words that were put together elsewhere, of which some lines may be. What foreign names they hold must not
// steer the terminal.
std::string words(std::string_view text) {
    std::string shown;
    for (const auto line : base::split(text, '\n')) {
        if (line.data() != text.data()) shown += '\n';
        for (const auto part : base::split(line, '\t')) {
            if (part.data() != line.data()) shown += '\t';
            shown += base::printable(part, std::string_view::npos);
        }
    }
    return shown;
}

// INBOX[Remote]
std::string in_repository(const std::string& folder, const std::string& repository) {
    return name(folder) + "[" + name(repository) + "]";
}

// IMAP[INBOX]
std::string by_kind(const std::string& kind, const std::string& folder) {
    return kind + "[" + name(folder) + "]";
}
std::string by_kind(const FolderEnd& end) {
    return by_kind(end.kind, end.folder);
}

// Remote:INBOX
std::string by_repository(const std::string& repository, const std::string& folder) {
    return name(repository) + ":" + name(folder);
}
std::string by_repository(const FolderEnd& end) {
    return by_repository(end.repository, end.folder);
}

std::string dry_run_mark(Run run) {
    return run == Run::dry ? "[DRYRUN] " : "";
}

std::string messages(const Keys& keys) {
    return std::to_string(keys.size()) + " messages";
}

bool follows(mail::MessageKey before, mail::MessageKey after) {
    const auto number = [](mail::MessageKey key) {
        return base::parse_integer<std::int64_t>(key.to_string()).value_or(0);
    };
    return number(after) == number(before) + 1;
}

// "-2:-1,1:3,7": sorted, neighbours collapsed into ranges.
std::string compact_sequence(Keys keys) {
    std::sort(keys.begin(), keys.end());
    std::string sequence;
    for (std::size_t first = 0; first < keys.size();) {
        std::size_t last = first;
        while (last + 1 < keys.size() && follows(keys[last], keys[last + 1])) ++last;
        if (!sequence.empty()) sequence += ',';
        sequence += keys[first].to_string();
        if (last != first) sequence += ":" + keys[last].to_string();
        first = last + 1;
    }
    return sequence;
}

// [1, 2, 7], as Python prints a list of numbers.
std::string python_list(const Keys& keys) {
    std::vector<std::string> numbers;
    numbers.reserve(keys.size());
    for (const auto& key : keys) numbers.push_back(key.to_string());
    return "[" + base::join(numbers, ", ") + "]";
}

// 'text', as Python's repr() quotes it: double quotes only if that avoids an escape.
std::string python_quoted(const std::string& text) {
    const bool has_single = text.find('\'') != std::string::npos;
    const char quote = has_single && text.find('"') == std::string::npos ? '"' : '\'';
    std::string quoted(1, quote);
    for (const char c : text) {
        if (c == quote || c == '\\') quoted += '\\';
        quoted += c;
    }
    return base::printable(quoted, std::string_view::npos) + quote;
}

std::string python_list(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    quoted.reserve(texts.size());
    for (const auto& text : texts) quoted.push_back(python_quoted(text));
    return "[" + base::join(quoted, ", ") + "]";
}

std::string minutes_and_seconds(std::chrono::seconds duration) {
    const auto seconds = duration.count() % 60;
    return std::to_string(duration.count() / 60) + (seconds < 10 ? ":0" : ":") + std::to_string(seconds);
}

bool crosses_minute(const Sleeping& event) {
    using std::chrono::floor;
    using std::chrono::minutes;
    return event.step.count() > 0 &&
           floor<minutes>(event.remaining) != floor<minutes>(event.remaining - event.step);
}

std::string one_decimal(double number) {
    char text[32];
    const int length = std::snprintf(text, sizeof text, "%.1f", number);
    return std::string(text, static_cast<std::size_t>(length));
}

std::string address_of(const Connecting& event) {
    if (!event.tunnel.empty()) return " to tunnel:" + name(event.tunnel);
    if (event.host.empty()) return "";
    const std::string port = event.port == 0 ? "" : ":" + std::to_string(event.port);
    return " to " + name(event.host) + port;
}

// One record for each letter.
Records flag_records(const char* verb, const char* relation, mail::Flags flags, const Keys& keys,
                     const FolderEnd& destination) {
    Records records;
    for (const char letter : flags.to_string()) {
        records.push_back(std::string(verb) + " flag " + letter + " " + relation + " " + messages(keys) +
                          " on " + name(destination.folder));
    }
    return records;
}

Records read_only_copies(const ReadOnlyFolder& event) {
    Records records;
    for (const auto& key : event.keys) {
        records.push_back("Attempted to synchronize message " + key.to_string() + " to folder " +
                          by_kind(event.folder) +
                          ", but that folder is read-only.  The message will not be copied to that folder.");
    }
    return records;
}

Records read_only_records(const ReadOnlyFolder& event) {
    const std::string where = "messages " + python_list(event.keys) + " in folder " + by_kind(event.folder) +
                              ", but that folder is read-only.  No ";
    switch (event.action) {
        case ReadOnlyAction::copy:
            return read_only_copies(event);
        case ReadOnlyAction::flags:
            return {"Attempted to modify flags for " + where + "flags have been modified for that message."};
        case ReadOnlyAction::labels:
            return {"Attempted to modify labels for " + where +
                    "labels have been modified for that message."};
        case ReadOnlyAction::deletion:
            return {"Attempted to delete " + where + "messages have been deleted in that folder."};
    }
    return {};
}

std::string debug_record(DebugType type, const std::string& text) {
    return std::string("[").append(name_of(type)).append("]: ").append(text);
}

// "14:03:07.250", where the user is.
std::string time_of_day(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    const auto thousandths =
        std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count() % 1000;
    std::tm local{};
    ::localtime_r(&seconds, &local);
    char text[32];
    const int length = std::snprintf(text, sizeof text, "%02d:%02d:%02d.%03d", local.tm_hour, local.tm_min,
                                     local.tm_sec, static_cast<int>(thousandths));
    return std::string(text, static_cast<std::size_t>(length));
}

// The wording of each event. An event of a new type does not compile until it has its words here.
struct Wording {
    Records operator()(const ProgramStarted& event) const { return {event.banner}; }
    Records operator()(const DebuggingEnabled& event) const { return {debugging_line(event.type)}; }
    Records operator()(const ThreadStarted&) const { return {}; }
    Records operator()(const ThreadEnded&) const { return {}; }
    Records operator()(const AccountStarted& event) const {
        return {"*** Processing account " + name(event.account)};
    }
    Records operator()(const AccountFinished& event) const {
        return {"*** Finished account '" + name(event.account) + "' in " + minutes_and_seconds(event.took)};
    }
    Records operator()(const Connecting& event) const {
        return {"Establishing connection" + address_of(event) + " (" + name(event.repository) + ")"};
    }
    Records operator()(const CreatingFolder& event) const {
        return {dry_run_mark(event.run) + "Creating folder " + in_repository(event.folder, event.repository)};
    }
    Records operator()(const StatusCreated& event) const {
        return {"Creating new Local Status db for " + by_repository(event.repository, event.folder)};
    }
    Records operator()(const StatusUpgraded& event) const {
        return {"Upgrading LocalStatus cache from version 1 to version 2 for " +
                by_repository(event.repository, event.folder)};
    }
    Records operator()(const StatusMigrated& event) const {
        return {"Migrating LocalStatus cache from plain to sqlite status folder for " +
                by_repository(event.repository, event.folder)};
    }
    Records operator()(const SyncingFolderStructure& event) const {
        return {debug_record(DebugType::other, "Copying folder structure from " +
                                                   name(event.remote.repository) + " to " +
                                                   name(event.local.repository))};
    }
    Records operator()(const SyncingFolder& event) const {
        return {"Syncing " + name(event.remote.folder) + ": " + event.remote.kind + " -> " +
                event.local.kind};
    }
    Records operator()(const SkippingUnchangedFolder& event) const {
        return {"Skipping " + name(event.folder) + " (not changed)"};
    }
    Records operator()(const FolderFinished&) const { return {}; }
    Records operator()(const FolderFiltered& event) const {
        return {debug_record(DebugType::other, "Not syncing filtered folder '" + name(event.folder) + "'[" +
                                                   name(event.repository) + "]")};
    }
    Records operator()(const LoadingMessageList& event) const {
        return {"Loading message list for " + by_kind(event.kind, event.folder)};
    }
    Records operator()(const MessageListLoaded& event) const {
        return {"Message list for " + by_kind(event.kind, event.folder) +
                " loaded: " + std::to_string(event.count) + " messages"};
    }
    Records operator()(const SyncingMessages& event) const {
        return {"Syncing messages " + by_kind(event.source) + " -> " + by_kind(event.destination)};
    }
    Records operator()(const IgnoringMessage& event) const {
        return {"IGNORED: Copy message UID " + event.key.to_string() + " " + by_repository(event.source) +
                " -> " + name(event.destination.repository)};
    }
    Records operator()(const CopyingMessage& event) const {
        return {"Copy message UID " + event.key.to_string() + " (" + std::to_string(event.nth) + "/" +
                std::to_string(event.total) + ") " + by_repository(event.source) + " -> " +
                by_repository(event.destination)};
    }
    Records operator()(const WouldCopyMessages& event) const {
        return {"[DRYRUN] Copy " + messages(event.keys) + " from " +
                in_repository(event.source.folder, event.source.repository) + " to " +
                name(event.destination.repository)};
    }
    Records operator()(const TransferProgress&) const { return {}; }
    Records operator()(const DeletingMessages& event) const {
        return {dry_run_mark(event.run) + "Deleting " + messages(event.keys) + " (" +
                compact_sequence(event.keys) + ") in " + by_kind(event.from)};
    }
    Records operator()(const AddingFlags& event) const {
        return flag_records("Adding", "to", event.flags, event.keys, event.destination);
    }
    Records operator()(const RemovingFlags& event) const {
        return flag_records("Deleting", "from", event.flags, event.keys, event.destination);
    }
    Records operator()(const UnknownKeywords& event) const {
        return {"Unknown keywords skipped: " + python_list(event.keywords) +
                "\nYou may want to change your configuration to include those\n"};
    }
    Records operator()(const CallingHook& event) const {
        return {dry_run_mark(event.run) + "Calling hook: " + event.command};
    }
    Records operator()(const HookFinished& event) const {
        return {"Hook stdout: " + event.standard_output + "\nHook stderr:" + event.standard_error + "\n",
                "Hook return code: " + std::to_string(event.exit_code)};
    }
    Records operator()(const Sleeping& event) const {
        if (!crosses_minute(event)) return {};
        const auto minutes = static_cast<double>(event.remaining.count()) / 60;
        return {"Next refresh in " + one_decimal(minutes) + " minutes"};
    }
    Records operator()(const ReadOnlyFolder& event) const { return read_only_records(event); }
    Records operator()(const UidValidityProblem& event) const {
        return {"UID validity problem for folder " + name(event.folder) + " (repo " + name(event.repository) +
                ") (saved " + std::to_string(event.saved) + "; got " + std::to_string(event.current) +
                "); skipping it. Please see FAQ and manual on how to handle this."};
    }
    Records operator()(const AuthenticationFailed& event) const {
        return {event.mechanism + " authentication failed: " + words(event.reason)};
    }
    Records operator()(const ErrorOccurred& event) const {
        if (event.context.empty()) return {"ERROR: " + words(event.text)};
        return {"ERROR: " + words(event.context) + "\n  " + words(event.text)};
    }
    Records operator()(const WarningGiven& event) const { return {words(event.text)}; }
    Records operator()(const Information& event) const { return {event.text}; }
    Records operator()(const DebugMessage& event) const {
        return {debug_record(event.type, words(event.text))};
    }
    Records operator()(const EndReport& event) const { return {words(event.text)}; }
    Records operator()(const ProgramEnded&) const { return {}; }
};

template <class T, class... Candidates>
constexpr bool is_one_of = (std::is_same_v<T, Candidates> || ...);

template <class T>
constexpr Level level_of_type() noexcept {
    if constexpr (is_one_of<T, ErrorOccurred>) return Level::error;
    if constexpr (is_one_of<T, ReadOnlyFolder, UidValidityProblem, UnknownKeywords, AuthenticationFailed,
                            WarningGiven, EndReport>) {
        return Level::warning;
    }
    if constexpr (is_one_of<T, DebuggingEnabled, ProgramEnded, ThreadStarted, ThreadEnded,
                            SyncingFolderStructure, FolderFiltered, LoadingMessageList, MessageListLoaded,
                            SyncingMessages, TransferProgress, FolderFinished, Sleeping, DebugMessage>) {
        return Level::debug;
    }
    return Level::info;
}

}  // namespace

Level level_of(const Event& event) noexcept {
    return std::visit([](const auto& each) { return level_of_type<std::decay_t<decltype(each)>>(); }, event);
}

std::vector<std::string> records_of(const Event& event) {
    return std::visit(Wording{}, event);
}

std::string dated_text_of(const DebugMessage& message) {
    return debug_record(message.type,
                        time_of_day(message.time) + ' ' + name(message.thread) + ": " + words(message.text));
}

std::string text_of(const Event& event) {
    return base::join(records_of(event), "\n");
}

}  // namespace offlineimap::events

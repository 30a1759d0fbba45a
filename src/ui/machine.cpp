// MachineUI: one record a line for programs, as the original's (reference: user interfaces §7):
//   SEVERITY:COMMAND:THREAD:DATA
// with thread and data encoded like a form's fields, fields of the data separated by line ends, lists by form
// feeds.

#include <mutex>
#include <string>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

#include "offlineimap/base/text.hpp"
#include "offlineimap/events/debug_types.hpp"
#include "offlineimap/events/text.hpp"
#include "offlineimap/ui/password_prompt.hpp"

#include "faces.hpp"
#include "whole_write.hpp"

namespace offlineimap::ui {

namespace {

constexpr std::string_view kProtocolVersion = "7.2.0";
constexpr std::string_view kMainThread = "MainThread";

bool is_alphanumeric(char c) noexcept {
    return base::is_ascii_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// application/x-www-form-urlencoded.
std::string encoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_alphanumeric(c) || std::string_view("_.-~").find(c) != std::string_view::npos) {
            result += c;
        } else if (c == ' ') {
            result += '+';
        } else {
            result += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
        }
    }
    return result;
}

struct MachineRecord {
    std::string_view severity;
    std::string_view command;
    std::string data;
    std::string thread = {};  // empty: that of the event
};
using Records = std::vector<MachineRecord>;

MachineRecord message(std::string_view command, const std::vector<std::string>& fields) {
    return {"msg", command, base::join(fields, "\n")};
}

std::string_view severity_of(events::Level level) noexcept {
    switch (level) {
        case events::Level::debug:
            return "debug";
        case events::Level::info:
            return "msg";
        case events::Level::warning:
            return "warn";
        case events::Level::error:
            return "error";
    }
    return "error";
}

std::string list_of(const std::vector<mail::MessageKey>& keys) {
    std::vector<std::string> numbers;
    numbers.reserve(keys.size());
    for (const auto& key : keys) numbers.push_back(key.to_string());
    return base::join(numbers, "\f");
}

// One record for each letter, as the original calls its interface once for each.
Records flag_records(std::string_view command, const std::vector<mail::MessageKey>& keys, mail::Flags flags,
                     const events::FolderEnd& destination) {
    Records records;
    for (const char letter : flags.to_string())
        records.push_back(message(command, {list_of(keys), std::string(1, letter), destination.folder}));
    return records;
}

template <class Copy>
MachineRecord copy_record(std::string_view command, const Copy& event) {
    return message(command, {event.key.to_string(), event.source.kind, event.source.folder,
                             event.destination.kind + '[' + event.destination.folder + ']'});
}

// Both ends and, as in the original, an empty field behind them.
MachineRecord ends_record(std::string_view command, const events::FolderEnd& source,
                          const events::FolderEnd& destination) {
    return message(command, {source.kind, source.folder, destination.kind, destination.folder, ""});
}

// The records of each event that has a command of its own. Others are their text.
class Protocol {
  public:
    Records operator()(const events::ProgramStarted& event) const {
        return {message("protocol", {std::string(kProtocolVersion)}), message("initbanner", {event.banner})};
    }
    Records operator()(const events::DebuggingEnabled& event) const {
        return {{"debug", "debugging", std::string(events::name_of(event.type))}};
    }
    Records operator()(const events::ThreadStarted& event) const {
        return {message("registerthread", {event.account})};
    }
    Records operator()(const events::AccountStarted& event) const {
        return {message("acct", {event.account})};
    }
    Records operator()(const events::AccountFinished& event) const {
        return {message("acctdone", {event.account})};
    }
    Records operator()(const events::Connecting& event) const {
        if (!event.tunnel.empty()) return {message("connecting", {"tunnel", event.tunnel, event.repository})};
        return {
            message("connecting", {event.host.empty() ? "None" : event.host,
                                   event.port == 0 ? "None" : std::to_string(event.port), event.repository})};
    }
    Records operator()(const events::StatusCreated& event) const { return displayed(event); }
    Records operator()(const events::StatusUpgraded& event) const { return displayed(event); }
    Records operator()(const events::StatusMigrated& event) const { return displayed(event); }
    Records operator()(const events::SyncingFolderStructure& event) const {
        return {message("syncfolders", {event.remote.kind, event.local.kind})};
    }
    Records operator()(const events::SyncingFolder& event) const {
        return {ends_record("syncingfolder", event.remote, event.local)};
    }
    Records operator()(const events::LoadingMessageList& event) const {
        return {message("loadmessagelist", {event.kind, event.visible_name})};
    }
    Records operator()(const events::MessageListLoaded& event) const {
        return {message("messagelistloaded", {event.kind, event.folder, std::to_string(event.count)})};
    }
    Records operator()(const events::SyncingMessages& event) const {
        return {ends_record("syncingmessages", event.source, event.destination)};
    }
    Records operator()(const events::IgnoringMessage& event) const {
        return {copy_record("ignorecopyingmessage", event)};
    }
    Records operator()(const events::CopyingMessage& event) const {
        return {copy_record("copyingmessage", event)};
    }
    // Beside the original's line, each message: a program cannot ask for it otherwise.
    Records operator()(const events::WouldCopyMessages& event) const {
        Records records{{"msg", "", events::text_of(event)}};
        std::size_t nth = 0;
        for (const auto& key : event.keys) {
            records.push_back(
                {"msg", "",
                 "[DRYRUN] " + events::text_of(events::CopyingMessage{key, ++nth, event.keys.size(),
                                                                      event.source, event.destination})});
        }
        return records;
    }
    Records operator()(const events::DeletingMessages& event) const {
        return {
            message("deletingmessages", {list_of(event.keys), event.from.kind + '\t' + event.from.folder})};
    }
    Records operator()(const events::AddingFlags& event) const {
        return flag_records("addingflags", event.keys, event.flags, event.destination);
    }
    Records operator()(const events::RemovingFlags& event) const {
        return flag_records("deletingflags", event.keys, event.flags, event.destination);
    }
    Records operator()(const events::CallingHook& event) const {
        return {message("callhook", {"Calling hook: " + event.command})};
    }
    Records operator()(const events::HookFinished& event) const {
        Records records;
        for (auto& text : events::records_of(event))
            records.push_back(message("callhook", {std::move(text)}));
        return records;
    }
    Records operator()(const events::Sleeping& event) const {
        return {message("sleeping",
                        {std::to_string(event.step.count()), std::to_string(event.remaining.count())})};
    }
    Records operator()(const events::UidValidityProblem& event) const {
        return {{"warn", "validityproblem",
                 base::join({event.folder, event.repository, std::to_string(event.saved),
                             std::to_string(event.current)},
                            "\n")}};
    }
    // The original's MachineUI prints no report at the end.
    Records operator()(const events::EndReport&) const { return {}; }
    // The status is the original's, which knows no failure but a run that could not begin; that of the
    // process says more.
    Records operator()(const events::ProgramEnded& event) const {
        return {message("terminate", {event.refused ? "1" : "0", "", event.message})};
    }
    template <class Other>
    Records operator()(const Other& event) const {
        const auto severity = severity_of(events::level_of(event));
        Records records;
        for (auto& text : events::records_of(event)) records.push_back({severity, "", std::move(text)});
        return records;
    }

  private:
    template <class Status>
    static Records displayed(const Status& event) {
        return {message("_display", {events::text_of(event)})};
    }
};

// The end of a thread is the main thread's news.
Records end_of_thread(const std::string& thread) {
    const std::string main(kMainThread);
    return {{"msg", "threadExited", thread, main}, {"msg", "unregisterthread", thread, main}};
}

class MachineUi final : public events::Sink {
  public:
    MachineUi(int output, const Options& options, const Visibility& visibility)
        : output_(output), stop_(options.stop), visibility_(visibility) {}

    void report(const events::Record& record) override;
    bool wants(events::DebugType type) const noexcept override { return visibility_.debug.contains(type); }
    bool can_ask_password() const noexcept override { return true; }
    std::optional<std::string> ask_password(const events::PasswordRequest& request) override;

  private:
    bool is_hidden(const events::Event& event) const noexcept;
    std::string main_thread_at_the_end();
    void end_thread(const std::string& thread, events::ThreadEnded ended);
    void write(const std::string& thread, const Records& records);

    const int output_;
    const std::stop_token stop_;
    const Visibility visibility_;
    // Guards renamed_main_, and keeps the lines of a record together when one write does not take them all.
    std::mutex output_mutex_;
    std::string renamed_main_;
    // One question at a time: the answer is the next line of standard input.
    std::mutex question_mutex_;
};

bool MachineUi::is_hidden(const events::Event& event) const noexcept {
    if (const auto* message = std::get_if<events::DebugMessage>(&event))
        return !visibility_.debug.contains(message->type);
    return std::holds_alternative<events::FolderFiltered>(event) &&
           !visibility_.debug.contains(events::DebugType::other);
}

void MachineUi::report(const events::Record& record) {
    if (is_hidden(record.event)) return;
    if (const auto* started = std::get_if<events::ProgramStarted>(&record.event)) {
        // The original prints it as it is, before the protocol begins.
        const std::lock_guard lock(output_mutex_);
        write_whole(output_, started->banner + '\n');
    }
    if (const auto* ended = std::get_if<events::ThreadEnded>(&record.event)) {
        end_thread(record.thread, *ended);
    } else if (std::holds_alternative<events::ProgramEnded>(record.event)) {
        write(main_thread_at_the_end(), std::visit(Protocol(), record.event));
    } else {
        write(record.thread, std::visit(Protocol(), record.event));
    }
}

// With -1 the main thread ends under the name that it took last.
std::string MachineUi::main_thread_at_the_end() {
    const std::lock_guard lock(output_mutex_);
    return renamed_main_.empty() ? std::string(kMainThread) : renamed_main_;
}

void MachineUi::end_thread(const std::string& thread, events::ThreadEnded ended) {
    if (!ended.was_main) {
        write(thread, end_of_thread(thread));
        return;
    }
    const std::lock_guard lock(output_mutex_);
    renamed_main_ = thread;
}

void MachineUi::write(const std::string& thread, const Records& records) {
    std::string text;
    for (const auto& record : records) {
        text.append(record.severity).append(":").append(record.command).append(":");
        text.append(encoded(record.thread.empty() ? thread : record.thread)).append(":");
        text.append(encoded(record.data)).append("\n");
    }
    if (text.empty()) return;
    const std::lock_guard lock(output_mutex_);
    write_whole(output_, text);
}

std::optional<std::string> MachineUi::ask_password(const events::PasswordRequest& request) {
    const std::lock_guard one_question(question_mutex_);
    if (stop_.stop_requested()) return std::nullopt;
    const std::string thread = "Account sync " + request.account;
    if (!request.failure.empty())
        write(thread, {{"warn", "getpasserror", request.user + '\n' + request.failure}});
    write(thread, {message("getpass", {request.user})});
    return read_line(STDIN_FILENO, stop_);
}

}  // namespace

std::unique_ptr<events::Sink> make_machine(const Options& options, const Visibility& visibility) {
    return std::make_unique<MachineUi>(options.output.value_or(STDOUT_FILENO), options, visibility);
}

}  // namespace offlineimap::ui

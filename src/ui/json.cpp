// One JSON object a line on standard output, for programs. The fields of each event: docs/json-interface.md.

#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <unistd.h>
#include <utility>
#include <variant>

#include "offlineimap/base/text.hpp"
#include "offlineimap/events/debug_types.hpp"
#include "offlineimap/events/text.hpp"
#include "offlineimap/ui/password_prompt.hpp"

#include "faces.hpp"
#include "whole_write.hpp"

namespace offlineimap::ui {

namespace {

using nlohmann::ordered_json;

// Raised when a field goes away or changes its meaning; new events and new fields are no reason.
constexpr int kSchemaVersion = 1;

std::string_view name_of_level(events::Level level) noexcept {
    switch (level) {
        case events::Level::debug:
            return "debug";
        case events::Level::info:
            return "info";
        case events::Level::warning:
            return "warning";
        case events::Level::error:
            return "error";
    }
    return "error";
}

std::string_view name_of_action(events::ReadOnlyAction action) noexcept {
    switch (action) {
        case events::ReadOnlyAction::copy:
            return "copy";
        case events::ReadOnlyAction::flags:
            return "flags";
        case events::ReadOnlyAction::labels:
            return "labels";
        case events::ReadOnlyAction::deletion:
            return "deletion";
    }
    return "";
}

// RFC 3339, UTC, milliseconds.
std::string timestamp(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    const auto thousandths =
        std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count() % 1000;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    char text[64];
    const int length = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                     utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                                     utc.tm_sec, static_cast<int>(thousandths));
    return std::string(text, static_cast<std::size_t>(length));
}

ordered_json json_of(const events::FolderEnd& end) {
    return {{"repository", end.repository}, {"kind", end.kind}, {"folder", end.folder}};
}

ordered_json json_of(const events::Changes& changes) {
    return {{"new", changes.copied},
            {"bytes", changes.bytes},
            {"deleted", changes.deleted},
            {"flag_changes", changes.flagged}};
}

// A remote UID; a negative number is a message that has none yet.
std::int64_t json_of(const mail::MessageKey& key) {
    return base::parse_integer<std::int64_t>(key.to_string()).value_or(0);
}

ordered_json json_of(const std::vector<mail::MessageKey>& keys) {
    auto list = ordered_json::array();
    for (const auto& key : keys) list.push_back(json_of(key));
    return list;
}

// The name of each event and its own fields. An event of a new type does not compile until it is here.
struct Named {
    std::string_view name;
    ordered_json fields;
};

class Schema {
  public:
    Named operator()(const events::ProgramStarted& event) const {
        return {"program_started", {{"schema", kSchemaVersion}, {"banner", event.banner}}};
    }
    Named operator()(const events::DebuggingEnabled& event) const {
        return {"debugging_enabled", {{"type", events::name_of(event.type)}}};
    }
    Named operator()(const events::ThreadStarted& event) const {
        return {"thread_started", {{"account", event.account}}};
    }
    Named operator()(const events::ThreadEnded&) const { return {"thread_ended", ordered_json::object()}; }
    Named operator()(const events::AccountStarted& event) const {
        return {"account_started", {{"account", event.account}}};
    }
    Named operator()(const events::AccountFinished& event) const {
        return {"account_finished", {{"account", event.account}, {"seconds", event.took.count()}}};
    }
    Named operator()(const events::Connecting& event) const {
        ordered_json fields = {{"repository", event.repository}};
        if (!event.host.empty()) fields["host"] = event.host;
        if (event.port != 0) fields["port"] = event.port;
        if (!event.tunnel.empty()) fields["tunnel"] = event.tunnel;
        return {"connecting", std::move(fields)};
    }
    Named operator()(const events::CreatingFolder& event) const {
        return {"creating_folder",
                {{"repository", event.repository}, {"folder", event.folder}, {"dry_run", is_dry(event.run)}}};
    }
    Named operator()(const events::StatusCreated& event) const { return status("status_created", event); }
    Named operator()(const events::StatusUpgraded& event) const { return status("status_upgraded", event); }
    Named operator()(const events::StatusMigrated& event) const { return status("status_migrated", event); }
    Named operator()(const events::SyncingFolderStructure& event) const {
        return {"folder_structure", {{"remote", json_of(event.remote)}, {"local", json_of(event.local)}}};
    }
    Named operator()(const events::SyncingFolder& event) const {
        return {"folder_started", {{"remote", json_of(event.remote)}, {"local", json_of(event.local)}}};
    }
    Named operator()(const events::SkippingUnchangedFolder& event) const {
        return {"folder_unchanged", {{"folder", event.folder}}};
    }
    Named operator()(const events::FolderFinished& event) const {
        return {"folder_finished",
                {{"account", event.account},
                 {"remote", json_of(event.remote)},
                 {"local", json_of(event.local)},
                 {"to_remote", json_of(event.to_remote)},
                 {"to_local", json_of(event.to_local)},
                 {"seconds", std::chrono::duration<double>(event.took).count()}}};
    }
    Named operator()(const events::FolderFiltered& event) const {
        return {"folder_filtered", {{"repository", event.repository}, {"folder", event.folder}}};
    }
    Named operator()(const events::LoadingMessageList& event) const {
        return {"loading_messages",
                {{"kind", event.kind}, {"folder", event.folder}, {"visible_name", event.visible_name}}};
    }
    Named operator()(const events::MessageListLoaded& event) const {
        return {"messages_loaded", {{"kind", event.kind}, {"folder", event.folder}, {"count", event.count}}};
    }
    Named operator()(const events::SyncingMessages& event) const {
        return {"direction_started", ends(event)};
    }
    Named operator()(const events::IgnoringMessage& event) const {
        auto fields = ends(event);
        fields["uid"] = json_of(event.key);
        return {"message_ignored", std::move(fields)};
    }
    Named operator()(const events::CopyingMessage& event) const {
        auto fields = ends(event);
        fields.update({{"uid", json_of(event.key)}, {"nth", event.nth}, {"total", event.total}});
        return {"copying_message", std::move(fields)};
    }
    Named operator()(const events::WouldCopyMessages& event) const {
        auto fields = ends(event);
        fields["uids"] = json_of(event.keys);
        return {"would_copy", std::move(fields)};
    }
    Named operator()(const events::TransferProgress& event) const {
        auto fields = ends(event);
        fields.update(
            {{"messages", event.messages}, {"total_messages", event.total_messages}, {"bytes", event.bytes}});
        if (event.total_bytes != 0) fields["total_bytes"] = event.total_bytes;
        fields["ended"] = event.ended;
        return {"progress", std::move(fields)};
    }
    Named operator()(const events::DeletingMessages& event) const {
        return {
            "deleting_messages",
            {{"from", json_of(event.from)}, {"uids", json_of(event.keys)}, {"dry_run", is_dry(event.run)}}};
    }
    Named operator()(const events::AddingFlags& event) const { return flags("adding_flags", event); }
    Named operator()(const events::RemovingFlags& event) const { return flags("removing_flags", event); }
    Named operator()(const events::UnknownKeywords& event) const {
        return {"unknown_keywords", {{"keywords", event.keywords}}};
    }
    Named operator()(const events::CallingHook& event) const {
        return {"calling_hook", {{"command", event.command}, {"dry_run", is_dry(event.run)}}};
    }
    Named operator()(const events::HookFinished& event) const {
        return {"hook_finished",
                {{"command", event.command},
                 {"stdout", event.standard_output},
                 {"stderr", event.standard_error},
                 {"exit_code", event.exit_code}}};
    }
    Named operator()(const events::Sleeping& event) const {
        return {"sleeping", {{"step", event.step.count()}, {"remaining", event.remaining.count()}}};
    }
    Named operator()(const events::ReadOnlyFolder& event) const {
        return {"read_only",
                {{"action", name_of_action(event.action)},
                 {"uids", json_of(event.keys)},
                 {"at", json_of(event.folder)}}};
    }
    Named operator()(const events::UidValidityProblem& event) const {
        return {"uid_validity_problem",
                {{"repository", event.repository},
                 {"folder", event.folder},
                 {"saved", event.saved},
                 {"current", event.current}}};
    }
    Named operator()(const events::AuthenticationFailed& event) const {
        return {"authentication_failed", {{"mechanism", event.mechanism}, {"reason", event.reason}}};
    }
    Named operator()(const events::ErrorOccurred& event) const {
        ordered_json fields = {{"text", event.text}};
        if (!event.context.empty()) fields["context"] = event.context;
        return {"error", std::move(fields)};
    }
    Named operator()(const events::WarningGiven& event) const { return {"warning", {{"text", event.text}}}; }
    Named operator()(const events::Information& event) const {
        return {"information", {{"text", event.text}}};
    }
    Named operator()(const events::DebugMessage& event) const {
        return {"debug", {{"type", events::name_of(event.type)}, {"text", event.text}}};
    }
    Named operator()(const events::EndReport& event) const { return {"end_report", {{"text", event.text}}}; }
    Named operator()(const events::ProgramEnded& event) const {
        return {"program_ended", {{"refused", event.refused}, {"text", event.message}}};
    }

  private:
    static bool is_dry(events::Run run) noexcept { return run == events::Run::dry; }
    template <class Event>
    static ordered_json ends(const Event& event) {
        return {{"source", json_of(event.source)}, {"destination", json_of(event.destination)}};
    }
    template <class Event>
    static Named status(std::string_view name, const Event& event) {
        return {name, {{"repository", event.repository}, {"folder", event.folder}}};
    }
    template <class Event>
    static Named flags(std::string_view name, const Event& event) {
        return {name,
                {{"flags", event.flags.to_string()},
                 {"uids", json_of(event.keys)},
                 {"at", json_of(event.destination)},
                 {"dry_run", is_dry(event.run)}}};
    }
};

class JsonInterface final : public events::Sink {
  public:
    JsonInterface(int output, const Options& options, const Visibility& visibility)
        : output_(output), stop_(options.stop), visibility_(visibility) {}

    void report(const events::Record& record) override;
    bool wants(events::DebugType type) const noexcept override { return visibility_.debug.contains(type); }
    bool wants_progress() const noexcept override { return true; }
    bool can_ask_password() const noexcept override { return true; }
    std::optional<std::string> ask_password(const events::PasswordRequest& request) override;

  private:
    void write(const std::string& thread, events::Level level, std::string_view name,
               const ordered_json& fields);

    const int output_;
    const std::stop_token stop_;
    const Visibility visibility_;
    std::mutex output_mutex_;    // keeps the parts of a line together when one write does not take them all
    std::mutex question_mutex_;  // one question at a time: the answer is the next line of standard input
};

// Everything is shown but what only `-d` wants.
void JsonInterface::report(const events::Record& record) {
    const auto* debug = std::get_if<events::DebugMessage>(&record.event);
    if (debug != nullptr && !visibility_.debug.contains(debug->type)) return;
    const auto named = std::visit(Schema(), record.event);
    write(record.thread, events::level_of(record.event), named.name, named.fields);
}

// Names and texts that are no UTF-8 get the replacement character where they are not.
void JsonInterface::write(const std::string& thread, events::Level level, std::string_view name,
                          const ordered_json& fields) {
    ordered_json line = {{"time", timestamp(std::chrono::system_clock::now())},
                         {"level", name_of_level(level)},
                         {"thread", thread},
                         {"event", name}};
    line.update(fields);
    const auto text = line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
    const std::lock_guard lock(output_mutex_);
    write_whole(output_, text);
}

std::optional<std::string> JsonInterface::ask_password(const events::PasswordRequest& request) {
    const std::lock_guard one_question(question_mutex_);
    if (stop_.stop_requested()) return std::nullopt;
    ordered_json fields = {{"account", request.account},
                           {"repository", request.repository},
                           {"user", request.user},
                           {"host", request.host}};
    if (!request.failure.empty()) fields["failure"] = request.failure;
    write("Account sync " + request.account, events::Level::info, "password_wanted", fields);
    return read_line(STDIN_FILENO, stop_);
}

}  // namespace

std::unique_ptr<events::Sink> make_json(const Options& options, const Visibility& visibility) {
    return std::make_unique<JsonInterface>(options.output.value_or(STDOUT_FILENO), options, visibility);
}

}  // namespace offlineimap::ui

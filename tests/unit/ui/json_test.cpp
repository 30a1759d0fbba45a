#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/ui/interface.hpp"

#include "pipe.hpp"
#include "support/noon.hpp"

namespace offlineimap::ui {
namespace {

using events::DebugType;
using events::Event;
using nlohmann::json;

const events::FolderEnd kRemote{.repository = "Remote", .kind = "IMAP", .folder = "A/B"};
const events::FolderEnd kLocal{.repository = "Local", .kind = "Maildir", .folder = "A.B"};
const json kRemoteJson = {{"repository", "Remote"}, {"kind", "IMAP"}, {"folder", "A/B"}};
const json kLocalJson = {{"repository", "Local"}, {"kind", "Maildir"}, {"folder", "A.B"}};

mail::MessageKey key(std::uint32_t uid) {
    return mail::MessageKey(base::Uid(uid));
}

std::string shown(const Event& event, events::DebugTypes debug = {}) {
    Pipe pipe;
    const auto interface = make_interface(Name::json, {.debug = debug, .stop = {}, .output = pipe.writer()});
    interface->report({"T", event});
    return pipe.content();
}

// Without what every line has; empty if nothing is shown.
json fields_of(const Event& event, events::DebugTypes debug = {}) {
    const auto text = shown(event, debug);
    if (text.empty()) return json::object();
    EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
    auto line = json::parse(text);
    EXPECT_THAT(line.at("time").get<std::string>(),
                testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"));
    EXPECT_EQ(line.at("thread"), "T");
    line.erase("time");
    line.erase("thread");
    return line;
}

TEST(Json, GivesEachEventItsNameAndFields) {
    const json ends = {{"source", kRemoteJson}, {"destination", kLocalJson}};
    const auto with_ends = [&](json fields) {
        fields.update(ends);
        return fields;
    };
    const std::vector<std::pair<Event, json>> cases = {
        {events::ProgramStarted{"OfflineIMAP"},
         {{"level", "info"}, {"event", "program_started"}, {"schema", 1}, {"banner", "OfflineIMAP"}}},
        {events::DebuggingEnabled{DebugType::imap},
         {{"level", "debug"}, {"event", "debugging_enabled"}, {"type", "imap"}}},
        {events::ThreadStarted{"Test"},
         {{"level", "debug"}, {"event", "thread_started"}, {"account", "Test"}}},
        {events::ThreadEnded{}, {{"level", "debug"}, {"event", "thread_ended"}}},
        {events::AccountStarted{"Test"},
         {{"level", "info"}, {"event", "account_started"}, {"account", "Test"}}},
        {events::AccountFinished{"Test", std::chrono::seconds(2)},
         {{"level", "info"}, {"event", "account_finished"}, {"account", "Test"}, {"seconds", 2}}},
        {events::Connecting{"host", 993, "", "Remote"},
         {{"level", "info"},
          {"event", "connecting"},
          {"repository", "Remote"},
          {"host", "host"},
          {"port", 993}}},
        {events::Connecting{"", 0, "ssh host", "Remote"},
         {{"level", "info"}, {"event", "connecting"}, {"repository", "Remote"}, {"tunnel", "ssh host"}}},
        {events::CreatingFolder{"A", "Local", events::Run::dry},
         {{"level", "info"},
          {"event", "creating_folder"},
          {"repository", "Local"},
          {"folder", "A"},
          {"dry_run", true}}},
        {events::StatusCreated{"Local", "A"},
         {{"level", "info"}, {"event", "status_created"}, {"repository", "Local"}, {"folder", "A"}}},
        {events::StatusUpgraded{"Local", "A"},
         {{"level", "info"}, {"event", "status_upgraded"}, {"repository", "Local"}, {"folder", "A"}}},
        {events::StatusMigrated{"Local", "A"},
         {{"level", "info"}, {"event", "status_migrated"}, {"repository", "Local"}, {"folder", "A"}}},
        {events::SyncingFolderStructure{kRemote, kLocal},
         {{"level", "debug"}, {"event", "folder_structure"}, {"remote", kRemoteJson}, {"local", kLocalJson}}},
        {events::SyncingFolder{kRemote, kLocal},
         {{"level", "info"}, {"event", "folder_started"}, {"remote", kRemoteJson}, {"local", kLocalJson}}},
        {events::SkippingUnchangedFolder{"A"},
         {{"level", "info"}, {"event", "folder_unchanged"}, {"folder", "A"}}},
        {events::FolderFinished{
             "Test", kRemote, kLocal, {1, 20, 3, 4}, {5, 60, 7, 8}, std::chrono::milliseconds(1500)},
         {{"level", "debug"},
          {"event", "folder_finished"},
          {"account", "Test"},
          {"remote", kRemoteJson},
          {"local", kLocalJson},
          {"to_remote", {{"new", 1}, {"bytes", 20}, {"deleted", 3}, {"flag_changes", 4}}},
          {"to_local", {{"new", 5}, {"bytes", 60}, {"deleted", 7}, {"flag_changes", 8}}},
          {"seconds", 1.5}}},
        {events::FolderFiltered{"A", "Remote"},
         {{"level", "debug"}, {"event", "folder_filtered"}, {"repository", "Remote"}, {"folder", "A"}}},
        {events::LoadingMessageList{"IMAP", "A/B", "A.B"},
         {{"level", "debug"},
          {"event", "loading_messages"},
          {"kind", "IMAP"},
          {"folder", "A/B"},
          {"visible_name", "A.B"}}},
        {events::MessageListLoaded{"IMAP", "A/B", 3},
         {{"level", "debug"},
          {"event", "messages_loaded"},
          {"kind", "IMAP"},
          {"folder", "A/B"},
          {"count", 3}}},
        {events::SyncingMessages{kRemote, kLocal},
         with_ends({{"level", "debug"}, {"event", "direction_started"}})},
        {events::IgnoringMessage{key(7), kRemote, kLocal},
         with_ends({{"level", "info"}, {"event", "message_ignored"}, {"uid", 7}})},
        {events::CopyingMessage{mail::MessageKey::unassigned(3), 1, 3, kRemote, kLocal},
         with_ends({{"level", "info"}, {"event", "copying_message"}, {"uid", -3}, {"nth", 1}, {"total", 3}})},
        {events::WouldCopyMessages{{key(1), key(4)}, kRemote, kLocal},
         with_ends({{"level", "info"}, {"event", "would_copy"}, {"uids", {1, 4}}})},
        {events::TransferProgress{kRemote, kLocal, 1, 2, 30, 40, false}, with_ends({{"level", "debug"},
                                                                                    {"event", "progress"},
                                                                                    {"messages", 1},
                                                                                    {"total_messages", 2},
                                                                                    {"bytes", 30},
                                                                                    {"total_bytes", 40},
                                                                                    {"ended", false}})},
        {events::TransferProgress{kRemote, kLocal, 1, 2, 30, 0, true}, with_ends({{"level", "debug"},
                                                                                  {"event", "progress"},
                                                                                  {"messages", 1},
                                                                                  {"total_messages", 2},
                                                                                  {"bytes", 30},
                                                                                  {"ended", true}})},
        {events::DeletingMessages{{key(2)}, kRemote, events::Run::real},
         {{"level", "info"},
          {"event", "deleting_messages"},
          {"from", kRemoteJson},
          {"uids", {2}},
          {"dry_run", false}}},
        {events::AddingFlags{{key(1)}, mail::Flags::parse("RS"), kRemote, events::Run::dry},
         {{"level", "info"},
          {"event", "adding_flags"},
          {"flags", "RS"},
          {"uids", {1}},
          {"at", kRemoteJson},
          {"dry_run", true}}},
        {events::RemovingFlags{{key(1)}, mail::Flags::parse("F"), kLocal},
         {{"level", "info"},
          {"event", "removing_flags"},
          {"flags", "F"},
          {"uids", {1}},
          {"at", kLocalJson},
          {"dry_run", false}}},
        {events::UnknownKeywords{{"$Work"}},
         {{"level", "warning"}, {"event", "unknown_keywords"}, {"keywords", {"$Work"}}}},
        {events::CallingHook{"true", events::Run::real},
         {{"level", "info"}, {"event", "calling_hook"}, {"command", "true"}, {"dry_run", false}}},
        {events::HookFinished{"x", "out\n", "err", 1},
         {{"level", "info"},
          {"event", "hook_finished"},
          {"command", "x"},
          {"stdout", "out\n"},
          {"stderr", "err"},
          {"exit_code", 1}}},
        {events::Sleeping{std::chrono::seconds(10), std::chrono::seconds(30)},
         {{"level", "debug"}, {"event", "sleeping"}, {"step", 10}, {"remaining", 30}}},
        {events::ReadOnlyFolder{events::ReadOnlyAction::deletion, {key(1)}, kRemote},
         {{"level", "warning"},
          {"event", "read_only"},
          {"action", "deletion"},
          {"uids", {1}},
          {"at", kRemoteJson}}},
        {events::UidValidityProblem{"A", "Remote", 1, 2},
         {{"level", "warning"},
          {"event", "uid_validity_problem"},
          {"repository", "Remote"},
          {"folder", "A"},
          {"saved", 1},
          {"current", 2}}},
        {events::AuthenticationFailed{"PLAIN", "no"},
         {{"level", "warning"},
          {"event", "authentication_failed"},
          {"mechanism", "PLAIN"},
          {"reason", "no"}}},
        {events::ErrorOccurred{"", "bad"}, {{"level", "error"}, {"event", "error"}, {"text", "bad"}}},
        {events::ErrorOccurred{"While x", "bad"},
         {{"level", "error"}, {"event", "error"}, {"text", "bad"}, {"context", "While x"}}},
        {events::WarningGiven{"odd"}, {{"level", "warning"}, {"event", "warning"}, {"text", "odd"}}},
        {events::Information{"plain"}, {{"level", "info"}, {"event", "information"}, {"text", "plain"}}},
        {events::EndReport{"once more"},
         {{"level", "warning"}, {"event", "end_report"}, {"text", "once more"}}},
        {events::ProgramEnded{true, "No accounts"},
         {{"level", "debug"}, {"event", "program_ended"}, {"refused", true}, {"text", "No accounts"}}},
    };
    for (const auto& [event, expected] : cases) EXPECT_EQ(fields_of(event), expected);
}

TEST(Json, BeginsEachLineWithWhatAllHave) {
    EXPECT_THAT(shown(events::WarningGiven{"odd"}),
                testing::MatchesRegex("\\{\"time\":\"[^\"]*\",\"level\":\"warning\",\"thread\":\"T\","
                                      "\"event\":\"warning\",\"text\":\"odd\"\\}\n"));
}

TEST(Json, IsUtf8WhateverTheTextsAre) {
    EXPECT_EQ(fields_of(events::WarningGiven{"a\nb\xFFz\x1b"}).at("text"), "a\nb\xEF\xBF\xBDz\x1b");
    EXPECT_THAT(shown(events::WarningGiven{"\x1b\n"}), testing::HasSubstr("\\u001b\\n"));
}

TEST(Json, ShowsDebugMessagesOfTheTypesAskedFor) {
    const events::DebugMessage message{DebugType::imap, "> NOOP", support::after_noon(), "T"};
    EXPECT_EQ(shown(message), "");
    EXPECT_EQ(shown(message, events::DebugTypes().add(DebugType::thread)), "");
    EXPECT_EQ(fields_of(message, events::DebugTypes().add(DebugType::imap)),
              json({{"level", "debug"}, {"event", "debug"}, {"type", "imap"}, {"text", "> NOOP"}}));
}

TEST(Json, WantsProgress) {
    EXPECT_TRUE(make_interface(Name::json, {})->wants_progress());
    EXPECT_FALSE(make_interface(Name::basic, {})->wants_progress());
}

}  // namespace
}  // namespace offlineimap::ui

// One folder, synced as often as a test likes; what the tests of a folder's sync share.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "offlineimap/sync/folder_sync.hpp"

#include "fakes.hpp"

namespace offlineimap::sync {

// One folder, INBOX on both sides, synced as often as a test likes; the memory between syncs is a real status
// file.
class FolderSyncTest : public ::testing::Test {
  protected:
    FolderSyncTest() {
        servers_["INBOX"];
        disks_["INBOX"];
    }

    fake::Server& server() { return servers_["INBOX"]; }
    fake::Disk& disk() { return disks_["INBOX"]; }

    // `expunge = no`.
    void keep_marked_messages() {
        config::ImapOptions imap;
        imap.expunge = false;
        remote_options_.kind = imap;
        server().expunges = false;
    }

    void sync(Thoroughness thoroughness = Thoroughness::full) {
        settings_.account = "Test";
        settings_.status = {.metadata = metadata_.path(),
                            .account = "Test",
                            .local_repository = "Local",
                            .remote_repository = "Remote",
                            .fsync = false,
                            .dry_run = settings_.dry_run};
        settings_.thoroughness = thoroughness;
        fake::FakeRemote remote(servers_, interpreter_, remote_options_);
        fake::FakeLocal local(disks_, interpreter_, local_options_);
        remote.ignored = ignored_;
        const repository::Context context{events::Reporter(*speaks_to_, "Folder INBOX [acc: Test]"),
                                          stop_.get_token()};
        sync_folder({.remote = remote.entry(inbox_), .local = local.entry(inbox_), .status = inbox_},
                    settings_, remote, local, context);
        new_mail_hooks_ = remote.new_mail_hooks;
    }

    // A sync that finds the uploads of these files begun, and `meanwhile` happened before the kill.
    template <class Action>
    void sync_with_open_uploads(const std::vector<std::string>& names, Action meanwhile) {
        const repository::StatusSettings settings{.metadata = metadata_.path(),
                                                  .account = "Test",
                                                  .local_repository = "Local",
                                                  .remote_repository = "Remote",
                                                  .fsync = false};
        {
            const repository::Context context{events::Reporter(sink_, "test"), {}};
            repository::StatusFolder status(settings, inbox_, context);
            std::vector<repository::OutgoingMessage> messages;
            for (const auto& name : names) {
                const auto& body = disk().files[name].message.body;
                messages.push_back({.key = mail::MessageKey::unassigned(1),
                                    .local_name = name,
                                    .flags = {},
                                    .internal_date = std::nullopt,
                                    .identity = {body.size(), body, body, ""},
                                    .open = nullptr});
            }
            status.begin_uploads(messages, {server().validity, base::Uid(server().next_uid)});
        }
        meanwhile();
        sync();
    }

    // uid → "body/flags" of both sides.
    std::map<std::uint32_t, std::string> on_server() {
        std::map<std::uint32_t, std::string> all;
        for (const auto& [uid, message] : server().messages)
            all[uid.value()] = message.body + "/" + message.flags.to_string();
        return all;
    }
    std::map<std::uint32_t, std::string> on_disk() {
        std::map<std::uint32_t, std::string> all;
        for (const auto& [name, file] : disk().files) {
            all[file.uid ? file.uid->value() : 0] += file.message.body + "/" + file.message.flags.to_string();
        }
        return all;
    }
    std::vector<std::string> errors() {
        std::vector<std::string> texts;
        for (const auto& error : sink_.all<events::ErrorOccurred>()) texts.push_back(error.text);
        return texts;
    }
    using Content = std::map<std::uint32_t, std::string>;

    fake::Metadata metadata_;
    python::Interpreter interpreter_{std::nullopt};
    std::map<std::string, fake::Server> servers_;
    std::map<std::string, fake::Disk> disks_;
    config::Repository remote_options_ = fake::remote_options();
    config::Repository local_options_ = fake::local_options();
    std::vector<base::Uid> ignored_;
    FolderSyncSettings settings_;
    std::stop_source stop_;
    fake::Collector sink_;
    events::Sink* speaks_to_ = &sink_;
    const base::FolderName inbox_{"INBOX"};
    int new_mail_hooks_ = 0;
};

}  // namespace offlineimap::sync

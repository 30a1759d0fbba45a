#include "renumbering.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "offlineimap/os/stop_point.hpp"

namespace offlineimap::sync {

namespace {

using repository::ContentIdentity;
using repository::LocalFolder;
using repository::Renumbering;
using repository::Side;

struct Message {
    mail::MessageKey key;
    std::optional<base::Uid> found = std::nullopt;  // its UID now
};

std::vector<Message> messages_with_uid(const mail::Listing& listing) {
    std::vector<Message> messages;
    for (const auto& entry : listing) {
        if (entry.key.has_uid()) messages.push_back({entry.key});
    }
    return messages;
}

// Looks for those that are not found yet. A message that went away meanwhile stays unfound.
void look_for(FolderWork& work, std::vector<Message>& messages, LocalFolder::Headers headers) {
    std::vector<ContentIdentity> wanted;
    std::vector<Message*> asked;
    std::set<base::Uid> taken;
    for (auto& message : messages) {
        work.check_stop();
        if (message.found) {
            taken.insert(*message.found);
        } else if (auto identity = work.local.identify(message.key, headers)) {
            wanted.push_back(std::move(*identity));
            asked.push_back(&message);
        }
    }
    if (wanted.empty()) return;
    const auto found = work.remote.find_by_content(
        wanted, std::nullopt, [&](base::Uid uid) { return taken.contains(uid); }, work.context);
    for (std::size_t i = 0; i < asked.size(); ++i) asked[i]->found = found[i];
}

bool all_found(const std::vector<Message>& messages) {
    return std::all_of(messages.begin(), messages.end(),
                       [](const Message& message) { return message.found.has_value(); });
}

// nullopt: a file went away meanwhile.
std::optional<Renumbering> decide(const FolderWork& work, const std::vector<Message>& messages,
                                  base::UidValidity current) {
    Renumbering renumbering{.uid_validity = current, .messages = {}};
    for (const auto& message : messages) {
        auto name = work.local.local_name(message.key);
        if (!name) return std::nullopt;
        const auto* known = work.status_listing.find(message.key);
        renumbering.messages.push_back(
            {std::move(*name), *message.found, known ? std::optional(known->flags) : std::nullopt});
    }
    return renumbering;
}

// The files first, then what is remembered of them, then the epoch. Each step can be repeated. A file that
// went away meanwhile is not remembered either: its message is fetched again, which is safe; a row without a
// file would look like a deletion.
void carry_out(FolderWork& work, const Renumbering& renumbering) {
    std::vector<LocalFolder::NewUid> files;
    for (const auto& message : renumbering.messages) files.push_back({message.local_name, message.uid});
    os::stop_point("renumber-before-files");
    const auto present = work.local.renumber(files, work.context);
    const std::set<base::Uid> here(present.begin(), present.end());
    std::vector<repository::Agreed> agreed;
    for (const auto& message : renumbering.messages) {
        if (message.agreed && here.contains(message.uid)) agreed.push_back({message.uid, *message.agreed});
    }
    os::stop_point("renumber-before-status");
    work.status.replace_all(agreed);
    work.status_listing = work.status.listing();
    if (work.remote_repository.options().startdate && !here.empty())
        save_start(work.settings.status, Side::remote, work.remote.entry().name, *here.begin());
    os::stop_point("renumber-before-validity");
    save_validity(work.settings.status, Side::remote, work.remote.entry().name, renumbering.uid_validity);
    os::stop_point("renumber-before-end");
    end_renumbering(work.settings.status, work.pair.status);
    os::stop_point("renumber-after-end");
}

}  // namespace

void finish_renumbering(FolderWork& work) {
    if (const auto renumbering = open_renumbering(work.settings.status, work.pair.status))
        carry_out(work, *renumbering);
}

bool adopt_new_uids(FolderWork& work, base::UidValidity current) {
    if (work.local.has_ambiguous_uids()) return false;
    auto messages = messages_with_uid(work.local_listing);
    look_for(work, messages, LocalFolder::Headers::all);
    // What was uploaded from here has no filtered headers on the server.
    if (!all_found(messages)) look_for(work, messages, LocalFolder::Headers::without_filtered);
    if (!all_found(messages)) return false;
    const auto renumbering = decide(work, messages, current);
    if (!renumbering) return false;
    if (work.settings.dry_run) return true;
    begin_renumbering(work.settings.status, work.pair.status, *renumbering);
    carry_out(work, *renumbering);
    work.local_listing = work.local.load(work.context);
    return true;
}

}  // namespace offlineimap::sync

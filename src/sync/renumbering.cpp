#include "renumbering.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "offlineimap/os/digest.hpp"
#include "offlineimap/os/stop_point.hpp"
#include "offlineimap/os/system.hpp"

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
    forget_failed_adoption(work.settings.status, work.pair.status);
    end_renumbering(work.settings.status, work.pair.status);
    os::stop_point("renumber-after-end");
}

}  // namespace

void finish_renumbering(FolderWork& work) {
    if (const auto renumbering = open_renumbering(work.settings.status, work.pair.status))
        carry_out(work, *renumbering);
}

namespace {

// What the attempt to recognise all messages depends on. nullopt: the server does not say enough.
std::optional<std::string> look_of(FolderWork& work) {
    auto remote = work.remote.look(work.context);
    if (!remote) return std::nullopt;
    os::Digest uids(os::DigestKind::sha256);
    for (const auto& entry : work.local_listing) {
        if (entry.key.has_uid()) uids.update(entry.key.to_string() + ' ');
    }
    // What failed for another reason (a body that the server would not give just then) is tried again next
    // day.
    const auto day = std::chrono::floor<std::chrono::days>(os::now()).time_since_epoch().count();
    return *remote + ' ' + uids.finish_hex() + ' ' + std::to_string(day);
}

// nullopt: not every message is found, or not for certain.
std::optional<Renumbering> recognise(FolderWork& work, base::UidValidity current) {
    auto messages = messages_with_uid(work.local_listing);
    look_for(work, messages, LocalFolder::Headers::all);
    // What was uploaded from here has no filtered headers on the server.
    if (!all_found(messages)) look_for(work, messages, LocalFolder::Headers::without_filtered);
    return all_found(messages) ? decide(work, messages, current) : std::nullopt;
}

// To read all files and ask for all messages anew in every round is no use if nothing changed since it
// failed.
std::optional<Renumbering> recognise_unless_it_failed(FolderWork& work, base::UidValidity current) {
    const auto look = look_of(work);
    if (look && look == failed_adoption(work.settings.status, work.pair.status)) return std::nullopt;
    auto renumbering = recognise(work, current);
    if (!renumbering && look && !work.settings.dry_run)
        save_failed_adoption(work.settings.status, work.pair.status, *look);
    return renumbering;
}

}  // namespace

bool adopt_new_uids(FolderWork& work, base::UidValidity current) {
    if (work.local.has_ambiguous_uids()) return false;
    const auto renumbering = recognise_unless_it_failed(work, current);
    if (!renumbering) return false;
    if (work.settings.dry_run) return true;
    begin_renumbering(work.settings.status, work.pair.status, *renumbering);
    carry_out(work, *renumbering);
    work.local_listing = work.local.load(work.context);
    return true;
}

}  // namespace offlineimap::sync

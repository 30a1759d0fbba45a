// What a Connection consists of, and the pieces that its operations share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "offlineimap/client/connection.hpp"

#include "driver.hpp"
#include "handshake.hpp"

namespace offlineimap::client {

struct Connection::State {
    std::string repository;
    std::unique_ptr<Driver> driver;
    std::string greeting;
    Utf8 utf8;
    std::optional<SelectedMailbox> selected;
    base::MailboxName selected_name;

    // Error{folder, refused} with what was attempted and what the server said.
    base::Error refusal(const std::string& attempted, const imap::Status& status,
                        base::ErrorCode code = base::ErrorCode::refused) const;
    void require_ok(const std::string& attempted, const imap::Status& status) const;
    // The name as this server takes it. Throws Error{folder, unsafe_name} for one that would end a line.
    base::MailboxName to_wire(const base::MailboxName& mailbox) const;
    // The name as every other part of the program knows it.
    base::MailboxName from_wire(base::MailboxName mailbox) const;

    // One command for each set, all in flight together. Answers and other events come in the server's order.
    using MakeCommand = std::function<imap::Command(const base::UidSet&)>;
    using OnAnswer = std::function<void(const base::UidSet&, const imap::Status&)>;
    using OnEvent = std::function<void(imap::Event&)>;
    void run_for_each(const std::vector<base::UidSet>& sets, const MakeCommand& make,
                      const OnAnswer& on_answer, const OnEvent& on_event, std::stop_token stop);
};

// Cuts a set into sets of at most `most` UIDs and about `most_bytes` bytes of text, without spelling it out.
std::vector<base::UidSet> split_set(const base::UidSet& uids, std::uint64_t most,
                                    std::size_t most_bytes = 4000);

// The pipelined operations; one file each.
void fetch_bodies(Operation& operation, std::span<const base::Uid> sorted_uids, BodyHandler& handler,
                  const std::function<base::Error(const imap::Status&)>& refusal);
std::vector<AppendOutcome> append(Operation& operation, const base::MailboxName& mailbox,
                                  std::span<const Outgoing> messages, const Utf8& utf8);

}  // namespace offlineimap::client

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>

#include "offlineimap/base/text.hpp"

#include "connection_state.hpp"

namespace offlineimap::client {
namespace {

using imap::Condition;

// Small messages go out without waiting for answers; after a refusal only so many can be under way.
constexpr std::size_t kCommandsInFlight = 16;

// The time in the local zone, as the original sends it.
std::optional<std::string> local_date_time(const std::optional<std::chrono::sys_seconds>& when) {
    if (!when) return std::nullopt;
    const std::time_t time = std::chrono::system_clock::to_time_t(*when);
    std::tm local{};
    if (::localtime_r(&time, &local) == nullptr) return std::nullopt;
    return imap::date_time(*when, std::chrono::seconds(local.tm_gmtoff));
}

// The bytes of one message on their way to the server.
class Source {
  public:
    explicit Source(const Outgoing& message) : read_(message.open()) {}

    // The next piece of a message of which `left` bytes are to come. Throws Error{message, io} if the source
    // fails or does not have exactly that many: a literal of another length than announced would take the
    // following commands for its content.
    const std::string& next(std::uint64_t left) {
        if (!next_.empty()) {
            std::swap(piece_, next_);
            next_.clear();
        } else if (!read(piece_)) {
            throw wrong_size();
        }
        const bool is_last = piece_.size() == left;
        if (piece_.size() > left || (is_last && read(next_))) throw wrong_size();
        return piece_;
    }

  private:
    bool read(std::string& buffer) {
        do {
            buffer.clear();
            if (!read_(buffer)) return false;
        } while (buffer.empty());
        return true;
    }
    static base::Error wrong_size() {
        return {base::Severity::message, base::ErrorCode::io, "the message changed while it was being sent"};
    }

    Outgoing::Reader read_;
    std::string piece_;
    std::string next_;
};

// RFC 5322 §2.1: the header ends at the first empty line.
bool has_8bit_header(const Outgoing& message) {
    const auto read = message.open();
    std::string piece;
    bool at_line_begin = true;
    while (read(piece)) {
        for (const char c : piece) {
            if (static_cast<unsigned char>(c) >= 0x80) return true;
            if (c == '\n' && at_line_begin) return false;
            if (c != '\r') at_line_begin = c == '\n';
        }
    }
    return false;
}

bool is_about_quota(const imap::Status& status) {
    return status.has_code("OVERQUOTA") || base::to_lower(status.text).find("quota") != std::string::npos;
}

AppendOutcome outcome_of(const imap::Status& status) {
    switch (status.condition) {
        case Condition::ok: {
            const auto uid =
                status.has_code("APPENDUID") ? imap::parse_append_uid(status.code->argument) : std::nullopt;
            if (!uid) return AppendedUidUnknown{};
            return Appended{uid->validity, uid->uid};
        }
        case Condition::bad:
            return AppendBad{base::printable(status.text)};
        case Condition::no:
        case Condition::preauth:
        case Condition::bye:
            break;
    }
    return AppendRefused{is_about_quota(status), base::printable(status.text)};
}

class Appending {
  public:
    Appending(Operation& operation, const base::MailboxName& mailbox, std::span<const Outgoing> messages,
              const Utf8& utf8)
        : operation_(operation),
          mailbox_(mailbox),
          messages_(messages),
          utf8_(utf8),
          outcomes_(messages.size(), AppendUnanswered{"not sent"}) {}

    std::vector<AppendOutcome> run() {
        try {
            work();
        } catch (const base::Error& error) {
            // Outcomes of earlier messages are facts: they are returned, whatever ended the connection.
            settle_rest(error.what());
        } catch (const base::Cancelled&) {
            if (answered_ == 0) throw;
            settle_rest("stopped");
        }
        if (output_failed_) operation_.break_off();
        return std::move(outcomes_);
    }

  private:
    struct Pending {
        std::size_t index;
        Source source;
    };

    void work() {
        for (;;) {
            keep_in_flight();
            if (pending_.empty()) return;
            auto event = operation_.next_event();
            if (const auto* wanted = std::get_if<imap::BodyWanted>(&event)) {
                supply(*wanted);
            } else if (const auto* completed = std::get_if<imap::Completed>(&event)) {
                on_completed(*completed);
            }
        }
    }

    void keep_in_flight() {
        while (!stopped_ && next_ < messages_.size() && pending_.size() < kCommandsInFlight) begin(next_++);
    }

    void begin(std::size_t index) {
        const auto& message = messages_[index];
        try {
            // RFC 6855 §4: a server that has UTF-8 headers wants them announced.
            const auto form = utf8_.headers && has_8bit_header(message) ? imap::MessageForm::utf8
                                                                        : imap::MessageForm::plain;
            Source source(message);
            const auto id = operation_.session().enqueue(
                imap::append_command(mailbox_, mail::imap_flags_of(message.flags),
                                     local_date_time(message.internal_date), message.wire_size, form));
            pending_.emplace(id, Pending{index, std::move(source)});
        } catch (const base::Error& error) {
            outcomes_[index] = AppendUnanswered{error.what()};
        }
    }

    void supply(const imap::BodyWanted& wanted) {
        try {
            operation_.session().supply(pending_.at(wanted.id).source.next(wanted.left));
        } catch (const base::Error& error) {
            fail_output(wanted.id, error.what());
        }
    }

    // The connection cannot go on behind half a message, but answers to earlier ones are still to come.
    void fail_output(imap::CommandId id, const std::string& why) {
        const auto command = pending_.find(id);
        outcomes_[command->second.index] = AppendUnanswered{why};
        pending_.erase(command);
        operation_.session().abandon_output();
        output_failed_ = true;
        stop_sending();
    }

    void on_completed(const imap::Completed& completed) {
        const auto command = pending_.find(completed.id);
        if (command == pending_.end()) return;
        if (!stopped_ && operation_.gave_time(completed.id, completed.status)) {
            // Refused, so that it is not there: sent once more from the beginning.
            const auto index = command->second.index;
            pending_.erase(command);
            return begin(index);
        }
        outcomes_[command->second.index] = outcome_of(completed.status);
        ++answered_;
        pending_.erase(command);
        if (completed.status.condition == Condition::no) stop_sending();
    }

    // No further message begins.
    void stop_sending() {
        stopped_ = true;
        for (auto command = pending_.begin(); command != pending_.end();) {
            const bool withdrawn = operation_.session().withdraw(command->first);
            command = withdrawn ? pending_.erase(command) : std::next(command);
        }
    }

    void settle_rest(const std::string& why) {
        for (const auto& [id, command] : pending_) outcomes_[command.index] = AppendUnanswered{why};
        operation_.break_off();
    }

    Operation& operation_;
    const base::MailboxName& mailbox_;
    std::span<const Outgoing> messages_;
    const Utf8& utf8_;
    std::vector<AppendOutcome> outcomes_;
    std::size_t next_ = 0;
    std::map<imap::CommandId, Pending> pending_;
    std::size_t answered_ = 0;
    bool stopped_ = false;
    bool output_failed_ = false;
};

}  // namespace

std::vector<AppendOutcome> append(Operation& operation, const base::MailboxName& mailbox,
                                  std::span<const Outgoing> messages, const Utf8& utf8) {
    return Appending(operation, mailbox, messages, utf8).run();
}

}  // namespace offlineimap::client

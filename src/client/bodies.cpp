#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "offlineimap/base/text.hpp"

#include "connection_state.hpp"

namespace offlineimap::client {
namespace {

// The server is never without a command while it sends; an unanswered command costs it little.
constexpr std::size_t kUidsPerCommand = 100;
constexpr std::size_t kCommandsInFlight = 4;
// One message can be the fault of a BAD, so many in a row cannot: it is the command that the server does not
// take. (Dovecot ends the connection after 20.)
constexpr int kMostBadInARow = 8;

class BodyFetch {
  public:
    using Refusal = std::function<base::Error(const imap::Status&)>;

    BodyFetch(Operation& operation, std::span<const base::Uid> sorted_uids, BodyHandler& handler,
              const Refusal& refusal)
        : operation_(operation),
          uids_(sorted_uids),
          settled_(sorted_uids.size()),
          handler_(handler),
          refusal_(refusal) {
        for (auto& set : base::split_uids(sorted_uids, kUidsPerCommand)) waiting_.push_back(std::move(set));
    }

    void run() {
        for (;;) {
            keep_in_flight();
            if (in_flight_.empty()) return;
            auto event = operation_.next_event();
            if (const auto* begins = std::get_if<imap::BodyBegins>(&event)) {
                on_begin(*begins);
            } else if (const auto* piece = std::get_if<imap::BodyBytes>(&event)) {
                if (body_ == Body::wanted) handler_.data(piece->bytes);
            } else if (const auto* fetched = std::get_if<imap::Fetched>(&event)) {
                on_fetched(*fetched);
            } else if (const auto* completed = std::get_if<imap::Completed>(&event)) {
                on_completed(*completed);
            }
        }
    }

  private:
    // Of the response that comes in: what its literals are to us.
    enum class Body { none, wanted, ignored };

    void keep_in_flight() {
        while (!waiting_.empty() && in_flight_.size() < kCommandsInFlight) {
            const auto id = operation_.session().enqueue(
                imap::uid_fetch_command(waiting_.front().to_string(), "(UID BODY.PEEK[])"));
            in_flight_.emplace(id, std::move(waiting_.front()));
            waiting_.pop_front();
        }
    }

    void on_begin(const imap::BodyBegins& begins) {
        if (begun_) {
            body_ = Body::ignored;  // a second body in one response; on_fetched() drops the first
        } else if (begins.section.empty()) {
            begun_ = true;
            body_ = Body::wanted;
            handler_.begin(begins.size);
        }
    }

    void on_fetched(const imap::Fetched& fetched) {
        const bool begun = std::exchange(begun_, false);
        body_ = Body::none;
        const auto index = fetched.uid ? index_of_open(*fetched.uid) : kNone;
        const bool whole_message = fetched.sections.size() == 1 && fetched.sections.front().section.empty();
        if (begun && index != kNone && whole_message) {
            settled_[index] = true;
            handler_.complete(*fetched.uid);
        } else if (begun) {
            handler_.abandon();
        } else if (index != kNone && whole_message) {
            settle_as_missing(index, "the server has no content for it (NIL)");
        }
    }

    void on_completed(const imap::Completed& completed) {
        const auto command = in_flight_.find(completed.id);
        if (command == in_flight_.end()) return;
        const auto set = std::move(command->second);
        in_flight_.erase(command);
        const auto& status = completed.status;
        if (operation_.gave_time(completed.id, status)) {
            std::vector<base::Uid> open;
            for_each_open(set, [&](std::size_t index) { open.push_back(uids_[index]); });
            if (!open.empty()) waiting_.push_front(base::UidSet::of(open));
            return;
        }
        // It had enough time: no message is the reason, and no other way of asking helps.
        if (asks_for_time(status)) throw refusal_(status);
        if (status.condition == imap::Condition::ok) bad_in_a_row_ = 0;
        if (status.condition == imap::Condition::bad && ++bad_in_a_row_ == kMostBadInARow)
            throw refusal_(status);
        // RFC 2180 §4.1: a server may refuse a command because of one message of many.
        const bool ask_one_by_one = status.condition != imap::Condition::ok && set.size() > 1;
        const auto why = status.condition == imap::Condition::ok
                             ? std::string("the server did not send it")
                             : "the server refused it: " + base::printable(status.text);
        std::vector<base::UidSet> single;
        for_each_open(set, [&](std::size_t index) {
            if (ask_one_by_one) {
                single.push_back(base::UidSet::of(uids_.subspan(index, 1)));
            } else {
                settle_as_missing(index, why);
            }
        });
        // Before the other sets, which may have such a message too.
        waiting_.insert(waiting_.begin(), single.begin(), single.end());
    }

    template <class Function>
    void for_each_open(const base::UidSet& set, const Function& function) {
        for (const auto& range : set.ranges()) {
            for (auto index = lower_bound(range.first); index < uids_.size() && uids_[index] <= range.last;
                 ++index) {
                if (!settled_[index]) function(index);
            }
        }
    }

    void settle_as_missing(std::size_t index, const std::string& why) {
        settled_[index] = true;
        handler_.missing(uids_[index], why);
    }

    std::size_t lower_bound(base::Uid uid) const {
        return static_cast<std::size_t>(std::lower_bound(uids_.begin(), uids_.end(), uid) - uids_.begin());
    }

    // Where a UID stands that was asked for and is not settled, or kNone.
    std::size_t index_of_open(base::Uid uid) const {
        const auto index = lower_bound(uid);
        const bool open = index < uids_.size() && uids_[index] == uid && !settled_[index];
        return open ? index : kNone;
    }

    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    Operation& operation_;
    std::span<const base::Uid> uids_;
    std::vector<bool> settled_;  // by index in uids_
    BodyHandler& handler_;
    const Refusal& refusal_;
    std::deque<base::UidSet> waiting_;
    std::map<imap::CommandId, base::UidSet> in_flight_;
    int bad_in_a_row_ = 0;
    bool begun_ = false;  // the handler has a message that is neither complete nor abandoned
    Body body_ = Body::none;
};

}  // namespace

void fetch_bodies(Operation& operation, std::span<const base::Uid> sorted_uids, BodyHandler& handler,
                  const std::function<base::Error(const imap::Status&)>& refusal) {
    BodyFetch(operation, sorted_uids, handler, refusal).run();
}

}  // namespace offlineimap::client

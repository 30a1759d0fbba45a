#include "driver.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <string>
#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/client/throttled.hpp"
#include "offlineimap/client/waiting.hpp"

namespace offlineimap::client {
namespace {

constexpr std::size_t kReadBuffer = std::size_t{256} << 10U;
// Exchange asks for up to five minutes. Where nothing goes well between, more than two of those are an error.
constexpr std::chrono::milliseconds kLongestWait = std::chrono::minutes(5);
constexpr std::chrono::milliseconds kMostWaiting = std::chrono::minutes(10);
// For a server that does not say how long.
constexpr std::chrono::milliseconds kUsualWait = std::chrono::seconds(15);

// "#7": the connections of a run are counted, so that debug lines tell them apart.
std::string next_number() {
    static std::atomic<unsigned> last{0};
    return '#' + std::to_string(++last);
}

imap::SessionOptions session_options(const events::Reporter& reporter) {
    imap::SessionOptions options;
    options.trace = reporter.debugging(events::DebugType::imap);
    return options;
}

}  // namespace

Driver::Driver(std::unique_ptr<net::Stream> stream, std::string peer, std::chrono::milliseconds limit,
               const events::Reporter& reporter)
    : stream_(std::move(stream)),
      peer_(std::move(peer)),
      limit_(limit),
      reporter_(reporter),
      session_(session_options(reporter)),
      number_(next_number()),
      buffer_(kReadBuffer) {}

void Driver::speak_as(const events::Reporter& reporter) {
    reporter_ = reporter;
    session_.set_trace(reporter.debugging(events::DebugType::imap));
}

imap::Event Driver::next_event(const std::stop_token& stop) {
    try {
        for (;;) {
            auto event = next_session_event(stop);
            if (is_reported(event)) continue;
            if (phase_ != Phase::working) refuse_throttling(event);
            refuse_last_word(event);
            return event;
        }
    } catch (const std::exception&) {
        break_off();
        throw;
    }
}

imap::Event Driver::next_session_event(const std::stop_token& stop) {
    for (;;) {
        auto step = session_.next();
        if (auto* event = std::get_if<imap::Event>(&step)) return std::move(*event);
        const auto* send = std::get_if<imap::Send>(&step);
        const auto progress = stream_->exchange(send != nullptr ? send->bytes : std::string_view{}, buffer_,
                                                send == nullptr, limit_, stop);
        session_.sent(progress.written);
        session_.receive({buffer_.data(), progress.read});
        if (progress.end_of_stream) session_.end_of_input();
    }
}

bool Driver::is_reported(const imap::Event& event) const {
    if (const auto* line = std::get_if<imap::WireLine>(&event)) {
        const char* arrow = line->direction == imap::Direction::sent ? " > " : " < ";
        reporter_.debug(events::DebugType::imap, number_ + arrow + base::printable(line->text, 2000));
        return true;
    }
    if (const auto* alert = std::get_if<imap::Alert>(&event)) {
        // RFC 3501 §7.1: a person must see it; the mark says whose words they are.
        reporter_(events::WarningGiven{"The " + peer_ + " says: " + base::printable(alert->text)});
        return true;
    }
    return false;
}

void Driver::refuse_last_word(const imap::Event& event) const {
    using base::Error;
    using base::ErrorCode;
    using base::Severity;
    if (const auto* closed = std::get_if<imap::Closed>(&event)) {
        const auto why = closed->text.empty() ? std::string() : ": " + base::printable(closed->text);
        throw Error(Severity::folder_retry, ErrorCode::network,
                    "The " + peer_ + " closed the connection" + why);
    }
    if (const auto* violation = std::get_if<imap::ProtocolViolation>(&event)) {
        throw Error(Severity::folder, ErrorCode::protocol,
                    "The " + peer_ + " does not keep to the protocol: " + violation->why);
    }
}

void Driver::refuse_throttling(const imap::Event& event) const {
    if (const auto* closed = std::get_if<imap::Closed>(&event)) {
        refuse_throttling(imap::Status{imap::Condition::bye, closed->code, closed->text});
    } else if (const auto* completed = std::get_if<imap::Completed>(&event)) {
        const bool refused = completed->status.condition != imap::Condition::ok;
        if (refused && phase_ == Phase::logging_in) refuse_throttling(completed->status);
    }
}

void Driver::refuse_throttling(const imap::Status& status) const {
    const auto throttle = imap::throttle_of(status);
    if (!throttle) return;
    const char* what = throttle->reason == imap::Throttle::Reason::connections
                           ? " takes no more connections: "
                           : " takes no connection now: ";
    const auto text = status.text.empty() && status.code ? "[" + status.code->name + "]" : status.text;
    const auto code =
        status.condition == imap::Condition::bye ? base::ErrorCode::network : base::ErrorCode::authentication;
    throw Throttled(code, "The " + peer_ + what + base::printable(text), throttle->wait);
}

bool asks_for_time(const imap::Status& status) {
    if (status.condition == imap::Condition::ok) return false;
    const auto throttle = imap::throttle_of(status);
    return throttle && (throttle->reason == imap::Throttle::Reason::rate || throttle->wait);
}

bool Driver::gave_time(imap::CommandId id, const imap::Status& status, const std::stop_token& stop) {
    if (status.condition == imap::Condition::ok) waited_ = std::chrono::milliseconds(0);
    if (!asks_for_time(status)) return false;
    // It was on its way before the last wait, which was for all of those.
    if (id <= last_before_wait_) return true;
    const auto time = std::max(imap::throttle_of(status)->wait.value_or(kUsualWait), waited_);
    if (time > kLongestWait || waited_ + time > kMostWaiting) return false;
    waited_ += time;
    reporter_(events::WarningGiven{
        "The " + peer_ + " asks for less: " + base::printable(status.text) + "; waiting " +
        std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()) + " s"});
    wait_unless_stopped(time, stop);
    last_before_wait_ = session_.last_id();
    return true;
}

imap::Status Driver::run(imap::Command command, const std::stop_token& stop) {
    return run(std::move(command), stop, [](imap::Event&) {});
}

imap::Status Driver::run(imap::Command command, const std::stop_token& stop,
                         const std::function<void(imap::Event&)>& other) {
    const auto id = session_.enqueue(std::move(command));
    for (;;) {
        auto event = next_event(stop);
        auto* completed = std::get_if<imap::Completed>(&event);
        if (completed != nullptr && completed->id == id) return std::move(completed->status);
        other(event);
    }
}

void Driver::change_stream(imap::Session::StreamChange change, const Wrap& wrap) {
    usable_ = false;  // until the new stream stands
    stream_ = wrap(std::move(stream_));
    session_.resume(change);
    usable_ = true;
}

void Driver::break_off() noexcept {
    usable_ = false;
    if (stream_) stream_->close();
}

Operation::Operation(Driver& driver, std::stop_token stop) noexcept
    : driver_(driver), stop_(std::move(stop)), exceptions_(std::uncaught_exceptions()) {}

imap::Status Operation::run(const imap::Command& command, const std::function<void(imap::Event&)>& other) {
    for (;;) {
        auto status = driver_.run(command, stop_, other);
        if (!gave_time(session().last_id(), status)) return status;
    }
}

Operation::~Operation() {
    if (std::uncaught_exceptions() > exceptions_ && session().unanswered() > 0) driver_.break_off();
}

}  // namespace offlineimap::client

// The one interface through which a run speaks, and the handle that the layers below carry to it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "offlineimap/events/event.hpp"

namespace offlineimap::events {

// An event with the name of the activity it comes from, as the original names its threads: "MainThread",
// "Account sync ACC", "Folder NAME [acc: ACC]".
struct Record {
    std::string thread;
    Event event;
};

struct PasswordRequest {
    std::string account;
    std::string repository;
    std::string user;
    std::string host;
    std::string failure;  // why the last password was refused; empty at the first try
};

// A user interface. Every call is thread-safe and returns soon: an interface never blocks a sync but in
// ask_password().
class Sink {
  public:
    virtual ~Sink() = default;
    // Never throws: what cannot be written is lost.
    virtual void report(const Record& record) = 0;
    // Whether debug messages of this type are wanted by anyone; lets callers skip building them.
    virtual bool wants(DebugType type) const noexcept = 0;
    // Whether TransferProgress is wanted by anyone; the server is then asked for the sizes of many messages
    // before they are fetched. Asked often: no locks.
    virtual bool wants_progress() const noexcept { return false; }
    // Whether this interface can ask at all (basic, quiet and syslog cannot).
    virtual bool can_ask_password() const noexcept = 0;
    // Blocks until the user has answered; nullopt if it cannot ask or the user gave up. The caller wipes the
    // text after use.
    virtual std::optional<std::string> ask_password(const PasswordRequest& request) = 0;
};

// A sink with the name of the activity that speaks. A small value: copy it. The sink outlives every reporter.
class Reporter {
  public:
    Reporter(Sink& sink, std::string thread) : sink_(&sink), thread_(std::move(thread)) {}

    void operator()(Event event) const { sink_->report(Record{thread_, std::move(event)}); }
    bool debugging(DebugType type) const noexcept { return sink_->wants(type); }
    bool wants_progress() const noexcept { return sink_->wants_progress(); }
    // Callers that have to build `text` ask debugging() first.
    void debug(DebugType type, std::string text) const {
        (*this)(DebugMessage{type, std::move(text), std::chrono::system_clock::now(), thread_});
    }
    Reporter named(std::string thread) const { return Reporter(*sink_, std::move(thread)); }
    const std::string& thread() const noexcept { return thread_; }
    Sink& sink() const noexcept { return *sink_; }

  private:
    Sink* sink_;
    std::string thread_;
};

}  // namespace offlineimap::events

// A sink that keeps the texts of what it gets, wants debug messages of type imap and answers "answer".
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "offlineimap/events/reporter.hpp"
#include "offlineimap/events/text.hpp"

namespace offlineimap::ui {

struct Recorder final : events::Sink {
    void report(const events::Record& record) override {
        const std::lock_guard lock(texts_mutex);
        texts.push_back(events::text_of(record.event));
    }
    bool wants(events::DebugType type) const noexcept override { return type == events::DebugType::imap; }
    bool can_ask_password() const noexcept override { return true; }
    std::optional<std::string> ask_password(const events::PasswordRequest&) override { return "answer"; }

    std::mutex texts_mutex;  // guards texts
    std::vector<std::string> texts;
};

}  // namespace offlineimap::ui

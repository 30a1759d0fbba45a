// The example of docs/adding-an-interface.md: an interface is one class, and a sync needs to know no more of
// it.
#include <mutex>

#include "folder_sync_fixture.hpp"

namespace offlineimap::sync {
namespace {

// A dot for each message, and at the end of each folder how many there were.
class Dots final : public events::Sink {
  public:
    void report(const events::Record& record) override {
        const std::lock_guard lock(text_mutex_);
        if (std::holds_alternative<events::CopyingMessage>(record.event)) text_ += '.';
        if (const auto* finished = std::get_if<events::FolderFinished>(&record.event)) {
            text_ += ' ' + finished->remote.folder + ": " + std::to_string(finished->to_local.copied) +
                     " here, " + std::to_string(finished->to_remote.copied) + " there\n";
        }
    }
    bool wants(events::DebugType) const noexcept override { return false; }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest&) override { return std::nullopt; }

    std::string text() const {
        const std::lock_guard lock(text_mutex_);
        return text_;
    }

  private:
    mutable std::mutex text_mutex_;  // guards text_
    std::string text_;
};

TEST_F(FolderSyncTest, SpeaksThroughAnyInterface) {
    for (const char* body : {"a", "b", "c"}) server().add(body, "S");
    disk().add("d", "");
    Dots dots;
    speaks_to_ = &dots;
    sync();
    EXPECT_EQ(dots.text(), ".... INBOX: 3 here, 1 there\n");
}

}  // namespace
}  // namespace offlineimap::sync

#include "../../../src/sync/meter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offlineimap::sync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

struct Listener final : events::Sink {
    void report(const events::Record& record) override {
        const auto& progress = std::get<events::TransferProgress>(record.event);
        seen.push_back(std::to_string(progress.messages) + '/' + std::to_string(progress.total_messages) +
                       ' ' + std::to_string(progress.bytes) + '/' + std::to_string(progress.total_bytes) +
                       (progress.ended ? " ended" : ""));
    }
    bool wants(events::DebugType) const noexcept override { return false; }
    bool wants_progress() const noexcept override { return wanted; }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest&) override { return std::nullopt; }

    bool wanted = true;
    std::vector<std::string> seen;
};

class MeterTest : public testing::Test {
  protected:
    std::unique_ptr<Meter> meter(std::uint64_t bytes) {
        return std::make_unique<Meter>(
            events::Reporter(listener_, "T"), events::FolderEnd{"Remote", "IMAP", "A"},
            events::FolderEnd{"Local", "Maildir", "A"}, messages_,
            [this, bytes] {
                ++asked_;
                return bytes;
            },
            [this] { return now_; });
    }

    Listener listener_;
    std::size_t messages_ = 30;
    int asked_ = 0;
    std::chrono::steady_clock::time_point now_{};
};

TEST_F(MeterTest, TellsStartAndEndAndInBetweenOnlyNowAndThen) {
    auto measured = meter(1000);
    measured->add_bytes(100);
    now_ += Meter::kPeriod;
    measured->add_bytes(100);
    measured->add_messages(1);
    measured->add_bytes(300);
    now_ += Meter::kPeriod;
    measured->add_messages(1);
    measured.reset();
    EXPECT_THAT(listener_.seen,
                ElementsAre("0/30 0/1000", "0/30 200/1000", "2/30 500/1000", "2/30 500/1000 ended"));
}

TEST_F(MeterTest, ForgetsBytesThatAreSentAgain) {
    auto measured = meter(1000);
    measured->add_bytes(100);
    measured->drop_bytes(100);
    measured->add_bytes(50);
    measured.reset();
    EXPECT_EQ(listener_.seen.back(), "0/30 50/1000 ended");
}

TEST_F(MeterTest, TotalIsNeverLessThanWhatCame) {
    auto measured = meter(10);
    measured->add_bytes(20);
    measured.reset();
    EXPECT_EQ(listener_.seen.back(), "0/30 20/20 ended");
}

TEST_F(MeterTest, UnknownTotalStaysUnknown) {
    auto measured = meter(0);
    measured->add_bytes(20);
    measured.reset();
    EXPECT_EQ(listener_.seen.back(), "0/30 20/0 ended");
}

TEST_F(MeterTest, AsksNoSizesOfFewMessages) {
    messages_ = Meter::kMany - 1;
    meter(1000).reset();
    EXPECT_EQ(asked_, 0);
    messages_ = Meter::kMany;
    meter(1000).reset();
    EXPECT_EQ(asked_, 1);
}

TEST_F(MeterTest, AsksNoSizesAndSaysNothingWhereNobodyListens) {
    listener_.wanted = false;
    auto measured = meter(10);
    now_ += 1h;
    measured->add_bytes(20);
    measured->add_messages(1);
    measured.reset();
    EXPECT_THAT(listener_.seen, IsEmpty());
    EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace offlineimap::sync

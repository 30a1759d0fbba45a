#include "../../../src/ui/blinkenlights_board.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offlineimap::ui::blinkenlights {
namespace {

using Kind = Key::Kind;

constexpr Clock::time_point kNow{};

events::Record line(const std::string& text) {
    return {"MainThread", events::Information{text}};
}

void type(TypedLine& typed, std::string_view text) {
    for (const char byte : text) typed.type({.kind = Kind::byte, .byte = byte});
}

TEST(TypedLine, TakesWhatIsTyped) {
    TypedLine typed;
    type(typed, "söcret");
    EXPECT_EQ(typed.state(), TypedLine::State::open);
    typed.type({.kind = Kind::enter});
    ASSERT_EQ(typed.state(), TypedLine::State::entered);
    type(typed, "late");
    EXPECT_EQ(typed.take(), "söcret");
}

TEST(TypedLine, ErasesACharacterAndAllOfThem) {
    TypedLine typed;
    type(typed, "aö");
    typed.type({.kind = Kind::erase});
    type(typed, "b");
    typed.type({.kind = Kind::other});
    typed.type({.kind = Kind::enter});
    EXPECT_EQ(typed.take(), "ab");

    TypedLine again;
    again.type({.kind = Kind::erase});
    type(again, "wrong");
    again.type({.kind = Kind::clear});
    type(again, "right");
    again.type({.kind = Kind::enter});
    EXPECT_EQ(again.take(), "right");
}

TEST(TypedLine, CanBeGivenUp) {
    TypedLine typed;
    type(typed, "sec");
    typed.type({.kind = Kind::escape});
    EXPECT_EQ(typed.state(), TypedLine::State::given_up);
}

TEST(BlinkenlightsBoard, TellsOnceUntilSomebodyLooks) {
    int news = 0;
    Board board(Visibility{}, [&news] { ++news; });
    for (const auto* const text : {"one", "two", "three"}) ASSERT_TRUE(board.take(line(text), kNow));
    EXPECT_EQ(news, 1);
    EXPECT_EQ(board.view(10).log.size(), 3U);
    board.say(Tone::plain, "four");
    EXPECT_EQ(news, 2);
}

TEST(BlinkenlightsBoard, TakesNothingOnceItIsClosed) {
    int news = 0;
    Board board(Visibility{}, [&news] { ++news; });
    board.close();
    EXPECT_EQ(news, 1) << "who draws has to know";
    EXPECT_TRUE(board.is_closed());
    EXPECT_FALSE(board.take(line("one"), kNow));
    EXPECT_EQ(board.ask({"who?"}, {}), std::nullopt);
}

TEST(BlinkenlightsBoard, HasNoUseForKeysWithoutAQuestion) {
    Board board(Visibility{}, [] {});
    EXPECT_FALSE(board.type({.kind = Kind::byte, .byte = 'q'}));
}

// Asks on a thread of its own; what came of it is there when it is joined.
class Asking {
  public:
    explicit Asking(Board& board, const std::stop_token& stop = {})
        : thread_([this, &board, stop] {
              answer_ = board.ask({"who?", "you: "}, stop);
          }) {
        while (board.view(0).question.empty()) std::this_thread::yield();
    }
    std::optional<std::string> answer() {
        thread_.join();
        return answer_;
    }

  private:
    std::optional<std::string> answer_;
    std::jthread thread_;
};

TEST(BlinkenlightsBoard, GivesTheAnswerToWhoAsked) {
    Board board(Visibility{}, [] {});
    Asking asking(board);
    for (const char byte : std::string_view("q1"))
        EXPECT_TRUE(board.type({.kind = Kind::byte, .byte = byte}));
    EXPECT_TRUE(board.take(line("others go on"), kNow));
    EXPECT_TRUE(board.type({.kind = Kind::enter}));
    EXPECT_EQ(asking.answer(), "q1");
    const auto view = board.view(10);
    EXPECT_TRUE(view.question.empty());
    EXPECT_EQ(view.log.back().text, "you: ");
}

TEST(BlinkenlightsBoard, EndsAQuestionThatIsGivenUpStoppedOrClosed) {
    Board board(Visibility{}, [] {});
    Asking given_up(board);
    board.type({.kind = Kind::escape});
    EXPECT_EQ(given_up.answer(), std::nullopt);

    std::stop_source stop;
    Asking stopped(board, stop.get_token());
    stop.request_stop();
    EXPECT_EQ(stopped.answer(), std::nullopt);

    Asking closed(board);
    board.close();
    EXPECT_EQ(closed.answer(), std::nullopt);
}

TEST(BlinkenlightsBoard, TakesTheEventsOfManyThreads) {
    std::atomic<int> news = 0;
    Board board(Visibility{}, [&news] { ++news; });
    {
        std::vector<std::jthread> threads;
        threads.reserve(5);
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&board, name = "T" + std::to_string(i)] {
                for (int n = 0; n < 200; ++n) EXPECT_TRUE(board.take({name, events::Information{"x"}}, kNow));
            });
        }
        threads.emplace_back([&board] {
            for (int n = 0; n < 200; ++n) board.view(10);
        });
    }
    const auto view = board.view(1000);
    EXPECT_EQ(view.log.size(), 800U);
    EXPECT_EQ(view.rows[0].lights.size(), 4U);
    EXPECT_GE(news, 1);
}

}  // namespace
}  // namespace offlineimap::ui::blinkenlights

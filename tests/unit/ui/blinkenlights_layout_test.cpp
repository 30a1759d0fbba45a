#include "../../../src/ui/blinkenlights_layout.hpp"

#include <locale.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../../src/ui/blinkenlights_text.hpp"

namespace offlineimap::ui::blinkenlights {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr Clock::time_point kNow = Clock::time_point(1000s);

// The width of characters is the locale's.
class InUtf8 : public testing::Test {
  protected:
    InUtf8() : former_(::uselocale(locale_)) {}
    ~InUtf8() override {
        ::uselocale(former_);
        ::freelocale(locale_);
    }

  private:
    locale_t locale_ = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    locale_t former_;
};

using BlinkenlightsText = InUtf8;

TEST_F(BlinkenlightsText, CountsColumnsNotBytes) {
    EXPECT_EQ(columns_of(wide("abc")), 3);
    EXPECT_EQ(columns_of(wide("über")), 4);
    EXPECT_EQ(columns_of(wide("日本")), 4);
    EXPECT_EQ(columns_of(wide("e\u0301")), 1);
}

TEST_F(BlinkenlightsText, ShowsWhatIsNoUtf8AsQuestionMarks) {
    for (const auto* const bytes :
         {"\xff", "\x80", "\xc0\x80", "\xe4\xb8", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\x1b"})
        EXPECT_EQ(wide(std::string("a") + bytes + "b").find_first_not_of(L"a?b"), std::wstring::npos)
            << bytes;
    EXPECT_EQ(wide("\xf0\x9f\x93\xa7"), L"\U0001F4E7");
}

TEST_F(BlinkenlightsText, ExpandsTabs) {
    EXPECT_EQ(wide("a\tb"), L"a       b");
    EXPECT_EQ(wide("日本日\tb"), L"日本日  b");
}

TEST_F(BlinkenlightsText, CutsBetweenCharacters) {
    EXPECT_EQ(cut(L"日本", 3), L"日");
    EXPECT_EQ(cut(L"e\u0301e\u0301", 1), L"e\u0301");
    EXPECT_EQ(cut(L"abc", 0), L"");
}

TEST_F(BlinkenlightsText, AlignsToTheRight) {
    EXPECT_EQ(right_aligned(L"abc", 5), L"  abc");
    EXPECT_EQ(right_aligned(L"abcdef", 5), L"abcde");
    EXPECT_EQ(right_aligned(L"日本語", 5), L" 日本");
}

TEST_F(BlinkenlightsText, WrapsAtTheWidth) {
    EXPECT_THAT(wrapped(L"abcde", 2), ElementsAre(L"ab", L"cd", L"e"));
    EXPECT_THAT(wrapped(L"a日本", 3), ElementsAre(L"a日", L"本"));
    EXPECT_THAT(wrapped(L"日本", 1), ElementsAre(L"?", L"?"));
    EXPECT_THAT(wrapped(L"", 5), ElementsAre(L""));
}

class BlinkenlightsLayout : public InUtf8 {
  protected:
    // The texts of all lines, and that none is too long.
    std::vector<std::wstring> lines(int rows, int columns) {
        const auto frame = compose(view_, {rows, columns}, kNow);
        EXPECT_LE(frame.lines.size(), static_cast<std::size_t>(rows));
        std::vector<std::wstring> texts;
        for (const auto& line : frame.lines) {
            std::wstring text;
            for (const auto& span : line) text += span.text;
            EXPECT_LE(columns_of(text), columns);
            texts.push_back(text);
        }
        return texts;
    }

    View view_{.title = "OfflineIMAP 9.0.0",
               .log = {{Tone::start, "first"}, {Tone::folder, "second"}},
               .question = {},
               .rows = {{.name = "*Control", .lights = {Tone::start}},
                        {.name = "Test", .lights = {Tone::copying, Tone::ended, Tone::folder}}}};
};

TEST_F(BlinkenlightsLayout, HasTheBannerOnTopTheLogBelowAndRowsFromTheBottomUp) {
    view_.rows[1].sleeps_until = kNow + 59500ms;
    EXPECT_THAT(
        lines(7, 70),
        ElementsAre(L"OfflineIMAP 9.0.0     Copyright 2002-2021 John Goerzen & contributors ", L"first",
                    L"second", L"", L"", L"1: [  1:00]         Test: @@@", L"0: [active]     *Control: @"));
}

TEST_F(BlinkenlightsLayout, GivesEachPieceItsTone) {
    const auto frame = compose(view_, {7, 60}, kNow);
    EXPECT_EQ(frame.lines[0][0].tone, Tone::banner);
    EXPECT_THAT(frame.lines[2], ElementsAre(Span{L"second", Tone::folder}));
    EXPECT_THAT(frame.lines[5],
                ElementsAre(Span{L"1: [active]         Test: ", Tone::plain}, Span{L"@", Tone::copying},
                            Span{L"@", Tone::ended}, Span{L"@", Tone::folder}));
    EXPECT_EQ(frame.cursor, std::nullopt);
}

TEST_F(BlinkenlightsLayout, CutsTheBannerBeforeTheLastColumn) {
    EXPECT_EQ(lines(7, 30)[0], L"OfflineIMAP 9.0.0 Copyright 2 ");
}

TEST_F(BlinkenlightsLayout, ShowsTheEndOfALogThatIsTooLong) {
    view_.log.push_back({Tone::plain, std::string(12, 'x')});
    EXPECT_THAT(lines(6, 10),
                ElementsAre(L"OfflineIM ", L"second", L"xxxxxxxxxx", L"xx", L"1: [active", L"0: [active"));
}

TEST_F(BlinkenlightsLayout, SharesFewLinesBetweenLogAndRows) {
    EXPECT_THAT(lines(1, 80).size(), 1U);
    EXPECT_THAT(lines(2, 20), ElementsAre(L"OfflineIMAP 9.0.0 C ", L"second"));
    EXPECT_THAT(lines(3, 20), ElementsAre(L"OfflineIMAP 9.0.0 C ", L"second", L"... 2 more rows"));
    EXPECT_THAT(lines(4, 20), ElementsAre(L"OfflineIMAP 9.0.0 C ", L"second", L"1: [active]         ",
                                          L"0: [active]     *Con"));
}

TEST_F(BlinkenlightsLayout, TellsOfRowsThatHaveNoRoom) {
    for (int i = 0; i < 20; ++i) view_.rows.push_back({.name = "A"});
    const auto shown = lines(10, 40);
    EXPECT_EQ(shown[4], L"... 17 more rows");
    EXPECT_EQ(shown[5], L"4: [active]            A: ");
    EXPECT_EQ(shown[9], L"0: [active]     *Control: @");
}

TEST_F(BlinkenlightsLayout, ShowsAsManyLightsAsHaveRoom) {
    view_.rows[1].lights.assign(50, Tone::folder);
    EXPECT_EQ(lines(7, 30)[5], L"1: [active]         Test: @@@@");
}

TEST_F(BlinkenlightsLayout, MakesNamesSafeAndCutsThem) {
    view_.rows[1].name = "a\x1b[2J\nb";
    EXPECT_EQ(lines(7, 60)[5].find(L'\x1b'), std::wstring::npos);
    view_.rows[1].name = "日本語のアカウント";
    EXPECT_EQ(lines(7, 60)[5], L"1: [active] 日本語のアカ: @@@");
}

TEST_F(BlinkenlightsLayout, PutsTheQuestionBelowTheLogAndTheCursorBehindIt) {
    view_.question = {"who?", "password: "};
    const auto frame = compose(view_, {10, 40}, kNow);
    EXPECT_THAT(frame.lines[4], ElementsAre(Span{L"password: ", Tone::warning}));
    EXPECT_EQ(frame.cursor, (Position{4, 10}));
    EXPECT_EQ(compose(view_, {3, 5}, kNow).cursor, (Position{1, 4})) << "in the last column at most";
}

TEST_F(BlinkenlightsLayout, FitsAnySize) {
    view_.question = {"日本語", "?"};
    for (const int rows : {0, 1, 2, 3, 5, 24, 500}) {
        for (const int columns : {0, 1, 2, 5, 26, 80, 1000}) lines(rows, columns);
    }
    view_ = View{};
    EXPECT_EQ(lines(1, 1).size(), 1U);
}

}  // namespace
}  // namespace offlineimap::ui::blinkenlights

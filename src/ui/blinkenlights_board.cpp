#include "blinkenlights_board.hpp"

#include <utility>

namespace offlineimap::ui::blinkenlights {

bool Board::take(const events::Record& record, Clock::time_point now) {
    const std::lock_guard lock(board_mutex_);
    if (is_closed_) return false;
    model_.take(record, now);
    tell();
    return true;
}

void Board::say(Tone tone, std::string_view text) {
    const std::lock_guard lock(board_mutex_);
    model_.say(tone, text);
    tell();
}

std::optional<std::string> Board::ask(const std::vector<std::string>& question, const std::stop_token& stop) {
    std::unique_lock lock(board_mutex_);
    if (is_closed_) return std::nullopt;
    typed_.emplace();
    model_.ask(question);
    tell();
    answered_.wait(lock, stop, [this] { return is_closed_ || typed_->state() != TypedLine::State::open; });

    std::optional<std::string> answer;
    if (typed_->state() == TypedLine::State::entered) answer = typed_->take();
    typed_.reset();
    model_.end_question();
    tell();
    return answer;
}

void Board::close() {
    const std::lock_guard lock(board_mutex_);
    is_closed_ = true;
    is_told_ = false;
    tell();
    answered_.notify_all();
}

bool Board::is_closed() const {
    const std::lock_guard lock(board_mutex_);
    return is_closed_;
}

View Board::view(std::size_t log_lines) {
    const std::lock_guard lock(board_mutex_);
    is_told_ = false;
    return model_.view(log_lines);
}

std::optional<Clock::time_point> Board::next_tick(Clock::time_point now) const {
    const std::lock_guard lock(board_mutex_);
    return model_.next_tick(now);
}

std::optional<std::string> Board::account_of_row(std::size_t number) const {
    const std::lock_guard lock(board_mutex_);
    return model_.account_of_row(number);
}

bool Board::type(const Key& key) {
    const std::lock_guard lock(board_mutex_);
    if (!typed_) return false;
    typed_->type(key);
    if (typed_->state() != TypedLine::State::open) answered_.notify_all();
    return true;
}

// With the mutex held.
void Board::tell() {
    if (!std::exchange(is_told_, true)) news_();
}

}  // namespace offlineimap::ui::blinkenlights

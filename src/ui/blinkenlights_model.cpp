#include "blinkenlights_model.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "offlineimap/base/text.hpp"
#include "offlineimap/events/text.hpp"

namespace offlineimap::ui::blinkenlights {

namespace {

constexpr std::string_view kControl = "*Control";

// The tone of an event that has one of its own.
struct OwnTone {
    using Answer = std::optional<Tone>;
    Answer operator()(const events::ProgramStarted&) const { return Tone::start; }
    Answer operator()(const events::AccountStarted&) const { return Tone::account; }
    Answer operator()(const events::Connecting&) const { return Tone::plain; }
    Answer operator()(const events::CallingHook&) const { return Tone::plain; }
    Answer operator()(const events::HookFinished&) const { return Tone::plain; }
    Answer operator()(const events::SyncingFolderStructure&) const { return Tone::structure; }
    Answer operator()(const events::SyncingFolder&) const { return Tone::folder; }
    Answer operator()(const events::SkippingUnchangedFolder&) const { return Tone::folder; }
    Answer operator()(const events::LoadingMessageList&) const { return Tone::listing; }
    Answer operator()(const events::SyncingMessages&) const { return Tone::messages; }
    Answer operator()(const events::CopyingMessage&) const { return Tone::copying; }
    Answer operator()(const events::WouldCopyMessages&) const { return Tone::copying; }
    Answer operator()(const events::IgnoringMessage&) const { return Tone::ignoring; }
    Answer operator()(const events::DeletingMessages&) const { return Tone::deleting; }
    Answer operator()(const events::AddingFlags&) const { return Tone::adding_flags; }
    Answer operator()(const events::RemovingFlags&) const { return Tone::removing_flags; }
    template <class Event>
    Answer operator()(const Event&) const {
        return std::nullopt;
    }
};

std::optional<Tone> tone_of(const events::Event& event) {
    if (events::level_of(event) >= events::Level::warning) return Tone::warning;
    return std::visit(OwnTone{}, event);
}

std::string minutes_and_seconds(std::chrono::seconds time) {
    const auto seconds = std::to_string(time.count() % 60);
    return std::to_string(time.count() / 60) + (seconds.size() < 2 ? ":0" : ":") + seconds;
}

}  // namespace

std::chrono::seconds time_left(Clock::time_point until, Clock::time_point now) noexcept {
    return std::max(std::chrono::ceil<std::chrono::seconds>(until - now), std::chrono::seconds::zero());
}

Model::Model(const Visibility& visibility) : visibility_(visibility) {
    row_of(std::string(kControl));
}

void Model::take(const events::Record& record, Clock::time_point now) {
    if (const auto* const started = std::get_if<events::ThreadStarted>(&record.event)) {
        place_in(row_of(started->account), record.thread);
        return;
    }
    if (std::holds_alternative<events::ThreadEnded>(record.event)) return end(record.thread);
    if (const auto* const sleeping = std::get_if<events::Sleeping>(&record.event))
        return sleep(record.thread, *sleeping, now);

    if (const auto* const program = std::get_if<events::ProgramStarted>(&record.event))
        title_ = program->banner.substr(0, program->banner.find('\n'));
    if (std::holds_alternative<events::AccountStarted>(record.event))
        rows_[place_of(record.thread).row].sleeps_until.reset();
    Tone& light = light_of(record.thread);
    light = tone_of(record.event).value_or(light);
    for (const auto& line : visible_lines(record.event, visibility_)) log(light, line.text);
}

void Model::say(Tone tone, std::string_view text) {
    log(tone, safe_for_terminal(text));
}

void Model::ask(const std::vector<std::string>& question) {
    question_.clear();
    for (const auto& line : question) question_.push_back(safe_for_terminal(line));
}

void Model::end_question() {
    for (const auto& line : std::exchange(question_, {})) log(Tone::warning, line);
}

std::optional<std::string> Model::account_of_row(std::size_t number) const {
    if (number == 0 || number >= rows_.size()) return std::nullopt;
    return rows_[number].name;
}

std::optional<Clock::time_point> Model::next_tick(Clock::time_point now) const {
    std::optional<Clock::time_point> next;
    for (const auto& row : rows_) {
        if (!row.sleeps_until || *row.sleeps_until <= now) continue;
        const auto tick = *row.sleeps_until - (time_left(*row.sleeps_until, now) - std::chrono::seconds(1));
        next = std::min(next.value_or(tick), tick);
    }
    return next;
}

View Model::view(std::size_t log_lines) const {
    const auto count = static_cast<std::ptrdiff_t>(std::min(log_lines, log_.size()));
    return {.title = title_, .log = {log_.end() - count, log_.end()}, .question = question_, .rows = rows_};
}

// Rows stay for the whole run; their number is the hot key.
std::size_t Model::row_of(const std::string& account) {
    const auto found =
        std::find_if(rows_.begin(), rows_.end(), [&account](const Row& row) { return row.name == account; });
    if (found == rows_.end()) {
        rows_.push_back(Row{.name = account});
        free_lights_.emplace_back();
        return rows_.size() - 1;
    }
    return static_cast<std::size_t>(found - rows_.begin());
}

// A thread that nobody announced works for the program as a whole.
const Model::Place& Model::place_of(const std::string& thread) {
    return place_in(0, thread);
}

// With -1 the account's thread announces itself for every folder again: it keeps its place.
const Model::Place& Model::place_in(std::size_t row, const std::string& thread) {
    if (const auto known = places_.find(thread); known != places_.end()) return known->second;
    auto& free = free_lights_[row];
    auto& lights = rows_[row].lights;
    Place place{.row = row, .light = lights.size()};
    if (free.empty()) {
        lights.push_back(Tone::plain);
    } else {
        place.light = free.front();
        free.pop_front();
    }
    return places_.emplace(thread, place).first->second;
}

Tone& Model::light_of(const std::string& thread) {
    const auto& place = place_of(thread);
    return rows_[place.row].lights[place.light];
}

void Model::end(const std::string& thread) {
    const auto found = places_.find(thread);
    if (found == places_.end()) return;
    const auto [row, light] = found->second;
    rows_[row].lights[light] = Tone::ended;
    free_lights_[row].push_back(light);
    places_.erase(found);
    if (free_lights_[row].size() == rows_[row].lights.size()) rows_[row].sleeps_until.reset();
}

// The first step of a sleep is told; the others only show in the row.
void Model::sleep(const std::string& thread, const events::Sleeping& event, Clock::time_point now) {
    Row& row = rows_[place_of(thread).row];
    Tone& light = light_of(thread);
    if (event.step <= std::chrono::seconds::zero()) {
        row.sleeps_until.reset();
        light = Tone::plain;
        return;
    }
    light = Tone::sleeping;
    if (!row.sleeps_until) log(light, "Next sync in " + minutes_and_seconds(event.remaining));
    row.sleeps_until = now + event.remaining;
}

void Model::log(Tone tone, std::string_view text) {
    for (const auto line : base::split(text, '\n')) log_.push_back({tone, std::string(line)});
    while (log_.size() > kLinesKept) log_.pop_front();
}

}  // namespace offlineimap::ui::blinkenlights

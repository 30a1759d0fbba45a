// A session and both ends of its wire, for tests: what the server says goes in whole or byte by byte, what
// the session sends and reports is kept as text.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "offlineimap/imap/session.hpp"

namespace offlineimap::imap {

enum class Feeding { whole, byte_by_byte };

class Transcript {
  public:
    explicit Transcript(Feeding feeding, SessionOptions options = {})
        : session_(options), feeding_(feeding) {}

    // The server's bytes, then everything that the session does about them.
    void receives(const std::string& bytes) {
        const std::size_t step = feeding_ == Feeding::whole ? bytes.size() : 1;
        for (std::size_t i = 0; i < bytes.size() && !over_; i += step) {
            session_.receive(std::string_view{bytes}.substr(i, step));
            run();
            if (standing_still_) {
                // Bytes behind a change of the stream stay where they are.
                unread_ = session_.take_unread() + bytes.substr(std::min(i + step, bytes.size()));
                return;
            }
        }
    }
    void end_of_input() {
        session_.end_of_input();
        run();
    }
    void resume(Session::StreamChange change) {
        standing_still_ = false;
        session_.resume(change);
        run();
    }
    // Does what the session says until it wants input (or, with `bodies` used up, the bytes of a literal).
    void run() {
        for (;;) {
            auto step = session_.next();
            if (const auto* send = std::get_if<Send>(&step)) {
                sent_ += send->bytes;
                session_.sent(send->bytes.size());
            } else if (auto* event = std::get_if<Event>(&step)) {
                if (!take(*event)) return;
            } else {
                return;
            }
        }
    }

    // What literals are made of.
    void has_body(std::string_view bytes) { body_ += bytes; }
    std::string sent() { return std::exchange(sent_, {}); }
    std::vector<std::string> events() {
        flush_body();
        return std::exchange(events_, {});
    }
    std::string unread() { return std::exchange(unread_, {}); }
    void stand_still_after_completion() { stop_at_completion_ = true; }
    Session* operator->() noexcept { return &session_; }
    Session& operator*() noexcept { return session_; }

  private:
    bool take(Event& event) {
        if (const auto* bytes = std::get_if<BodyBytes>(&event)) {
            in_body_ = true;
            body_bytes_ += bytes->bytes;
            return true;
        }
        if (const auto* wanted = std::get_if<BodyWanted>(&event)) {
            const auto piece = body_.substr(0, static_cast<std::size_t>(wanted->left));
            if (piece.empty()) return false;
            body_.erase(0, piece.size());
            session_.supply(piece);
            return true;
        }
        flush_body();
        events_.push_back(text_of(event));
        standing_still_ = stop_at_completion_ && std::holds_alternative<Completed>(event);
        over_ = std::holds_alternative<Closed>(event) || std::holds_alternative<ProtocolViolation>(event);
        return !standing_still_ && !over_;
    }
    void flush_body() {
        if (std::exchange(in_body_, false)) events_.push_back("bytes " + std::exchange(body_bytes_, {}));
    }

    static std::string text_of(const Status& status) {
        static constexpr const char* kConditions[] = {"OK", "NO", "BAD", "PREAUTH", "BYE"};
        std::string text = kConditions[static_cast<std::size_t>(status.condition)];
        if (status.code) text += " [" + status.code->name + " " + status.code->argument + "]";
        return text + " " + status.text;
    }
    static std::string text_of(const Event& event) {
        struct {
            std::string operator()(const Greeted& e) const { return "greeted " + text_of(e.status); }
            std::string operator()(const Completed& e) const {
                return "completed " + std::to_string(e.id.value()) + " " + text_of(e.status);
            }
            std::string operator()(const Challenge& e) const { return "challenge " + e.text; }
            std::string operator()(const BodyWanted& e) const { return "wanted " + std::to_string(e.left); }
            std::string operator()(const BodyBegins& e) const {
                return "begins " + std::to_string(e.number.value()) + " [" + e.section + "] " +
                       std::to_string(e.size);
            }
            std::string operator()(const BodyBytes& e) const { return "bytes " + std::string(e.bytes); }
            std::string operator()(const Fetched& e) const {
                std::string text = "fetched " + std::to_string(e.number.value());
                if (e.uid) text += " uid " + std::to_string(e.uid->value());
                if (e.flags) {
                    text += " flags";
                    for (const auto& flag : *e.flags) text += " " + flag;
                }
                if (e.size) text += " size " + std::to_string(*e.size);
                for (const auto& section : e.sections) {
                    text += " [" + section.section + "]" + (section.text ? "" : " nil");
                }
                return text;
            }
            std::string operator()(const Listed& e) const { return "listed " + e.name.text(); }
            std::string operator()(const Found& e) const {
                std::string text = "found";
                for (const auto number : e.numbers) text += " " + std::to_string(number);
                if (!e.set.ranges().empty()) text += " set " + e.set.to_string();
                return text;
            }
            std::string operator()(const Namespaces& e) const {
                std::string text = "namespaces";
                for (const auto& own : e.personal) text += " " + own.prefix + own.delimiter.value_or('-');
                return text;
            }
            std::string operator()(const Alert& e) const { return "alert " + e.text; }
            std::string operator()(const WireLine& e) const {
                return (e.direction == Direction::sent ? "> " : "< ") + e.text;
            }
            std::string operator()(const Closed& e) const { return "closed " + e.text; }
            std::string operator()(const ProtocolViolation& e) const { return "violation: " + e.why; }
        } to_text;
        return std::visit(to_text, event);
    }

    Session session_;
    Feeding feeding_;
    std::string sent_;
    std::string body_;
    std::vector<std::string> events_;
    bool in_body_ = false;
    std::string body_bytes_;
    bool stop_at_completion_ = false;
    bool standing_still_ = false;
    bool over_ = false;
    std::string unread_;
};

}  // namespace offlineimap::imap

#include <optional>
#include <string_view>
#include <vector>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/client/credentials.hpp"

namespace offlineimap::client {

namespace {

struct Token {
    std::string text;
    std::size_t line;
};

// Blank-separated words; a word may be quoted, a backslash takes the next character as it is, '#' at a word's
// start comments out the line.
class Tokens {
  public:
    explicit Tokens(std::string_view text) : text_(text) {}

    std::optional<Token> next() {
        skip_blanks_and_comments();
        if (at_ == text_.size()) return std::nullopt;
        Token token{"", line_};
        const bool quoted = text_[at_] == '"';
        if (quoted) ++at_;
        while (at_ < text_.size() && (quoted ? text_[at_] != '"' : !base::is_ascii_space(text_[at_]))) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            token.text += take();
        }
        if (quoted && at_ < text_.size()) ++at_;
        return token;
    }

    // A macro definition runs to the next empty line.
    void skip_macro() {
        const auto end = text_.find("\n\n", at_);
        while (at_ < (end == std::string_view::npos ? text_.size() : end)) take();
    }

  private:
    char take() {
        if (text_[at_] == '\n') ++line_;
        return text_[at_++];
    }

    void skip_blanks_and_comments() {
        while (at_ < text_.size()) {
            if (text_[at_] == '#') {
                while (at_ < text_.size() && text_[at_] != '\n') take();
            } else if (base::is_ascii_space(text_[at_])) {
                take();
            } else {
                return;
            }
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

[[noreturn]] void fail(const std::string& file, std::size_t line, const std::string& text) {
    throw base::Error(base::Severity::repository, base::ErrorCode::configuration,
                      file + ":" + std::to_string(line) + ": " + text);
}

struct Machine {
    std::optional<std::string> host;  // nullopt: `default`; an empty name is that of nobody
    NetrcEntry entry;
};

std::vector<Machine> parse(const std::string& text, const std::string& file) {
    Tokens tokens(text);
    std::vector<Machine> machines;
    const auto value_of = [&](const Token& keyword) {
        auto value = tokens.next();
        if (!value) fail(file, keyword.line, "'" + keyword.text + "' has no value behind it");
        return std::move(value->text);
    };
    while (const auto token = tokens.next()) {
        if (token->text == "machine") {
            machines.push_back({value_of(*token), {}});
        } else if (token->text == "default") {
            machines.push_back({std::nullopt, {}});
        } else if (token->text == "macdef") {
            tokens.skip_macro();
        } else if (machines.empty()) {
            fail(file, token->line, "expected 'machine' or 'default'");
        } else if (token->text == "login" || token->text == "user") {
            machines.back().entry.login = value_of(*token);
        } else if (token->text == "password") {
            machines.back().entry.password = base::Secret(value_of(*token));
        } else if (token->text == "account") {
            value_of(*token);
        } else {
            // The word itself may be a mistyped password: it is not shown.
            fail(file, token->line,
                 "a word that is none of machine, default, login, user, password, account, macdef");
        }
    }
    return machines;
}

}  // namespace

std::optional<NetrcEntry> find_in_netrc(const std::string& text, const std::string& host,
                                        const std::string& file_for_errors) {
    std::optional<NetrcEntry> fallback;
    for (auto& machine : parse(text, file_for_errors)) {
        if (machine.host == host && !host.empty()) return std::move(machine.entry);
        if (!machine.host) fallback = std::move(machine.entry);
    }
    return fallback;
}

}  // namespace offlineimap::client

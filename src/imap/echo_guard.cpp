#include "offlineimap/imap/echo_guard.hpp"

#include <algorithm>
#include <optional>

#include "offlineimap/base/base64.hpp"
#include "offlineimap/base/text.hpp"

namespace offlineimap::imap {
namespace {

// Shorter ones stand in every other word; hiding them would tell more than it hides.
constexpr std::size_t kShortest = 4;
constexpr std::string_view kHidden = "[hidden]";

base::Secret in_base64(std::string_view bytes) {
    return base::Secret(base::to_base64(bytes));
}

std::optional<base::Secret> out_of_base64(std::string_view text) {
    auto bytes = base::from_base64(text, base::Padding::optional);
    if (!bytes) return std::nullopt;
    return base::Secret(*std::move(bytes));
}

// What stands between the quotation marks.
base::Secret unquoted(std::string_view quoted) {
    std::string text;
    text.reserve(quoted.size());
    for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
        if (quoted[i] == '\\' && i + 2 < quoted.size()) ++i;
        text += quoted[i];
    }
    return base::Secret(std::move(text));
}

bool is_found_at(std::string_view text, std::size_t at, std::string_view form) noexcept {
    return base::starts_with_ignoring_case(text.substr(at), form);
}

}  // namespace

void EchoGuard::add(std::string_view form) {
    if (form.size() < kShortest) return;
    const bool known = std::any_of(forms_.begin(), forms_.end(),
                                   [&](const base::Secret& other) { return other.reveal() == form; });
    if (known) return;
    const auto place = std::find_if(forms_.begin(), forms_.end(), [&](const base::Secret& other) {
        return other.reveal().size() < form.size();
    });
    forms_.insert(place, base::Secret(std::string(form)));
}

void EchoGuard::learn(const base::Secret& sent) {
    const auto text = sent.reveal();
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        const auto inside = unquoted(text);
        add(text.substr(1, text.size() - 2));
        add(inside.reveal());
        add(in_base64(inside.reveal()).reveal());
        return;
    }
    add(text);
    const auto message = out_of_base64(text);
    if (!message) {
        add(in_base64(text).reveal());
        return;
    }
    // PLAIN ends with the password, behind a NUL. The bearer mechanisms end each field with ^A.
    const auto fields = message->reveal();
    if (const auto nul = fields.rfind('\0'); nul != std::string_view::npos) {
        add(fields.substr(nul + 1));
        add(in_base64(fields.substr(nul + 1)).reveal());
    }
    constexpr std::string_view kBearer = "auth=Bearer ";
    for (const auto field : base::split(fields, '\x01')) {
        if (base::starts_with_ignoring_case(field, kBearer)) add(field.substr(kBearer.size()));
    }
}

std::string EchoGuard::cleaned(std::string_view text) const {
    if (forms_.empty()) return std::string(text);
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto found = std::find_if(forms_.begin(), forms_.end(), [&](const base::Secret& form) {
            return is_found_at(text, at, form.reveal());
        });
        if (found == forms_.end()) {
            result += text[at++];
        } else {
            result += kHidden;
            at += found->reveal().size();
        }
    }
    return result;
}

}  // namespace offlineimap::imap

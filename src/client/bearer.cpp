#include "bearer.hpp"

#include <algorithm>

#include "offlineimap/base/base64.hpp"
#include "offlineimap/base/text.hpp"

#include "json_object.hpp"
#include "sasl.hpp"

namespace offlineimap::client {

namespace {

constexpr std::string_view kOAuthBearer = "OAUTHBEARER";
constexpr std::string_view kXOAuth2 = "XOAUTH2";
constexpr char kEndOfField = '\x01';

// What stands before the token. RFC 7628 §3.1: host and port, so that the message is of no use elsewhere.
std::string head_of(std::string_view mechanism, const BearerLogin& login) {
    if (mechanism == kXOAuth2) return "user=" + login.user + kEndOfField + "auth=Bearer ";
    std::string head = "n,a=" + gs2_name(login.user) + "," + kEndOfField;
    if (!login.host.empty()) {
        head += "host=" + login.host + kEndOfField;
        head += "port=" + std::to_string(login.port) + kEndOfField;
    }
    return head + "auth=Bearer ";
}

}  // namespace

bool is_bearer_mechanism(std::string_view mechanism) noexcept {
    return mechanism == kOAuthBearer || mechanism == kXOAuth2;
}

base::Secret bearer_message(std::string_view mechanism, const BearerLogin& login, const base::Secret& token) {
    const auto head = head_of(mechanism, login);
    std::string message;
    message.reserve(head.size() + token.reveal().size() + 2);
    message.append(head).append(token.reveal()).append(2, kEndOfField);
    const base::Secret plain(std::move(message));
    return base::Secret(base::to_base64(plain.reveal()));
}

std::string bearer_obstacle(const base::Secret& token) {
    constexpr std::string_view kOthers = "-._~+/=";
    const auto text = token.reveal();
    const bool is_good = std::all_of(text.begin(), text.end(), [&](char byte) {
        const char lower = base::ascii_lower(byte);
        return (lower >= 'a' && lower <= 'z') || base::is_ascii_digit(byte) ||
               kOthers.find(byte) != std::string_view::npos;
    });
    if (text.empty()) return "the access token is empty";
    return is_good ? "" : "the access token holds characters that no token has (RFC 6750)";
}

base::Secret answer_to_bearer_error(std::string_view mechanism) {
    return base::Secret(mechanism == kOAuthBearer ? "AQ==" : "");
}

std::string describe_bearer_error(const std::string& challenge_in_base64,
                                  const std::function<std::string(std::string_view)>& harmless) {
    const auto text = base::from_base64(challenge_in_base64);
    const auto fields = text ? parse_json_fields(*text) : std::nullopt;
    if (!fields) return "";
    std::string words;
    for (const std::string_view name : {"status", "scope"}) {
        const auto value = field_of(*fields, name);
        if (value.empty()) continue;
        words +=
            (words.empty() ? "" : ", ") + std::string(name) + " " + base::printable(harmless(value), 100);
    }
    return words;
}

}  // namespace offlineimap::client

#include "scram.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "offlineimap/base/base64.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/keyed_digest.hpp"

namespace offlineimap::client {

namespace {

// What a server may ask for: less makes its guesses at the password cheap (RFC 7677 §4), more keeps us
// computing for minutes.
constexpr std::uint32_t kFewestIterations = 4096;
constexpr std::uint32_t kMostIterations = 1'000'000;
constexpr std::size_t kLongestMessage = 8192;

std::string gs2_header(const ScramBinding& binding, const std::string& identity) {
    std::string header;
    switch (binding.flag) {
        case ScramBinding::Flag::not_wanted:
            header = "n";
            break;
        case ScramBinding::Flag::not_offered:
            header = "y";
            break;
        case ScramBinding::Flag::bound:
            header = "p=" + binding.type;
            break;
    }
    return header + (identity.empty() ? ",," : ",a=" + gs2_name(identity) + ",");
}

// The value of a message's part "x=value".
std::optional<std::string_view> value_of(std::string_view part, char name) {
    if (part.size() < 2 || part[0] != name || part[1] != '=') return std::nullopt;
    return part.substr(2);
}

std::optional<std::uint32_t> iterations_from(std::string_view text) {
    const auto number = base::parse_integer<std::uint32_t>(text);
    if (!number || *number < kFewestIterations || *number > kMostIterations) return std::nullopt;
    return number;
}

// RFC 5802 §3: ClientKey XOR ClientSignature.
base::Secret exclusive_or(const base::Secret& one, const base::Secret& other) {
    std::string bytes(one.reveal());
    std::transform(bytes.begin(), bytes.end(), other.reveal().begin(), bytes.begin(),
                   [](char a, char b) { return static_cast<char>(a ^ b); });
    return base::Secret(std::move(bytes));
}

}  // namespace

base::Result<std::unique_ptr<ScramExchange>, std::string> ScramExchange::begin(os::DigestKind digest,
                                                                               const SaslLogin& login,
                                                                               const base::Secret& password,
                                                                               ScramBinding binding,
                                                                               std::string nonce) {
    const auto user = saslprep(base::Secret(login.user), Unassigned::allowed);
    if (!user) return base::Unexpected("the user name holds what it does not allow: " + user.error());
    if (user->empty()) return base::Unexpected(std::string("nothing of the user name is left to send"));
    auto prepared = saslprep(password, Unassigned::refused);
    if (!prepared) return base::Unexpected("the password holds what it does not allow: " + prepared.error());
    auto bare = "n=" + gs2_name(user->reveal()) + ",r=" + nonce;
    return std::unique_ptr<ScramExchange>(
        new ScramExchange(digest, *std::move(prepared), gs2_header(binding, login.authorization_identity),
                          binding.flag == ScramBinding::Flag::bound ? std::move(binding.data) : std::string(),
                          std::move(bare), std::move(nonce)));
}

ScramExchange::ScramExchange(os::DigestKind digest, base::Secret password, std::string gs2_header,
                             std::string binding_data, std::string first_bare, std::string nonce)
    : digest_(digest),
      password_(std::move(password)),
      gs2_header_(std::move(gs2_header)),
      binding_data_(std::move(binding_data)),
      first_bare_(std::move(first_bare)),
      nonce_(std::move(nonce)) {}

ScramExchange::Answer ScramExchange::answer(const std::string& challenge) {
    if (challenge.size() > kLongestMessage) return base::Unexpected(std::string("the challenge is too long"));
    if (const auto error = value_of(challenge, 'e')) return base::Unexpected(refusal(*error));
    switch (next_) {
        case Next::first_message:
            if (!challenge.empty()) return base::Unexpected(std::string("the server speaks out of turn"));
            next_ = Next::proof;
            return base::Secret(gs2_header_ + first_bare_);
        case Next::proof:
            return prove(challenge);
        case Next::server_signature:
            return check(challenge);
        case Next::nothing:
            break;
    }
    return base::Unexpected(std::string("the server does not come to an end"));
}

// RFC 5802 §7: "e=" and one of these.
std::string ScramExchange::refusal(std::string_view error) {
    const auto value = error.substr(0, error.find(','));
    was_refused_ = value == "invalid-proof" || value == "unknown-user";
    was_binding_refused_ =
        value == "unsupported-channel-binding-type" || value == "channel-binding-not-supported";
    return base::printable(value);
}

ScramExchange::Answer ScramExchange::prove(std::string_view server_first) {
    const auto parts = base::split(server_first, ',');
    // RFC 5802 §5.1: "m" asks for what no client of today can do, and must end it.
    if (value_of(parts.front(), 'm')) return base::Unexpected(std::string("the server wants an extension"));
    const auto nonce = value_of(parts.front(), 'r');
    const auto salt_text = parts.size() < 3 ? std::nullopt : value_of(parts[1], 's');
    const auto iterations_text = parts.size() < 3 ? std::nullopt : value_of(parts[2], 'i');
    if (!nonce || !salt_text || !iterations_text)
        return base::Unexpected(std::string("the server's first message is no SCRAM"));
    if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size())
        return base::Unexpected(std::string("the server's nonce does not continue ours"));
    const auto salt = base::from_base64(*salt_text);
    if (!salt || salt->empty()) return base::Unexpected(std::string("the server's salt is not base64"));
    const auto iterations = iterations_from(*iterations_text);
    if (!iterations)
        return base::Unexpected("the server asks for " + base::printable(*iterations_text) + " iterations");

    const auto salted = os::key_from_password(digest_, password_.reveal(), *salt, *iterations);
    const auto client_key = os::keyed_digest(digest_, salted.reveal(), "Client Key");
    const auto stored_key = os::digest_bytes(digest_, client_key.reveal());
    const auto server_key = os::keyed_digest(digest_, salted.reveal(), "Server Key");
    auto final_message = "c=" + base::to_base64(gs2_header_ + binding_data_) + ",r=" + std::string(*nonce);
    const auto auth_message = first_bare_ + "," + std::string(server_first) + "," + final_message;
    server_signature_ = os::keyed_digest(digest_, server_key.reveal(), auth_message);
    const auto proof = exclusive_or(client_key, os::keyed_digest(digest_, stored_key.reveal(), auth_message));
    next_ = Next::server_signature;
    return base::Secret(final_message + ",p=" + base::to_base64(proof.reveal()));
}

ScramExchange::Answer ScramExchange::check(std::string_view server_final) {
    const auto verifier = value_of(server_final.substr(0, server_final.find(',')), 'v');
    const auto signature = verifier ? base::from_base64(*verifier) : std::nullopt;
    if (!signature || !os::equal_in_constant_time(*signature, server_signature_.reveal()))
        return base::Unexpected(std::string("the server did not show that it knows the password"));
    next_ = Next::nothing;
    return base::Secret();
}

}  // namespace offlineimap::client

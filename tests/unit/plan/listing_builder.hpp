// Listings as tests write them: listing({{1, "S"}, {2, ""}, {-1, "F"}}). Negative numbers are messages
// without a UID.
#pragma once

#include <cstdint>
#include <ostream>
#include <string_view>
#include <vector>

#include <initializer_list>

#include "offlineimap/mail/listing.hpp"
#include "offlineimap/plan/passes.hpp"

namespace offlineimap::plan::test {

inline mail::MessageKey key(std::int64_t number) {
    return number < 0 ? mail::MessageKey::unassigned(static_cast<std::uint32_t>(-number))
                      : mail::MessageKey(base::Uid(static_cast<std::uint32_t>(number)));
}

inline mail::Flags flags(std::string_view letters) {
    return mail::Flags::parse(letters);
}

inline std::vector<base::Uid> uids(std::initializer_list<std::uint32_t> numbers) {
    std::vector<base::Uid> result;
    for (const auto number : numbers) result.emplace_back(number);
    return result;
}

struct Message {
    std::int64_t number;
    std::string_view letters;
};

inline mail::Listing listing(std::initializer_list<Message> messages) {
    mail::Listing result;
    for (const auto& message : messages) {
        result.put({.key = key(message.number), .flags = flags(message.letters)});
    }
    return result;
}

// What both sides can express in these tests: IMAP's flags and two keyword letters, not 'P'.
inline mail::Flags comparable() {
    return flags("SRFTDab");
}

}  // namespace offlineimap::plan::test

namespace offlineimap::plan {

inline std::ostream& operator<<(std::ostream& out, const std::vector<base::Uid>& uids) {
    for (const auto uid : uids) out << ' ' << uid.value();
    return out;
}

inline std::ostream& operator<<(std::ostream& out, const CopyStep& step) {
    return out << step.nth << ". " << step.key.to_string() << ':' << step.flags.to_string()
               << (step.action == CopyAction::transfer ? " transfer" : " record");
}

inline std::ostream& operator<<(std::ostream& out, const FlagStep& step) {
    out << (step.change == FlagChange::add ? '+' : '-') << step.letter;
    return out << step.uids;
}

}  // namespace offlineimap::plan

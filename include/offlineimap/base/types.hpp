// The nouns of IMAP and of this program, each a type of its own so that they cannot be mixed up.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>

#include "offlineimap/base/strong.hpp"

namespace offlineimap::base {

// RFC 3501 §2.3.1.1: a message's unique identifier, 1 … 2^32-1.
class Uid {
  public:
    // Precondition: value != 0. Use make() for numbers that come from outside.
    constexpr explicit Uid(std::uint32_t value) noexcept : value_(value) { assert(value != 0); }
    static constexpr std::optional<Uid> make(std::uint64_t value) noexcept {
        if (value == 0 || value > 0xFFFFFFFFU) return std::nullopt;
        return Uid(static_cast<std::uint32_t>(value));
    }
    constexpr std::uint32_t value() const noexcept { return value_; }
    constexpr auto operator<=>(const Uid&) const noexcept = default;

  private:
    std::uint32_t value_;
};

// RFC 3501 §2.3.1.2: the position of a message in a mailbox now, 1 … EXISTS. Never kept across commands.
using SequenceNumber = StrongNumber<struct SequenceNumberTag, std::uint32_t>;
// RFC 3501 §2.3.1.1. Some servers send 0 in spite of the RFC, so 0 is representable.
using UidValidity = StrongNumber<struct UidValidityTag, std::uint32_t>;
// RFC 7162 §3.1: a mod-sequence, 63 bits; 0 means "the mailbox keeps none".
using ModSeq = StrongNumber<struct ModSeqTag, std::uint64_t>;

// A folder's name as its repository shows it to the user, to nametrans and to the filters. Hierarchy levels
// are separated by the repository's separator. Modified UTF-7 text stays as it is unless `utf8foldernames` is
// on.
using FolderName = StrongText<struct FolderNameTag>;
// A mailbox's name as it goes over the wire (modified UTF-7), not quoted.
using MailboxName = StrongText<struct MailboxNameTag>;

}  // namespace offlineimap::base

template <>
struct std::hash<offlineimap::base::Uid> {
    std::size_t operator()(offlineimap::base::Uid uid) const noexcept {
        return std::hash<std::uint32_t>{}(uid.value());
    }
};

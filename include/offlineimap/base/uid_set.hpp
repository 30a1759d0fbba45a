// A set of UIDs kept as sorted, disjoint, non-adjacent ranges: what IMAP commands and answers carry (RFC 3501
// §9, sequence-set). Small in memory however many UIDs it covers; never expanded because of what a server
// announces.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/base/types.hpp"

namespace offlineimap::base {

class UidSet {
  public:
    // Both ends included; first <= last.
    struct Range {
        Uid first;
        Uid last;
        bool operator==(const Range&) const = default;
    };

    UidSet() = default;
    // Any order, duplicates allowed.
    static UidSet of(std::span<const Uid> uids);
    // "1:3,7"; ranges may be given backwards (RFC 3501: "2:4" = "4:2"). No '*'. nullopt if malformed or a
    // number is 0.
    static std::optional<UidSet> parse(std::string_view text);

    void add(Uid uid) { add(Range{uid, uid}); }
    void add(Range range);
    bool contains(Uid uid) const noexcept;
    bool empty() const noexcept { return ranges_.empty(); }
    // How many UIDs the set covers (up to 2^32-1).
    std::uint64_t size() const noexcept;
    const std::vector<Range>& ranges() const noexcept { return ranges_; }
    // "1:3,7", as sequence-set wants it.
    std::string to_string() const;
    bool operator==(const UidSet&) const = default;

  private:
    std::vector<Range> ranges_;
};

// Cuts a list of UIDs (sorted ascending) into sets of at most `most` UIDs and at most `most_bytes` bytes of
// text each, so that a command line stays short whatever the UIDs look like.
std::vector<UidSet> split_uids(std::span<const Uid> sorted, std::size_t most, std::size_t most_bytes = 4000);

}  // namespace offlineimap::base

#include "offlineimap/base/uid_set.hpp"

#include <algorithm>
#include <limits>

#include "offlineimap/base/text.hpp"

namespace offlineimap::base {

namespace {

std::optional<Uid> parse_uid(std::string_view text) {
    const auto number = parse_integer<std::uint32_t>(text);
    return number ? Uid::make(*number) : std::nullopt;
}

// True if `right` begins directly behind `left`'s end or before it, so that the two are one range.
bool touches(const UidSet::Range& left, const UidSet::Range& right) {
    return left.last.value() == std::numeric_limits<std::uint32_t>::max() ||
           right.first.value() <= left.last.value() + 1;
}

}  // namespace

UidSet UidSet::of(std::span<const Uid> uids) {
    std::vector<Uid> sorted(uids.begin(), uids.end());
    std::sort(sorted.begin(), sorted.end());
    UidSet set;
    for (const Uid uid : sorted) set.add(uid);
    return set;
}

std::optional<UidSet> UidSet::parse(std::string_view text) {
    std::vector<Range> ranges;
    for (const auto part : split(text, ',')) {
        const auto colon = part.find(':');
        const auto first = parse_uid(part.substr(0, colon));
        const auto last = colon == std::string_view::npos ? first : parse_uid(part.substr(colon + 1));
        if (!first || !last) return std::nullopt;
        ranges.push_back(Range{std::min(*first, *last), std::max(*first, *last)});
    }
    // add() takes constant time for ascending ranges only, and the order is a stranger's.
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
    UidSet set;
    for (const auto& range : ranges) set.add(range);
    return set;
}

void UidSet::add(Range range) {
    // The common case by far: ascending order.
    if (ranges_.empty() || (range.first > ranges_.back().last && !touches(ranges_.back(), range))) {
        ranges_.push_back(range);
        return;
    }
    auto begin = std::lower_bound(ranges_.begin(), ranges_.end(), range,
                                  [](const Range& a, const Range& b) { return a.last < b.first; });
    if (begin != ranges_.begin() && touches(*std::prev(begin), range)) --begin;
    auto end = begin;
    while (end != ranges_.end() && touches(range, *end)) {
        range.first = std::min(range.first, end->first);
        range.last = std::max(range.last, end->last);
        ++end;
    }
    if (begin == end) {
        ranges_.insert(begin, range);
    } else {
        *begin = range;
        ranges_.erase(std::next(begin), end);
    }
}

bool UidSet::contains(Uid uid) const noexcept {
    const auto at = std::lower_bound(ranges_.begin(), ranges_.end(), uid,
                                     [](const Range& range, Uid u) { return range.last < u; });
    return at != ranges_.end() && at->first <= uid;
}

std::uint64_t UidSet::size() const noexcept {
    std::uint64_t count = 0;
    for (const auto& range : ranges_) count += range.last.value() - range.first.value() + std::uint64_t{1};
    return count;
}

namespace {

std::string range_text(const UidSet::Range& range) {
    std::string text = std::to_string(range.first.value());
    if (range.last != range.first) text += ':' + std::to_string(range.last.value());
    return text;
}

}  // namespace

std::string UidSet::to_string() const {
    std::string text;
    for (const auto& range : ranges_) {
        if (!text.empty()) text += ',';
        text += range_text(range);
    }
    return text;
}

std::vector<UidSet> split_uids(std::span<const Uid> sorted, std::size_t most, std::size_t most_bytes) {
    static constexpr std::size_t kLongestRange = 22;  // "4294967295:4294967295" and a comma
    std::vector<UidSet> sets;
    std::size_t count = 0;
    for (const Uid uid : sorted) {
        const bool full =
            count == most || (!sets.empty() && sets.back().ranges().size() * kLongestRange >= most_bytes);
        if (sets.empty() || full) {
            sets.emplace_back();
            count = 0;
        }
        sets.back().add(uid);
        ++count;
    }
    return sets;
}

}  // namespace offlineimap::base

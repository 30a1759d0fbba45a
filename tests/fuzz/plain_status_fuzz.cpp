// The two texts of a plain status, from bytes of any origin. Properties: rows come in strictly ascending
// UIDs; what was read and written is read as the same again; no file that lost its last byte is read as if it
// were whole.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "offlineimap/status/intent_journal.hpp"
#include "offlineimap/status/plain_format.hpp"

namespace status = offlineimap::status;

namespace {

void require(bool property) {
    if (!property) std::abort();
}

void check_status(std::string_view content) {
    const auto parsed = status::parse_plain_status(content);
    if (!parsed) return;
    const auto& rows = parsed->rows;
    const auto not_ascending = [](const auto& a, const auto& b) { return a.uid >= b.uid; };
    require(std::adjacent_find(rows.begin(), rows.end(), not_ascending) == rows.end());
    require(content.back() == '\n');
    require(!status::parse_plain_status(content.substr(0, content.size() - 1)));

    const auto again = status::parse_plain_status(status::format_plain_status(rows));
    require(again && again->version == status::PlainVersion::two && again->rows == rows);
}

void check_journal(std::string_view content) {
    const auto parsed = status::parse_intent_journal(content);
    if (!parsed) return;
    require(!status::parse_intent_journal(content.substr(0, content.size() - 1)));
    require(status::parse_intent_journal(status::format_intent_journal(*parsed)) == parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view content(reinterpret_cast<const char*>(data), size);
    check_status(content);
    check_journal(content);
    return 0;
}

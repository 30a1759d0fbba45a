// Bytes of a server into the response parser. Properties: a response is what its own bytes say, alone as well
// as with more behind it; a failure stands inside the input; pieces of responses parse or are refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "offlineimap/imap/parser.hpp"
#include "offlineimap/imap/throttling.hpp"

namespace imap = offlineimap::imap;

namespace {

void require(bool property) {
    if (!property) std::abort();
}

void check(const imap::ParsedResponse& parsed, std::string_view input) {
    require(parsed.consumed <= input.size());
    const auto own = input.substr(0, parsed.consumed);
    require(own.ends_with("\r\n"));
    const auto again = imap::parse_response(own);
    const auto* same = std::get_if<imap::ParsedResponse>(&again);
    require(same != nullptr && same->consumed == parsed.consumed && same->response == parsed.response);
    const auto shorter = imap::parse_response(own.substr(0, own.size() - 1));
    require(std::holds_alternative<imap::Incomplete>(shorter));
    if (const auto* tagged = std::get_if<imap::Tagged>(&parsed.response)) {
        const auto throttle = imap::throttle_of(tagged->status);
        require(!throttle || !throttle->wait || throttle->wait->count() >= 0);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto outcome = imap::parse_response(input);
    if (const auto* parsed = std::get_if<imap::ParsedResponse>(&outcome)) check(*parsed, input);
    if (const auto* malformed = std::get_if<imap::Malformed>(&outcome)) {
        require(malformed->offset <= input.size() && !malformed->expected.empty());
    }
    const auto body = imap::announced_body(input, input);
    require(!body || input.starts_with("* "));
    const auto appended = imap::parse_append_uid(input);
    require(!appended || appended->validity.value() != 0);
    const auto flags = imap::parse_flag_list(input);
    require(!flags || flags->size() <= size);
    for (const auto& name : imap::parse_capabilities(input)) require(!name.empty());
    return 0;
}

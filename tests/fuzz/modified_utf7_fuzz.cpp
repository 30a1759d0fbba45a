// Names through modified UTF-7. Properties: what encodes decodes to itself, what decodes encodes to itself,
// and an encoded name is printable ASCII.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "offlineimap/imap/modified_utf7.hpp"

namespace imap = offlineimap::imap;

namespace {

void require(bool property) {
    if (!property) std::abort();
}

bool is_printable(char c) {
    return c >= 0x20 && c <= 0x7e;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (const auto name = imap::encode_modified_utf7(input)) {
        require(std::all_of(name->begin(), name->end(), is_printable));
        require(imap::decode_modified_utf7(*name) == input);
    }
    if (const auto text = imap::decode_modified_utf7(input)) {
        require(imap::encode_modified_utf7(*text) == input);
    }
    return 0;
}

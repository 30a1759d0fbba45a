// Header surgery on bytes from anywhere. Properties: the length is that of a prefix which ends at the first
// empty line; removing nothing changes nothing; what is added is found and can be removed; dates never fail
// in another way than by saying so.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "offlineimap/mail/header.hpp"
#include "offlineimap/mail/message_bytes.hpp"

namespace mail = offlineimap::mail;

namespace {

constexpr const char* kName = "X-OfflineIMAP";

void require(bool property) {
    if (!property) std::abort();
}

void check_surgery(std::string_view block) {
    require(mail::without_headers(block, {}) == block);
    const auto clean = mail::without_headers(block, {kName});
    require(!mail::header_value(clean, kName));
    const auto extended = mail::with_last_header(clean, kName, "1-2");
    require(mail::header_values(extended, kName) == std::vector<std::string>{"1-2"});
    require(mail::header_length(extended) <= extended.size());
}

void check_dates(std::string_view block) {
    for (const auto& value : mail::header_values(block, "Date")) {
        const auto date = mail::parse_date(value);
        if (date) require(date->offset_minutes > -100 * 60 && date->offset_minutes < 100 * 60);
    }
    (void)mail::parse_date(block);
}

// The way of the bytes must not depend on where they are cut.
void check_line_ends(std::string_view message) {
    std::string whole;
    mail::CrlfToLf one;
    one.convert(message, whole);
    one.finish(whole);
    std::string cut;
    mail::CrlfToLf two;
    two.convert(message.substr(0, message.size() / 2), cut);
    two.convert(message.substr(message.size() / 2), cut);
    two.finish(cut);
    require(whole == cut && whole.size() <= message.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    const auto length = mail::header_length(message);
    require(length <= size && mail::header_length(message.substr(0, length)) == length);
    check_surgery(message.substr(0, length));
    check_dates(message.substr(0, length));
    check_line_ends(message);
    return 0;
}

// Any bytes as a configuration file: the reader accepts them or refuses them with an Error, and so does every
// reading of every value.
#include <cstddef>
#include <cstdint>
#include <string>

#include "offlineimap/base/error.hpp"
#include "offlineimap/config/options.hpp"
#include "offlineimap/config_file/reader.hpp"

namespace {

using namespace offlineimap;

template <class Read>
void expect_value_or_error(Read read) {
    try {
        read();
    } catch (const base::Error&) {
        // A refusal is an answer; anything else that is thrown ends the fuzzer.
    }
}

void read_values(const config::Document& document) {
    for (const auto& section : document.sections()) {
        for (const auto& option : document.options(section)) {
            expect_value_or_error([&] { document.get(section, option.name); });
            expect_value_or_error([&] { document.get_bool(section, option.name); });
            expect_value_or_error([&] { document.get_int(section, option.name); });
            expect_value_or_error([&] { document.get_float(section, option.name); });
            expect_value_or_error([&] { document.get_expression(section, option.name); });
        }
    }
}

void read_account(const config::Document& document, const std::string& name, const config::General& general,
                  const config::Surroundings& surroundings) {
    const auto account = config::read_account(document, name);
    const auto remote = config::read_repository(document, account.remote_repository, config::Role::remote,
                                                account, general, surroundings);
    const auto local = config::read_repository(document, account.local_repository, config::Role::local,
                                               account, general, surroundings);
    config::unsupported_options(document, account, remote, local);
}

void read_options(const config::Document& document) {
    const config::Surroundings surroundings{
        .home = "/home/me", .environment = {{"A", "a"}}, .homes_of_users = {{"b", "/b"}}};
    const auto names = config::account_names(document);
    config::unknown_option_warnings(document, names);
    config::General general;
    expect_value_or_error([&] { general = config::read_general(document, surroundings); });
    expect_value_or_error([&] { config::read_mbnames(document, surroundings); });
    for (const auto& name : names) {
        expect_value_or_error([&] { read_account(document, name, general, surroundings); });
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    expect_value_or_error([&] {
        const auto result = config_file::read_text(text, "fuzz");
        read_values(result.document);
        read_options(result.document);
    });
    return 0;
}

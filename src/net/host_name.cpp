#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <memory>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/net/stream.hpp"

namespace offlineimap::net {

using base::Error;
using base::ErrorCode;
using base::Severity;

namespace {

// Of libidn2's interface, which few hosts need: it is not linked, so that nobody else waits for it to load.
class Idn {
  public:
    static const Idn* library() {
        static const Idn idn;
        return idn.lookup_ == nullptr ? nullptr : &idn;
    }

    // Nothing if it is not a name.
    std::string to_ascii(const std::string& name, std::string& why) const {
        constexpr int kNormalize = 1;         // IDN2_NFC_INPUT
        constexpr int kNonTransitional = 8;   // IDN2_NONTRANSITIONAL: "ß" stays itself
        constexpr int kHostNamesOnly = 0x20;  // IDN2_USE_STD3_ASCII_RULES
        std::uint8_t* bytes = nullptr;
        const int code = lookup_(reinterpret_cast<const std::uint8_t*>(name.c_str()), &bytes,
                                 kNormalize | kNonTransitional | kHostNamesOnly);
        const std::unique_ptr<std::uint8_t, decltype([](std::uint8_t* p) { std::free(p); })> owner(bytes);
        if (code == 0) return reinterpret_cast<const char*>(bytes);
        why = describe_ == nullptr ? std::to_string(code) : describe_(code);
        return "";
    }

  private:
    using Lookup = int (*)(const std::uint8_t*, std::uint8_t**, int);
    using Describe = const char* (*)(int);

    Idn() {
#if defined(__APPLE__)
        void* handle = ::dlopen("libidn2.0.dylib", RTLD_NOW | RTLD_LOCAL);
#else
        void* handle = ::dlopen("libidn2.so.0", RTLD_NOW | RTLD_LOCAL);
#endif
        if (handle == nullptr) return;  // it stays open as long as the program runs
        lookup_ = reinterpret_cast<Lookup>(::dlsym(handle, "idn2_lookup_u8"));
        describe_ = reinterpret_cast<Describe>(::dlsym(handle, "idn2_strerror"));
    }

    Lookup lookup_ = nullptr;
    Describe describe_ = nullptr;
};

}  // namespace

std::string ascii_host_name(const std::string& name) {
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (std::all_of(name.begin(), name.end(), is_ascii)) return name;
    const std::string shown = "The host name '" + base::printable(name) + "' ";
    const Idn* idn = Idn::library();
    if (idn == nullptr)
        throw Error(Severity::repository, ErrorCode::unsupported,
                    shown +
                        "is not ASCII, and libidn2, which could translate it, is not installed. Install it, "
                        "or write the name in its ASCII form (xn--…).");
    std::string why;
    std::string ascii = name.find('\0') == std::string::npos ? idn->to_ascii(name, why) : "";
    const auto is_of_a_name = [](char c) {
        return base::is_ascii_digit(c) || (base::ascii_lower(c) >= 'a' && base::ascii_lower(c) <= 'z') ||
               c == '-' || c == '.';
    };
    if (ascii.empty() || !std::all_of(ascii.begin(), ascii.end(), is_of_a_name))
        throw Error(Severity::repository, ErrorCode::configuration,
                    shown + "is not a host name" + (why.empty() ? "" : " (" + why + ")"));
    return ascii;
}

}  // namespace offlineimap::net

#include "curl.hpp"

#include <array>
#include <dlfcn.h>
#include <string>

#include "offlineimap/base/error.hpp"

namespace offlineimap::net {

namespace {

// The same interface, linked with OpenSSL or with GnuTLS.
constexpr std::array<const char*, 3> kNames = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib"};

[[noreturn]] void fail(const std::string& why) {
    throw base::Error(base::Severity::repository, base::ErrorCode::unsupported,
                      "OAuth 2 needs libcurl to fetch tokens (Debian: install libcurl4): " + why);
}

void* open_library() {
    for (const char* name : kNames) {
        if (void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
    }
    fail(std::string(kNames.front()) + " cannot be loaded");
}

template <class Function>
void find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    if (function == nullptr) fail(std::string("it has no ") + name + " (version 7.85 or newer is needed)");
}

Curl load() {
    void* const library = open_library();
    Curl curl{};
    find(library, "curl_easy_init", curl.easy_init);
    find(library, "curl_easy_setopt", curl.easy_setopt);
    find(library, "curl_easy_getinfo", curl.easy_getinfo);
    find(library, "curl_easy_cleanup", curl.easy_cleanup);
    find(library, "curl_easy_strerror", curl.easy_strerror);
    find(library, "curl_slist_append", curl.slist_append);
    find(library, "curl_slist_free_all", curl.slist_free_all);
    find(library, "curl_multi_init", curl.multi_init);
    find(library, "curl_multi_cleanup", curl.multi_cleanup);
    find(library, "curl_multi_add_handle", curl.multi_add_handle);
    find(library, "curl_multi_remove_handle", curl.multi_remove_handle);
    find(library, "curl_multi_perform", curl.multi_perform);
    find(library, "curl_multi_poll", curl.multi_poll);
    find(library, "curl_multi_info_read", curl.multi_info_read);
    decltype(&::curl_global_init) global_init = nullptr;
    find(library, "curl_global_init", global_init);
    if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) fail("it does not start");
    return curl;
}

}  // namespace

const Curl& Curl::get() {
    static const Curl curl = load();
    return curl;
}

}  // namespace offlineimap::net

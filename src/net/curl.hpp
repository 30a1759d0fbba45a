// libcurl, loaded at run time: the functions that https.cpp calls, and nothing else of it.
#pragma once

// The checks of argument types are macros around the real names, which are not linked here.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

namespace offlineimap::net {

struct Curl {
    decltype(&::curl_easy_init) easy_init;
    decltype(&::curl_easy_setopt) easy_setopt;
    decltype(&::curl_easy_getinfo) easy_getinfo;
    decltype(&::curl_easy_cleanup) easy_cleanup;
    decltype(&::curl_easy_strerror) easy_strerror;
    decltype(&::curl_slist_append) slist_append;
    decltype(&::curl_slist_free_all) slist_free_all;
    decltype(&::curl_multi_init) multi_init;
    decltype(&::curl_multi_cleanup) multi_cleanup;
    decltype(&::curl_multi_add_handle) multi_add_handle;
    decltype(&::curl_multi_remove_handle) multi_remove_handle;
    decltype(&::curl_multi_perform) multi_perform;
    decltype(&::curl_multi_poll) multi_poll;
    decltype(&::curl_multi_info_read) multi_info_read;

    // Loads it at the first call; afterwards it stays. Throws Error{repository, unsupported} naming the
    // package. Thread-safe.
    static const Curl& get();
};

}  // namespace offlineimap::net

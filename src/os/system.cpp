#include "offlineimap/os/system.hpp"

#include <array>
#include <cerrno>
#include <random>
#include <sys/resource.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "offlineimap/os/file.hpp"

namespace offlineimap::os {

std::uint64_t random_number() {
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
}

std::string host_name() {
    std::array<char, 256> name{};
    // POSIX leaves the end of a name that was cut unspecified; the last byte stays 0.
    if (::gethostname(name.data(), name.size() - 1) < 0)
        throw base::Error(base::Severity::critical, base::ErrorCode::io, "cannot get the host's name");
    return name.data();
}

std::int64_t process_id() {
    return ::getpid();
}

namespace {

// LeakSanitizer looks into the process from outside.
constexpr bool is_watched_from_outside() noexcept {
#if defined(__SANITIZE_ADDRESS__)
    return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    return true;
#else
    return false;
#endif
#else
    return false;
#endif
}

}  // namespace

void keep_memory_private() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        ::setrlimit(RLIMIT_CORE, &limit);
    }
#if defined(__linux__)
    // For a core_pattern that is a program, which does not ask for the limit.
    if constexpr (!is_watched_from_outside()) ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace offlineimap::os

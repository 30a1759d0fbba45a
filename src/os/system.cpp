#include "offlineimap/os/system.hpp"

#include <array>
#include <cerrno>
#include <random>
#include <unistd.h>

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

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace offlineimap::os

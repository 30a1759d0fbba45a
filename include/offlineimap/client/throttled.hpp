// A server that is there and takes no connection now, but may later.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "offlineimap/base/error.hpp"

namespace offlineimap::client {

// Thrown while a connection is being made. Who has other connections goes on with those, who has none waits.
// Nothing is said about the password: it stays as it is.
class Throttled : public base::Error {
  public:
    Throttled(base::ErrorCode code, const std::string& message, std::optional<std::chrono::milliseconds> wait)
        : Error(base::Severity::repository, code, message), wait_(wait) {}

    // How long the server wants to be left alone, if it says so.
    std::optional<std::chrono::milliseconds> wait() const noexcept { return wait_; }

  private:
    std::optional<std::chrono::milliseconds> wait_;
};

}  // namespace offlineimap::client

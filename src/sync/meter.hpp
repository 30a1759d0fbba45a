// How far the copying of one pass is, told a few times a second to whoever wants to see it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "offlineimap/events/reporter.hpp"

namespace offlineimap::sync {

// Belongs to the thread of its pass. Costs nothing where nobody wants progress.
class Meter {
  public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    static constexpr std::chrono::milliseconds kPeriod{100};
    // Few messages are through before their sizes could be told.
    static constexpr std::size_t kMany = 10;

    // Reports the start. `total_bytes` is called only if progress is wanted and there are many messages; 0
    // stands for unknown.
    Meter(
        const events::Reporter& reporter, const events::FolderEnd& source,
        const events::FolderEnd& destination, std::size_t total_messages,
        const std::function<std::uint64_t()>& total_bytes,
        Clock clock = [] { return std::chrono::steady_clock::now(); });
    // Reports the end.
    ~Meter();
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;

    bool is_wanted() const noexcept { return wanted_; }
    // Bytes of the message under way.
    void add_bytes(std::uint64_t bytes);
    // They do not count: the message is sent again, or is given up.
    void drop_bytes(std::uint64_t bytes) noexcept;
    void add_messages(std::size_t messages);

  private:
    void report_if_due();
    void report();

    const events::Reporter reporter_;
    const Clock clock_;
    const bool wanted_;
    events::TransferProgress progress_;
    std::chrono::steady_clock::time_point due_;
};

}  // namespace offlineimap::sync

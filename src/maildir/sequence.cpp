#include "sequence.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <unordered_map>

namespace offlineimap::maildir {
namespace {

// With filename_use_mail_timestamp every message may have a second of its own. Beyond this many, the seconds
// are forgotten and all count on from the highest number given so far, so that no number comes twice.
constexpr std::size_t kSecondsKept = 16384;

class Sequences {
  public:
    std::uint64_t next(std::int64_t time) {
        const std::scoped_lock lock(sequences_mutex_);
        if (next_of_second_.size() >= kSecondsKept && !next_of_second_.contains(time)) forget_seconds();
        const std::uint64_t number = next_of_second_.try_emplace(time, first_).first->second++;
        beyond_all_ = std::max(beyond_all_, number + 1);
        return number;
    }

  private:
    void forget_seconds() {
        next_of_second_.clear();
        first_ = beyond_all_;
    }

    std::mutex sequences_mutex_;  // guards all below
    std::unordered_map<std::int64_t, std::uint64_t> next_of_second_;
    std::uint64_t first_ = 0;
    std::uint64_t beyond_all_ = 0;
};

}  // namespace

std::uint64_t next_sequence(std::int64_t time) {
    static Sequences sequences;
    return sequences.next(time);
}

std::uint64_t next_tmp_number() noexcept {
    static std::atomic<std::uint64_t> number = 0;
    return number++;
}

}  // namespace offlineimap::maildir

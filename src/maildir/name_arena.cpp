#include "name_arena.hpp"

#include <algorithm>

namespace offlineimap::maildir {
namespace {

constexpr std::size_t kFirstBlock = 4U << 10U;
constexpr std::size_t kLargestBlock = 1U << 20U;

}  // namespace

std::string_view NameArena::keep(std::string_view name) {
    if (name.size() > block_size_ - used_) {
        block_size_ = std::max(name.size(), std::clamp(block_size_ * 2, kFirstBlock, kLargestBlock));
        blocks_.push_back(std::make_unique<char[]>(block_size_));
        used_ = 0;
    }
    if (name.empty()) return {};
    char* const place = blocks_.back().get() + used_;
    std::copy(name.begin(), name.end(), place);
    used_ += name.size();
    return {place, name.size()};
}

}  // namespace offlineimap::maildir

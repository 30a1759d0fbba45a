// Keeps texts compactly, in large blocks.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace offlineimap::maildir {

// The views live as long as the arena, also when it is moved.
class NameArena {
  public:
    std::string_view keep(std::string_view name);

  private:
    std::vector<std::unique_ptr<char[]>> blocks_;
    std::size_t block_size_ = 0;
    std::size_t used_ = 0;
};

}  // namespace offlineimap::maildir

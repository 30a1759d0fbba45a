// Labels as both formats keep them in one text: sorted, joined with ", ".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace offlineimap::status {

// Split at commas, blanks around a label dropped, empty ones too; sorted, without duplicates. A label that
// contains a comma comes back as two: the format has no way to tell.
std::vector<std::string> split_labels(std::string_view text);
std::string join_labels(const std::vector<std::string>& labels);

}  // namespace offlineimap::status

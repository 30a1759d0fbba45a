#include "labels.hpp"

#include <algorithm>

#include "offlineimap/base/text.hpp"

namespace offlineimap::status {

std::vector<std::string> split_labels(std::string_view text) {
    std::vector<std::string> labels;
    for (const auto part : base::split(text, ',')) {
        if (const auto label = base::trim(part); !label.empty()) labels.emplace_back(label);
    }
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    return labels;
}

std::string join_labels(const std::vector<std::string>& labels) {
    return base::join(labels, ", ");
}

}  // namespace offlineimap::status

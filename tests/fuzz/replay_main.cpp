// Runs a fuzz target over stored inputs where libFuzzer is not linked in, so that every build under ctest
// replays the corpora and all past crashes: PROGRAM DIRECTORY...
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> inputs_below(int count, char** directories) {
    std::vector<fs::path> inputs;
    for (int i = 1; i < count; ++i) {
        // crashes/<name>/ exists only once there was one.
        if (!fs::is_directory(directories[i])) continue;
        for (const auto& entry : fs::recursive_directory_iterator(directories[i])) {
            if (entry.is_regular_file()) inputs.push_back(entry.path());
        }
    }
    std::sort(inputs.begin(), inputs.end());
    return inputs;
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<fs::path> inputs = inputs_below(argc, argv);
    for (const fs::path& input : inputs) {
        // Said before the run: a crash leaves its culprit as the last line.
        std::fprintf(stderr, "%s\n", input.c_str());
        const std::string content = content_of(input);
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
    }
    std::fprintf(stderr, "%zu inputs replayed\n", inputs.size());
    return inputs.empty() ? 1 : 0;
}

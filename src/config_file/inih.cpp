#include "inih.hpp"

#include <cstdio>

#include <ini.h>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"

namespace offlineimap::config_file {

namespace {

// What inih's two callbacks work on. They are called from C: nothing in them may throw.
struct Exchange {
    const std::vector<Line>& lines;
    std::size_t next = 0;
    Structure structure;
};

// Writes line `index` in inih's words.
void render(const Line& line, std::size_t index, char* buffer, std::size_t size) noexcept {
    switch (line.kind) {
        case Line::Kind::nothing:
            std::snprintf(buffer, size, "\n");
            return;
        case Line::Kind::header:
            std::snprintf(buffer, size, "[%zu]\n", index);
            return;
        case Line::Kind::option:
            std::snprintf(buffer, size, "%zu=%zu\n", index, index);
            return;
        case Line::Kind::continuation:
            std::snprintf(buffer, size, " %zu\n", index);
            return;
        case Line::Kind::no_option:
        case Line::Kind::before_header:
            std::snprintf(buffer, size, "%zu\n", index);
            return;
    }
}

char* give_line(char* buffer, int size, void* user) noexcept {
    auto& exchange = *static_cast<Exchange*>(user);
    if (exchange.next == exchange.lines.size()) return nullptr;
    render(exchange.lines[exchange.next], exchange.next, buffer, static_cast<std::size_t>(size));
    ++exchange.next;
    return buffer;
}

// Returns 0, inih's word for an error, if the texts are not the indices that it was given.
int take_assignment(void* user, const char* section, const char* name, const char* value) noexcept {
    // Some builds of the library announce sections like this.
    if (name == nullptr) return 1;
    auto& exchange = *static_cast<Exchange*>(user);
    const auto header_index = base::parse_integer<std::size_t>(section);
    const auto option_index = base::parse_integer<std::size_t>(name);
    const auto value_index = base::parse_integer<std::size_t>(value == nullptr ? "" : value);
    auto& assignments = exchange.structure.assignments;
    // The room was reserved: one assignment a line at most.
    if (!header_index || !option_index || !value_index || assignments.size() == assignments.capacity())
        return 0;
    assignments.push_back({*header_index, *option_index, *value_index});
    return 1;
}

}  // namespace

Structure parse_structure(const std::vector<Line>& lines) {
    Exchange exchange{lines, 0, {}};
    exchange.structure.assignments.reserve(lines.size());
    const int result = ini_parse_stream(give_line, &exchange, take_assignment, &exchange);
    if (result < 0) {
        throw base::Error(base::Severity::critical, base::ErrorCode::general,
                          "out of memory while reading the configuration");
    }
    exchange.structure.first_bad_line = static_cast<std::size_t>(result);
    return std::move(exchange.structure);
}

}  // namespace offlineimap::config_file

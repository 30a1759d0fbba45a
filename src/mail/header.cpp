#include "offlineimap/mail/header.hpp"

#include <algorithm>

#include "offlineimap/base/text.hpp"

namespace offlineimap::mail {
namespace {

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// The first line of `text`, its line end included.
std::string_view first_line(std::string_view text) {
    const auto lf = text.find('\n');
    return text.substr(0, lf == std::string_view::npos ? lf : lf + 1);
}

bool is_empty_line(std::string_view line) {
    return line == "\n" || line == "\r\n";
}

// A header with its continuation lines, or a line that is no header (then `name` is empty).
struct Field {
    std::string_view text;  // all its lines with their ends
    std::string_view name;
    std::string_view body;  // behind the colon
};

// RFC 5322 §3.6.8 ftext: printable ASCII without the colon.
constexpr bool is_name_character(char c) {
    return c > ' ' && c < '\x7F' && c != ':';
}

// RFC 5322 §4.5: old mail has blanks before the colon.
void split_name(Field& field) {
    const auto name_end = std::find_if_not(field.text.begin(), field.text.end(), is_name_character);
    const auto colon = std::find_if_not(name_end, field.text.end(), is_blank);
    if (name_end == field.text.begin() || colon == field.text.end() || *colon != ':') return;
    field.name = field.text.substr(0, static_cast<std::size_t>(name_end - field.text.begin()));
    field.body = field.text.substr(static_cast<std::size_t>(colon - field.text.begin()) + 1);
}

// The field that `rest` begins with, or nullopt at the empty line and at the end.
std::optional<Field> first_field(std::string_view rest) {
    auto line = first_line(rest);
    if (line.empty() || is_empty_line(line)) return std::nullopt;
    auto length = line.size();
    while (length < rest.size() && is_blank(rest[length])) length += first_line(rest.substr(length)).size();
    Field field{.text = rest.substr(0, length), .name = {}, .body = {}};
    split_name(field);
    return field;
}

// RFC 5322 §2.2.3: unfolding removes a line end that is followed by white space; a continuation always is.
std::string unfolded(std::string_view body) {
    std::string value;
    while (!body.empty()) {
        auto line = first_line(body);
        body.remove_prefix(line.size());
        if (line.ends_with('\n')) line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
        value += line;
    }
    return std::string(base::trim(value));
}

// A line that is no header has no name, not an empty one.
bool has_name(const Field& field, std::string_view name) {
    return !field.name.empty() && base::equals_ignoring_case(field.name, name);
}

bool has_one_of(const Field& field, const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return has_name(field, name); });
}

bool has_header_field(std::string_view block) {
    while (const auto field = first_field(block)) {
        if (!field->name.empty()) return true;
        block.remove_prefix(field->text.size());
    }
    return false;
}

std::string_view line_end_of(std::string_view block) {
    return first_line(block).ends_with("\r\n") ? "\r\n" : "\n";
}

// Where the lines of the header end: before the empty line, or at the end.
std::size_t fields_length(std::string_view block) {
    std::size_t length = 0;
    while (const auto field = first_field(block.substr(length))) length += field->text.size();
    return length;
}

}  // namespace

std::size_t header_length(std::string_view message) noexcept {
    std::size_t length = 0;
    while (length < message.size()) {
        const auto line = first_line(message.substr(length));
        length += line.size();
        if (is_empty_line(line)) break;
    }
    return length;
}

std::optional<std::string> header_value(std::string_view header_block, std::string_view name) {
    while (const auto field = first_field(header_block)) {
        if (has_name(*field, name)) return unfolded(field->body);
        header_block.remove_prefix(field->text.size());
    }
    return std::nullopt;
}

std::vector<std::string> header_values(std::string_view header_block, std::string_view name) {
    std::vector<std::string> values;
    while (const auto field = first_field(header_block)) {
        if (has_name(*field, name)) values.push_back(unfolded(field->body));
        header_block.remove_prefix(field->text.size());
    }
    return values;
}

std::string without_headers(std::string_view header_block, const std::vector<std::string>& names) {
    std::string kept;
    kept.reserve(header_block.size());
    while (const auto field = first_field(header_block)) {
        if (!has_one_of(*field, names)) kept += field->text;
        header_block.remove_prefix(field->text.size());
    }
    return kept += header_block;
}

std::string with_last_header(std::string_view header_block, std::string_view name, std::string_view value) {
    const auto line_end = line_end_of(header_block);
    auto header = std::string(name) + ": ";
    header += value;
    header += line_end;
    const auto fields = header_block.substr(0, fields_length(header_block));
    const auto rest = header_block.substr(fields.size());
    if (!has_header_field(header_block) && (!fields.empty() || rest.empty())) {
        // Text without a header: a header of its own has to end before it.
        return header.append(line_end).append(header_block);
    }
    std::string block(fields);
    // A CR at the very end stays a bare CR: with an LF alone it could become an empty line.
    if (!fields.empty() && !fields.ends_with('\n')) block += fields.ends_with('\r') ? "\r\n" : line_end;
    return block.append(header).append(rest);
}

}  // namespace offlineimap::mail

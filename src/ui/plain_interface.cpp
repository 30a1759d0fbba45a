#include "plain_interface.hpp"

#include "whole_write.hpp"

namespace offlineimap::ui {

void PlainInterface::report(const events::Record& record) {
    std::string text;
    for (const auto& line : visible_lines(record.event, visibility_))
        text += (has_colours_ ? coloured(line.text, line.level) : line.text) + '\n';
    const std::lock_guard lock(output_mutex_);
    write_whole(output_, text);
}

std::optional<std::string> PlainInterface::ask_password(const events::PasswordRequest&) {
    return std::nullopt;
}

}  // namespace offlineimap::ui

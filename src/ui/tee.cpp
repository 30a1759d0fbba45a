#include "offlineimap/ui/tee.hpp"

#include <algorithm>

namespace offlineimap::ui {

void Tee::report(const events::Record& record) {
    interface_->report(record);
    for (auto* const listener : listeners_) listener->report(record);
}

bool Tee::wants(events::DebugType type) const noexcept {
    return interface_->wants(type) ||
           std::any_of(listeners_.begin(), listeners_.end(),
                       [type](const events::Sink* listener) { return listener->wants(type); });
}

std::optional<std::string> Tee::ask_password(const events::PasswordRequest& request) {
    return interface_->ask_password(request);
}

}  // namespace offlineimap::ui

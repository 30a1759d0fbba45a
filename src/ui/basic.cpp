#include <unistd.h>

#include "faces.hpp"
#include "plain_interface.hpp"

namespace offlineimap::ui {

std::unique_ptr<events::Sink> make_basic(const Options& options, const Visibility& visibility) {
    return std::make_unique<PlainInterface>(options.output.value_or(STDOUT_FILENO), visibility);
}

}  // namespace offlineimap::ui

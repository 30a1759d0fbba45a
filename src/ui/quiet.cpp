#include <unistd.h>

#include "faces.hpp"
#include "plain_interface.hpp"

namespace offlineimap::ui {

// Silent on success; warnings and errors go to standard output, as in the original, so that cron mails them.
std::unique_ptr<events::Sink> make_quiet(const Options& options, const Visibility& visibility) {
    return std::make_unique<PlainInterface>(options.output.value_or(STDOUT_FILENO), visibility);
}

}  // namespace offlineimap::ui

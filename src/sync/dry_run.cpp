// What a dry run says instead of copying.
#include "offlineimap/events/text.hpp"

#include "passes.hpp"

namespace offlineimap::sync {

void report_would_copy(const FolderWork& work, const std::vector<mail::MessageKey>& keys,
                       const events::FolderEnd& source, const events::FolderEnd& destination) {
    if (keys.empty()) return;
    work.context.reporter(events::WouldCopyMessages{keys, source, destination});
    std::size_t nth = 0;
    for (const auto& key : keys) {
        work.context.reporter.debug(events::DebugType::other,
                                    "[DRYRUN] " + events::text_of(events::CopyingMessage{
                                                      key, ++nth, keys.size(), source, destination}));
    }
}

}  // namespace offlineimap::sync

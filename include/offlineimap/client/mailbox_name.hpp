// Folder names as the user sees them ↔ mailbox names on the wire.
#pragma once

#include "offlineimap/base/types.hpp"

namespace offlineimap::client {

enum class NameForm {
    as_sent,  // modified UTF-7 text is the folder's name everywhere (the original's default)
    utf8,     // `utf8foldernames`
};

// A name that is no valid modified UTF-7 stays as it was sent.
base::FolderName folder_name(const base::MailboxName& mailbox, NameForm form);
base::MailboxName mailbox_name(const base::FolderName& folder, NameForm form);

}  // namespace offlineimap::client

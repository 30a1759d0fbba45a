#include "offlineimap/client/mailbox_name.hpp"

#include "offlineimap/imap/modified_utf7.hpp"

namespace offlineimap::client {

base::FolderName folder_name(const base::MailboxName& mailbox, NameForm form) {
    if (form == NameForm::as_sent) return base::FolderName(mailbox.text());
    return base::FolderName(imap::decode_modified_utf7(mailbox.text()).value_or(mailbox.text()));
}

base::MailboxName mailbox_name(const base::FolderName& folder, NameForm form) {
    if (form == NameForm::as_sent) return base::MailboxName(folder.text());
    return base::MailboxName(imap::encode_modified_utf7(folder.text()).value_or(folder.text()));
}

}  // namespace offlineimap::client

// The options of an IMAP or Gmail repository.
#pragma once

#include "offlineimap/config/options.hpp"

#include "section_reader.hpp"

namespace offlineimap::config {

// `repository` has its name and type already; notices are added to it.
ImapOptions read_imap_options(const Document& document, const SectionReader& section, const Account& account,
                              const Surroundings& surroundings, Repository& repository);

}  // namespace offlineimap::config

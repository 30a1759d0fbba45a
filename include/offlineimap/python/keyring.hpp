// The system's keyring, through Python's module `keyring`. Starts Python and imports the module at the first
// call; threads as in interpreter.hpp.
#pragma once

#include <optional>
#include <string>

#include "offlineimap/base/result.hpp"
#include "offlineimap/base/secret.hpp"

namespace offlineimap::python {

// nullopt if it has no password for them; also if the module is not installed or finds no keyring at all. The
// error is the sentence of a keyring that is there and fails (locked, broken).
base::Result<std::optional<base::Secret>, std::string> read_keyring(const std::string& service,
                                                                    const std::string& user);

// Why it could not be stored; nullopt: it is.
std::optional<std::string> store_in_keyring(const std::string& service, const std::string& user,
                                            const base::Secret& password);

}  // namespace offlineimap::python

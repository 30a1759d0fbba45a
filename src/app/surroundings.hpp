// What the process knows of its user and environment, as values for the layers that must not ask themselves.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "offlineimap/config/options.hpp"

namespace offlineimap::app {

config::Surroundings read_surroundings();

// Where the configuration file is (reference: configuration §1): `-c`, then
// $XDG_CONFIG_HOME/offlineimap/config if it exists, then ~/.offlineimaprc.
std::filesystem::path find_config_file(const std::optional<std::string>& given,
                                       const config::Surroundings& surroundings);

}  // namespace offlineimap::app

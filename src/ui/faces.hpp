// One maker for each interface; the factory in interface.cpp knows them by name.
#pragma once

#include <memory>

#include "offlineimap/ui/interface.hpp"

namespace offlineimap::ui {

std::unique_ptr<events::Sink> make_ttyui(const Options& options, const Visibility& visibility);
std::unique_ptr<events::Sink> make_basic(const Options& options, const Visibility& visibility);
std::unique_ptr<events::Sink> make_quiet(const Options& options, const Visibility& visibility);
std::unique_ptr<events::Sink> make_machine(const Options& options, const Visibility& visibility);
std::unique_ptr<events::Sink> make_json(const Options& options, const Visibility& visibility);
std::unique_ptr<events::Sink> make_syslog(const Options& options, const Visibility& visibility);
std::unique_ptr<events::Sink> make_blinkenlights(const Options& options, const Visibility& visibility);

}  // namespace offlineimap::ui

// The program: from a command line to an exit status (documented in docs/exit-codes.md).
#pragma once

namespace offlineimap::app {

// Never throws.
int run_program(int argc, const char* const* argv);

}  // namespace offlineimap::app

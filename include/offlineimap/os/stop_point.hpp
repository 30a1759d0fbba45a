// Named places where the interruption tests end the process as `kill -9` would. Compiled to nothing in what
// users run.
#pragma once

namespace offlineimap::os {

#ifdef OFFLINEIMAP_STOP_POINTS
// Ends the process at once with SIGKILL if the environment's OFFLINEIMAP_STOP_AT is "name" or "name:N" (the
// Nth time it is reached, from 1). With OFFLINEIMAP_STOP_TRACE=FILE the name is appended to FILE each time,
// so that a test can enumerate every point of a run.
void stop_point(const char* name);
#else
inline void stop_point(const char*) {}
#endif

}  // namespace offlineimap::os

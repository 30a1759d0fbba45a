// libinih, kept away from what it cannot take.
//
// The packaged library (55) cuts lines at 200 bytes and section names at 50, strips " ;" comments and reads
// continuation lines in its own way, all without a word; most of this is fixed when the library is built, and
// differs from distribution to distribution. So it is never given the user's text. It is given a file of the
// same structure, line for line, in which every text is replaced by its line's number:
//
//     [Repository Work]                       [1]
//     folderfilter = lambda f: f in [   →     2=2
//         'INBOX',  # ; …                       3
//
// inih then does what it is for: it joins sections, options and continuation lines, and finds the lines that
// belong to neither. No line of that file is longer than 22 bytes and none has a character that means
// anything to inih beyond its place, so no limit and no setting of the library can alter a value.
#pragma once

#include <cstddef>
#include <vector>

#include "dialect.hpp"

namespace offlineimap::config_file {

// All three are indices into the lines given. `value` is the option's own line or one that continues it.
struct Assignment {
    std::size_t header = 0;
    std::size_t option = 0;
    std::size_t value = 0;
};

struct Structure {
    std::vector<Assignment> assignments;  // in file order
    std::size_t first_bad_line = 0;       // counted from 1; 0: there is none
};

Structure parse_structure(const std::vector<Line>& lines);

}  // namespace offlineimap::config_file

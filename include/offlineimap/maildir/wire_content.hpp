// A Maildir file as the bytes that go over the wire: LF becomes CRLF, named headers are left out. Streams; a
// message is never held whole.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "offlineimap/os/file.hpp"

namespace offlineimap::maildir {

struct WireIdentity {
    std::uint64_t size = 0;
    std::string sha256;         // hex, of all wire bytes in mail::RecognisableForm
    std::string header_sha256;  // the same of the header block with its empty line
    std::string message_id;     // empty: none
};

// Copies share the open file. Reading throws Error{message, io}.
class WireContent {
  public:
    WireContent(os::FileDescriptor file, std::string name_for_errors,
                std::vector<std::string> dropped_headers);

    // Reads the file once.
    WireIdentity identify() const;
    // Puts the next piece into `buffer` (cleared first); false at the end. Each reader starts at the
    // beginning; the content must outlive nothing: the reader keeps the file open.
    using Reader = std::function<bool(std::string& buffer)>;
    Reader reader() const;

  private:
    struct File;
    std::shared_ptr<const File> file_;
};

}  // namespace offlineimap::maildir

// Streaming line-end conversion, the only change that a body undergoes, and the form of a message by which it
// is recognised. All are state machines that take a message in pieces.
#pragma once

#include <string>
#include <string_view>

namespace offlineimap::mail {

// Wire → disk: CRLF becomes LF; a CR that is not followed by LF stays a CR (the original and mbsync lose or
// alter it); LF stays.
class CrlfToLf {
  public:
    // Appends the converted piece to `out`. A CR at the end of a piece is held back until the next one.
    void convert(std::string_view piece, std::string& out);
    // Call once after the last piece: gives back a CR that was held.
    void finish(std::string& out);

  private:
    bool held_cr_ = false;
};

// Disk → wire: an LF without a CR before it becomes CRLF; CRLF and a lone CR stay as they are.
// Note: a file that holds "\r\n" came from a message that really had CR CR LF on the wire only if an editor
// wrote it; it is sent as CRLF.
class LfToCrlf {
  public:
    void convert(std::string_view piece, std::string& out);

  private:
    bool last_was_cr_ = false;
};

// The form of a message, with the line ends of the wire, that is the same before an upload and behind it:
// bytes beyond ASCII in the header block are 'X', as Cyrus stores them by default (its option munge8bit).
// Only digests are made of it.
class RecognisableForm {
  public:
    // Appends the next piece in that form to `out`.
    void convert(std::string_view piece, std::string& out);

  private:
    bool in_header_ = true;
    bool line_is_empty_ = true;  // nothing but a CR so far
};

}  // namespace offlineimap::mail

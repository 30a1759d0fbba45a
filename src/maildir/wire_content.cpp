#include "offlineimap/maildir/wire_content.hpp"

#include <cerrno>
#include <unistd.h>
#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/mail/header.hpp"
#include "offlineimap/mail/message_bytes.hpp"
#include "offlineimap/os/digest.hpp"

namespace offlineimap::maildir {

struct WireContent::File {
    os::FileDescriptor descriptor;
    std::string name;
    std::vector<std::string> dropped_headers;
};

namespace {

constexpr std::size_t kPiece = 64U << 10U;
// A header block longer than this is sent as it is: no header is looked for behind it.
constexpr std::size_t kHeaderLimit = 4U << 20U;

bool ends_with_empty_line(std::string_view text) {
    return text == "\n" || text == "\r\n" || text.ends_with("\n\n") || text.ends_with("\n\r\n");
}

// The header block is complete once an empty line ends it within the text (mail::header_length counts that
// line).
bool holds_whole_header(std::string_view text) {
    return ends_with_empty_line(text.substr(0, mail::header_length(text)));
}

}  // namespace

WireContent::WireContent(os::FileDescriptor file, std::string name_for_errors,
                         std::vector<std::string> dropped_headers)
    : file_(std::make_shared<File>(
          File{std::move(file), std::move(name_for_errors), std::move(dropped_headers)})) {}

namespace {

// Pieces of the file from its start, each position read once, independent of the descriptor's own offset.
template <class File>
class FilePieces {
  public:
    explicit FilePieces(std::shared_ptr<const File> file) : file_(std::move(file)) {}

    bool append_next(std::string& text) {
        const std::size_t before = text.size();
        text.resize(before + kPiece);
        ssize_t count = 0;
        do {
            count = ::pread(file_->descriptor.get(), text.data() + before, kPiece, offset_);
        } while (count < 0 && errno == EINTR);
        if (count < 0) os::throw_errno(base::Severity::message, "read", file_->name, errno);
        text.resize(before + static_cast<std::size_t>(count));
        offset_ += count;
        return count > 0;
    }

  private:
    std::shared_ptr<const File> file_;
    off_t offset_ = 0;
};

// The header block (its dropped headers left out) first, then the rest, converted to wire line ends.
template <class File>
class WirePieces {
  public:
    explicit WirePieces(const std::shared_ptr<const File>& file) : file_(file), pieces_(file) {}

    bool next(std::string& buffer) {
        buffer.clear();
        std::string disk = started_ ? std::string() : read_header();
        started_ = true;
        if (disk.empty() && !pieces_.append_next(disk)) return false;
        lines_.convert(disk, buffer);
        return true;
    }

  private:
    std::string read_header() {
        std::string text;
        if (file_->dropped_headers.empty()) return text;
        while (!holds_whole_header(text) && text.size() < kHeaderLimit && pieces_.append_next(text)) {
        }
        const std::string_view whole = text;
        const std::size_t length = mail::header_length(whole);
        return mail::without_headers(whole.substr(0, length), file_->dropped_headers) + text.substr(length);
    }

    std::shared_ptr<const File> file_;
    FilePieces<File> pieces_;
    mail::LfToCrlf lines_;
    bool started_ = false;
};

// Digests of a message that comes in pieces: of all of it, and of its header block.
class Identifier {
  public:
    void add(std::string_view piece) {
        identity_.size += piece.size();
        if (!header_done_) add_to_header(piece);
        recognisable_.clear();
        form_.convert(piece, recognisable_);
        whole_.update(recognisable_);
    }

    WireIdentity finish() {
        if (!header_done_) finish_header();
        identity_.sha256 = whole_.finish_hex();
        return std::move(identity_);
    }

  private:
    void add_to_header(std::string_view piece) {
        header_ += piece;
        if (holds_whole_header(header_) || header_.size() >= kHeaderLimit) finish_header();
    }

    void finish_header() {
        header_.resize(mail::header_length(header_));
        std::string recognisable;
        mail::RecognisableForm().convert(header_, recognisable);
        identity_.header_sha256 = os::digest_hex(os::DigestKind::sha256, recognisable);
        identity_.message_id = mail::header_value(header_, "Message-ID").value_or("");
        header_ = std::string();
        header_done_ = true;
    }

    WireIdentity identity_;
    os::Digest whole_{os::DigestKind::sha256};
    mail::RecognisableForm form_;
    std::string recognisable_;
    std::string header_;
    bool header_done_ = false;
};

}  // namespace

WireContent::Reader WireContent::reader() const {
    return [pieces = std::make_shared<WirePieces<File>>(file_)](std::string& buffer) {
        return pieces->next(buffer);
    };
}

WireIdentity WireContent::identify() const {
    Identifier identifier;
    const auto next = reader();
    for (std::string piece; next(piece);) identifier.add(piece);
    return identifier.finish();
}

}  // namespace offlineimap::maildir

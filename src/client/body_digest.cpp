#include "offlineimap/client/body_digest.hpp"

#include <optional>
#include <utility>

#include "offlineimap/mail/message_bytes.hpp"
#include "offlineimap/os/digest.hpp"

namespace offlineimap::client {

namespace {

class DigestingHandler final : public BodyHandler {
  public:
    void begin(std::uint64_t) override {
        digest_.emplace(os::DigestKind::sha256);
        form_ = {};
    }
    void data(std::string_view bytes) override {
        piece_.clear();
        form_.convert(bytes, piece_);
        digest_->update(piece_);
    }
    void complete(base::Uid uid) override {
        digests_[uid] = digest_->finish_hex();
        digest_.reset();
    }
    void abandon() override { digest_.reset(); }
    void missing(base::Uid, const std::string&) override {}

    std::map<base::Uid, std::string> take() { return std::move(digests_); }

  private:
    std::optional<os::Digest> digest_;
    mail::RecognisableForm form_;
    std::string piece_;
    std::map<base::Uid, std::string> digests_;
};

}  // namespace

std::map<base::Uid, std::string> fetch_body_digests(Connection& connection,
                                                    std::span<const base::Uid> sorted_uids,
                                                    std::stop_token stop) {
    DigestingHandler handler;
    connection.fetch_bodies(sorted_uids, handler, std::move(stop));
    return handler.take();
}

}  // namespace offlineimap::client

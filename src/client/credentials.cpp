#include "offlineimap/client/credentials.hpp"

#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"

namespace offlineimap::client {

namespace {

constexpr std::size_t kPasswordFileLimit = 1U << 20U;

class ConfiguredCredentials final : public Credentials {
  public:
    ConfiguredCredentials(CredentialSources sources, events::Sink& prompts)
        : sources_(std::move(sources)), prompts_(prompts) {}

    std::optional<std::string> user() override {
        if (sources_.user) return sources_.user;
        if (const auto entry = from_netrc(); entry && !entry->login.empty()) return entry->login;
        return std::nullopt;
    }

    BearerTokens* bearer_tokens() override { return sources_.bearer_tokens.get(); }

    std::optional<std::string> authorization_identity() override { return sources_.identity; }

    base::Secret password(const std::string& previous_failure) override {
        const std::lock_guard lock(password_mutex_);
        if (known_) return *known_;
        auto found = refused_ ? std::nullopt : configured();
        if (!found) found = ask(previous_failure);
        known_ = std::move(*found);
        return *known_;
    }

    void accepted() override {
        const std::lock_guard lock(password_mutex_);
        if (!sources_.store_in_keyring || !known_ || is_in_keyring_) return;
        is_in_keyring_ = true;  // or cannot be put there: once is enough
        if (const auto name = keyring_user()) sources_.store_in_keyring(sources_.host, *name, *known_);
    }

    void refused() override {
        const std::lock_guard lock(password_mutex_);
        known_.reset();
        is_in_keyring_ = false;
        // A configured password that was refused is not offered a second time where a person can be asked
        // instead.
        refused_ = prompts_.can_ask_password();
    }

  private:
    std::optional<base::Secret> configured() {
        if (sources_.evaluate_password) return sources_.evaluate_password();
        if (sources_.remotepass && !sources_.remotepass->empty()) return base::Secret(*sources_.remotepass);
        if (sources_.remotepassfile) {
            if (auto secret = from_file(*sources_.remotepassfile); !secret.empty()) return secret;
        }
        if (sources_.run_password_command) {
            if (auto secret = sources_.run_password_command()) return secret;
        }
        if (auto entry = from_netrc(); entry && !entry->password.empty()) {
            if (!sources_.user || *sources_.user == entry->login) return std::move(entry->password);
        }
        return from_keyring();
    }

    std::optional<base::Secret> from_keyring() {
        const auto name = sources_.read_keyring ? keyring_user() : std::nullopt;
        if (!name) return std::nullopt;
        auto secret = sources_.read_keyring(sources_.host, *name);
        if (!secret || secret->empty()) return std::nullopt;
        is_in_keyring_ = true;
        return secret;
    }

    // A keyring knows passwords by host and user: without either there is nothing to ask for.
    std::optional<std::string> keyring_user() {
        auto name = user();
        if (sources_.host.empty() || !name || name->empty()) return std::nullopt;
        return name;
    }

    base::Secret from_file(const std::filesystem::path& path) const {
        auto text = os::read_file(path, base::Severity::repository, kPasswordFileLimit);
        if (!text) {
            throw base::Error(base::Severity::repository, base::ErrorCode::configuration,
                              "Repository " + sources_.repository + ": the password file '" + path.string() +
                                  "' does not exist; see 'remotepassfile'");
        }
        const base::Secret whole(std::move(*text));
        return base::Secret(std::string(base::trim(whole.reveal().substr(0, whole.reveal().find('\n')))));
    }

    std::optional<NetrcEntry> from_netrc() const {
        if (sources_.host.empty()) return std::nullopt;
        for (const auto& path : {sources_.user_netrc, sources_.system_netrc}) {
            const auto text = readable(path);
            if (!text) continue;
            if (auto entry = find_in_netrc(*text, sources_.host, path.string())) return entry;
        }
        return std::nullopt;
    }

    // The system's netrc is often not ours to read, which is no error.
    std::optional<std::string> readable(const std::filesystem::path& path) const {
        try {
            return os::read_file(path, base::Severity::repository, kPasswordFileLimit);
        } catch (const base::Error& error) {
            if (path == sources_.system_netrc) return std::nullopt;
            throw;
        }
    }

    base::Secret ask(const std::string& previous_failure) {
        if (!prompts_.can_ask_password()) {
            throw base::Error(base::Severity::repository, base::ErrorCode::authentication,
                              "Prompting for a password is not supported in this UI backend.");
        }
        auto answer = prompts_.ask_password({.account = sources_.account,
                                             .repository = sources_.repository,
                                             .user = user().value_or(""),
                                             .host = sources_.host,
                                             .failure = previous_failure});
        if (!answer || answer->empty()) {
            throw base::Error(base::Severity::repository, base::ErrorCode::authentication,
                              "Repository " + sources_.repository + ": no password was given");
        }
        return base::Secret(std::move(*answer));
    }

    CredentialSources sources_;
    events::Sink& prompts_;
    // Guards the three below. Held while the user is asked: other connections need the same answer.
    std::mutex password_mutex_;
    std::optional<base::Secret> known_;
    bool refused_ = false;
    bool is_in_keyring_ = false;  // known_ came from there or was put there
};

}  // namespace

std::unique_ptr<Credentials> make_credentials(CredentialSources sources, events::Sink& prompts) {
    return std::make_unique<ConfiguredCredentials>(std::move(sources), prompts);
}

}  // namespace offlineimap::client

// What the tests of connections share: settings for a scripted server, somebody who logs in, and a sink that
// keeps what was reported.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "offlineimap/client/connection.hpp"

#include "support/scripted_server.hpp"

namespace offlineimap::client {

class RecordingSink final : public events::Sink {
  public:
    void report(const events::Record& record) override {
        const std::lock_guard lock(sink_mutex_);
        events_.push_back(record.event);
    }
    bool wants(events::DebugType) const noexcept override { return debug; }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest&) override { return std::nullopt; }

    template <class T>
    std::vector<T> all() const {
        const std::lock_guard lock(sink_mutex_);
        std::vector<T> found;
        for (const auto& event : events_) {
            if (const auto* wanted = std::get_if<T>(&event)) found.push_back(*wanted);
        }
        return found;
    }

    bool debug = false;

  private:
    mutable std::mutex sink_mutex_;  // guards events_
    std::vector<events::Event> events_;
};

class TestCredentials final : public Credentials {
  public:
    std::optional<std::string> user() override { return user_name; }
    base::Secret password(const std::string& previous_failure) override {
        const std::lock_guard lock(credentials_mutex_);
        failures.push_back(previous_failure);
        return base::Secret(secret);
    }
    std::optional<std::string> authorization_identity() override { return identity; }
    void accepted() override { ++times_accepted; }
    void refused() override { ++times_refused; }

    std::optional<std::string> user_name = "user";
    std::string secret = "secret";
    std::optional<std::string> identity;
    std::vector<std::string> failures;
    std::atomic<int> times_accepted = 0;
    std::atomic<int> times_refused = 0;

  private:
    std::mutex credentials_mutex_;  // guards failures while connections are being opened
};

class ClientTest : public testing::Test {
  protected:
    using Script = support::ScriptedServer::Script;
    using Peer = support::ScriptedPeer;

    ConnectionSettings settings_for(const support::ScriptedServer& server) const {
        ConnectionSettings settings;
        settings.repository = "Remote";
        settings.endpoint = {"127.0.0.1", server.port()};
        settings.tls_mode = TlsMode::none;
        settings.allow_clear_passwords = true;
        settings.auth_mechanisms = {"GSSAPI", "XOAUTH2", "CRAM-MD5", "PLAIN", "LOGIN"};
        settings.limit = std::chrono::seconds(20);
        settings.client_version = "9.0";
        return settings;
    }
    std::unique_ptr<Connection> open(const ConnectionSettings& settings) {
        return Connection::open(settings, credentials, reporter, stop.get_token());
    }
    std::unique_ptr<Connection> open(const support::ScriptedServer& server) {
        return open(settings_for(server));
    }

    // Opens a connection to a server of this script, runs `work`, closes, and checks that both kept to it.
    template <class Work>
    void with_connection(const Script& script, const Work& work) {
        support::ScriptedServer server(script);
        auto connection = open(server);
        work(*connection);
        connection.reset();
        EXPECT_EQ(server.complaints(), std::vector<std::string>{});
    }

    // The error that opening a connection to this server ends with.
    template <class Adjust>
    base::Error error_of_opening(const Script& script, const Adjust& adjust) {
        support::ScriptedServer server(script);
        auto settings = settings_for(server);
        adjust(settings);
        auto error = error_of([&] { open(settings); });
        EXPECT_EQ(server.complaints(), std::vector<std::string>{});
        return error;
    }
    base::Error error_of_opening(const Script& script) {
        return error_of_opening(script, [](ConnectionSettings&) {});
    }

    template <class Function>
    static base::Error error_of(const Function& function) {
        try {
            function();
        } catch (const base::Error& error) {
            return error;
        }
        ADD_FAILURE() << "no error";
        return {base::Severity::critical, base::ErrorCode::general, "no error"};
    }

    RecordingSink sink;
    events::Reporter reporter{sink, "Test"};
    TestCredentials credentials;
    std::stop_source stop;
};

}  // namespace offlineimap::client

// Folder names of servers that Dovecot cannot play: what is listed is what is asked for.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "offlineimap/python/interpreter.hpp"
#include "offlineimap/repository/repository.hpp"

#include "support/scripted_server.hpp"

namespace offlineimap::repository {
namespace {

class Silent final : public events::Sink {
  public:
    void report(const events::Record& record) override {
        if (const auto* error = std::get_if<events::ErrorOccurred>(&record.event))
            errors.push_back(error->text);
    }
    bool wants(events::DebugType) const noexcept override { return false; }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest&) override { return std::nullopt; }

    std::vector<std::string> errors;
};

class ListedNames : public testing::Test {
  protected:
    using Peer = support::ScriptedPeer;

    // A server that answers LIST with these lines and lets these mailboxes (as they are on the wire) be
    // opened.
    static support::ScriptedServer::Script script(std::string list, std::vector<std::string> opened) {
        return [list = std::move(list), opened = std::move(opened)](Peer& peer) {
            peer.log_in();
            auto tag = peer.expect("LIST \"\" \"\"");
            peer.send("* LIST (\\Noselect) \"/\" \"\"\r\n" + tag + " OK done\r\n");
            tag = peer.expect("LIST \"\" \"*\"");
            peer.send(list + tag + " OK done\r\n");
            for (const auto& mailbox : opened) {
                tag = peer.expect("EXAMINE " + mailbox);
                peer.send("* 0 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n" + tag + " OK [READ-ONLY] done\r\n");
            }
        };
    }

    // The folders in sync order, each of which is opened.
    std::vector<std::string> folders_of(const support::ScriptedServer& server) {
        config::ImapOptions imap;
        imap.remotehost = "127.0.0.1";
        imap.remoteport = server.port();
        imap.ssl = false;
        imap.starttls = false;
        imap.remoteuser = "user";
        imap.remotepass = "secret";
        imap.auth_mechanisms = {"PLAIN"};
        config::Repository options;
        options.name = "Remote";
        options.kind = imap;
        const Context context{events::Reporter(sink_, "Test"), {}};
        const auto repository =
            make_remote_repository(options, {general_, account_, paths_, interpreter_, sink_, "9.0"});
        std::vector<std::string> names;
        for (const auto& entry : repository->folders(context)) {
            names.push_back(entry.name.text());
            EXPECT_EQ(repository->open_remote(entry, context)->uid_validity(context), base::UidValidity(7));
        }
        return names;
    }
    using Names = std::vector<std::string>;

    config::General general_;
    config::Account account_;
    config::Surroundings paths_;
    python::Interpreter interpreter_{std::nullopt};
    Silent sink_;
};

TEST_F(ListedNames, ComeInEveryFormThatTheGrammarAllows) {
    support::ScriptedServer server(
        script("* LIST () \"/\" inbox\r\n"
               "* LIST () \"/\" \"a \\\"b\\\" \\\\c\"\r\n"
               "* LIST () \"/\" {6}\r\nd%\"*\\e\r\n"
               "* LIST () \"/\" \" blank \"\r\n",
               {"\" blank \"", "\"a \\\"b\\\" \\\\c\"", "\"d%\\\"*\\\\e\"", "\"inbox\""}));
    EXPECT_EQ(folders_of(server), (Names{" blank ", "a \"b\" \\c", "d%\"*\\e", "inbox"}));
    EXPECT_EQ(server.complaints(), Names{});
}

TEST_F(ListedNames, BeyondAsciiAreAskedForAsTheServerWroteThem) {
    account_.utf8foldernames = true;
    // "&AGE-" is an 'a' that must not be encoded and stays as it is; encoded, it would be "&-AGE-". The last
    // one is raw UTF-8, which is sent as a literal.
    support::ScriptedServer server([](Peer& peer) {
        script(
            "* LIST () \"/\" \"&AGE-\"\r\n* LIST () \"/\" \"Entw&APw-rfe\"\r\n* LIST () \"/\" "
            "\"\xC3\xBC\"\r\n",
            {"\"&AGE-\"", "\"Entw&APw-rfe\""})(peer);
        const auto tag = peer.expect("EXAMINE {2}");
        peer.send("+ go on\r\n");
        peer.expect_line("\xC3\xBC");
        peer.send("* 0 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n" + tag + " OK [READ-ONLY] done\r\n");
    });
    EXPECT_EQ(folders_of(server), (Names{"&AGE-", "Entw\xC3\xBCrfe", "\xC3\xBC"}));
    EXPECT_EQ(server.complaints(), Names{});
}

TEST_F(ListedNames, AreNeededToGoOn) {
    support::ScriptedServer server([](Peer& peer) {
        peer.log_in();
        for (const char* command : {"LIST \"\" \"\"", "LIST \"\" \"*\""}) {
            const auto tag = peer.expect(command);
            peer.send(tag + " OK done\r\n");
        }
    });
    try {
        folders_of(server);
        FAIL() << "a server without any folder was accepted";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.severity(), base::Severity::repository);
        EXPECT_EQ(std::string(error.what()), "Server 'Remote' returned no folders in ''");
    }
    EXPECT_EQ(server.complaints(), Names{});
}

TEST_F(ListedNames, ThatMeanTheSameAreReportedAndTheFirstIsTaken) {
    account_.utf8foldernames = true;
    support::ScriptedServer server(script(
        "* LIST () \"/\" &APw-\r\n* LIST () \"/\" \"\xC3\xBC\"\r\n* LIST () \"/\" &APw-\r\n", {"\"&APw-\""}));
    EXPECT_EQ(folders_of(server), Names{"\xC3\xBC"});
    ASSERT_EQ(sink_.errors.size(), 1U);
    EXPECT_NE(sink_.errors[0].find("'&APw-' and '"), std::string::npos) << sink_.errors[0];
    EXPECT_EQ(server.complaints(), Names{});
}

}  // namespace
}  // namespace offlineimap::repository

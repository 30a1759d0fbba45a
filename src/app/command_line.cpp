#include "offlineimap/app/command_line.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include "offlineimap/base/result.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/ui/interface.hpp"

namespace offlineimap::app {

namespace {

using base::Result;
using base::Unexpected;

constexpr int kUsageError = 2;
constexpr const char* kUsageLine = "Usage: offlineimap [options]\n";

constexpr const char* kDescription =
    "Copyright 2002-2021 John Goerzen & contributors of the original, and the authors of this C++ edition.  "
    "Licensed under the GNU GPL v2 or any later version (with an OpenSSL exception)";

// --- What options there are: declared once, for parsing, for abbreviations and for the help. ---

void declare_flag(CLI::App& app, const char* name, const char* description) {
    app.add_flag(name)->description(description);
}

CLI::Option* declare_value(CLI::App& app, const char* name, const char* value_name,
                           const std::string& description) {
    return app.add_option(name)
        ->description(description)
        ->type_name(value_name)
        ->expected(1)
        ->allow_extra_args(false)  // "[a,b]" is a value like any other
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void declare_options(CLI::App& app, const VersionTexts& versions) {
    app.set_help_flag();  // the library's own would come first
    app.set_version_flag("--version", versions.version, "print the version number and exit");
    app.set_help_flag("-h,--help", "print this help and exit");
    declare_flag(app, "-V", "print the versions of the program and of its components and exit");
    declare_flag(app, "--dry-run", "show what a run would do and change nothing");
    declare_flag(app, "--info", "show what is known about the configured repositories; no sync");
    declare_flag(app, "-1", "(the number one) do everything in a single thread");
    declare_value(app, "-P", "DIR", "write profile data to DIR");
    declare_value(app, "-a", "account1[,account2[,...]]", "sync these accounts only");
    declare_value(app, "-c", "FILE", "read the configuration from FILE");
    declare_value(app, "-d", "type1[,type2[,...]]",
                  "show debug messages of these types (imap, maildir, thread; or all)");
    declare_value(app, "-l", "FILE", "append all messages to FILE, too");
    declare_flag(app, "-s", "send all messages to syslog, too");
    declare_value(app, "-f", "folder1[,folder2[,...]]", "sync these remote folders only");
    declare_value(app, "-k", "[section:]option=value", "set an option of the configuration for this run")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    declare_flag(app, "-o", "run once, whatever autorefresh says");
    declare_flag(app, "-q", "quick run: skip folders without new or deleted messages, leave flags alone");
    declare_value(app, "-u", "INTERFACE",
                  "use this user interface (" + base::join(ui::available_names(), ", ") + ")");
    declare_value(app, "--delete-folder", "FOLDERNAME", "delete a folder of the remote repository");
    declare_flag(app, "--migrate-fmd5-using-nametrans",
                 "give messages stored by versions before 6.3.5 their new FMD5 hashes");
    declare_flag(app, "--mbnames-prune", "forget mbnames entries of accounts that are configured no more");
    declare_value(app, "--oauth2-login", "ACCOUNT",
                  "log in with OAuth 2 and store the account's first refresh token; no sync");
    declare_flag(app, "--ext-exit",
                 "add to the exit status: 32 if anything changed on the remote side, 64 on the local side");
    declare_flag(app, "--ignore-keyring", "read no passwords from the keyring");
    declare_flag(app, "--update-keyring", "store the passwords that were used in the keyring");
}

bool takes_value(const CLI::Option& option) {
    return option.get_items_expected_max() > 0;
}

// --- Spelling: from what optparse accepts to what CLI11 reads. ---

using Tokens = std::vector<std::string>;

// Rewrites arguments so that each option is written in full, alone and, if it has one, followed by its value;
// drops what is no option. CLI11 knows neither abbreviations nor ignored positionals, and words its errors
// otherwise.
class Speller {
  public:
    Speller(const CLI::App& app, std::span<const char* const> arguments) : app_(&app), rest_(arguments) {}

    // The error is optparse's sentence.
    Result<Tokens, std::string> spell() {
        while (!rest_.empty() && error_.empty() && !finished_) spell_next(take());
        if (!error_.empty()) return Unexpected(error_);
        return std::move(tokens_);
    }

  private:
    std::string_view take() {
        const std::string_view argument = rest_.front();
        rest_ = rest_.subspan(1);
        return argument;
    }

    void spell_next(std::string_view argument) {
        if (argument == "--") {
            finished_ = true;
        } else if (argument.starts_with("--")) {
            spell_long(argument);
        } else if (argument.starts_with('-') && argument.size() > 1) {
            spell_bundle(argument.substr(1));
        }
    }

    void spell_long(std::string_view argument) {
        const auto equals = argument.find('=');
        const auto* const option = find_long(argument.substr(2, equals - 2));
        if (option == nullptr) return;
        const std::string name = "--" + option->get_lnames().front();
        const bool has_value = equals != std::string_view::npos;
        if (takes_value(*option)) {
            add_with_value(name, has_value ? std::optional(argument.substr(equals + 1)) : std::nullopt);
        } else if (has_value) {
            fail(name + " option does not take a value");
        } else {
            add_flag(name);
        }
    }

    // "1oq", "uquiet", "1ouquiet": flags up to the first option with a value, whose value is the rest.
    void spell_bundle(std::string_view letters) {
        while (!letters.empty() && error_.empty() && !finished_) {
            const std::string name = std::string("-") + letters.front();
            letters.remove_prefix(1);
            const auto* const option = app_->get_option_no_throw(name);
            if (option == nullptr) {
                fail("no such option: " + base::printable(name));
            } else if (takes_value(*option)) {
                add_with_value(name, letters.empty() ? std::nullopt : std::optional(letters));
                return;
            } else {
                add_flag(name);
            }
        }
    }

    // The option of that name, else the only one that begins so; nullptr after an error.
    const CLI::Option* find_long(std::string_view prefix) {
        std::vector<std::string> candidates;
        const CLI::Option* found = nullptr;
        for (const auto* const option : app_->get_options()) {
            for (const auto& name : option->get_lnames()) {
                if (name == prefix) return option;
                if (!name.starts_with(prefix)) continue;
                candidates.push_back("--" + name);
                found = option;
            }
        }
        if (candidates.size() == 1) return found;
        const std::string written = "--" + base::printable(prefix);
        if (candidates.empty()) {
            fail("no such option: " + written);
        } else {
            std::sort(candidates.begin(), candidates.end());
            fail("ambiguous option: " + written + " (" + base::join(candidates, ", ") + "?)");
        }
        return nullptr;
    }

    // A value may look like an option.
    void add_with_value(const std::string& name, std::optional<std::string_view> value) {
        if (!value && rest_.empty()) {
            fail(name + " option requires 1 argument");
            return;
        }
        tokens_.push_back(name);
        tokens_.emplace_back(value ? *value : take());
    }

    // Help and version are obeyed where they stand: what follows is not even looked at.
    void add_flag(const std::string& name) {
        tokens_.push_back(name);
        finished_ = name == "-h" || name == "--help" || name == "--version";
    }

    void fail(std::string sentence) { error_ = std::move(sentence); }

    const CLI::App* app_;
    std::span<const char* const> rest_;
    Tokens tokens_;
    std::string error_;
    bool finished_ = false;
};

// --- Help, laid out as optparse does at 80 columns. ---

constexpr std::size_t kHelpColumn = 24;
constexpr std::size_t kLineWidth = 78;

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines(1);
    for (const auto word : base::split(text, ' ')) {
        auto& line = lines.back();
        if (!line.empty() && line.size() + 1 + word.size() > width) {
            line = std::string(base::trim_right(line));
            lines.emplace_back(word);
        } else {
            // Two blanks in a row give an empty word: they stay.
            if (!line.empty()) line += ' ';
            line += word;
        }
    }
    return lines;
}

// "-h, --help", "-P DIR", "--delete-folder=FOLDERNAME"
std::string spellings_of(const CLI::Option& option) {
    std::vector<std::string> spellings;
    const std::string value = takes_value(option) ? option.get_type_name() : "";
    for (const auto& name : option.get_snames()) {
        spellings.push_back("-" + name + (value.empty() ? "" : " " + value));
    }
    for (const auto& name : option.get_lnames()) {
        spellings.push_back("--" + name + (value.empty() ? "" : "=" + value));
    }
    return base::join(spellings, ", ");
}

std::string help_entry(const CLI::Option& option) {
    std::string entry = "  " + spellings_of(option);
    if (entry.size() + 2 > kHelpColumn) entry += "\n";
    for (const auto& line : wrapped(option.get_description(), kLineWidth - kHelpColumn)) {
        const auto line_start = entry.rfind('\n');
        const auto column = line_start == std::string::npos ? entry.size() : entry.size() - line_start - 1;
        entry += std::string(kHelpColumn - column, ' ') + line + "\n";
    }
    return entry;
}

std::string help_text(const CLI::App& app) {
    std::string text = std::string(kUsageLine) + "\n";
    for (const auto& line : wrapped(kDescription, kLineWidth)) text += line + "\n";
    text += "\nOptions:\n";
    for (const auto* const option : app.get_options()) text += help_entry(*option);
    return text;
}

// --- From CLI11's results to our values. ---

std::optional<std::string> last_value(const CLI::App& app, const char* name) {
    const auto& values = app.get_option(name)->results();
    if (values.empty()) return std::nullopt;
    return values.back();
}

std::optional<std::vector<std::string>> comma_list(const CLI::App& app, const char* name) {
    const auto value = last_value(app, name);
    if (!value) return std::nullopt;
    const auto parts = base::split(*value, ',');
    return std::vector<std::string>(parts.begin(), parts.end());
}

std::optional<std::vector<std::string>> read_accounts(const CLI::App& app) {
    auto accounts = comma_list(app, "-a");
    if (!accounts) return std::nullopt;
    for (auto& account : *accounts) account = std::string(base::trim_left(account));
    return accounts;
}

std::optional<DebugRequest> read_debug(const CLI::App& app) {
    const auto names = comma_list(app, "-d");
    if (!names) return std::nullopt;
    DebugRequest request;
    request.types.add(events::DebugType::other);
    for (const auto& written : *names) {
        const auto name = base::trim(written);
        if (base::equals_ignoring_case(name, "all")) {
            request.types = events::DebugTypes::all();
        } else if (const auto type = events::debug_type_named(name)) {
            request.types.add(*type);
        } else {
            request.unknown.emplace_back(name);
        }
    }
    return request;
}

ExitNow usage_error(const std::string& sentence) {
    return ExitNow{.status = kUsageError,
                   .standard_output = {},
                   .standard_error = std::string(kUsageLine) + "\nofflineimap: error: " + sentence + "\n"};
}

CommandLine read_values(const CLI::App& app) {
    const auto given = [&app](const char* name) { return app.get_option(name)->count() > 0; };
    return CommandLine{.accounts = read_accounts(app),
                       .config_file = last_value(app, "-c"),
                       .debug = read_debug(app),
                       .folders = comma_list(app, "-f"),
                       .overrides = app.get_option("-k")->results(),
                       .log_file = last_value(app, "-l"),
                       .interface = last_value(app, "-u"),
                       .profile_directory = last_value(app, "-P"),
                       .delete_folder = last_value(app, "--delete-folder"),
                       .oauth2_login = last_value(app, "--oauth2-login"),
                       .single_thread = given("-1"),
                       .once = given("-o"),
                       .quick = given("-q"),
                       .syslog = given("-s"),
                       .dry_run = given("--dry-run"),
                       .info = given("--info"),
                       .migrate_fmd5 = given("--migrate-fmd5-using-nametrans"),
                       .prune_mbnames = given("--mbnames-prune"),
                       .extended_exit = given("--ext-exit"),
                       .ignore_keyring = given("--ignore-keyring"),
                       .update_keyring = given("--update-keyring")};
}

// nullopt: go on.
std::optional<ExitNow> hand_over(CLI::App& app, Tokens tokens, const VersionTexts& versions) {
    std::reverse(tokens.begin(), tokens.end());  // CLI11 takes them from the back
    try {
        app.parse(std::move(tokens));
    } catch (const CLI::CallForHelp&) {
        return ExitNow{.status = 0, .standard_output = help_text(app), .standard_error = {}};
    } catch (const CLI::CallForVersion&) {
        return ExitNow{.status = 0, .standard_output = versions.version + "\n", .standard_error = {}};
    } catch (const CLI::ParseError& error) {
        return usage_error(error.what());
    }
    if (app.get_option("-V")->count() == 0) return std::nullopt;
    return ExitNow{.status = 0, .standard_output = versions.full + "\n", .standard_error = {}};
}

}  // namespace

bool CommandLine::debug_forces_single_thread() const noexcept {
    if (!debug) return false;
    return single_thread || !debug->types.contains(events::DebugType::thread);
}

bool CommandLine::runs_in_a_single_thread() const noexcept {
    return single_thread || profile_directory.has_value() || debug_forces_single_thread();
}

std::variant<CommandLine, ExitNow> parse_command_line(int argc, const char* const* argv,
                                                      const VersionTexts& versions) {
    CLI::App app;
    declare_options(app, versions);

    const std::span<const char* const> all(argv, static_cast<std::size_t>(argc));
    auto tokens = Speller(app, all.subspan(std::min<std::size_t>(1, all.size()))).spell();
    if (!tokens) return usage_error(tokens.error());
    if (auto exit = hand_over(app, *std::move(tokens), versions)) return *std::move(exit);

    auto command_line = read_values(app);
    if (command_line.profile_directory && command_line.profile_directory->empty())
        return usage_error("-P option requires a directory that has a name");
    return command_line;
}

}  // namespace offlineimap::app

#include "offlineimap/sync/mbnames.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"

namespace offlineimap::sync {

namespace {

using Json = nlohmann::ordered_json;

constexpr mode_t kDirectoryMode = 0700;

[[noreturn]] void fail(const std::string& text) {
    throw base::Error(base::Severity::repository, base::ErrorCode::configuration, text);
}

// Python's json.dumps() with its defaults: ASCII only, ", " and ": " as separators.
std::string quoted(const std::string& text) {
    return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string json_of(const MbnamesItem& item) {
    std::string object;
    for (const auto& [key, value] : item) {
        object += (object.empty() ? "{" : ", ") + quoted(key) + ": " + (value ? quoted(*value) : "null");
    }
    return object + "}";
}

std::string json_of(const std::vector<MbnamesItem>& items) {
    std::string array;
    for (const auto& item : items) array += (array.empty() ? "[" : ", ") + json_of(item);
    return array.empty() ? "[]" : array + "]";
}

MbnamesItem item_of(const Json& object) {
    MbnamesItem item;
    for (const auto& [key, value] : object.items()) {
        item.emplace_back(key, value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt);
    }
    return item;
}

std::string value_of(const MbnamesItem& item, const std::string& key) {
    const auto found =
        std::find_if(item.begin(), item.end(), [&](const auto& pair) { return pair.first == key; });
    if (found == item.end())
        fail("[mbnames] peritem: there is no '" + key + "'; there are accountname, foldername, localfolders");
    return found->second.value_or("None");
}

enum class Quotes { none, single, doubled };

bool is_quote(char c) {
    return c == '"' || c == '\'';
}

bool contains_any_of(const std::string& text, std::string_view characters) {
    return text.find_first_of(characters) != std::string::npos;
}

bool has_control_characters(const std::string& text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// What the quote does to the state it is met in.
Quotes after_quote(Quotes quotes, char quote) {
    const auto own = quote == '"' ? Quotes::doubled : Quotes::single;
    if (quotes == Quotes::none) return own;
    return quotes == own ? Quotes::none : quotes;
}

// Without quotes a blank begins the next mailbox, which may be one of another server.
bool names_another_server(const std::string& name) {
    return contains_any_of(name, " \t") &&
           (name.find("://") != std::string::npos || contains_any_of(name, "{"));
}

// A name as a mail reader that sources the file may see it; nullopt: it would be taken for commands. Between
// double quotes, mutt still runs `…` and fills in $NAME, and takes \ and " as its own, unless a \ stands
// before them. Differs from OfflineIMAP, which writes names as they are: a folder's name, which anybody who
// shares the server may choose, could run commands.
std::optional<std::string> harmless(const std::string& name, Quotes quotes) {
    if (has_control_characters(name)) return std::nullopt;
    if (quotes == Quotes::single) return contains_any_of(name, "'`$\\") ? std::nullopt : std::optional(name);
    if (quotes == Quotes::none) {
        if (contains_any_of(name, "\"`\\$;#'|") || names_another_server(name)) return std::nullopt;
        return name;
    }
    std::string escaped;
    for (const char c : name) {
        if (std::string_view("\"`\\$").find(c) != std::string_view::npos) escaped += '\\';
        escaped += c;
    }
    return escaped;
}

// One conversion of the template: "%(foldername)-10s" has the key "foldername".
struct Conversion {
    std::string text;
    std::string key;
    // r and a: Python's own quotes around the value, and its escapes in it.
    bool is_quoted() const { return text.ends_with('r') || text.ends_with('a'); }
};

// The one that begins at `begin`. Whether it is a right one is for Python to say.
Conversion conversion_at(const std::string& peritem, std::size_t begin) {
    if (peritem.compare(begin, 2, "%(") != 0)
        fail(
            "[mbnames] peritem: a '%' must be followed by a name in parentheses, as in %(foldername)s, or "
            "by another '%'");
    std::size_t end = begin + 1;
    int open = 0;  // parentheses, which a key may have, too
    do {
        if (end == peritem.size()) fail("[mbnames] peritem: a ')' is missing");
        open += peritem[end] == '(' ? 1 : peritem[end] == ')' ? -1 : 0;
        ++end;
    } while (open > 0);
    Conversion conversion{{}, peritem.substr(begin + 2, end - begin - 3)};
    // Flags, width, precision and the lengths that Python ignores; then the letter of the type.
    end = std::min(peritem.find_first_not_of("#0- +123456789*.hlL", end), peritem.size() - 1);
    conversion.text = peritem.substr(begin, end + 1 - begin);
    return conversion;
}

// The text that Python makes of the value; nullopt: a mail reader would act on it.
std::optional<std::string> format_harmlessly(const Conversion& conversion, const MbnamesItem& item,
                                             Quotes quotes, const FormatConversion& format) {
    const auto value = value_of(item, conversion.key);
    const auto text = format(conversion.text, item);
    if (conversion.key == "localfolders") return text;  // the user's own text stays as it is
    if (!conversion.is_quoted() || quotes == Quotes::doubled) return harmless(text, quotes);
    if (conversion.text.find('.') != std::string::npos)
        fail("[mbnames] peritem: " + conversion.text + " cuts off a quotation mark; leave the precision out");
    // Python's own quotes go around the value, or end those of the template.
    const auto around_value = quotes == Quotes::single ? Quotes::none : Quotes::single;
    return harmless(value, around_value) ? std::optional(text) : std::nullopt;
}

// The accounts' files, by name.
std::vector<std::filesystem::path> account_files(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> files;
    std::error_code missing;
    for (const auto& file : std::filesystem::directory_iterator(directory, missing)) {
        if (file.path().extension() == ".json") files.push_back(file.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::size_t> default_order(const std::vector<MbnamesItem>& items) {
    std::vector<std::size_t> order(items.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto key = [&](std::size_t i) {
        return std::pair(value_of(items[i], "accountname"), value_of(items[i], "foldername"));
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
    return order;
}

}  // namespace

std::optional<std::string> format_item(const std::string& peritem, const MbnamesItem& item,
                                       const FormatConversion& format) {
    std::string text;
    Quotes quotes = Quotes::none;
    for (std::size_t i = 0; i < peritem.size();) {
        if (peritem[i] != '%') {
            const bool is_escaped = i > 0 && peritem[i - 1] == '\\';
            if (is_quote(peritem[i]) && !is_escaped) quotes = after_quote(quotes, peritem[i]);
            text += peritem[i++];
        } else if (peritem.compare(i, 2, "%%") == 0) {
            text += '%';
            i += 2;
        } else {
            const auto conversion = conversion_at(peritem, i);
            const auto value = format_harmlessly(conversion, item, quotes, format);
            // A template with keys (<enter>) is a macro, in which a name's own would be pressed.
            if (!value || (contains_any_of(peritem, "<") && contains_any_of(*value, "<")))
                return std::nullopt;
            text += *value;
            i += conversion.text.size();
        }
    }
    return text;
}

void prune_mbnames(const std::filesystem::path& directory, const std::vector<std::string>& kept,
                   events::Run run, const events::Reporter& reporter) {
    bool any = false;
    for (const auto& file : account_files(directory)) {
        if (std::find(kept.begin(), kept.end(), file.stem().string()) != kept.end()) continue;
        any = true;
        if (run == events::Run::dry) {
            reporter(events::Information{"mbnames would remove " + file.string()});
            continue;
        }
        os::remove_file(file, base::Severity::repository);
        reporter(events::Information{"removed " + file.string()});
    }
    if (!any) reporter(events::Information{"no cache file to remove"});
}

Mbnames::Mbnames(MbnamesSettings settings, events::Reporter reporter)
    : settings_(std::move(settings)), reporter_(std::move(reporter)) {}

void Mbnames::account_done(const std::string& account, const std::vector<SyncedFolder>& folders) {
    try {
        const std::lock_guard lock(files_mutex_);
        write_account(account, folders);
        if (settings_.incremental) write_final();
    } catch (const base::Error& error) {
        reporter_(events::ErrorOccurred{"Writing the mbnames of account " + account, error.what()});
    }
}

void Mbnames::write() {
    try {
        const std::lock_guard lock(files_mutex_);
        write_final();
    } catch (const base::Error& error) {
        reporter_(events::ErrorOccurred{"Writing the mbnames file", error.what()});
    }
}

void Mbnames::write_account(const std::string& account, const std::vector<SyncedFolder>& folders) const {
    std::vector<MbnamesItem> items;
    for (const auto& folder : folders) {
        if (settings_.selects && !settings_.selects(account, folder.folder)) continue;
        items.push_back(
            {{"accountname", account}, {"foldername", folder.folder}, {"localfolders", folder.localfolders}});
    }
    const auto path = settings_.directory / (account + ".json");
    if (settings_.dry_run) {
        reporter_(events::Information{"mbnames would write " + path.string()});
        return;
    }
    os::make_directories(settings_.directory, kDirectoryMode, base::Severity::repository);
    os::replace_file(path, json_of(items), os::Sync::no, base::Severity::repository);
}

std::vector<MbnamesItem> Mbnames::all_items() const {
    std::vector<MbnamesItem> items;
    for (const auto& file : account_files(settings_.directory)) {
        const auto text = os::read_file(file, base::Severity::repository);
        const auto array = Json::parse(text.value_or("[]"), nullptr, false);
        if (!array.is_array())
            fail("'" + file.string() + "' is damaged; remove it, the next sync writes it anew");
        for (const auto& object : array) items.push_back(item_of(object));
    }
    return items;
}

void Mbnames::write_final() const {
    if (settings_.dry_run) {
        reporter_(events::Information{"mbnames would write " + settings_.filename.string()});
        return;
    }
    const auto items = all_items();
    std::vector<std::string> lines;
    for (const auto index : settings_.sorted_order ? settings_.sorted_order(items) : default_order(items)) {
        auto line = format_item(settings_.peritem, items[index], settings_.format);
        if (!line) {
            reporter_(events::WarningGiven{
                "mbnames: folder '" + base::printable(value_of(items[index], "foldername")) +
                "' of account " + base::printable(value_of(items[index], "accountname")) +
                " is left out: its name has characters that a mail reader would take for commands"});
            continue;
        }
        lines.push_back(*std::move(line));
    }
    os::replace_named_file(settings_.filename,
                           settings_.header + base::join(lines, settings_.separator) + settings_.footer,
                           base::Severity::repository);
}

}  // namespace offlineimap::sync

#include <algorithm>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"
#include "offlineimap/os/stop_point.hpp"
#include "offlineimap/status/folder_status.hpp"
#include "offlineimap/status/intent_journal.hpp"
#include "offlineimap/status/names.hpp"
#include "offlineimap/status/plain_format.hpp"

#include "corrupt_state.hpp"
#include "stored_status.hpp"

namespace offlineimap::status {

namespace {

constexpr auto kSeverity = base::Severity::folder;
// Some ten million messages.
constexpr std::size_t kSizeLimit = std::size_t{256} << 20U;

[[noreturn]] void throw_problem(const PlainProblem& problem, const std::filesystem::path& file) {
    switch (problem.defect) {
        case PlainDefect::unknown_magic:
            throw_corrupt_status("Unrecognized cache magicline in '" + file.string() + "'", file);
        case PlainDefect::corrupt_line:
            break;
    }
    throw_corrupt_status(
        "Corrupt line '" + base::printable(problem.line, 100) + "' in cache file '" + file.string() + "'",
        file);
}

struct LoadedPlain {
    PlainStatus status;
    std::string warning;
};

// nullopt if the file does not exist.
std::optional<LoadedPlain> load_plain(const std::filesystem::path& file) {
    const auto content = os::read_file(file, kSeverity, kSizeLimit);
    if (!content) return std::nullopt;
    if (content->empty()) {
        return LoadedPlain{.status = {}, .warning = "Cache file '" + file.string() + "' is empty."};
    }
    auto parsed = parse_plain_status(*content);
    if (!parsed) throw_problem(parsed.error(), file);
    return LoadedPlain{.status = std::move(*parsed), .warning = {}};
}

std::vector<Intent> load_journal(const std::filesystem::path& plain) {
    const auto file = intents_of(plain);
    const auto content = os::read_file(file, kSeverity, kSizeLimit);
    if (!content) return {};
    auto intents = parse_intent_journal(*content);
    if (!intents) {
        throw base::Error(
            kSeverity, base::ErrorCode::corrupt_state,
            "'" + file.string() +
                "' should list uploads under way but cannot be read; to go on, remove it: a message "
                "whose upload was interrupted may then be uploaded twice");
    }
    return std::move(*intents);
}

using Rows = std::map<base::Uid, Row>;
using Intents = std::map<std::string, Intent>;

Rows by_uid(std::vector<Row> rows) {
    Rows result;
    for (auto& row : rows) result.insert_or_assign(result.end(), row.uid, std::move(row));
    return result;
}

Intents by_name(std::vector<Intent> intents) {
    Intents result;
    for (auto& intent : intents) result.insert_or_assign(intent.local_name, std::move(intent));
    return result;
}

template <class Map>
auto values(const Map& map) {
    std::vector<typename Map::mapped_type> result;
    result.reserve(map.size());
    for (const auto& [key, value] : map) result.push_back(value);
    return result;
}

void change_rows(Rows& rows, const Changes& changes) {
    for (const auto uid : changes.erase) rows.erase(uid);
    for (const auto& row : changes.put) rows.insert_or_assign(row.uid, row);
    for (const auto& row : changes.set_flags) {
        if (const auto known = rows.find(row.uid); known != rows.end()) known->second.flags = row.flags;
    }
}

void change_intents(Intents& intents, const Changes& changes) {
    for (const auto& name : changes.close_intents) intents.erase(name);
    for (const auto& intent : changes.open_intents) intents.insert_or_assign(intent.local_name, intent);
    for (const auto& name : changes.acknowledge_intents) {
        if (const auto open = intents.find(name); open != intents.end()) open->second.acknowledged = true;
    }
}

bool changes_rows(const Changes& changes) {
    return !changes.erase.empty() || !changes.put.empty() || !changes.set_flags.empty();
}

bool changes_intents(const Changes& changes) {
    return !changes.close_intents.empty() || !changes.open_intents.empty() ||
           !changes.acknowledge_intents.empty();
}

void require_plain_labels(std::span<const Row> rows, const std::filesystem::path& file) {
    for (const auto& row : rows) {
        for (const auto& label : row.labels) {
            if (is_plain_label(label)) continue;
            throw base::Error(kSeverity, base::ErrorCode::unsupported,
                              "'" + file.string() + "' cannot hold the label '" +
                                  base::printable(label, 100) + "' of UID " +
                                  std::to_string(row.uid.value()) +
                                  ": it contains a line break; use status_backend = sqlite");
        }
    }
}

// Keeps the whole status in memory and writes it as a whole: a batch costs as much as the folder is large.
class TextStatus final : public FolderStatus {
  public:
    TextStatus(const StatusPaths& paths, Durability durability)
        : file_(paths.plain),
          sync_(durability == Durability::fsync ? os::Sync::yes : os::Sync::no),
          intents_(by_name(load_journal(file_))) {
        if (auto found = load_plain(file_)) {
            take_over(std::move(*found));
        } else {
            start_new(read_sqlite_status(paths.sqlite));
        }
    }

    std::vector<Row> load() override { return values(rows_); }
    std::vector<Intent> intents() override { return values(intents_); }

    // Two files cannot change as one: the record of a UID goes first, so that an intent is never lost before
    // its outcome is known.
    void apply(const Changes& changes) override {
        if (changes_rows(changes)) {
            require_plain_labels(changes.put, file_);
            Rows changed = rows_;
            change_rows(changed, changes);
            os::stop_point("status-before-commit");
            write_rows(std::move(changed));
            os::stop_point("status-after-commit");
        }
        if (changes_intents(changes)) {
            Intents changed = intents_;
            change_intents(changed, changes);
            os::stop_point("intent-before-commit");
            write_intents(std::move(changed));
            os::stop_point("intent-after-commit");
        }
    }

  private:
    void take_over(LoadedPlain found) {
        warning_ = std::move(found.warning);
        rows_ = by_uid(std::move(found.status.rows));
        if (found.status.version == PlainVersion::two) return;
        write_rows(std::move(rows_));
        opened_ = Opened::upgraded;
    }

    // The intents first: while the status file is missing, an interrupted move starts again.
    void start_new(std::optional<StoredStatus> sqlite) {
        opened_ = sqlite ? Opened::migrated : Opened::created;
        if (sqlite && !sqlite->intents.empty()) write_intents(by_name(std::move(sqlite->intents)));
        if (sqlite) require_plain_labels(sqlite->rows, file_);
        write_rows(sqlite ? by_uid(std::move(sqlite->rows)) : Rows());
    }

    void write_rows(Rows rows) {
        os::replace_file_through(temporary_of(file_), file_, format_plain_status(values(rows)), sync_,
                                 kSeverity, 0600);
        rows_ = std::move(rows);
    }

    void write_intents(Intents intents) {
        const auto journal = intents_of(file_);
        if (intents.empty()) {
            os::remove_file(journal, kSeverity);
        } else {
            os::replace_file_through(temporary_of(journal), journal, format_intent_journal(values(intents)),
                                     sync_, kSeverity, 0600);
        }
        intents_ = std::move(intents);
    }

    std::filesystem::path file_;
    os::Sync sync_;
    Rows rows_;
    Intents intents_;
};

}  // namespace

std::optional<StoredStatus> read_plain_status(const std::filesystem::path& file) {
    auto found = load_plain(file);
    if (!found) return std::nullopt;
    return StoredStatus{.rows = std::move(found->status.rows),
                        .intents = load_journal(file),
                        .warning = std::move(found->warning)};
}

std::unique_ptr<FolderStatus> open_plain(const StatusPaths& paths, Durability durability) {
    make_status_directory(paths.plain.parent_path(), durability);
    return std::make_unique<TextStatus>(paths, durability);
}

}  // namespace offlineimap::status

#include "offlineimap/status/sqlite_database.hpp"

#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <system_error>

#include <sqlite3.h>

#include "offlineimap/base/error.hpp"
#include "offlineimap/os/file.hpp"

#include "corrupt_state.hpp"

namespace offlineimap::status {

namespace {

using base::Error;
using base::ErrorCode;
constexpr auto kSeverity = base::Severity::folder;

// SQLite's own text, and the system's where there is one: "unable to open database file" alone helps nobody.
std::string explanation(sqlite3* handle, int system_error) {
    std::string text = sqlite3_errmsg(handle);
    if (system_error != 0) text += " (" + std::generic_category().message(system_error) + ")";
    return text;
}

[[noreturn]] void throw_sqlite_error(sqlite3* handle, const std::filesystem::path& file) {
    const int extended = sqlite3_extended_errcode(handle);
    const int system_error = sqlite3_system_errno(handle);
    const std::string what = "status file '" + file.string() + "': " + explanation(handle, system_error);
    switch (extended & 0xFF) {
        case SQLITE_NOMEM:
            throw std::bad_alloc();
        case SQLITE_ERROR:  // our statements are right, so the tables are not what they should be
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_MISMATCH:
            throw_corrupt_status(what, file);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw Error(kSeverity, ErrorCode::lock_held, what + "; another program is using it");
        case SQLITE_FULL:
            throw Error(kSeverity, ErrorCode::disk_full, what);
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_READONLY:
            throw Error(kSeverity, ErrorCode::permission, what);
        default:
            throw Error(kSeverity, os::error_code_of(system_error), what);
    }
}

std::filesystem::path file_of(sqlite3* handle) {
    return sqlite3_db_filename(handle, "main");
}

int length_for_sqlite(std::string_view text) {
    if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) throw std::bad_alloc();
    return static_cast<int>(text.size());
}

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

void Statement::check(int code) {
    if (code == SQLITE_OK) return;
    sqlite3* const handle = sqlite3_db_handle(statement_.get());
    throw_sqlite_error(handle, file_of(handle));
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), parameter, value));
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
    // A null pointer would bind NULL. The destructor argument nullptr is SQLITE_STATIC: nothing is copied.
    const char* const bytes = text.empty() ? "" : text.data();
    check(sqlite3_bind_text(statement_.get(), parameter, bytes, length_for_sqlite(text), nullptr));
    return *this;
}

Statement& Statement::bind_null(int parameter) {
    check(sqlite3_bind_null(statement_.get(), parameter));
    return *this;
}

bool Statement::step() {
    switch (const int code = sqlite3_step(statement_.get())) {
        case SQLITE_ROW:
            return true;
        case SQLITE_DONE:
            return false;
        default:
            check(code);
            return false;
    }
}

void Statement::run() {
    while (step()) {
    }
    check(sqlite3_reset(statement_.get()));
    check(sqlite3_clear_bindings(statement_.get()));
}

std::int64_t Statement::integer(int column) {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) {
    const void* const bytes = sqlite3_column_text(statement_.get(), column);
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::is_null(int column) {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Closer::operator()(sqlite3* handle) const noexcept {
    sqlite3_close_v2(handle);
}

Database Database::open(const std::filesystem::path& file, Access access,
                        std::chrono::milliseconds busy_limit) {
    // An absolute path is never taken for a URI or for ":memory:".
    const auto absolute = std::filesystem::absolute(file);
    const int flags =
        (access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(absolute.c_str(), &handle, flags, nullptr);
    if (handle == nullptr) throw std::bad_alloc();
    Database database(absolute, handle);
    if (code != SQLITE_OK) throw_sqlite_error(handle, absolute);
    sqlite3_busy_timeout(handle, static_cast<int>(busy_limit.count()));
    return database;
}

void Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) throw_sqlite_error(handle_.get(), file_);
}

Statement Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v2(handle_.get(), sql.data(), length_for_sqlite(sql), &statement, nullptr);
    if (code != SQLITE_OK) throw_sqlite_error(handle_.get(), file_);
    return Statement(statement);
}

bool Database::has_table(std::string_view name) {
    auto query = prepare("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?");
    return query.bind(1, name).step();
}

bool Database::has_column(std::string_view table, std::string_view column) {
    auto query = prepare("SELECT 1 FROM pragma_table_info(?) WHERE name=?");
    return query.bind(1, table).bind(2, column).step();
}

void Database::require_whole_file() {
    const auto pragma = [this](std::string_view sql) {
        auto query = prepare(sql);
        return query.step() ? query.integer(0) : 0;
    };
    const auto expected =
        static_cast<std::uintmax_t>(pragma("PRAGMA page_count") * pragma("PRAGMA page_size"));
    const auto size = std::filesystem::file_size(file_);
    // A file of one byte is an empty database to SQLite.
    const bool too_short_for_a_page = expected == 0 && size > 0;
    if (size < expected || too_short_for_a_page) {
        throw_corrupt_status("status file '" + file_.string() + "' was cut short", file_);
    }
}

Transaction::Transaction(Database& database) : database_(database) {
    database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    sqlite3* const handle = database_.handle_.get();
    // After some errors SQLite has rolled back by itself.
    if (sqlite3_get_autocommit(handle) != 0) return;
    sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    database_.execute("COMMIT");
}

std::string database_library_version() {
    return std::string("SQLite ") + sqlite3_libversion();
}

}  // namespace offlineimap::status

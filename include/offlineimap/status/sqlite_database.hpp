// SQLite behind owning types and our errors: Error{folder, …} naming the file, with SQLite's own text. A file
// that is no database or is damaged is Error{folder, corrupt_state}. Not thread-safe: one thread at a time
// uses a database and its statements.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace offlineimap::status {

// Must not outlive its database.
class Statement {
  public:
    // Parameters and columns are numbered as SQLite does it: parameters from 1, columns from 0.
    Statement& bind(int parameter, std::int64_t value);
    // The bytes are borrowed until the statement has run.
    Statement& bind(int parameter, std::string_view text);
    Statement& bind_null(int parameter);
    // Runs a statement that answers nothing; ready to be bound again.
    void run();
    // The next row; false behind the last one.
    bool step();

    std::int64_t integer(int column);
    // Valid until the next step(). NULL is empty.
    std::string_view text(int column);
    bool is_null(int column);

  private:
    friend class Database;
    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    explicit Statement(sqlite3_stmt* statement) noexcept : statement_(statement) {}
    void check(int code);
    std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

class Database {
  public:
    enum class Access { read_only, read_write };

    // Opens a file that exists; neither creates one. `busy_limit`: how long a lock of another process is
    // waited for before it is Error{folder, lock_held}.
    static Database open(const std::filesystem::path& file, Access access,
                         std::chrono::milliseconds busy_limit = std::chrono::seconds(10));

    // One or more statements without parameters, their answers dropped.
    void execute(const std::string& sql);
    Statement prepare(std::string_view sql);
    bool has_table(std::string_view name);
    bool has_column(std::string_view table, std::string_view column);
    // Throws the corrupt_state error if the file is shorter than its pages. SQLite reads a cut last page as
    // zeros, without a complaint.
    void require_whole_file();

  private:
    friend class Transaction;
    struct Closer {
        void operator()(sqlite3* handle) const noexcept;
    };
    Database(std::filesystem::path file, sqlite3* handle) noexcept
        : file_(std::move(file)), handle_(handle) {}
    std::filesystem::path file_;
    std::unique_ptr<sqlite3, Closer> handle_;
};

// A write transaction that is rolled back unless committed.
class Transaction {
  public:
    explicit Transaction(Database& database);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

  private:
    Database& database_;
};

// "SQLite 3.40.1".
std::string database_library_version();

}  // namespace offlineimap::status

#include "offlineimap/sync/account.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/os/file.hpp"
#include "offlineimap/os/lock.hpp"

#include "folder_structure.hpp"
#include "hooks.hpp"

namespace offlineimap::sync {

namespace {

using namespace std::chrono_literals;
using repository::Context;

// Three rounds that fail as a whole, one after the other, end the account (the original's rule).
constexpr int kMostFailedRounds = 3;
constexpr std::chrono::seconds kSleepStep = 10s;

std::string folder_thread_name(const repository::FolderEntry& remote, const std::string& account) {
    const std::string& real = remote.name.text();
    const std::string& visible = remote.visible_name.text();
    const std::string name = visible == real ? real : visible + " [remote name " + real + "]";
    return "Folder " + name + " [acc: " + account + "]";
}

// Tells when a named activity begins and ends, whatever thread of the system it has.
class ThreadOfWork {
  public:
    ThreadOfWork(const events::Reporter& reporter, const std::string& account, Threading threading)
        : reporter_(reporter), threading_(threading) {
        reporter_(events::ThreadStarted{account});
        debug("begins");
    }
    ~ThreadOfWork() {
        debug("ends");
        reporter_(events::ThreadEnded{.was_main = threading_ == Threading::single});
    }
    ThreadOfWork(const ThreadOfWork&) = delete;
    ThreadOfWork& operator=(const ThreadOfWork&) = delete;

  private:
    void debug(const char* what) const {
        if (!reporter_.debugging(events::DebugType::thread)) return;
        reporter_.debug(events::DebugType::thread, what);
    }

    const events::Reporter& reporter_;
    const Threading threading_;
};

// `quick = N`: one full sync, then N quick ones, then full again; negative: always quick.
class QuickCounter {
  public:
    explicit QuickCounter(int quick) : quick_(quick) {}
    Thoroughness next() {
        if (quick_ < 0) return Thoroughness::quick;
        if (quick_ == 0) return Thoroughness::full;
        const bool full = count_ == 0 || count_ > quick_;
        count_ = full ? 1 : count_ + 1;
        return full ? Thoroughness::full : Thoroughness::quick;
    }
    void reset() { count_ = 0; }

  private:
    int quick_;
    int count_ = 0;
};

// The folders of one round, taken by up to `maxconnections` threads, each with a connection of its own.
class FolderQueue {
  public:
    FolderQueue(std::vector<FolderPair> pairs, const FolderSyncSettings& settings, Threading threading,
                AccountEnds& ends, const Context& context)
        : pairs_(std::move(pairs)),
          settings_(settings),
          threading_(threading),
          ends_(ends),
          context_(context) {}

    void run(std::size_t threads) {
        threads = std::min(threads, pairs_.size());
        if (threads <= 1) {
            work();
        } else {
            std::vector<std::jthread> workers;
            for (std::size_t i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
        }
        if (failure_) std::rethrow_exception(failure_);
    }

  private:
    void work() {
        while (const auto* pair = take()) {
            try {
                sync_one(*pair);
            } catch (...) {  // a thread's root: the account's thread rethrows it
                const std::lock_guard lock(queue_mutex_);
                if (!failure_) failure_ = std::current_exception();
                return;
            }
        }
    }

    // Nothing more is begun once a failure concerns the whole account.
    const FolderPair* take() {
        const std::lock_guard lock(queue_mutex_);
        if (failure_ || next_ == pairs_.size() || context_.stop.stop_requested()) return nullptr;
        return &pairs_[next_++];
    }

    void sync_one(const FolderPair& pair) {
        if (threading_ == Threading::single) {
            // The account's thread does it under its own name, and says so for each folder (as the original).
            context_.reporter(events::ThreadStarted{settings_.account});
            sync_folder(pair, settings_, *ends_.remote, *ends_.local, context_);
            return;
        }
        const auto reporter = context_.reporter.named(folder_thread_name(pair.remote, settings_.account));
        const ThreadOfWork thread(reporter, settings_.account, threading_);
        sync_folder(pair, settings_, *ends_.remote, *ends_.local, Context{reporter, context_.stop});
    }

    const std::vector<FolderPair> pairs_;
    const FolderSyncSettings& settings_;
    const Threading threading_;
    AccountEnds& ends_;
    const Context& context_;
    std::mutex queue_mutex_;  // guards next_ and failure_
    std::size_t next_ = 0;
    std::exception_ptr failure_;
};

class AccountRunner {
  public:
    AccountRunner(const AccountSettings& settings, AccountEnds ends, Control& control,
                  const events::Reporter& reporter)
        : settings_(settings),
          ends_(std::move(ends)),
          control_(control),
          context_{reporter, control.stop_token()},
          quick_(ends_.account.quick),
          wakes_seen_(control.wakes(settings.name)) {}

    void run() {
        int failed_rounds = 0;
        do {
            failed_rounds = one_round() ? 0 : failed_rounds + 1;
            if (failed_rounds == kMostFailedRounds && repeats()) {
                context_.reporter(events::ErrorOccurred{
                    "", "Account " + settings_.name +
                            ": three rounds failed one after the other; giving up on it"});
                return;
            }
        } while (repeats() && sleep());
    }

  private:
    bool repeats() const { return ends_.account.autorefresh_minutes > 0 && !control_.finishing(); }

    // The third of the four places where an Error is caught. False: the round failed as a whole.
    bool one_round() {
        const auto begun = std::chrono::steady_clock::now();
        context_.reporter(events::AccountStarted{settings_.name});
        const bool succeeded = try_round();
        const auto took =
            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun);
        context_.reporter(events::AccountFinished{settings_.name, took});
        return succeeded;
    }

    bool try_round() {
        try {
            round();
            return true;
        } catch (const base::Error& error) {
            context_.reporter(events::ErrorOccurred{"", error.what()});
            return error.severity() < base::Severity::repository;
        } catch (const base::Cancelled&) {
            return true;
        }
    }

    void round() {
        const auto lock = acquire_lock();
        const auto mode = quick_.next();
        ends_.local->begin_changes();
        hook("presynchook", ends_.account.presynchook, mode);
        try {
            sync_folders(mode);
        } catch (...) {
            end_round(repository::Repository::RoundEnd::failed);
            throw;
        }
        end_round(repository::Repository::RoundEnd::done);
        if (context_.stop.stop_requested()) return;
        if (hook("postsynchook", ends_.account.postsynchook, mode) == HookEnd::returned)
            ends_.local->forget_changes();
    }

    std::optional<os::AccountLock> acquire_lock() const {
        return lock_account(settings_.metadata, settings_.name,
                            settings_.dry_run ? events::Run::dry : events::Run::real);
    }

    void sync_folders(Thoroughness mode) {
        const auto settings = folder_settings(mode);
        auto pairs = pair_folders(settings, *ends_.remote, *ends_.local, context_);
        if (pairs.empty()) {
            throw base::Error(base::Severity::repository, base::ErrorCode::configuration,
                              "Account " + settings_.name + ": no folder to sync (folderfilter issue?)");
        }
        std::vector<SyncedFolder> synced;
        synced.reserve(pairs.size());
        for (const auto& pair : pairs)
            synced.push_back({settings_.name, pair.local.name.text(), ends_.local->root()});
        FolderQueue(std::move(pairs), settings, settings_.threading, ends_, context_).run(folder_threads());
        if (settings_.folders_done && !context_.stop.stop_requested()) settings_.folders_done(synced);
    }

    std::size_t folder_threads() const {
        if (settings_.threading == Threading::single) return 1;
        return static_cast<std::size_t>(std::max(ends_.remote->options().imap().maxconnections, 1));
    }

    FolderSyncSettings folder_settings(Thoroughness mode) const {
        return {.account = settings_.name,
                .status = {.metadata = settings_.metadata,
                           .account = settings_.name,
                           .local_repository = ends_.local->name(),
                           .remote_repository = ends_.remote->name(),
                           .backend = ends_.account.status_backend.value_or(config::StatusBackend::sqlite),
                           .fsync = settings_.fsync,
                           .dry_run = settings_.dry_run},
                .dry_run = settings_.dry_run,
                .ignore_readonly = settings_.ignore_readonly,
                .thoroughness = mode,
                .maxage = ends_.account.maxage,
                .maxsize = ends_.account.maxsize,
                .hook_limit = hook_limit()};
    }

    HookEnd hook(const char* name, const std::string& command, Thoroughness mode) const {
        return call_hook({.name = name,
                          .command = command,
                          .account = settings_.name,
                          .mode = mode,
                          .changes_file = ends_.changes_file,
                          .limit = hook_limit()},
                         settings_.dry_run ? events::Run::dry : events::Run::real, context_);
    }

    std::chrono::seconds hook_limit() const { return std::chrono::seconds(ends_.account.hooktimeout); }

    void end_round(repository::Repository::RoundEnd end) noexcept {
        ends_.remote->end_round(end);
        ends_.local->end_round(end);
    }

    // True: another round is due.
    bool sleep() {
        const auto total =
            std::chrono::seconds(static_cast<std::int64_t>(ends_.account.autorefresh_minutes * 60));
        auto remaining = total;
        auto keep_alive_due = keep_alive_period();
        while (remaining > 0s) {
            auto step = std::min(remaining, kSleepStep);
            if (keep_alive_due > 0s) step = std::min(step, keep_alive_due - (total - remaining));
            context_.reporter(events::Sleeping{step, remaining});
            switch (control_.wait(step, settings_.name, wakes_seen_)) {
                case Control::Ended::told_to_end:
                    return false;
                case Control::Ended::woken:
                    remaining = 0s;
                    quick_.reset();
                    break;
                case Control::Ended::elapsed:
                    remaining -= step;
                    break;
            }
            if (keep_alive_due > 0s && total - remaining >= keep_alive_due) {
                ends_.remote->keep_alive(context_);
                keep_alive_due += keep_alive_period();
            }
        }
        wakes_seen_ = control_.wakes(settings_.name);
        context_.reporter(events::Sleeping{0s, 0s});
        return !control_.finishing();
    }

    std::chrono::seconds keep_alive_period() const {
        return std::chrono::seconds(ends_.remote->options().imap().keepalive);
    }

    const AccountSettings& settings_;
    AccountEnds ends_;
    Control& control_;
    Context context_;
    QuickCounter quick_;
    std::uint64_t wakes_seen_;
};

}  // namespace

std::optional<os::AccountLock> lock_account(const std::filesystem::path& metadata, const std::string& account,
                                            events::Run run) {
    const auto path = metadata / (account + ".lock");
    std::optional<os::AccountLock> lock;
    if (run == events::Run::dry) {
        if (!os::AccountLock::is_held(path)) return lock;
    } else {
        lock = os::AccountLock::try_acquire(path);
    }
    if (!lock) {
        throw base::Error(base::Severity::repository, base::ErrorCode::lock_held,
                          "Could not lock account " + account + ". Is another instance using this account?");
    }
    return lock;
}

void run_account(const AccountSettings& settings, Control& control, const events::Reporter& reporter) {
    try {
        AccountRunner(settings, settings.make_ends(), control, reporter).run();
    } catch (const base::Error& error) {
        reporter(
            events::ErrorOccurred{"While attempting to sync account '" + settings.name + "'", error.what()});
    } catch (const std::exception& error) {  // a thread's root
        reporter(
            events::ErrorOccurred{"While attempting to sync account '" + settings.name + "'", error.what()});
    }
}

namespace {

void run_in_turn(const std::vector<AccountSettings>& accounts, std::atomic<std::size_t>& next,
                 Threading threading, Control& control, const events::Reporter& reporter) {
    for (std::size_t i = next++; i < accounts.size() && !control.stopping(); i = next++) {
        const auto own = reporter.named("Account sync " + accounts[i].name);
        const ThreadOfWork thread(own, accounts[i].name, threading);
        run_account(accounts[i], control, own);
    }
}

}  // namespace

void run_accounts(const std::vector<AccountSettings>& accounts, std::size_t most_at_once, Threading threading,
                  Control& control, const events::Reporter& reporter) {
    std::atomic<std::size_t> next = 0;
    if (threading == Threading::single) {
        run_in_turn(accounts, next, threading, control, reporter);
        return;
    }
    std::vector<std::jthread> runners;
    for (std::size_t i = 0; i < std::clamp<std::size_t>(most_at_once, 1, accounts.size()); ++i) {
        runners.emplace_back([&] { run_in_turn(accounts, next, threading, control, reporter); });
    }
}

}  // namespace offlineimap::sync

// The modes that tidy up instead of syncing (reference: command line §8-§10).
#include "offlineimap/base/error.hpp"
#include "offlineimap/maildir/md5_migration.hpp"
#include "offlineimap/maildir/tree.hpp"

#include "run.hpp"

namespace offlineimap::app {

namespace {

void say(const Run& run, const std::string& text) {
    run.reporter(events::Information{text});
}

events::Run kind_of(const Run& run) {
    return run.general.dry_run ? events::Run::dry : events::Run::real;
}

void delete_from(const Run& run, repository::RemoteRepository& remote, const std::string& folder,
                 std::stop_token stop) {
    try {
        remote.delete_folder(base::FolderName(folder), {run.reporter, std::move(stop)});
    } catch (const base::Error& error) {
        throw base::Error(
            error.severity(), error.code(),
            "Folder '" + folder + "'[" + remote.name() + "] could not be deleted. " + error.what());
    }
    say(run, "Folder '" + folder + "' deleted.");
}

maildir::Md5Findings report_findings(const Run& run, const maildir::Md5Migration& migration) {
    return {.outdated =
                [&run, &migration](const std::filesystem::path& file) {
                    say(run, "Migrating file `" + file.string() + "' to FMD5 `" + migration.to + "'");
                },
            .inconsistent =
                [&run, &migration](const std::filesystem::path& file) {
                    run.reporter(events::WarningGiven{"Inconsistent FMD5 for file `" + file.string() +
                                                      "': Neither `" + migration.from + "' nor `" +
                                                      migration.to + "' found"});
                }};
}

void migrate_folders(const Run& run, repository::LocalRepository& local, const std::stop_token& stop) {
    const auto& maildir = local.options().maildir();
    const maildir::Tree tree(maildir.localfolders, maildir.separator);
    for (const auto& folder : local.folders({run.reporter, stop})) {
        if (stop.stop_requested()) throw base::Cancelled();
        const maildir::Md5Migration migration{.folder = tree.path_of(folder.name),
                                              .from = maildir::folder_md5(folder.name),
                                              .to = maildir::folder_md5(folder.visible_name),
                                              .dry_run = run.general.dry_run,
                                              .sync = run.general.fsync ? os::Sync::yes : os::Sync::no};
        maildir::migrate_md5(migration, report_findings(run, migration), stop);
    }
    local.restore_access_times();
}

// Nobody may sync the account meanwhile: renamed messages would look like new ones.
void migrate_account(const Run& run, const std::string& name, const std::stop_token& stop) {
    const auto ends = run.make_ends(name, run.reporter);
    if (ends.local->options().type != config::RepositoryType::maildir) return;
    if (!run.general.dry_run) run.make_metadata_directory();
    const auto lock = sync::lock_account(run.general.metadata, name, kind_of(run));
    migrate_folders(run, *ends.local, stop);
}

}  // namespace

void delete_folder(const Run& run, const std::vector<std::string>& accounts, const std::string& folder,
                   std::stop_token stop) {
    if (accounts.size() != 1) {
        run.reporter(events::ErrorOccurred{"", "you must supply only one account with '-a'"});
        return;
    }
    if (run.general.dry_run) {
        say(run, "would try to remove '" + folder + "' on remote of '" + accounts.front() + "' account");
        return;
    }
    const auto ends = run.make_ends(accounts.front(), run.reporter);
    delete_from(run, *ends.remote, folder, std::move(stop));
}

void prune_mbnames(const Run& run) {
    const auto mbnames = make_mbnames(run);
    sync::prune_mbnames(run.general.metadata / "mbnames",
                        mbnames ? run.general.accounts : std::vector<std::string>(), kind_of(run),
                        run.reporter);
    if (mbnames && !mbnames->is_incremental()) mbnames->write();
}

void migrate_md5(const Run& run, const std::vector<std::string>& accounts, const std::stop_token& stop) {
    for (const auto& name : accounts) {
        try {
            migrate_account(run, name, stop);
        } catch (const base::Error& error) {
            run.reporter(
                events::ErrorOccurred{"While migrating the FMD5 of account '" + name + "'", error.what()});
        }
    }
}

}  // namespace offlineimap::app

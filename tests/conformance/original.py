"""What OfflineIMAP 8 makes of configurations: its own modules read and evaluate them, without a network.

    original.py DIRECTORY-OF-THE-PACKAGE < jobs > results

A line of the input is a job: {"config": file, "home": directory, "environment": {…}, "folders": [names on the server],
"overrides": [[section, option, value], …]}. A line of the output is its result:
{"accounts": [all that have a section], "error": why nothing would run or null, "ends": [one for each account to sync],
"mbnames": text of the file that a sync of all accounts would write, or null}. An end is {"account", "remote", "local",
"remote_folders": [[name, translated, selected], …] in the order of a sync, "local_folders": likewise, sorted by name}, or
{"account", "error"}.

Every job has a process of its own: helpers do things when they are loaded."""

import contextlib
import json
import os
import sys
import traceback

SEPARATOR = "/"


class Connection:
    """As much of an IMAP connection as listing the folders needs."""

    def __init__(self, names):
        self._names = names

    def list(self, directory, pattern):
        return "OK", [f'(\\HasNoChildren) "{SEPARATOR}" "{name}"'.encode("ascii") for name in self._names]

    lsub = list

    def select(self, mailbox, readonly):
        return "OK", [b"0"]


def said(error):
    return f"{type(error).__name__}: {error}"


def folders_of(repository):
    """Each once: what `folderincludes` names is in the list a second time if the server lists it too."""
    folders = dict.fromkeys((folder.getname(), folder.getvisiblename(), bool(folder.sync_this))
                            for folder in repository.getfolders())
    return [list(folder) for folder in folders]


def evaluate_account(config, name, server_folders):
    from offlineimap import accounts, repository
    account = accounts.SyncableAccount(config, name)
    os.makedirs(account.getaccountmeta(), exist_ok=True)
    # In the order in which a sync makes them.
    remote = repository.Repository(account, "remote")
    local = repository.Repository(account, "local")
    repository.Repository(account, "status")
    if config.has_option(remote.getsection(), "remotepasseval"):
        remote.getpassword()
    remote.imapserver.delim = SEPARATOR
    remote.imapserver.acquireconnection = lambda: Connection(server_folders)
    remote.imapserver.releaseconnection = lambda connection, drop_conn=False: None
    return account, remote, local


def end_of(config, name, server_folders, synced):
    try:
        account, remote, local = evaluate_account(config, name, server_folders)
        end = {"account": name, "remote": remote.getname(), "local": local.getname(),
               "remote_folders": folders_of(remote), "local_folders": sorted(folders_of(local))}
    except Exception as error:  # whatever a configuration raises is its result
        return {"account": name, "error": said(error)}
    for folder in remote.getfolders():
        if local.getsep() not in (os.sep, remote.getsep()) and local.getsep() in folder.getname():
            continue  # a sync passes over such a folder
        visible = folder.getvisiblename().replace(SEPARATOR, local.getsep())
        # A folder that is missing here is made first, unless it is filtered.
        if folder.sync_this and local.should_sync_folder(visible):
            synced.append((name, local.getlocalroot(), visible))
    return end


def mbnames_of(config, ui, synced):
    """What the module writes when all accounts are synced; None if it is switched off."""
    from offlineimap import mbnames
    if not config.has_section("mbnames"):
        return None
    names = mbnames._Mbnames(config, ui, False)
    if not names.is_enabled():
        return None
    for account, root, folder in synced:
        names.addAccountFolder(account, root, folder)
    for account in {account for account, _, _ in synced}:
        names.writeIntermediateFile(account)
    names.write()
    with open(names._path, encoding="utf-8") as file:
        return file.read()


def prepare_interface(config):
    from offlineimap.ui import UI_LIST, setglobalui
    name = config.getdefault("general", "ui", "ttyui").split(".")[-1].lower()
    if name not in UI_LIST:
        raise KeyError(f"UI '{name}' does not exist")
    config.set_if_not_exists("general", "dry-run", "False")
    ui = UI_LIST["quiet"](config)
    setglobalui(ui)
    return ui


def evaluate(job):
    from offlineimap import accounts, CustomConfig
    result = {"accounts": [], "error": None, "ends": [], "mbnames": None}
    config = CustomConfig.CustomConfigParser()
    config.read(job["config"])
    for section, option, value in job["overrides"]:
        config.set(section, option, value)
    ui = prepare_interface(config)
    result["accounts"] = accounts.getaccountlist(config)
    names = [name.lstrip() for name in config.get("general", "accounts").split(",")]
    for name in names:
        if name not in result["accounts"]:
            result["error"] = f"The account '{name}' does not exist"
            return result
    synced = []
    result["ends"] = [end_of(config, name, job["folders"], synced) for name in names]
    try:
        result["mbnames"] = mbnames_of(config, ui, synced)
    except Exception as error:
        result["error"] = said(error)
    return result


def evaluate_in_child(job, output):
    """In a process of its own."""
    os.environ.update(job["environment"])
    os.environ["HOME"] = job["home"]
    os.chdir(job["home"])
    try:
        with contextlib.redirect_stdout(sys.stderr):
            result = evaluate(job)
    except Exception as error:
        traceback.print_exc()
        result = {"accounts": [], "error": said(error), "ends": [], "mbnames": None}
    with os.fdopen(output, "w", encoding="utf-8", errors="backslashreplace") as pipe:
        pipe.write(json.dumps(result) + "\n")


def main():
    sys.path.insert(0, sys.argv[1])
    import offlineimap.accounts  # noqa: F401  loaded once, for all children
    import offlineimap.ui  # noqa: F401
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            evaluate_in_child(json.loads(line), writing)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            sys.stdout.write(pipe.read() or '{"error": "the process died", "accounts": [], "ends": [], "mbnames": null}\n')
        sys.stdout.flush()
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()

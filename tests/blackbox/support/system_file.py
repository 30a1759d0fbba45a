"""One file of the system (/etc/netrc, /dev/log) as a test wants it, for one program only and without touching the real
one: in a mount namespace of its own, its directory is replaced by links to what is in it and one to the test's file."""

import pathlib

_SCRIPT = """\
set -eu
directory=$1 name=$2 file=$3 scratch=$4
shift 4
mkdir -p "$scratch/real" "$scratch/shown"
mount --rbind "$directory" "$scratch/real"
for entry in "$scratch/real"/*; do ln -sfn "$entry" "$scratch/shown/"; done
ln -sfn "$file" "$scratch/shown/$name"
mount --rbind "$scratch/shown" "$directory"
exec "$@"
"""


def command_with(path, file, scratch, command):
    """The command that runs `command` where `path` is `file`. `scratch` is a directory to make; afterwards it holds
    links only. Works without privileges where user namespaces are allowed."""
    path = pathlib.Path(path)
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", _SCRIPT, "sh", str(path.parent), path.name, str(file),
            str(scratch), *command]

#!/usr/bin/python3
"""Makes the pictures of docs/blinkenlights.md anew: two accounts on a private Dovecot, synced in a private tmux.

    OFFLINEIMAP_BINARY=build/release/src/offlineimap scripts/blinkenlights-screenshots.py [DIRECTORY]

Needs what ./check needs, and python3-pil and fonts-dejavu-core.
"""

import pathlib
import sys
import tempfile

from PIL import Image, ImageDraw, ImageFont

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "blackbox"))

from support import corpus  # noqa: E402
from support.dovecot import Dovecot  # noqa: E402
from support.relay import SlowLine  # noqa: E402
from support.terminal import Terminal  # noqa: E402
from support.workspace import Workspace  # noqa: E402

ACCOUNTS = ("Personal", "Work")
FOLDERS = ("INBOX", "Archive", "Lists", "Sent")
FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono{}.ttf"
BACKGROUND = (16, 16, 20)
FOREGROUND = (208, 208, 208)
FIRST_16 = [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (40, 60, 180), (205, 0, 205), (0, 205, 205),
            (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255),
            (0, 255, 255), (255, 255, 255)]


def colour(number, default):
    """Of the palette that xterm has."""
    if number is None:
        return default
    if number < 16:
        return FIRST_16[number]
    if number >= 232:
        return (8 + 10 * (number - 232),) * 3
    steps = (0, 95, 135, 175, 215, 255)
    number -= 16
    return steps[number // 36], steps[number // 6 % 6], steps[number % 6]


def picture(screen, columns, rows):
    regular, bold = (ImageFont.truetype(FONTS.format(kind), 15) for kind in ("", "-Bold"))
    width, height, margin = int(regular.getlength("M")), 19, 8
    image = Image.new("RGB", (columns * width + 2 * margin, rows * height + 2 * margin), BACKGROUND)
    draw = ImageDraw.Draw(image)
    for row, cells in enumerate(screen.cells):
        for column, (character, style) in enumerate(cells):
            x, y = margin + column * width, margin + row * height
            if style.background is not None:
                draw.rectangle((x, y, x + width, y + height), fill=colour(style.background, BACKGROUND))
            draw.text((x, y), character, font=bold if "bold" in style.attributes else regular,
                      fill=colour(style.colour, FOREGROUND))
    return image.quantize(200)


def fill(account, number):
    for folder in FOLDERS:
        if folder != "INBOX":
            account.create(folder)
        account.append_all(folder, [(corpus.message(1000 * number + nth, lines=20), (r"\Seen",) if folder == "Sent" else (), None) for nth in range(60)])


def change(account):
    account.store("INBOX", range(1, 41), "+FLAGS", [r"\Seen"])
    account.store("Archive", range(2, 10), "+FLAGS", [r"\Flagged"])
    account.store("Sent", range(3, 6), "-FLAGS", [r"\Seen"])
    account.expunge("Lists", range(10, 20))
    account.append_all("INBOX", [(corpus.message(9000 + nth), (), None) for nth in range(3)])


def configure(workspace, port):
    sections = {"general": {"accounts": ", ".join(ACCOUNTS), "maxsyncaccounts": "2"}}
    for name in ACCOUNTS:
        sections[f"Account {name}"] = {"localrepository": f"{name}Local", "remoterepository": f"{name}Remote",
                                       "autorefresh": "5"}
        sections[f"Repository {name}Local"] = {"type": "Maildir", "localfolders": f"~/{name}"}
        sections[f"Repository {name}Remote"] = {**workspace.remote(name.lower()), "remoteport": port,
                                              "maxconnections": "3"}
    workspace.configure(sections)


def is_busy(screen):
    """Both accounts work, and their lights have colours of several kinds."""
    rows = [screen.lights(number) if screen.row(number) else [] for number in (1, 2)]
    shades = {style.colour for row in rows for style in row}
    return (all(len(row) >= 4 for row in rows) and len(shades - {None}) >= 3 and 208 in shades
            and screen.text.count("Syncing ") >= 2)


def all_asleep(screen):
    return all("[  4:" in screen.row(number) for number in (1, 2))


def save(directory, name, screen, columns, rows):
    (directory / f"{name}.txt").write_text(screen.text + "\n", encoding="utf-8")
    picture(screen, columns, rows).save(directory / f"{name}.png", optimize=True)


def sync_again(directory, terminal, account, columns, rows):
    change(account)
    terminal.press("1" if ACCOUNTS[0] in terminal.screen().row(1) else "2")
    terminal.wait_for_text("Requested synchronization")
    screen = terminal.wait_for(lambda shown: all_asleep(shown) and "Adding flag" in shown.text, "the second sync's end")
    save(directory, "blinkenlights-sleep", screen, columns, rows)
    terminal.press("q")


def main():
    directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs" / "images")
    directory.mkdir(parents=True, exist_ok=True)
    columns, rows = 96, 22
    with tempfile.TemporaryDirectory(prefix="offlineimap-pictures-") as work:
        work = pathlib.Path(work)
        work.chmod(0o755)
        server = Dovecot(work / "dovecot", mail_format="mdbox").start()
        terminal = Terminal(work, columns, rows)
        try:
            accounts = [server.account(name.lower()) for name in ACCOUNTS]
            for number, account in enumerate(accounts):
                fill(account, number)
            workspace = Workspace(work / "user", server)
            with SlowLine(server.host, server.tls_port, 50_000) as line:  # for moments that last
                configure(workspace, line.port)
                workspace.start_in(terminal)
                save(directory, "blinkenlights-sync", terminal.wait_for(is_busy, "a busy moment"), columns, rows)
                terminal.wait_for(all_asleep, "the end of the first sync")
                sync_again(directory, terminal, accounts[0], columns, rows)
        finally:
            terminal.stop()
            server.stop()


if __name__ == "__main__":
    main()

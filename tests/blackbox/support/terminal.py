"""A program in a terminal of its own (a private tmux): its screen, with colours, and keys for it."""

import itertools
import os
import re
import shlex
import subprocess
import time

from . import programs

TIMEOUT = 60

_CONTROL = re.compile(r"\x1b\[([0-9;]*)m|\x1b[()][A-Z0-9]|\x0e|\x0f|(.)", re.S)


class Style:
    """How a character is written: `colour` and `background` are None or a number of the terminal's palette."""

    def __init__(self):
        self.colour = self.background = None
        self.attributes = frozenset()

    def changed_by(self, codes):
        new = Style()
        new.colour, new.background, new.attributes = self.colour, self.background, self.attributes
        numbers = iter([int(code or 0) for code in codes.split(";")])
        for number in numbers:
            new._apply(number, numbers)
        return new

    def _apply(self, number, rest):
        names = {1: "bold", 2: "dim", 4: "underline", 5: "blink", 7: "reverse"}
        if number == 0:
            self.__init__()
        elif number in names:
            self.attributes |= {names[number]}
        elif 30 <= number <= 37:
            self.colour = number - 30
        elif 90 <= number <= 97:
            self.colour = number - 90 + 8
        elif 40 <= number <= 47:
            self.background = number - 40
        elif 100 <= number <= 107:
            self.background = number - 100 + 8
        elif number in (38, 48) and next(rest) == 5:
            setattr(self, "colour" if number == 38 else "background", next(rest))
        elif number == 39:
            self.colour = None
        elif number == 49:
            self.background = None

    def __eq__(self, other):
        return (self.colour, self.background, self.attributes) == (other.colour, other.background, other.attributes)

    def __repr__(self):
        return f"<{self.colour} on {self.background} {sorted(self.attributes)}>"


class Screen:
    """What tmux's `capture-pane -e` shows: `lines` of text, and the style of every character."""

    def __init__(self, captured):
        self.lines = []
        self.cells = []  # by line: [(character, Style)]
        style = Style()
        for line in captured.split("\n"):
            cells = []
            for match in _CONTROL.finditer(line):
                if match.group(1) is not None:
                    style = style.changed_by(match.group(1))
                elif match.group(2) is not None:
                    cells.append((match.group(2), style))
            self.cells.append(cells)
            self.lines.append("".join(character for character, _ in cells).rstrip())

    @property
    def text(self):
        return "\n".join(self.lines)

    def row(self, number):
        """The row of lights with that number, "" if there is none."""
        return next((line for line in self.lines if line.startswith(f"{number}: [")), "")

    def style_of(self, text):
        """Of the first character of `text` where it stands first."""
        for line, cells in zip(self.lines, self.cells):
            at = line.find(text)
            if at >= 0:
                return cells[at][1]
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    def lights(self, number):
        """The styles of the row's lights."""
        for line, cells in zip(self.lines, self.cells):
            if line.startswith(f"{number}: ["):
                return [style for character, style in cells if character == "@"]
        raise AssertionError(f"there is no row {number}:\n{self.text}")


class Terminal:
    """A shell script runs in it; `columns` x `rows`. When the script is through, the terminal stays."""

    _numbers = itertools.count()

    def __init__(self, directory, columns=100, rows=24):
        self._directory = directory
        self._socket = str(directory / f"tmux-{next(self._numbers)}")
        self._size = (columns, rows)
        self._server = None

    def start(self, script, environment, kind="screen-256color"):
        """`kind` is what $TERM says."""
        configuration = self._directory / "tmux.conf"
        configuration.write_text("set -g status off\nset -g default-shell /bin/sh\n"
                                 f"set -g default-terminal {kind}\nset -g escape-time 0\nset -g history-limit 10000\nset -g exit-empty off\n")
        environment = {name: value for name, value in environment.items()
                       if name not in ("TMUX", "TERM", "NO_COLOR") or name == "NO_COLOR" and value}
        self._server = subprocess.Popen(
            [programs.tmux(), "-u", "-S", self._socket, "-f", str(configuration), "-D"], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=programs.die_with_parent())
        self._wait_for(lambda: os.path.exists(self._socket), "tmux did not start")
        columns, rows = self._size
        started = self._tmux("new-session", "-d", "-x", str(columns), "-y", str(rows),
                             "sh -c " + shlex.quote(script + "\nexec sleep 3600"), check=False)
        if started.returncode != 0:
            raise AssertionError(f"tmux: {started.stderr}")

    def stop(self):
        if self._server is not None:
            self._tmux("kill-server", check=False)
            self._server.kill()
            self._server.wait()

    def _tmux(self, *arguments, check=True):
        return subprocess.run([programs.tmux(), "-u", "-S", self._socket, *arguments], check=check,
                              capture_output=True, text=True, timeout=TIMEOUT)

    @staticmethod
    def _wait_for(condition, message):
        limit = time.monotonic() + TIMEOUT
        while not condition():
            if time.monotonic() > limit:
                raise AssertionError(message() if callable(message) else message)
            time.sleep(0.05)

    def screen(self):
        return Screen(self._tmux("capture-pane", "-p", "-e").stdout.rstrip("\n"))

    def history(self):
        """The screen and what has scrolled away, each line whole."""
        return Screen(self._tmux("capture-pane", "-p", "-e", "-J", "-S", "-").stdout.rstrip("\n"))

    def wait_for(self, condition, what):
        """The screen as soon as `condition(screen)` holds."""
        seen = []

        def holds():
            seen[:] = [self.screen()]
            return condition(seen[0])

        self._wait_for(holds, lambda: f"{what}: not within {TIMEOUT} s; the screen is:\n{seen[0].text}")
        return seen[0]

    def wait_for_text(self, text, count=1):
        return self.wait_for(lambda screen: screen.text.count(text) >= count, f"{text!r} x {count}")

    def press(self, *keys):
        """Keys by tmux's names ("q", "Enter", "C-c")."""
        self._tmux("send-keys", *keys)

    def type(self, text):
        self._tmux("send-keys", "-l", text)

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def shows_other_screen(self):
        return self._says("alternate_on") == "1"

    def shows_cursor(self):
        return self._says("cursor_flag") == "1"

    def size(self):
        return tuple(map(int, self._says("pane_width},#{pane_height").split(",")))

    def _says(self, variable):
        return self._tmux("display-message", "-p", f"#{{{variable}}}").stdout.strip()

"""Mail to measure with: the same bytes for the same numbers, on every machine."""

import calendar
import dataclasses
import random
import time

FOLDERS = ["INBOX", "Archive", "Drafts", "Lists", "Projects", "Receipts", "Sent", "Travel"]
# Half of the mail is in INBOX, the rest in the other folders.
_INBOX_SHARE = 0.5

_WORDS = ("about after also and because before between could every first from given great house into just know later "
          "little made mail make many message more most much never next number often order other over part people "
          "place point question rather right same server should since small some still such system than that their "
          "there these thing think this those three time under until very water were what when where which while "
          "with word work world would write year").split()
_FLAGS = [(r"\Seen", 0.7), (r"\Answered", 0.1), (r"\Flagged", 0.05)]
_FIRST_DAY = calendar.timegm((2015, 1, 1, 0, 0, 0))
_TEN_YEARS = 10 * 365 * 86400


@dataclasses.dataclass(frozen=True)
class Message:
    folder: str
    body: bytes  # with LF
    flags: frozenset
    date: int

    @property
    def internal_date(self):
        return time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(self.date))


def _size(dice):
    """About 4 KiB on average: most are a page or two of text, one in two hundred has something attached."""
    if dice.random() < 0.005:
        return dice.randint(60_000, 400_000)
    return int(min(40_000, 400 + dice.expovariate(1 / 2500)))


def _text(dice, size):
    lines, length = [], 0
    while length < size:
        line = " ".join(dice.choices(_WORDS, k=dice.randint(3, 12)))
        lines.append(line)
        length += len(line) + 1
    return "\n".join(lines) + "\n"


def _body(dice, name, date):
    stamp = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(date))
    sender, subject = dice.choice(_WORDS), " ".join(dice.choices(_WORDS, k=6))
    header = (f"Return-Path: <{sender}@example.org>\nReceived: from mx.example.org by mail.example.net; {stamp}\n"
              f"Date: {stamp}\nFrom: {sender.title()} <{sender}@example.org>\nTo: You <you@example.net>\n"
              f"Subject: {subject}\nMessage-ID: <{name}.{dice.getrandbits(64):016x}@example.org>\n"
              "MIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\n")
    return (header + _text(dice, _size(dice))).encode("ascii")


def _folder(dice):
    return FOLDERS[0] if dice.random() < _INBOX_SHARE else dice.choice(FOLDERS[1:])


def messages(count, kind="first", seed=1):
    """`kind` keeps the batches of one benchmark apart; batches but the first are unseen mail."""
    dice = random.Random(f"{seed} {kind}")
    for number in range(count):
        date = _FIRST_DAY + dice.randrange(_TEN_YEARS)
        flags = frozenset(name for name, share in _FLAGS if dice.random() < share) if kind == "first" else frozenset()
        yield Message(_folder(dice), _body(dice, f"{kind}{number}", date), flags, date)

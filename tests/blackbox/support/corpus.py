"""Messages to test with; the same seed gives the same bytes. All bodies are in wire form (CRLF line ends)."""

import random

_WORDS = ("lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et "
          "dolore magna aliqua ut enim ad minim veniam quis nostrud exercitation ullamco").split()
_SYSTEM_FLAGS = (r"\Seen", r"\Answered", r"\Flagged", r"\Draft")
_KEYWORDS = ("$Forwarded", "$Work", "Later", "NonJunk")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def message(number, lines=3, subject=None, seed=0):
    """An ordinary message that no other (number, seed) shares."""
    source = random.Random(f"{seed}/{number}")
    text = "\r\n".join(" ".join(source.choices(_WORDS, k=source.randint(3, 12))) for _ in range(lines))
    return (f"From: Sender {number} <sender{number}@example.org>\r\n"
            f"To: receiver@example.net\r\n"
            f"Subject: {subject or f'Message {number}'}\r\n"
            f"Date: {1 + number % 28:02} {_MONTHS[number % 12]} 2024 {number % 24:02}:15:00 +0000\r\n"
            f"Message-ID: <{seed}.{number}@example.org>\r\n"
            f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
            f"\r\n{text}\r\n").encode("ascii")


def disk_message(number, **options):
    """message() in the form in which it lies in a Maildir."""
    return message(number, **options).replace(b"\r\n", b"\n")


def flags(source, keywords=False):
    chosen = [flag for flag in _SYSTEM_FLAGS if source.random() < 0.3]
    if keywords:
        chosen += [keyword for keyword in _KEYWORDS if source.random() < 0.15]
    return chosen


def date(source):
    return (f"{source.randint(1, 28):02}-{source.choice(_MONTHS)}-{source.randint(1995, 2025)} "
            f"{source.randint(0, 23):02}:{source.randint(0, 59):02}:{source.randint(0, 59):02} "
            f"{source.choice(('+0000', '+0100', '-0330', '+0545', '-0800'))}")


def eight_bit(number, seed=0):
    return (f"From: =?utf-8?q?J=C3=B6rg?= <j{number}@example.org>\r\nTo: receiver@example.net\r\n"
            f"Subject: Gr=?utf-8?b?w7zDn2U=?= {number}\r\nMessage-ID: <8bit.{seed}.{number}@example.org>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 8bit\r\n\r\nGrüße aus Köln\r\n").encode("utf-8")


def mailbox(seed, count):
    """`count` times (body, flags, date) of the kinds that people have: short and long, 8-bit, multipart, with
    and without text."""
    source = random.Random(seed)
    return [(_ordinary(source, number, seed), flags(source, keywords=True), date(source)) for number in range(count)]


def _ordinary(source, number, seed):
    kind = source.randrange(10)
    if kind == 0:
        return eight_bit(number, seed)
    if kind == 1:
        return message(number, lines=source.randint(100, 800), seed=seed)
    if kind == 2:
        return message(number, lines=0, seed=seed)
    if kind == 3:
        return _multipart(number, seed)
    return message(number, lines=source.randint(1, 30), seed=seed)


def _multipart(number, seed):
    boundary = f"=_{seed}_{number}"
    return (f"From: a{number}@example.org\r\nTo: b@example.net\r\nSubject: parts {number}\r\n"
            f"Message-ID: <parts.{seed}.{number}@example.org>\r\nMIME-Version: 1.0\r\n"
            f"Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n"
            f"--{boundary}\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n"
            f"--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            f"AAECAwQFBgcICQ==\r\n--{boundary}--\r\n").encode("ascii")


def odd_bodies():
    """{what is odd: body}: every one must arrive byte for byte. No NUL: servers may refuse or replace it."""
    return {
        "one byte": b"x",
        "only a header": b"Subject: only a header\r\n",
        "a header and its empty line": b"Subject: no text\r\n\r\n",
        "no header": b"\r\nonly text\r\n",
        "no line end at the end": b"Subject: unfinished\r\n\r\nlast line",
        "no line end at all": b"just words",
        "bare CR": b"Subject: bare CR\r\n\r\none\rtwo\rthree\r\n",
        "bare CR at the end": b"Subject: CR at the end\r\n\r\nend\r",
        "bare CR at the start": b"\rSubject: CR at the start\r\n\r\ntext\r\n",
        "empty lines at the end": b"Subject: empty lines\r\n\r\ntext\r\n\r\n\r\n\r\n",
        "8-bit that is no UTF-8": b"Subject: \xe4\xf6\xfc\r\nX-Latin: \xff\xfe\r\n\r\n\x80\x81\xfe\xff\r\n",
        "control characters": b"Subject: control\r\n\r\n" + bytes(range(1, 10)) + b"\x0b\x0c\x0e\x1b\x7f\r\n",
        "a line of 300,000 bytes": b"Subject: long line\r\n\r\n" + b"0123456789" * 30_000 + b"\r\n",
        "a header line of 40,000 bytes": b"X-Long: " + b"h" * 40_000 + b"\r\n\r\ntext\r\n",
        "a broken multipart": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nno end\r\n',
        "a charset nobody knows": b"Content-Type: text/plain; charset=klingon\r\n\r\nqapla\r\n",
        "From lines": b"From here\r\nFrom: a@example.org\r\n\r\nFrom there\r\n>From yonder\r\n",
        "what looks like IMAP": b"Subject: )\r\n\r\n)\r\n* 1 EXPUNGE\r\nA1 OK done\r\n{5}\r\nhello\r\n",
        "dots and blanks": b"Subject:  two  blanks \r\n\r\n.\r\n..\r\n \r\n\t\r\n",
        "exactly a buffer": b"Subject: size\r\n\r\n" + b"z" * (65536 - len(b"Subject: size\r\n\r\n") - 2) + b"\r\n",
        "a line end across 16 KiB": b"S: a\r\n\r\n" + b"y" * (16384 - 9) + b"\r\n" + b"w" * 100 + b"\r\n",
    }


def big(size, seed=0):
    """About `size` bytes that do not compress, in lines of 76."""
    block = random.Random(seed).randbytes(57 * 1024).hex().encode("ascii")
    lines = [block[start:start + 76] for start in range(0, len(block), 76)]
    text = b"\r\n".join(lines) + b"\r\n"
    return b"Subject: big\r\n\r\n" + text * (size // len(text) + 1)

"""Runs one command and says what it cost: measure.py RESULT.json LOG COMMAND...

A program of its own, started afresh for each measurement: the kernel counts the memory of the process that forks into
the peak of its child, so the one that forks has to be small. What this one needs (some 10 MB) is the least that any
program can seem to use.
"""

import json
import os
import sys
import time


def main():
    result_file, log_file, *command = sys.argv[1:]
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            os.dup2(nothing, 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    seconds = time.monotonic() - began
    with open(result_file, "w", encoding="ascii") as file:
        json.dump({"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak_kib": usage.ru_maxrss,
                   "exit": os.waitstatus_to_exitcode(status)}, file)


main()

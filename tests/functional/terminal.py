#!/usr/bin/env python3
"""A person at a terminal: terminal.py SCREEN COMMAND [ARGUMENT...] <SCRIPT

Runs the command on a terminal of its own.  Each line of SCRIPT is "TEXT|KEYS": the keys are typed once
the terminal has shown the text, behind what came before the last keys.  They stand as Python writes
them ("\\t" is the tabulator).  What the terminal showed is in SCREEN.  Ends with the command, and with
its exit code (128 and the number of a signal), or after a minute with 99.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time


def keys(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


def main():
    screen, command = sys.argv[1], sys.argv[2:]
    steps = [line.rsplit("|", 1) for line in sys.stdin.read().splitlines()]
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    shown, end = b"", time.monotonic() + float(os.environ.get("PATIENCE", 60))
    with open(screen, "wb", buffering=0) as log:
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                part = os.read(terminal, 4096)
            except OSError:  # nobody has the terminal open any more
                part = b""
            if not part:
                status = os.waitpid(child, 0)[1]
                return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            log.write(part)
            shown += part
            if steps and steps[0][0].encode() in shown:
                shown = shown.split(steps[0][0].encode(), 1)[1]
                os.write(terminal, keys(steps.pop(0)[1]))
    os.kill(child, 9)
    return 99


sys.exit(main())

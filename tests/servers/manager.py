"""Plays the service manager for one command, and ends with its status.

    manager.py [--abstract] [--journal] [--watchdog MS] [--deaf] COMMAND...

What the command sends to $NOTIFY_SOCKET becomes lines of the file "told": who has sent it, by what the
kernel says ("main": the process that was started; "other"), and the text.  The number of that process is in
the file "pid".

    --abstract     the socket is a name of Linux, and in no file system
    --deaf         nobody reads from it
    --watchdog MS  $WATCHDOG_USEC; without a sign of life for so long the command is killed by SIGABRT, as
                   systemd does it, and "told" ends with the line "killed"
    --journal      standard error is a socket that $JOURNAL_STREAM names; what comes goes to the file "journal"
"""

import argparse
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

parser = argparse.ArgumentParser()
for switch in "--abstract", "--journal", "--deaf":
    parser.add_argument(switch, action="store_true")
parser.add_argument("--watchdog", type=int, default=0)
parser.add_argument("command", nargs=argparse.REMAINDER)
options = parser.parse_args()

name = f"@dbferry-test-{os.getpid()}" if options.abstract else os.path.abspath("notify")
if not options.abstract and os.path.exists(name):
    os.unlink(name)
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
listener.bind("\0" + name[1:] if options.abstract else name)
ours, theirs = socket.socketpair()

child = os.fork()
if child == 0:
    os.environ["NOTIFY_SOCKET"] = name
    if options.watchdog:
        os.environ.update(WATCHDOG_USEC=str(options.watchdog * 1000), WATCHDOG_PID=str(os.getpid()))
    if options.journal:
        found = os.fstat(theirs.fileno())
        os.environ["JOURNAL_STREAM"] = f"{found.st_dev}:{found.st_ino}"
        os.dup2(theirs.fileno(), 2)
    os.execvp(options.command[0], options.command)
theirs.close()
with open("pid", "w", encoding="ascii") as file:
    print(child, file=file)


def keep_journal():
    with open("journal", "wb") as journal:
        while data := ours.recv(65536):
            journal.write(data)
            journal.flush()


def take(told):
    """One message, or nothing where none is there."""
    try:
        text, ancillary, _, _ = listener.recvmsg(65536, socket.CMSG_SPACE(12), socket.MSG_DONTWAIT)
    except BlockingIOError:
        return ""
    sender = struct.unpack("iii", ancillary[0][2])[0]
    print("main" if sender == child else "other", text.decode(), file=told, flush=True)
    return text.decode()


keeper = threading.Thread(target=keep_journal)
keeper.start()
last = time.monotonic()
ended = os.pidfd_open(child)
with open("told", "w", encoding="utf-8") as told:
    running = True
    while running:
        waits = [ended] if options.deaf else [ended, listener]
        ready, _, _ = select.select(waits, [], [], 0.1)
        while not options.deaf and (text := take(told)):
            if text == "WATCHDOG=1":
                last = time.monotonic()
        running = ended not in ready
        if running and options.watchdog and time.monotonic() - last > options.watchdog / 1000:
            os.kill(child, signal.SIGABRT)
            print("killed", file=told, flush=True)
            running = False
    _, how = os.waitpid(child, 0)
keeper.join()
sys.exit(128 + os.WTERMSIG(how) if os.WIFSIGNALED(how) else os.WEXITSTATUS(how))

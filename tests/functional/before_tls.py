#!/usr/bin/env python3
"""The sweep of mysql-before-tls.bats: everything that somebody on the way can make of what a real
server says before TLS, one change in each run.

    before_tls.py FOLDER SERVER ADDRESS PORT source|target MODES [CONNECTION]

FOLDER holds `keys-MODE`, the lines of the connection for each of MODES (parted by commas), `password`,
and for a target `ask`, a command that runs SQL on the server (shell.py).  DBFERRY is the program.
FERRY_SWEEP=all does each change, in the first mode and in one of the others in turn; without it some
are done, in each mode in turn.
For a target only the CONNECTIONth connection of a run is met, 1 or 2.

What must hold, whatever he does:
  exit 0 only with the true rows, in a table that is defined as after an honest run;
  else one of the documented codes, and the old rows;
  the password never in the clear; from `required` on not even the account's name;
  no crash, and no word of a sanitizer.
"""

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "servers"))
from meddler import Meddler  # noqa: E402 (found by the line above)
from shell import Shell  # noqa: E402

CODES = {0, 65, 66, 69, 73, 74, 75, 76, 77, 78}
ACCOUNT, PASSWORD = b"loader", b"S3cret-Pass"
WORKERS = 4
STEP = 23  # of each so many changes one is made where not all are

OK = bytes.fromhex("00000002000000")
KINDS = {
    "OK": OK,
    "error 1040": bytes.fromhex("ff1004") + b"Too many connections",
    "error 1045": bytes.fromhex("ff1504") + b"#28000Access denied",
    "error 3159": bytes.fromhex("ff570c") + b"#HY000Connections using insecure transport",
    "error of no bytes": b"\xff",
    "end": bytes.fromhex("fe00000200"),
    "switch to clear text": b"\xfemysql_clear_password\0" + b"s" * 20 + b"\0",
    "switch to native": b"\xfemysql_native_password\0" + b"s" * 20 + b"\0",
    "switch of no name": b"\xfe",
    "more data": b"\1\4",
    "file request": b"\xfb/etc/passwd",
    "result set": b"\2",
    "column": b"\3def\1d\1t\1t\2id\2id\x0c\x3f\0\x14\0\0\0\x03\x03\x42\0\0\0",
    "row": b"\0\0\7\0\0\0\5hello",
    "garbage": bytes(range(256)),
    "nothing": b"",
    "protocol 9": b"\x095.0.0\0\1\0\0\0saltsalt\0",
    "old greeting": b"\x0a5.0.0\0\1\0\0\0saltsalt\0\0\0",
    "TLS alert": bytes.fromhex("15030100020228"),
}


def packet(body, number):
    return len(body).to_bytes(3, "little") + bytes([number]) + body


def greeting_of(server):
    with socket.create_connection(server) as line:
        data = b""
        while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:3], "little"):
            data += line.recv(4096)
    return data


def changes(greeting):
    """(name, deed) of all that is done."""
    for place, length in (("greeting", len(greeting)), ("handshake", 160)):
        for at in range(length):
            old = greeting[at] if place == "greeting" else None
            values = {0, 0xFF, 0xFE, 0xFB, 0x41}
            if old is not None:
                values = (values | {old ^ (1 << bit) for bit in range(8)}) - {old}
            for value in sorted(values):
                yield f"{place} change {at} {value:02x}"
            yield f"{place} cut {at}"
            for value in (0, 0xFF, 0x61):
                yield f"{place} insert {at} {value:02x}"
        for body in KINDS.values():
            for number in (0, 1, 2, 3):
                yield f"{place} replace {packet(body, number).hex()}"
        for size in ("ffffff", "fffffe", "000001"):
            yield f"{place} replace {size}00{greeting[4:].hex()}"
    for body in KINDS.values():
        for number in (1, 2, 3):
            yield f"append {packet(body, number).hex()}"
            yield f"append {(packet(body, number) * 9).hex()}"
    for byte in (0, 1, 0x16, 0xFF):
        yield f"append {byte:02x}"
    for text in ("8.4.0", "5.5.5-10.0.1-MariaDB", "5.5.5-99.9.9-MariaDB", "0", "x" * 200, "11.8.9-MariaDB", "4.0.1"):
        yield f"version {text}"
    # MariaDB's own flags, which another server has not; the same of a server that is none.
    end = greeting.index(0, 5)
    flags = end + 1 + 4 + 8 + 1
    for caps in ("1f", "08", "10", "18", "ff"):
        forged = bytearray(greeting)
        forged[flags] &= 0xFE
        forged[flags + 14:flags + 18] = bytes([int(caps, 16), 0, 0, 0])
        forged[5:end] = (b"5.5.5-9.9-MariaDB" + b"x" * 40)[:end - 5]
        yield f"greeting change 0 {bytes(forged).hex()}"


ROWS = "SELECT id, title FROM t; SELECT sql FROM sqlite_master WHERE tbl_name = 't' ORDER BY name"


class Worker(threading.Thread):
    def __init__(self, sweep, number):
        super().__init__()
        self.sweep = sweep
        self.folder = os.path.join(sweep.folder, f"{sweep.role}-{number}")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.meddler = Meddler(sweep.address, (sweep.address, sweep.port), self.folder)
        threading.Thread(target=self.meddler.listen, daemon=True).start()
        self.db = os.path.join(self.folder, "local.db")
        self.table = f"t{number}" if sweep.role == "target" else "t"
        self.value = 100
        self.last = b""
        self.shell = Shell([sweep.ask]) if sweep.role == "target" else None

    def config(self, mode):
        with open(os.path.join(self.sweep.folder, f"keys-{mode}"), encoding="ascii") as keys:
            text = f"""connections = {{
  server = {{ driver = "mysql"; host = "{self.sweep.address}"; port = {self.meddler.port}; user = "loader";
             password_file = "{self.sweep.folder}/password"; database = "d"; connect_timeout = "1s";
             read_timeout = "3s"; retries = 0; {keys.read()} }};
  local = {{ driver = "sqlite"; path = "{self.db}"; }};
}};
"""
        path = os.path.join(self.folder, "dbferry.conf")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(text)
        return path

    def deed(self, lines):
        path = os.path.join(self.folder, "deed")
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        os.rename(path + ".new", path)

    def sqlite(self, sql):
        return subprocess.run(["sqlite3", "-batch", self.db, sql], stdout=subprocess.PIPE, check=True).stdout

    def make_old(self):
        for end in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(self.db + end):
                os.unlink(self.db + end)
        self.value += 1
        if self.sweep.role == "source":
            shutil.copy(self.sweep.old, self.db)
        else:
            with contextlib.closing(sqlite3.connect(self.db)) as db:
                db.executescript(f"CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO t VALUES ({self.value}, 'new')")

    def files(self):
        """The bytes of the file and of its journals."""
        found = []
        for end in ("", "-wal", "-journal"):
            if os.path.exists(self.db + end):
                with open(self.db + end, "rb") as file:
                    found.append(file.read())
        return found

    def rows(self):
        if self.sweep.role == "target":
            return "".join(f"{line}\n" for line in self.shell.ask(f"SELECT id, title FROM {self.table}")).encode()
        if self.files() == self.sweep.old_files:  # nobody need ask again
            return self.sweep.old_rows
        return self.sqlite(ROWS)

    def wanted(self):
        """What the target holds after a run that says that it was done."""
        if self.sweep.role == "source":
            return self.sweep.honest
        return b"%d\tnew\n" % self.value

    def run_once(self, config):
        way = ["server", "local"] if self.sweep.role == "source" else ["local", "server"]
        return subprocess.run(
            [os.environ["DBFERRY"], "copy", *way, "--table", "t", "--target-table", self.table, "--config", config],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)

    def try_change(self, mode, change):
        self.make_old()
        before = self.rows() if self.sweep.role == "source" else self.last
        with open(os.path.join(self.folder, "sent"), "rb") as sent:
            sent.seek(0, os.SEEK_END)
            place = sent.tell()
            lines = [change] if change else []
            self.deed(lines + ([f"connection {self.sweep.connection}"] if self.sweep.connection else []))
            ended = self.run_once(self.config(mode))
            clear = sent.read()
        code, output = ended.returncode, ended.stdout
        after = self.rows()
        self.last = after
        faults = []
        if code not in CODES:
            faults.append("no documented code")
        if code == 0 and after != self.wanted():
            faults.append(f"says that it was done, and there is {after!r}")
        if code != 0 and after != before:
            faults.append(f"the old rows are not there: {after!r}")
        if code != 0 and b"unchanged" not in output:
            faults.append("does not say that the target is unchanged")
        if PASSWORD in clear:
            faults.append("the password in the clear")
        if mode != "preferred" and ACCOUNT in clear:
            faults.append("the account's name in the clear")
        for word in (b"Sanitizer", b"runtime error", PASSWORD, b"\x1b"):
            if word in output:
                faults.append(f"{word!r} in the output")
        return code, faults, output

    def run(self):
        try:
            while (job := self.sweep.next_job()) is not None:
                mode, change = job
                code, faults, output = self.try_change(mode, change)
                self.sweep.report(mode, change, code, faults, output)
        except Exception as error:  # the thread's end must be told
            self.sweep.broken.append(f"{type(error).__name__}: {error}")


class Sweep:
    def __init__(self, arguments):
        self.folder, self.server, self.address, port, self.role, modes, *rest = arguments
        self.port, self.modes = int(port), modes.split(",")
        self.connection = rest[0] if rest else ""
        self.ask = os.path.join(self.folder, "ask")
        self.lock, self.codes, self.failed, self.broken = threading.Lock(), {}, 0, []
        self.old = os.path.join(self.folder, "old.db")
        if not os.path.exists(self.old):
            subprocess.run(["sqlite3", "-batch", self.old,
                            "CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO t VALUES (99, 'old')"],
                           check=True)
        with open(self.old, "rb") as file:
            self.old_files = [file.read()]
        self.old_rows = subprocess.run(["sqlite3", "-batch", self.old, ROWS], stdout=subprocess.PIPE, check=True).stdout
        all_changes = list(changes(greeting_of((self.address, self.port))))
        self.total = len(all_changes)
        self.jobs = list(self.choose(all_changes))
        self.honest = None

    def choose(self, all_changes):
        whole = os.environ.get("FERRY_SWEEP") == "all"
        for number, change in enumerate(all_changes):
            if whole:
                yield self.modes[0], change
                yield self.modes[1 + number % (len(self.modes) - 1)], change
            elif number % STEP == 0:
                yield self.modes[number // STEP % len(self.modes)], change

    def next_job(self):
        with self.lock:
            return self.jobs.pop() if self.jobs else None

    def report(self, mode, change, code, faults, output):
        with self.lock:
            self.codes[code] = self.codes.get(code, 0) + 1
            if faults:
                self.failed += 1
                print(f"{self.server}, {self.role}, {mode}: {change}: exit {code}: {'; '.join(faults)}\n"
                      f"{output.decode(errors='replace')}")

    def run_honestly(self, worker, mode):
        for _ in range(5):  # a machine that is busy may let a run wait for too long
            worker.make_old()
            worker.deed([])
            ended = worker.run_once(worker.config(mode))
            if ended.returncode not in (69, 75, 76):
                break
        if ended.returncode != 0:
            sys.exit(f"an honest run fails with {ended.returncode}: {ended.stdout.decode()}")

    def run(self):
        first = Worker(self, 0)
        for mode in self.modes:
            self.run_honestly(first, mode)
            self.honest = first.rows()
        count = len(self.jobs)
        workers = [Worker(self, number) for number in range(1, WORKERS + 1)]
        for worker in workers:
            if self.role == "target":  # each has a table of its own, with old rows
                self.run_honestly(worker, self.modes[0])
                worker.last = worker.rows()
            worker.start()
        for worker in workers:
            worker.join()
        codes = ", ".join(f"{number} times {code}" for code, number in sorted(self.codes.items()))
        print(f"{self.server}, {self.role}: {count} runs with {self.total} changes: {codes}")
        if self.broken or self.failed or sum(self.codes.values()) != count:
            sys.exit("; ".join(self.broken) or f"{self.failed} runs were not as they must be")


Sweep(sys.argv[1:]).run()

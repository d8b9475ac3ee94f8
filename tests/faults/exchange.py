"""A load during which files are exchanged at one moment, again and again, at each moment in turn.

    exchange.py PRELOAD FOLDER MODE [PLACES]    FOLDER is made; PLACES per exchange, or "all" (default 3)

MODE says what the target is: new, new-delete (a file that is not there yet), wal, staged, direct,
truncate (one with old rows).  Before the Nth call of the program that has to do with the target's folder,
one of the names in it (the database, its journals, lock and staging file) is given to a victim: a text, a
database or an empty file, which is moved or linked there; or what is there is removed; or the folder
itself is exchanged.  Afterwards:

  - the victim has its bytes and its mode, unless it was the target before the load began, as it stood at
    the target's path: then it is the target, and has its own state or the new one;
  - the database that was the target has the old rows or the new ones, whole, if it is still there;
  - the exit status is a documented one, and 0 only with the new rows.

What SQLite finds is asked of SQLite; what dbferry says is not asked.
"""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys

DOCUMENTED = {0, 65, 66, 69, 71, 73, 74, 75, 76, 77, 78}
ROWS = 300
COMMON = ["--table", "t", "--target-table", "t", "-o", "job.lock_wait=1s", "-o", "target.retries=0", "-q"]
MODES = {
    "new": (None, []),
    "new-delete": (None, ["-o", "target.journal_mode=delete"]),
    "wal": ("wal", []),
    "staged": ("delete", []),
    "direct": ("delete", ["-o", "job.staging=none"]),
    "truncate": ("truncate", ["-o", "job.staging=none"]),
}
HASH_OF_T = "08c7c907b56a0254"  # FNV-1a, 64 bits, of "t" and a byte 0xff
SUFFIXES = ["", "-journal", "-wal", "-shm", "-dbferry.lock", f"-dbferry-{HASH_OF_T}.stage"]
WAYS = ["move", "link", "symlink", "aside", "remove"]
FOLDER_WAYS = ["folder", "folder-link", "folder-remove"]
VICTIMS = ["text", "database", "empty"]


def make_database(path, table_rows, journal="delete", extra=""):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA journal_mode={journal}")
    db.executescript(
        f"CREATE TABLE t (id INTEGER, name TEXT); {extra} WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL "
        f"SELECT i + 1 FROM n WHERE i < {table_rows}) INSERT INTO t SELECT i, 'old ' || i FROM n;")
    db.close()


def state_of(folder, name, scratch, foreign):
    """What a database holds, seen in a copy with those of its journals that are its own."""
    shutil.rmtree(scratch, ignore_errors=True)
    os.mkdir(scratch)
    copy = f"{scratch}/x.db"
    shutil.copyfile(f"{folder}/{name}", copy)
    for suffix in "-journal", "-wal":
        beside = f"{folder}/{name}{suffix}"
        if os.path.isfile(beside) and not os.path.islink(beside) and os.stat(beside).st_ino not in foreign:
            shutil.copyfile(beside, copy + suffix)
    db = sqlite3.connect(copy)
    try:
        sound = db.execute("PRAGMA integrity_check").fetchone()[0]
        if sound != "ok":
            return f"damaged: {sound}"
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]
        rows = list(db.execute("SELECT * FROM t ORDER BY id")) if "t" in tables else None
        other = list(db.execute("SELECT * FROM precious")) if "precious" in tables else None
        return rows, other
    finally:
        db.close()


class Sweep:
    def __init__(self, preload, folder, mode):
        self.folder, self.mode = os.path.realpath(folder), mode
        self.journal, self.options = MODES[mode]
        self.d, self.v = f"{self.folder}/d", f"{self.folder}/v"
        self.program = os.environ["DBFERRY"]
        self.preload = preload
        self.hits, self.failures = 0, []
        os.makedirs(self.folder)
        make_database(f"{self.folder}/from.db", ROWS)
        self.new = [(i, f"old {i}") for i in range(1, ROWS + 1)]
        sqlite_new = sqlite3.connect(f"{self.folder}/from.db")
        sqlite_new.execute("UPDATE t SET name = 'new ' || id")
        sqlite_new.commit()
        sqlite_new.close()
        self.new = [(i, f"new {i}") for i in range(1, ROWS + 1)]
        self.old = None if self.journal is None else [(i, f"old {i}") for i in range(1, 21)]
        make_database(f"{self.folder}/victim.db", 5, extra="CREATE TABLE precious (x); INSERT INTO precious VALUES ('keep');")
        self.victims = {
            "text": b"dear diary\n" * 500,
            "database": open(f"{self.folder}/victim.db", "rb").read(),
            "empty": b"",
        }
        self.fresh("text")
        code, self.calls, _ = self.run(0, "")
        assert code == 0 and self.calls > 50, (code, self.calls, self.said)

    def fresh(self, victim):
        for folder in self.d, self.v, f"{self.d}.away":
            if os.path.islink(folder):
                os.unlink(folder)
            shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(self.d)
        os.mkdir(self.v)
        if self.journal is not None:
            make_database(f"{self.d}/x.db", 20, self.journal)
            self.target = os.stat(f"{self.d}/x.db").st_ino
        else:
            self.target = None
        with open(f"{self.v}/victim", "wb") as file:
            file.write(self.victims[victim])
        os.chmod(f"{self.v}/victim", 0o640)
        self.victim = os.stat(f"{self.v}/victim").st_ino

    def run(self, at, what):
        count = f"{self.folder}/count"
        if os.path.exists(count):
            os.unlink(count)
        environment = dict(os.environ, LD_PRELOAD=self.preload, EXCHANGE_FOLDER=self.d, EXCHANGE_AT=str(at),
                           EXCHANGE_DO=what, EXCHANGE_COUNT=count)
        done = subprocess.run(
            [self.program, "copy", f"sqlite:{self.folder}/from.db", f"sqlite:{self.d}/x.db"] + COMMON + self.options,
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
        self.said = done.stdout.decode(errors="replace")
        calls, call = (open(count).read().split() + ["0", "-"])[:2] if os.path.exists(count) else ("0", "-")
        return done.returncode, int(calls), call

    def what(self, way, suffix):
        """The exchange, in the words of exchange.c."""
        name = f"{self.d}/x.db{suffix}"
        victim = f"{self.v}/victim"
        aside = f"move {name} {self.d}/aside{suffix}\n"
        return {
            "move": f"move {victim} {name}",
            "link": f"remove {name}\nlink {victim} {name}",
            "symlink": f"remove {name}\nsymlink {victim} {name}",
            "aside": f"{aside}move {victim} {name}",
            "remove": f"remove {name}",
            "folder": f"move {self.d} {self.d}.away\nmove {self.v} {self.d}",
            "folder-link": f"move {self.d} {self.d}.away\nsymlink {self.v} {self.d}",
            "folder-remove": f"move {self.d} {self.d}.away",
        }[way]

    def find(self, inode):
        """Where a file is now: folder and name."""
        for folder in self.d, self.v, f"{self.d}.away":
            if not os.path.islink(folder) and os.path.isdir(folder):
                for name in sorted(os.listdir(folder)):
                    about = os.lstat(f"{folder}/{name}")
                    if stat.S_ISREG(about.st_mode) and about.st_ino == inode:
                        yield folder, name

    def check_victim(self, victim, way, suffix):
        """None, or what became of it."""
        places = list(self.find(self.victim))
        if not places:
            # Nobody can tell an empty file that was moved there from SQLite's own; it held nothing.
            own = victim == "empty" and suffix and way in ("move", "aside")
            return None if own else "the victim is gone"
        folder, name = places[0]
        found = open(f"{folder}/{name}", "rb").read()
        mode = stat.S_IMODE(os.lstat(f"{folder}/{name}").st_mode)
        if found == self.victims[victim] and mode == 0o640:
            return None
        if suffix == "" and victim != "text" and mode == 0o640:  # it may have become the target in time
            state = state_of(folder, name, f"{self.folder}/scratch", set())
            keeps = [("keep",)] if victim == "database" else None
            if state == (self.new, keeps):
                return None
        if victim == "empty" and way in ("move", "aside") and suffix:
            return None
        return f"the victim at {folder}/{name} has {len(found)} bytes and mode {mode:o}"

    def check_target(self, code, way):
        if self.target is None:
            return None
        for folder, name in self.find(self.target):
            if name not in ("x.db", "aside"):
                continue  # the number of a file that is gone was given to another
            try:
                state = state_of(folder, name, f"{self.folder}/scratch", {self.victim})
            except sqlite3.Error as error:
                return f"the target, now {folder}/{name}: {error}"
            if state not in ((self.old, None), (self.new, None)):
                return f"the target, now {folder}/{name}: {str(state)[:200]}"
            if code == 0 and state[0] != self.new and name == "x.db" and folder == self.d:
                return "exit status 0 with the old rows"
        return None

    def hit(self, at, way, suffix, victim):
        self.fresh(victim)
        # In a folder that comes to the place of the target's, each name is taken already.
        if way.startswith("folder"):
            for name in "x.db", "x.db-journal", "x.db-wal", "x.db-shm":
                shutil.copy(f"{self.v}/victim", f"{self.v}/{name}")
        others = {name: open(f"{self.v}/{name}", "rb").read() for name in os.listdir(self.v) if name != "victim"}
        code, _, call = self.run(at, self.what(way, suffix))
        self.hits += 1
        wrong = []
        if code not in DOCUMENTED:
            wrong.append("not a documented status")
        wrong.append(self.check_victim(victim, way, suffix))
        wrong.append(self.check_target(code, way))
        if way != "folder-remove":
            there = self.d if way.startswith("folder") and not os.path.exists(f"{self.v}/victim") else self.v
            found = {name: open(f"{there}/{name}", "rb").read() if os.path.exists(f"{there}/{name}") else None for name in others}
            changed = [name for name in others if found[name] != others[name]]
            # What was there before the first look at it is the target; and what is empty beside an empty one
            # is taken for SQLite's own.
            if "x.db" in changed and victim != "text":
                changed = [] if victim == "empty" else [name for name in changed if name != "x.db"]
            wrong += [f"{name} of the other folder was changed" for name in changed]
        for folder in self.d, f"{self.d}.away":
            if os.path.isdir(folder):
                wrong += [f"left over: {name}" for name in os.listdir(folder) if name.endswith(".gone")]
        wrong = [text for text in wrong if text]
        if wrong:
            self.failures.append(f"{self.mode}: {way} {victim} x.db{suffix} before call {at} ({call}), exit status "
                                 f"{code}: {'; '.join(wrong)}\n  {self.said.strip()}")

    def places(self, wanted, salt):
        if wanted == "all":
            return range(1, self.calls + 1)
        count = int(wanted)
        step = self.calls / count
        return sorted({1 + int((i + (salt * 0.618034) % 1) * step) % self.calls for i in range(count)})

    def sweep(self, wanted):
        salt = 0
        combinations = [(way, suffix) for way in WAYS for suffix in SUFFIXES] + [(way, "") for way in FOLDER_WAYS]
        for way, suffix in combinations:
            for at in self.places(wanted, salt):
                self.hit(at, way, suffix, VICTIMS[(at + salt) % len(VICTIMS)])
            salt += 1
        print(f"# {self.mode}: {self.calls} calls, {self.hits} loads with an exchange, {len(self.failures)} wrong")
        for failure in self.failures[:20]:
            print(failure)
        return 1 if self.failures else 0


sys.exit(Sweep(sys.argv[1], sys.argv[2], sys.argv[3]).sweep(sys.argv[4] if len(sys.argv) > 4 else "3"))

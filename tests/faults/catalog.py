"""A copy between SQLite files in which one question about a catalog goes wrong, for each in turn.

    catalog.py PRELOAD FOLDER MODE [all]    FOLDER is made; see CASES for the modes

catalog.c says what a question is and how it goes wrong.  Without "all" one question of every ten, chosen
by FERRY_SEED (default 1), goes wrong in two ways.  Afterwards:

  - the target, as the sqlite3 shell dumps it, is what it was, or what a run without a fault makes of it;
  - the exit status is 0 only with the new one, and only if all is said that is said without a fault;
    else it is the documented one for that result code of SQLite, on the source's side or the target's;
  - nothing is left beside the target but its own companions and the lock file.
"""

import os
import random
import re
import shutil
import subprocess
import sys

# Result codes (sqlite.org/rescode.html), the name, and the exit status where the source's file is
# asked and where the target's is: by what dbferry(1) says of each status.
CODES = {
    1: ("ERROR", 65, 65),
    3: ("PERM", 77, 73),
    4: ("ABORT", 70, 70),  # only somebody who stops the statement causes these two
    9: ("INTERRUPT", 70, 70),
    5: ("BUSY", 75, 75),
    6: ("LOCKED", 75, 75),
    7: ("NOMEM", 71, 71),
    8: ("READONLY", 77, 73),
    10: ("IOERR", 76, 74),
    266: ("IOERR_READ", 76, 74),
    11: ("CORRUPT", 76, 74),
    13: ("FULL", 71, 74),
    14: ("CANTOPEN", 77, 73),
    15: ("PROTOCOL", 75, 75),
    17: ("SCHEMA", 75, 75),
    23: ("AUTH", 77, 73),
    26: ("NOTADB", 76, 74),
}
SILENT = ["nothing", "end"]
WAYS = ["prepare", "step", "cut"]
LOUD = [f"{way} {code}" for way in WAYS for code in CODES]

EVERY = 10  # a part of the sweep is one question of so many

# A source with all that a definition can say.
SOURCE = """
CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE film (id INTEGER PRIMARY KEY, title TEXT NOT NULL DEFAULT 'none' COLLATE NOCASE,
    kind INT REFERENCES kind (id), length DECIMAL(5,2) DEFAULT 1.5, twice INT AS (kind * 2),
    UNIQUE (kind, title));
CREATE INDEX film_title ON film (title);
CREATE INDEX film_both ON film (length, id);
CREATE INDEX film_long ON film (length) WHERE length > 1;
CREATE TABLE pair (a TEXT NOT NULL, b INT NOT NULL, c BLOB, PRIMARY KEY (b, a)) WITHOUT ROWID;
CREATE INDEX pair_c ON pair (c);
CREATE VIEW long AS SELECT id, title, length + 1 AS more FROM film;
INSERT INTO film (id, title, kind, length) VALUES (1, 'ACADEMY DINOSAUR', 1, 86), (2, 'ACE GOLDFINGER', 2, NULL);
INSERT INTO pair VALUES ('x', 1, x'00'), ('y', 2, NULL);
"""

# What others have hung on the target's table.
HUNG = """
CREATE TABLE seen (note TEXT);
INSERT INTO seen VALUES ('stays');
CREATE TABLE rented (film INT REFERENCES film (id));
CREATE VIEW titles AS SELECT title FROM film;
CREATE INDEX mine ON film (title, id);
CREATE TRIGGER hook AFTER UPDATE OF title ON film BEGIN INSERT INTO seen VALUES (new.title); END;
CREATE TRIGGER gone AFTER DELETE ON film BEGIN DELETE FROM rented WHERE film = old.id; END;
CREATE VIEW broken AS SELECT none FROM nowhere;
CREATE TRIGGER hers INSTEAD OF UPDATE ON broken BEGIN SELECT 1; END;
ANALYZE;
"""

OWN = """
CREATE TABLE film (id INT PRIMARY KEY, title VARCHAR(50) COLLATE NOCASE NOT NULL, kind INT,
    length NUMERIC CHECK (length > 0), twice INT, note TEXT DEFAULT 'n', half AS (length / 2));
INSERT INTO film (id, title) VALUES (7, 'old');
""" + HUNG

# A table of somebody's own that cannot hold the source's rows as it is.
OTHER = """
CREATE TABLE film (id INT NOT NULL CHECK (id > 0), title TEXT COLLATE RTRIM DEFAULT 'old', kind INT UNIQUE
    REFERENCES seen (note), left NOT NULL, PRIMARY KEY (title, id)) WITHOUT ROWID;
INSERT INTO film VALUES (7, 'old', 1, 2);
""" + HUNG

INDEXED = """
CREATE VIRTUAL TABLE words USING fts5 (title, content = 'film', content_rowid = 'id');
INSERT INTO words (words) VALUES ('rebuild');
"""

# It needs a column that the source no longer has.
UNFIT = "CREATE TRIGGER needs AFTER UPDATE ON film BEGIN INSERT INTO seen VALUES (old.gone); END;"

# What made the target: SQL, or the arguments of an earlier copy and SQL after it; the arguments of
# the copy; the options.
EARLIER = ["--query", "SELECT id + 6 AS id, title, kind, length, twice FROM film LIMIT 1"]
CASES = {
    "new": (None, None, ["--table", "film"], []),
    "new-table": (None, "CREATE TABLE seen (note TEXT)", ["--table", "pair"], []),
    "new-view": (None, None, ["--view", "long"], []),
    "new-query": (None, None, ["--query", "SELECT id, upper(title) AS u, kind FROM film"], []),
    "kept": (["--table", "film"], HUNG + "DELETE FROM film WHERE id = 1", ["--table", "film"], []),
    "kept-staged": (["--table", "film"], HUNG + "DELETE FROM film WHERE id = 1; PRAGMA journal_mode = delete",
                    ["--table", "film"], []),
    "rebuilt": (EARLIER, HUNG, ["--table", "film"], []),
    "rebuilt-staged": (EARLIER, HUNG + "PRAGMA journal_mode = delete", ["--table", "film"], []),
    "carried": (["--table", "film"], HUNG + "DELETE FROM film WHERE id = 1", ["--table", "film"], []),
    "own": (None, OWN, ["--table", "film"], ["-o", "job.verify=content"]),
    "own-staged": (None, OWN + "PRAGMA journal_mode = delete", ["--table", "film"], []),
    "lost": (None, OTHER, ["--table", "film"], ["-o", "job.on_rebuild_loss=allow"]),
    "refused": (None, OTHER, ["--table", "film"], []),
    "indexed": (None, OWN + INDEXED, ["--table", "film"], []),
    "indexed-again": (None, OWN + INDEXED, ["--table", "film"], ["-o", "job.on_stale=rebuild"]),
    "unfit": (["--query", "SELECT 7 AS id, 'old' AS title, 1 AS gone"], HUNG + UNFIT, ["--table", "film"], []),
    "utf16": (None, "PRAGMA encoding = 'UTF-16le'; " + OWN + "PRAGMA journal_mode = delete",
              ["--table", "film"], []),
    "looked-at": (None, OTHER, ["--table", "film"], ["-n", "-o", "job.on_rebuild_loss=allow"]),
}

REFUSED = ["refused", "unfit"]

# What is no fault, or none that a file can have and the driver can see.
ALLOWED = [
    # A statement that does not compile is what is being looked for: a view or trigger that was broken
    # before, or would be now.
    (r'^EXPLAIN |^SELECT \* FROM main\."titles"', ["prepare 1"]),
    # So it is with a query that cannot stand in brackets.  To make a table, in memory, gives no rows.
    (r"^CREATE TEMP TABLE _dbferry_affinities", ["prepare 1", "step 1", "nothing"]),
    # No such table: ANALYZE was never run on the file.
    (r"sqlite_stat1", ["prepare 1", "step 1"]),
    # The rows of these come from the definition that SQLite has in memory, after its program for all of
    # them was made: that cannot end early and say that it is done.  A table without indexes or foreign
    # keys has no rows there.
    (r"^PRAGMA main\.(index_list|foreign_key_list)", ["nothing", "end"]),
    (r"^PRAGMA main\.(table_xinfo|index_xinfo|index_info)", ["end"]),
    # By the same scan SQLite learns of views and triggers itself: what is passed over there is not there
    # for it.  A file may have none of these.
    (r"sqlite_schema WHERE type = 'view' UNION ALL|LIKE 'CREATE VIRTUAL", ["nothing", "end"]),
    # Rows like those of any table; a table that dbferry has not filled has none.
    (r"main\._dbferry_(columns|indexes) WHERE", ["nothing", "end"]),
]


def shell(path, *commands):
    return subprocess.run(["sqlite3", "-batch", path, *commands], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False).stdout.decode()


class Sweep:
    def __init__(self, preload, folder, mode):
        self.preload, self.mode = preload, mode
        self.folder = os.path.realpath(folder)
        self.earlier, self.sql, self.arguments, self.options = CASES[mode]
        self.log = f"{self.folder}/log"
        self.hits, self.failures, self.journal, self.old = 0, [], None, None
        os.makedirs(f"{self.folder}/states")
        self.source = f"{self.folder}/from.db"
        shell(self.source, SOURCE)
        if mode == "carried":  # the source's definitions stand beside the rows of a copy
            carried = f"{self.folder}/carried.db"
            assert self.copy(self.source, carried, self.arguments)[0] == 0
            self.source = carried
        self.target = f"{self.folder}/t/to.db"
        self.make_target()
        self.fresh()
        self.old = self.state()
        self.old_journal = self.journal
        self.fresh()
        self.old_files = self.files()
        self.code, self.said = self.run()
        self.new, self.new_journal = self.state(), self.journal
        self.questions = [line.split(" ", 3) for line in open(self.log).read().splitlines() if line != "hit"]
        assert self.code == (65 if mode in REFUSED else 0), (self.code, self.said)
        assert len(self.questions) > 20, self.questions
        assert (self.old != self.new) == (self.code == 0 and "-n" not in self.options), self.said

    def copy(self, source, target, arguments, environment=None):
        table = arguments[1] if arguments[0] == "--table" else "film"
        command = [os.environ["DBFERRY"], "copy", f"sqlite:{source}", f"sqlite:{target}", "--target-table", table]
        done = subprocess.run(command + arguments, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120, check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def make_target(self):
        os.makedirs(f"{self.folder}/t", exist_ok=True)
        if self.earlier is not None:
            code, said = self.copy(f"{self.folder}/from.db", self.target, self.earlier)
            assert code == 0, said
        if self.sql is not None:
            said = shell(self.target, self.sql)
            assert said in ("", "delete\n"), said
        for name in os.listdir(f"{self.folder}/t"):
            if not name.endswith(".lock"):
                shutil.copy(f"{self.folder}/t/{name}", f"{self.folder}/states")

    def fresh(self):
        shutil.rmtree(f"{self.folder}/t")
        shutil.copytree(f"{self.folder}/states", f"{self.folder}/t")

    def files(self):
        """The bytes of the target and of its journals."""
        found = {}
        for name in os.listdir(f"{self.folder}/t"):
            if not name.endswith(".lock"):
                with open(f"{self.folder}/t/{name}", "rb") as file:
                    found[name] = file.read()
        return found

    def run(self, at=0, fault=""):
        self.fresh()
        if os.path.exists(self.log):
            os.unlink(self.log)
        environment = dict(os.environ, LD_PRELOAD=self.preload, FERRY_ASKED_AT=str(at), FERRY_ASKED_FAULT=fault,
                           FERRY_ASKED_LOG=self.log)
        code, said = self.copy(self.source, self.target, self.arguments + self.options, environment)
        return code, self.plain(said)

    @staticmethod
    def plain(said):
        """Without what no two runs have in common."""
        return re.sub(r"\bin [0-9.]+ ?m?s\b|run [0-9a-f]{8,}|[0-9.]+ [kM]?i?B?/s|[0-9]+ rows/s", "", said)

    def state(self):
        """All that is in the target but for the record of runs, as the sqlite3 shell sees it, which need not
        be asked again of the bytes that were there before."""
        if self.old is not None and self.files() == self.old_files:
            self.journal = self.old_journal
            return self.old
        if not os.path.exists(self.target) or os.path.getsize(self.target) == 0:
            return "nothing" + (" but an empty file" if os.path.exists(self.target) else "")
        lines = shell(self.target, ".dump", ".print -- that was all", "PRAGMA journal_mode",
                      "PRAGMA integrity_check").splitlines()
        if "-- that was all" not in lines:
            return "\n".join(lines)  # the shell gave up
        end = lines.index("-- that was all")
        self.journal = lines[end + 1]
        return "\n".join(lines[end + 2:] + [line for line in lines[:end] if "_dbferry_sync" not in line])

    def leftovers(self):
        own = re.compile(r"to\.db(-wal|-shm|-dbferry\.lock)?$")
        return [name for name in os.listdir(f"{self.folder}/t") if not own.match(name)]

    def missing_words(self, said):
        """Warnings of a run without a fault that this one does not say."""
        mine = set(said.splitlines())
        tells = [line for line in self.said.splitlines() if "dbferry: warning: " in line or "-n" in self.options]
        return [line for line in tells if line not in mine]

    @staticmethod
    def is_allowed(question, fault):
        return any(re.search(pattern, question) and fault in faults for pattern, faults in ALLOWED)

    def expected(self, file, sql, fault):
        """The exit statuses of a run that failed."""
        if sql == self.arguments[1] and fault == "prepare 1":
            return {78}  # the job's own query
        if fault in SILENT:
            return {65, 66, 73, 74, 75, 76, 77}
        if "table_xinfo" in sql and fault.endswith(" 1"):
            return {65, 75}  # of a table that is there: it must just have been dropped
        return {self.code or 65, CODES[int(fault.split()[1])][1 if file == os.path.basename(self.source) else 2]}

    def judge(self, file, sql, fault, code, said):
        """What is wrong, in words."""
        now, left = self.state(), self.leftovers()
        allowed = self.is_allowed(sql, fault)
        wrong = [f"left over: {left}"] if left else []
        if code != 0:
            wrong += [f"exit status {code}, but not the old state"] if now != self.old else []
            wrong += ["another exit status"] if code not in self.expected(file, sql, fault) else []
            wrong += ["without a message"] if "dbferry: " not in said else []
        elif not allowed:
            wrong += ["exit status 0 without what is allowed"] if self.code != 0 else []
            wrong += ["exit status 0, but not the new state"] if now != self.new else []
            wrong += [f"not said: {line}" for line in self.missing_words(said)]
            if self.journal != self.new_journal and not re.search("warning: .*(journal_mode|WAL)", said):
                wrong.append(f"journal mode {self.journal}, without a word")
        elif not now.startswith("ok\n"):
            wrong.append("not whole")
        return wrong

    def hit(self, number, fault):
        """One run; False if this cannot happen to that question."""
        _, _, file, sql = self.questions[number - 1]
        code, said = self.run(number, fault)
        if "hit\n" not in open(self.log).read():
            return False
        self.hits += 1
        wrong = self.judge(file, sql, fault, code, said)
        if wrong:
            self.failures.append(f"{self.mode}: question {number} ({file}: {sql[:120]}), {fault}, exit status {code}: "
                                 f"{'; '.join(wrong)}\n  {said.strip()}")
        return True

    def sweep_whole(self):
        for number in range(1, len(self.questions) + 1):
            for fault in SILENT:
                self.hit(number, fault)
            for way in WAYS:
                for code in CODES:
                    if not self.hit(number, f"{way} {code}"):
                        break  # nor with another code

    def sweep_part(self):
        choice = random.Random(f"{os.environ.get('FERRY_SEED', '1')} {self.mode}")
        for first in range(1, len(self.questions) + 1, EVERY):
            number = min(first + choice.randrange(EVERY), len(self.questions))
            for faults in SILENT, LOUD:
                for fault in choice.sample(faults, len(faults)):
                    if self.hit(number, fault):  # not each can happen to each question
                        break

    def sweep(self, whole):
        if whole:
            self.sweep_whole()
        else:
            self.sweep_part()
        print(f"# {self.mode}: {len(self.questions)} questions, {self.hits} faults, {len(self.failures)} wrong")
        for failure in self.failures[:20]:
            print(failure)
        return 1 if self.failures or self.hits < len(self.questions) / EVERY else 0


sys.exit(Sweep(sys.argv[1], sys.argv[2], sys.argv[3]).sweep(len(sys.argv) > 4 and sys.argv[4] == "all"))

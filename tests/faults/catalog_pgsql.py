"""A copy from PostgreSQL, into PostgreSQL or a file, in which one question about a catalog goes wrong.

    catalog_pgsql.py SERVER-SOCKET FOLDER MODE [all]    FOLDER is made; see CASES for the modes

DBFERRY and PSQL are the programs.  The server is asked by the accounts reader (the source's) and loader (the
target's); servers/asked_postgres.py says what a question is and how it goes wrong.  Without "all" one question
of every four, chosen by FERRY_SEED (default 1), goes wrong in one way.  Afterwards:

  - the target's definition, rights and rows, as psql and sqlite3 print them, are what they were where the exit
    status is not 0, and what a run without a fault makes of them where it is: the same again, but for a table
    that is made for the first time;
  - the record is that of this run where the exit status is 0, and of the run before where it is not;
  - the exit status is 0 only where all is told that is told without a fault, and a warning more; else it is
    the one that dbferry(1) has for what was reported, on the source's side or the target's.
"""

import difflib
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../servers"))
from asked_postgres import Proxy

# SQLSTATEs, and the exit statuses where the source is asked and where the target is: by what dbferry(1)
# says of each.  Where a session is set up or a statement described, an error that is in no other list speaks
# against the configuration or the query (78).
CODES = {
    "42501": ({77}, {77}),  # a right is missing
    "42P01": ({66}, {65, 66}),  # no such table; 66 also of what only a target's session is set up by
    "57014": ({76}, {73, 74}),  # somebody has stopped the statement
    "57P01": ({69, 76}, {73, 74}),  # somebody has ended the session
    "53200": ({69, 76}, {73, 74}),  # the server is out of memory
    "53100": ({69, 76}, {73, 74}),  # its disk is full
    "40001": ({75}, {75}),  # others were in the way
    "55P03": ({75}, {75}),
    "XX000": ({76, 78}, {74, 78}),  # a fault of the server's own
    "XX001": ({65}, {65}),  # its files are damaged
    "0A000": ({76, 78}, {65, 78}),  # it is another release, or only looks like one
    "cut": ({69, 76}, {73, 74}),
    "torn": ({76}, {73, 74}),  # 57014
}
EMPTY = {65, 66, 73, 74, 75, 76, 77}  # the answer is of another shape than its question, or refuses

# What is no fault: a question, the faults that it may get, and why it may.
ALLOWED = [
    ("^PREPARE ", ["empty"]),  # there are no rows in such an answer
    ("^SELECT FROM pg_catalog.pg_class LIMIT 1$", ["empty"]),  # it takes the snapshot, and no row is looked at
]

# The account may ask one connection and not the other: then they are at two servers.
TWO_SERVERS = ("pg_control_system", ["empty", "42501"], {75})

SOURCE = """
CREATE TABLE kind (id integer PRIMARY KEY, name text);
CREATE TABLE film (id integer PRIMARY KEY, title varchar(50) NOT NULL DEFAULT 'none', kind integer REFERENCES kind,
    length numeric(5,2) DEFAULT 1.5, sort varchar(1)[], code bigint GENERATED ALWAYS AS IDENTITY UNIQUE);
CREATE INDEX film_title ON film (title);
CREATE INDEX film_both ON film (length, id);
INSERT INTO kind VALUES (1, 'long'), (2, NULL);
INSERT INTO film VALUES (1, 'ACADEMY DINOSAUR', 1, 86, '{a}'), (2, 'ACE GOLDFINGER', 2, NULL, NULL);
"""

# What others have said of a table that is made anew, and comes along.
SAID = """
GRANT UPDATE ON t.film TO PUBLIC; GRANT SELECT ON t.film TO reader WITH GRANT OPTION;
COMMENT ON TABLE t.film IS 'of the shop'; COMMENT ON COLUMN t.film.title IS 'as printed';
"""

# A table that dbferry has not made, with what an exchange would lose.
OWN = """
CREATE TABLE t.seen (note text);
CREATE TABLE t.film (id bigint PRIMARY KEY, title text NOT NULL DEFAULT 'own', kind integer, length numeric CHECK (length > 0),
    sort text, code bigint, note text DEFAULT 'n', twice integer GENERATED ALWAYS AS (kind * 2) STORED);
CREATE INDEX mine ON t.film (lower(title)) WHERE id > 0;
CREATE VIEW t.titles AS SELECT title FROM t.film;
CREATE FUNCTION t.see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER hook BEFORE INSERT ON t.film FOR EACH ROW EXECUTE FUNCTION t.see();
ALTER TABLE t.film OWNER TO loader;
"""

# One that cannot hold the source's rows as it is, with what a table that is made anew does not have.
OTHER = """
CREATE TABLE t.film (id bigint NOT NULL CHECK (id > 0), title text COLLATE "C" DEFAULT 'old' UNIQUE, left_over integer);
CREATE INDEX other ON t.film (left_over);
ALTER TABLE t.film OWNER TO loader;
"""

# What made the target before the first copy, what was done to it afterwards, and the copy.
FILM = ["server", "target", "--table", "film"]
CASES = {
    "file": (None, None, ["server", "local", "--table", "film"]),
    "ours": (None, SAID, FILM),
    "own": (OWN, SAID, FILM),
    "rebuilt": (OTHER, SAID, FILM + ["-o", "job.on_rebuild_loss=allow"]),
    "merge": (None, SAID, FILM + ["--strategy", "merge"]),
    "together": (None, SAID, ["server", "target", "--all", "-o", "job.commit=together", "-o", "job.foreign_keys=true"]),
}
FIRST = ["rebuilt"]  # there was no copy of the table before,
OTHERS = ["server", "target", "--table", "kind"]  # but of another one, for which the table of runs was made

EVERY = 4  # a part of the sweep is one question of so many


class Shell:
    """One psql for all questions of a test, which is asked by lines."""

    def __init__(self, server):
        folder, name = os.path.split(server)
        self.end = "-- that was all --"
        self.psql = subprocess.Popen([os.environ["PSQL"], "-X", "-q", "-A", "-h", folder, "-p", name.rsplit(".", 1)[1],
                                      "-U", "postgres", "e"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, encoding="utf-8")

    def ask(self, text):
        self.psql.stdin.write(f"{text}\n\\echo {self.end}\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline()) != self.end + "\n":
            assert line, lines
            lines.append(line)
        return "".join(lines)

    def do(self, text):
        said = self.ask(f"{text};")
        assert "ERROR" not in said, said


class Sweep:
    def __init__(self, server, folder, mode):
        self.mode, self.folder = mode, os.path.realpath(folder)
        self.before, self.after, self.arguments = CASES[mode]
        self.hits, self.failures = 0, []
        os.makedirs(self.folder)
        self.file = f"{self.folder}/local.db"
        self.psql = Shell(server)
        self.proxy = Proxy(server, f"{self.folder}/{os.path.basename(server)}")
        self.configure(server)
        self.psql.do("SET client_min_messages = error; DROP SCHEMA IF EXISTS s, t CASCADE; CREATE SCHEMA s; CREATE SCHEMA t;"
                     f"SET search_path = s; {SOURCE} RESET search_path; GRANT USAGE ON SCHEMA s TO reader;"
                     "GRANT SELECT ON ALL TABLES IN SCHEMA s TO reader; GRANT USAGE, CREATE ON SCHEMA t TO loader; ANALYZE")
        self.make()
        self.proxy.order(0, "")
        code, self.said = self.run()
        self.count, self.old_record, self.new = len(self.proxy.asked), self.record(), self.state()
        assert code == 0, (code, self.said)
        assert (self.new == self.old) == (mode not in FIRST), (self.old, self.new)
        if mode in FIRST:
            self.make()
        assert self.count >= 10, self.proxy.asked

    def configure(self, server):
        port = server.rsplit(".", 1)[1]
        side = f'driver = "pgsql"; socket = "{self.folder}"; port = {port}; database = "e"; retries = 0;'
        with open(f"{self.folder}/dbferry.conf", "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(f"""connections = {{ server = {{ {side} user = "reader"; schema = "s"; }};
                target = {{ {side} user = "loader"; schema = "t"; }};
                local = {{ driver = "sqlite"; path = "{self.file}"; }}; }};\n""")

    def make(self):
        self.psql.do("SET client_min_messages = error; DROP SCHEMA t CASCADE; CREATE SCHEMA t; GRANT ALL ON SCHEMA t TO loader;"
                     f"GRANT USAGE ON SCHEMA t TO reader; {self.before or ''}")
        if os.path.exists(self.file):
            os.unlink(self.file)
        self.proxy.order(0, "")
        code, said = self.run(OTHERS if self.mode in FIRST else None)
        assert code == 0, (code, said)
        self.psql.do(self.after or "")
        self.old, self.old_record = self.state(), self.record()

    def run(self, arguments=None):
        command = [os.environ["DBFERRY"], "copy", *(arguments or self.arguments)]
        done = subprocess.run(command, env=dict(os.environ, DBFERRY_CONFIG=f"{self.folder}/dbferry.conf"),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                              check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def ask_file(self, *commands):
        return subprocess.run(["sqlite3", "-batch", self.file, *commands], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False).stdout.decode()

    def state(self):
        """Definition, rights and rows, as the shells print them."""
        if self.mode == "file":
            return "".join(line + "\n" for line in self.ask_file(".dump").splitlines() if "_dbferry_sync" not in line)
        return self.psql.ask("\\d+ t.film\n\\d+ t.kind\n\\d+ t.titles\n\\dp t.*\n\\dt t.*\n\\dd t.*\n"
                             "SELECT obj_description('t.film'::regclass);\n"
                             "SELECT * FROM t.film ORDER BY id;")

    def record(self):
        question = "_dbferry_sync ORDER BY target_table;"
        return (self.ask_file(f"SELECT run_id FROM {question}") if self.mode == "file" else
                self.psql.ask(f"SELECT run_id, table_mark FROM t.{question}"))

    def missing_words(self, said):
        """Warnings of a run without a fault that this one does not say."""
        return [line for line in self.said.splitlines() if "warning: " in line and line not in said]

    @staticmethod
    def expected(who, question, fault):
        pattern, faults, statuses = TWO_SERVERS
        if fault in faults and pattern in question:
            return statuses
        if fault == "empty":
            return EMPTY
        return CODES[fault][who == "loader"]

    @staticmethod
    def is_allowed(question, fault):
        return any(re.search(pattern, question) and fault in faults for pattern, faults in ALLOWED)

    def judge(self, hit, fault, code, said):
        wrong = []
        state, record = self.state(), self.record()
        wanted = self.new if code == 0 else self.old
        if state != wanted:
            lines = difflib.unified_diff(wanted.splitlines(), state.splitlines(), "wanted", "found", "", "", 0, "")
            wrong.append("the target is another:\n" + "\n".join(lines))
        if (record != self.old_record) != (code == 0):
            wrong.append(f"the record was {self.old_record} and is {record}")
        if code == 0 and not self.is_allowed(hit[1], fault) and said.count("warning: ") <= self.said.count("warning: "):
            wrong.append("nobody noticed")
        if code == 0 and self.missing_words(said):
            wrong.append(f"not told: {self.missing_words(said)}")
        if code != 0 and code not in self.expected(*hit, fault):
            wrong.append(f"status {code} instead of {self.expected(*hit, fault)}")
        self.old_record = record
        if state != self.old:
            self.make()
        return wrong

    def hit(self, number, fault):
        self.proxy.order(number, fault)
        code, said = self.run()
        hit = self.proxy.hit
        assert hit is not None, f"question {number} was not asked"
        self.hits += 1
        wrong = self.judge(hit, fault, code, said)
        if wrong:
            self.failures.append(f"{self.mode}: question {number} ({hit[0]}: {hit[1][:160]}), {fault}, exit status {code}: "
                                 f"{'; '.join(wrong)}\n  {said.strip()}")

    def sweep(self, whole):
        choice = random.Random(f"{os.environ.get('FERRY_SEED', '1')} {self.mode}")
        faults = ["empty", *CODES]
        for first in range(1, self.count + 1, 1 if whole else EVERY):
            if whole:
                for fault in faults:
                    self.hit(first, fault)
            else:
                self.hit(min(first + choice.randrange(EVERY), self.count),
                         choice.choice(["empty", choice.choice(list(CODES))]))
        print(f"# {self.mode}: {self.count} questions, {self.hits} faults, {len(self.failures)} wrong")
        for failure in self.failures[:20]:
            print(failure)
        return 1 if self.failures else 0


sys.exit(Sweep(sys.argv[1], sys.argv[2], sys.argv[3]).sweep(len(sys.argv) > 4 and sys.argv[4] == "all"))

"""Every character set of both servers, every byte and pair of bytes: carried exactly, or refused.

    tests/types/run charsets.py

The bytes go into columns of all character sets at once, the servers' own checks left out: a table of
bytes gets their values, and its file is put in the place of the file of a table of texts.  With
FERRY_SWEEP=all it is all pairs of bytes, else the ends of ranges of the second.  A run ends with the
first value that is refused, so of those that must be some are read, and the driver's own functions
(translated.c) are asked of each.

What is right is known from Python's codecs where they have the set, else from what the server makes
of the bytes; where the two differ, the number of such values is written down here.
"""

import codecs
import os
import shutil
import subprocess
import sys

from stores import Failed, File, Tap, dbferry, servers, write_config

ALL = os.environ.get("FERRY_SWEEP") == "all"
BYTES = 24  # of each column

BUILD = os.environ["FERRY_BUILD"]

EDGES = [0x00, 0x20, 0x2f, 0x30, 0x39, 0x3f, 0x40, 0x41, 0x5b, 0x5c, 0x5f, 0x60, 0x7e, 0x7f, 0x80,
         0x81, 0x8f, 0xa0, 0xa1, 0xa4, 0xaa, 0xb0, 0xbf, 0xc0, 0xd8, 0xdf, 0xe0, 0xf0, 0xfc, 0xfd,
         0xfe, 0xff]

# Longer ones, at the ends of each range and just behind them.
LONGER = ["81308130", "81308131", "8130843A", "8135F436", "8135F437", "82359832", "8431A439",
          "8431A530", "8F39FE39", "90308130", "9439DA33", "E3329A35", "E3329A36", "E339FE39",
          "FE39FE39", "8130", "813081", "8FA2AF", "8FB0A1", "8FEDE3", "8FF3F3", "8FFEFE", "8FA1A0",
          "8F", "8FA2", "8EA1", "8EDF", "8EE0", "E0A080", "E0A07F", "E09FBF", "ED9FBF", "EDA080",
          "EDBFBF", "EFBFBD", "EFBFBF", "F0908080", "F08FBFBF", "F09F9880", "F09F98", "F48FBFBF",
          "F4908080", "C3A4C3", "FF41", "C0AF", "C1BF", "C280", "DFBF", "E4B8ADE59BBD",
          "E6B69BE6", "31302C3530A4", "0041D83DDE00", "D83DDE00", "DE00D83D", "D83D0041", "00410042",
          "3DD800DE", "00DE3DD8", "0001F600", "0010FFFF", "00110000", "0000D800", "0000D7FF",
          "00000041", "41000000", "0000E000", "41424344", "815F5C", "ED40", "FA5C", "5C", "815F"]

# The names of Python for what they call so; where a set has none, the server's word counts.
CODECS = {"utf8mb4": "utf-8", "utf8mb3": "utf-8", "ascii": "ascii", "big5": "big5",
          "cp1250": "cp1250", "cp1251": "cp1251", "cp1256": "cp1256", "cp1257": "cp1257",
          "cp850": "cp850", "cp852": "cp852", "cp866": "cp866", "cp932": "cp932",
          "euckr": "cp949", "gb18030": "gb18030", "gb2312": "gb2312", "gbk": "gbk",
          "greek": "iso8859-7", "hebrew": "iso8859-8", "hp8": "hp-roman8", "koi8r": "koi8-r",
          "koi8u": "koi8-u", "latin2": "iso8859-2", "latin5": "iso8859-9", "latin7": "iso8859-13",
          "macce": "mac-latin2", "macroman": "mac-roman", "sjis": "shift_jis", "tis620": "tis-620",
          "ucs2": "utf-16-be", "ujis": "euc_jp", "utf16": "utf-16-be", "utf16le": "utf-16-le",
          "utf32": "utf-32-be"}

COLLATIONS = {"mariadb": "SELECT FULL_COLLATION_NAME, CHARACTER_SET_NAME FROM "
                         "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE "
                         "FULL_COLLATION_NAME IS NOT NULL AND CHARACTER_SET_NAME <> 'binary'",
              "mysql": "SELECT COLLATION_NAME, CHARACTER_SET_NAME FROM "
                       "information_schema.COLLATIONS WHERE CHARACTER_SET_NAME <> 'binary'"}

# Bytes that the servers read otherwise than Python does; see also is_known().
KNOWN = {"cp866": b"\xfc\xfd", "greek": b"\xa1\xa2", "hebrew": b"\xaf", "koi8u": b"\x95"}
# In 2005 these two changed their letters; Python's are those of 2000.
GB18030_OF_2005 = [bytes.fromhex("8135F437"), bytes.fromhex("A8BC")]

WINDOWS = {byte: bytes([byte]).decode("cp1252", errors="replace") for byte in range(256)}
UNICODE = ("utf8mb4", "utf8mb3", "ascii", "latin1", "ucs2", "utf16", "utf16le", "utf32")


def decoded(charset, value):
    """The text by the standard, or None: it is none, or there is no standard."""
    if charset == "latin1":  # the gaps of Windows's set are letters of the same number
        return "".join(chr(b) if WINDOWS[b] == "\ufffd" else WINDOWS[b] for b in value)
    try:
        text = codecs.decode(value, CODECS[charset])
    except (UnicodeDecodeError, KeyError):
        return None
    return None if charset == "ucs2" and max(text, default="") > "\uffff" else text


def candidates():
    trails = range(256) if ALL else EDGES
    values = [bytes([lead]) for lead in range(256)]
    values += [bytes([lead, trail]) for lead in range(256) for trail in trails]
    values += [bytes.fromhex(text) for text in LONGER]
    return list(dict.fromkeys(values))


def is_known(charset, value):
    """Whether the servers are known to read this otherwise than the standard does."""
    pairs = [value[i:i + 2] for i in range(len(value) - 1)]
    return any(byte in KNOWN.get(charset, b"") for byte in value) or \
        charset == "big5" and any(b"\xf9\xd6" <= pair <= b"\xf9\xfe" for pair in pairs) or \
        charset == "ujis" and (value[0] >= 0xf5 or value[0] == 0x8f and value[1] >= 0xf5) or \
        charset == "gb18030" and value in GB18030_OF_2005


class Sweep:
    def __init__(self, server, values):
        self.server, self.values = server, values
        self.data = os.environ[f"TYPES_{server.name.upper()}_DATA"]
        self.longest = {name: int(most) for name, most in server.rows(
            "SELECT CHARACTER_SET_NAME, MAXLEN FROM information_schema.CHARACTER_SETS WHERE "
            "CHARACTER_SET_NAME <> 'binary' ORDER BY 1")}
        self.charsets = list(self.longest)
        server.run("DROP DATABASE IF EXISTS types; CREATE DATABASE types")
        self.plant("kept", {c: values for c in self.charsets})
        self.learn()
        self.good = {c: [i for i, text in enumerate(self.right[c]) if text is not None]
                     for c in self.charsets}
        self.bad = {c: [i for i, text in enumerate(self.right[c])
                        if text is None and decoded(c, values[i]) is None]
                    for c in self.charsets}
        self.plant("good", {c: [values[i] for i in self.good[c]] for c in self.charsets})
        self.make_formed()

    def declared(self, c):
        return f"varchar({BYTES // self.longest[c]})"

    def columns(self, charsets=None):
        return ", ".join(f"{c} {self.declared(c)} CHARACTER SET {c}"
                         for c in charsets or self.charsets)

    def plant(self, table, values):
        """A table of these bytes as texts, unseen by the server; and NAME_raw, of the bytes."""
        parts = [f"USE types; CREATE TABLE {table}_raw (id INT, KEY (id), " + ", ".join(
            f"{c} VARBINARY({BYTES})" for c in self.charsets) + ") ENGINE=MyISAM;"
                 f"CREATE TABLE {table} (id INT, KEY (id), {self.columns()}) ENGINE=MyISAM;"]
        rows = []
        for i in range(max(len(column) for column in values.values())):
            cells = (f"x'{values[c][i].hex()}'" if i < len(values[c]) else "NULL"
                     for c in self.charsets)
            rows.append(f"({i}, {', '.join(cells)})")
        for start in range(0, len(rows), 1000):
            parts.append(f"INSERT INTO {table}_raw VALUES {','.join(rows[start:start + 1000])};")
        self.server.run("".join(parts) + "FLUSH TABLES;")
        folder = os.path.join(self.data, "types")
        for end in ("MYD", "MYI"):
            shutil.copyfile(os.path.join(folder, f"{table}_raw.{end}"),
                            os.path.join(folder, f"{table}.{end}"))
        self.server.run(f"FLUSH TABLES; SELECT COUNT(*) FROM types.{table};")

    def learn(self):
        """What the server makes of each value in UTF-8, and of that again."""
        self.made = {}
        for c in self.charsets:
            rows = self.server.rows(
                f"SELECT id, HEX({c}), HEX(CONVERT({c} USING utf8mb4)), HEX(CONVERT(CONVERT({c} "
                f"USING utf8mb4) USING {c})) FROM kept ORDER BY id", "types")
            if [row[1] for row in rows] != [v.hex().upper() for v in self.values]:
                raise Failed(f"{c}: the bytes did not get into the column")
            self.made[c] = [tuple(b"\xff" if part == "NULL" else bytes.fromhex(part)
                                  for part in row[2:4]) for row in rows]
        self.right = {c: [self.expected(c, i) for i in range(len(self.values))]
                      for c in self.charsets}

    def expected(self, charset, i):
        """The text that must arrive, or None: it must be refused."""
        value, (made, again) = self.values[i], self.made[charset][i]
        if charset in UNICODE:
            text = decoded(charset, value)
            beyond = charset == "utf8mb3" and max(text or "", default="") > "\uffff"
            return None if beyond else text  # of these there is a test of their own
        try:
            text = made.decode()
        except UnicodeDecodeError:
            return None
        if charset == "sjis":  # of its two backslashes the server chooses the other one
            if b"\x81\x5f" in value:
                return None
            again = again.replace(b"\x81\x5f", b"\x5c")
        return text if again == value and "\ufffd" not in text else None

    def make_formed(self):
        """formed: what the server's own check lets in, into a table that a server copies."""
        tests = (f"{c} = IF(HEX(f.{c}) = HEX(k.{c}){self.only_right(c)}, f.{c}, NULL)"
                 for c in self.charsets)
        self.server.run(
            f"USE types; SET sql_mode = ''; CREATE TABLE formed (id INT PRIMARY KEY, "
            f"{self.columns()}); INSERT IGNORE INTO formed SELECT * FROM kept_raw; "
            f"UPDATE formed f JOIN kept_raw k ON k.id = f.id SET " +
            ", ".join("f." + test for test in tests) + ";")

    def formed_ids(self, charset):
        return {int(row[0]) for row in self.server.rows(
            f"SELECT id FROM formed WHERE {charset} IS NOT NULL", "types")}

    def only_right(self, charset):
        """Broken texts of these sets are not carried from server to server either."""
        if charset not in UNICODE or charset == "ucs2":
            return ""
        wrong = ",".join(str(i) for i, text in enumerate(self.right[charset]) if text is None)
        return f" AND k.id NOT IN ({wrong or -1})"

    # ---- What is tested ----

    def check_standard(self):
        for c in self.charsets:
            for i in self.good[c]:
                standard = decoded(c, self.values[i])
                if c in CODECS and standard != self.right[c][i] and \
                        not is_known(c, self.values[i]):
                    raise Failed(f"{c} {self.values[i].hex()}: {self.right[c][i]!r}, and by the "
                                 f"standard {standard!r}")

    def check_numbers(self, file):
        """Every collation's number means its character set: a letter of the set arrives."""
        rows = self.server.rows(COLLATIONS[self.server.name])
        letters = {c: next(i for i in reversed(self.good[c]) if len(self.right[c][i]) == 1)
                   for c in self.charsets}
        for start in range(0, len(rows), 500):
            part = rows[start:start + 500]
            columns = ", ".join(
                f"_{c} x'{self.values[letters[c]].hex()}' COLLATE {collation} AS c{i}"
                for i, (collation, c) in enumerate(part))
            file.remove()
            run_job(self.server, file, f'query = "SELECT {columns}"; target_table = "one";')
            for i, (collation, c) in enumerate(part):
                wanted = self.right[c][letters[c]].encode().hex().upper()
                got = file.rows(f"SELECT hex(c{i}) FROM one")[0][0]
                if got != wanted:
                    raise Failed(f"{collation}: {got} instead of {wanted}")

    def check_to_file(self, file):
        file.remove()
        run_job(self.server, file, 'table = "good";')
        for c in self.charsets:
            wanted = [self.right[c][i].encode().hex().upper() for i in self.good[c]]
            got = [row[0] for row in file.rows(
                f"SELECT hex({c}) FROM good WHERE {c} IS NOT NULL ORDER BY id")]
            compare(c, [self.values[i] for i in self.good[c]], wanted, got)

    def check_bytes(self, file):
        """Whatever the bytes are, the wish carries them."""
        file.remove()
        wishes = ", ".join(f'{{ name = "{c}"; text = "bytes"; }}' for c in self.charsets)
        run_job(self.server, file, f'table = "kept"; columns = ( {wishes} );')
        for c in self.charsets:
            got = file.rows(f"SELECT hex({c}), typeof({c}) FROM kept ORDER BY id")
            compare(c, self.values, [[v.hex().upper(), "blob"] for v in self.values], got)

    def check_back(self, file, target):
        """From the file into a table that is there, in the character sets of its columns."""
        shared = [c for c in self.charsets if c in target.charsets]
        target.server.run(f"USE types; DROP TABLE IF EXISTS back; CREATE TABLE back (id INT, "
                          f"{self.columns(shared)})")
        wishes = ", ".join(f'{{ name = "{c}"; type = "{self.declared(c)}"; }}' for c in shared)
        run_job(file, target.server,
                f'query = "SELECT id, {", ".join(shared)} FROM good"; target_table = "back"; '
                f'columns = ( {{ name = "id"; type = "int"; }}, {wishes} );')
        for c in shared:
            got = [row[0] for row in target.server.rows(
                f"SELECT HEX({c}) FROM back WHERE {c} IS NOT NULL ORDER BY id", "types")]
            values = [self.values[i] for i in self.good[c]]
            compare(c, values, [v.hex().upper() for v in values], got)

    def check_across(self, target):
        """Without what the target's own check keeps out, which is no more than some bytes."""
        shared = ["id"] + [c for c in self.charsets if c in target.charsets]
        names = ["id"]
        for c in shared[1:]:
            strange = self.formed_ids(c) - target.formed_ids(c)
            strange = ",".join(map(str, sorted(strange))) or "-1"
            names.append(f"IF(id IN ({strange}), NULL, {c}) AS {c}" if strange != "-1" else c)
        self.server.run("DROP TABLE IF EXISTS shared; CREATE TABLE shared (PRIMARY KEY (id)) "
                        f"SELECT {', '.join(names)} FROM formed", "types")
        target.server.run("DROP TABLE IF EXISTS copied", "types")
        run_job(self.server, target.server, 'table = "shared"; target_table = "copied";')
        columns = ", ".join(f"HEX({c})" for c in shared)
        wanted = self.server.rows(f"SELECT {columns} FROM shared ORDER BY id", "types")
        got = target.server.rows(f"SELECT {columns} FROM copied ORDER BY id", "types")
        for i, c in enumerate(shared):
            compare(c, self.values, [row[i] for row in wanted], [row[i] for row in got])

    def check_refused(self, file, charset):
        """Each alone, in a query, which has no catalog; the file stays as it is."""
        bad = self.bad[charset]
        most = 20 if ALL else 1
        file.remove()
        for i in bad[::max(1, len(bad) // most)][:most + 1]:
            query = f"SELECT id, {charset} AS it FROM kept WHERE id = {i}"
            status, output = dbferry("run", job_config(
                self.server, file, f'query = "{query}"; target_table = "bad";'))
            if status != 65 or "row 1, column 'it'" not in output or "bytes" not in output:
                raise Failed(f"{charset} {self.values[i].hex()}: status {status}: {output}")

    def check_translated(self, charset):
        """A run ends with the first value that is refused: the driver's functions are asked of each."""
        done = subprocess.run(
            [os.path.join(BUILD, "tests", "types", "translated"),
             job_config(self.server, self.server, 'table = "kept";'), "from", charset],
            input="".join(f"{value.hex()}\n" for value in self.values).encode(), capture_output=True,
            env=dict({"DBFERRY_DRIVER_DIR": os.path.join(BUILD, "drivers")}, **os.environ), check=False)
        if done.returncode != 0:
            raise Failed(done.stderr.decode(errors="replace"))
        lines = done.stdout.decode().splitlines()
        if len(lines) != len(self.values):
            raise Failed(f"{charset}: {len(lines)} answers to {len(self.values)} values")
        for value, right, line in zip(self.values, self.right[charset], lines):
            if charset == "utf8mb3" and right is None and decoded(charset, value) is not None:
                continue  # more than the set can hold
            wanted = "-" if right is None else right.encode().hex().upper()
            back = "-" if right is None or charset in UNICODE else value.hex().upper()
            if line != f"{wanted} {back}":
                raise Failed(f"{charset} {value.hex()}: {line} instead of {wanted} {back}")


def job_config(source, target, job):
    return write_config(source.connection("types"), target.connection("types"), job)


def run_job(source, target, job):
    status, output = dbferry("run", job_config(source, target, job))
    if status != 0:
        raise Failed(f"status {status}: {output}")


def compare(charset, values, wanted, got):
    if len(wanted) != len(got):
        raise Failed(f"{charset}: {len(got)} values instead of {len(wanted)}")
    for value, right, found in zip(values, wanted, got):
        if right != found:
            raise Failed(f"{charset}: {value.hex()} arrived as {found} instead of {right}")


def main():
    tap = Tap()
    here, missing = servers()
    values = candidates()
    sweeps = []
    file = File("charsets.db")
    for server in here:
        sweeps.append(Sweep(server, values))
    for sweep in sweeps:
        name = sweep.server.name
        tap.check(f"{name}: what the server makes of {len(values)} values is the standard's",
                  sweep.check_standard)
        tap.check(f"{name}: the number of each collation is known", sweep.check_numbers, file)
        tap.check(f"{name}: all of them arrive as bytes where the job wants that",
                  sweep.check_bytes, file)
        tap.check(f"{name}: texts that UTF-8 can bring back arrive in SQLite",
                  sweep.check_to_file, file)
        for target in sweeps:
            tap.check(f"{name}: and go on to {target.server.name} as the bytes that they were",
                      sweep.check_back, file, target)
            tap.check(f"{name}: to {target.server.name} go the bytes of the same character set",
                      sweep.check_across, target)
        for charset in sweep.charsets:
            if sweep.bad[charset]:
                tap.check(f"{name}: what is no text in {charset} is refused",
                          sweep.check_refused, file, charset)
            tap.check(f"{name}: each of the values in {charset} has its own text or none",
                      sweep.check_translated, charset)
    for name in missing:
        tap.skip(f"{name}: the character sets", "the server is not there")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())

"""The same small load again and again, each time without another allocation, thread or mapping.

    allocations.py WHAT MODE EVERY COMMAND...

allocations.bash calls it, and says what is tested.  It is one process for a whole sweep: to start a few
tools for each load takes several times as long as the load.  Its environment:

  FAIL_PRELOAD          the library made of allocations.c
  FAIL_FOLDER           for what a load says
  FAIL_FILE             a SQLite database in a folder, the target or not; it is, or is not there, as each
                        load shall find it
  FAIL_CLIENT           if a server is the target, a command that runs SQL from its standard input
  FAIL_MAKE, FAIL_SHOW  SQL for it: what makes the target as a load shall find it, and shows what is there
  FERRY_SWEEP           "all": each place that differs is hit, else one of EVERY, at a place that FERRY_SEED
                        chooses
  FERRY_SHARE           "2/3": of all the places the second of three shares, for sweeps side by side
"""

import array
import os
import random
import re
import shlex
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "servers"))
from shell import Shell  # noqa: E402 (found by the line above)

# Exit status, and the libraries that asked for the memory in vain.
CODES = [
    # libconfig 1.5 says of any file that it cannot parse that its syntax is wrong, and its scanner ends the
    # program itself, with 2, where it has no memory for its first buffer
    ({2, 78}, {"libconfig"}),
    # libdbi 0.9.0 leaves a driver out that it cannot load, whatever the reason is
    ({78}, {"libdbi", "libdbdmysql", "ld-linux"}),
    # Connector/C 3.3 forgets an option of the connection string, the socket's name and the file of roots
    # among them (77: no root is trusted), and has no number for an answer that there is no memory for
    ({69, 73, 74, 76, 77}, {"libmariadb"}),
    # OpenSSL 3.0 goes on without an algorithm or a certificate that it has no memory for, and what then
    # fails is the handshake
    ({69, 73, 74, 76, 77}, {"libcrypto", "libssl"}),
    # SQLite 3.40 takes a mapping that it is refused for an error of the disk
    ({74, 76}, {"libsqlite3"}),
]

# The libraries that crash themselves for memory that they themselves had asked for: 1.5, 0.9.0 and 3.3.
CRASHES = {"libconfig", "libdbi", "libmariadb"}
# And glibc 2.36, whose name service takes for granted that it gets what it asks for, and whose loader ends the
# program, with 127, where a library that was loaded while it ran has no memory for what is each thread's own.
CRASHES_OF_GLIBC = re.compile("__nss_|nss_database|getpwuid|getservbyname|"
                              "^cannot allocate memory for thread-local data: ABORT$", re.MULTILINE)
# And OpenSSL 3.5, where its configuration is read and a lock has no memory.
CRASHES_OF_OPENSSL = re.compile("OpenSSL internal error: assertion failed")
# Where one of the two locks that it makes first has no memory, it starts itself once more to say so, and waits
# for itself, for good (its issue 19334).
HANGS_OF_OPENSSL = re.compile(r"\+.*\(".join(["OPENSSL_init_crypto", "ERR_new", "CRYPTO_THREAD_lock_new",
                                              "OPENSSL_init_crypto"]), re.DOTALL)

# glibc's resolver goes on without the configuration that it has no memory to read, and what then fails is
# the name; where it says itself that it has none, so do we.
CODES_OF_GLIBC = ({69, 73}, re.compile("getaddrinfo"))
SAID_BY_GLIBC = re.compile("Memory allocation failure|Cannot allocate memory")

# What goes on without memory, as it should, so that who has none next fails: glibc's asprintf() keeps the room
# that it has, and a line of the log is left out.
GOES_ON = re.compile(r"\(__asprintf_chk\+|\(v?asprintf\+|\(ferry_log\+")

SECONDS = 60  # a load that takes longer hangs
MOST = 20     # failures, after which a sweep ends


class File:
    """A SQLite database, as it is when this is made."""

    def __init__(self, path):
        self.path = path
        self.folder, self.name = os.path.split(os.path.abspath(path))
        self.saved = self.content()
        self.text = self.dump()

    def content(self):
        names = [self.path + end for end in ("", "-journal", "-wal", "-shm")]
        found = {}
        for name in names:
            if os.path.exists(name):
                with open(name, "rb") as file:
                    found[name] = file.read()
        return found

    def make(self):
        for name in os.listdir(self.folder):
            if name.startswith(self.name):
                os.unlink(os.path.join(self.folder, name))
        for name, content in self.saved.items():
            with open(name, "wb") as file:
                file.write(content)

    def dump(self):
        """All that is in it, as the sqlite3 shell sees it; an empty file is as good as none."""
        path = self.path if os.path.exists(self.path) and os.path.getsize(self.path) > 0 else ":memory:"
        said = subprocess.run(["sqlite3", "-batch", path, ".dump"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False).stdout.decode(errors="replace")
        return [line for line in said.splitlines() if "_dbferry_sync" not in line]

    def show(self):
        """Of the same bytes nobody need ask the shell again."""
        return self.text if self.content() == self.saved else self.dump()


class Server:
    """A table on a server."""

    def __init__(self, client, make, show):
        self.sql_make, self.sql_show = make, show
        self.shell = Shell(shlex.split(client) + ["--force", "--unbuffered"])

    def make(self):
        wrong = [line for line in self.shell.ask(self.sql_make) if line.startswith("ERROR")]
        if wrong:
            sys.exit(f"the target cannot be made: {wrong[0]}")

    def show(self):
        """Without what no two loads have in common."""
        own = r" AUTO_INCREMENT=[0-9]+| ?\[dbferry run [0-9a-f]*( own [0-9a-f]*)?\]"
        return [re.sub(r"^ERROR .*? at line [0-9]+: ", "ERROR ", re.sub(own, "", line))
                for line in self.shell.ask(self.sql_show)]


class Load:
    """What came of one."""

    def __init__(self, code, said, calls):
        self.code, self.said, self.calls = code, said, calls

    def counted(self):
        found = re.search(r"^calls ([0-9]+)$", self.calls, re.MULTILINE)
        return int(found.group(1)) if found else 0

    def chain(self, event):
        """The callers that the preload wrote down, nearest first: of the first failure that mattered."""
        chains, on = [], False
        for line in self.calls.splitlines():
            if re.fullmatch("[a-z]+", line):
                on = line == event
                chains += [[]] if on else []
            elif on and "allocations.so" not in line:
                chains[-1].append(line)
        mattered = [chain for chain in chains if not GOES_ON.search("\n".join(chain))]
        return (mattered or chains or [[]])[0]

    def library(self, event):
        """The name of the nearest one that is not the C library, without its release."""
        for line in self.chain(event):
            name = os.path.basename(line.partition("(")[0])
            if not name.startswith("libc.so"):
                return name.partition(".so")[0].replace("-x86-64", "")
        return ""

    def has_allowed_code(self):
        library = self.library("failed")
        codes, of_glibc = CODES_OF_GLIBC
        if SAID_BY_GLIBC.search(self.said):
            return False
        if self.code in codes and of_glibc.search("\n".join(self.chain("failed"))):
            return True
        return any(self.code in codes and library in libraries for codes, libraries in CODES)

    def has_allowed_crash(self, mode):
        if CRASHES_OF_GLIBC.search("\n".join([self.said] + self.chain("crashed"))):
            return True
        if CRASHES_OF_OPENSSL.search(self.said):
            return True
        return self.library("crashed") in CRASHES and (
            mode == "ever" or self.library("failed") in CRASHES | {"libdbdmysql"})

    def hangs(self):
        return self.code is None

    def has_allowed_hang(self):
        return HANGS_OF_OPENSSL.search("\n".join(self.chain("crashed"))) is not None

    def is_crash(self):
        return not self.hangs() and (self.code == 127 or 130 <= self.code <= 139)


class Sweep:
    def __init__(self, what, mode, command):
        self.what, self.mode, self.command = what, mode, command
        self.log = os.path.join(os.environ["FAIL_FOLDER"], "calls")
        self.hits_all = os.environ.get("FERRY_SWEEP") == "all"
        self.stacks = os.path.join(os.environ["FAIL_FOLDER"], "stacks")
        self.stores = [File(os.environ["FAIL_FILE"])]
        if os.environ.get("FAIL_CLIENT"):
            self.stores.append(Server(os.environ["FAIL_CLIENT"], os.environ["FAIL_MAKE"], os.environ["FAIL_SHOW"]))
        self.failures = []

    def make(self):
        for store in self.stores:
            store.make()

    def show(self):
        return [line for store in self.stores for line in store.show()]

    def load(self, at):
        """A load in which the call of that number fails; 0: none."""
        if os.path.exists(self.log):
            os.unlink(self.log)
        environment = dict(os.environ, LD_PRELOAD=os.environ["FAIL_PRELOAD"], FERRY_FAIL_WHAT=self.what,
                           FERRY_FAIL_MODE=self.mode, FERRY_FAIL_AT=str(at), FERRY_FAIL_LOG=self.log)
        if at == 0 and self.hits_all:
            environment["FERRY_FAIL_STACKS"] = self.stacks
        with subprocess.Popen(self.command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            try:
                said, _ = process.communicate(timeout=SECONDS)
                code = process.returncode if process.returncode >= 0 else 128 - process.returncode
            except subprocess.TimeoutExpired:
                said, code = self.end(process), None
        calls = ""
        if os.path.exists(self.log):
            with open(self.log, encoding="utf-8", errors="replace") as file:
                calls = file.read()
        return Load(code, said.decode(errors="replace"), calls)

    def end(self, process):
        """Ends what hangs, of which the preload writes down where; what it has said."""
        process.send_signal(signal.SIGABRT)
        try:
            return process.communicate(timeout=SECONDS)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0]

    def judge(self, load):
        """What is wrong, or None.  A crash in a library leaves what a crash leaves: the old rows, and what
        the next run clears away."""
        if load.hangs() and not load.has_allowed_hang():
            return "it hangs"
        now = self.show()
        wanted = self.new if load.code == 0 else self.old
        if now != wanted:
            return f"exit status {load.code}, but not the {'new' if load.code == 0 else 'old'} rows: {now}"
        if re.search("Sanitizer|runtime error:", load.said):
            return None if load.has_allowed_crash(self.mode) else "the sanitizer has found something"
        if load.code == 0 or load.hangs():
            return None
        if load.code == 71:
            return None if re.search("^dbferry: ", load.said, re.MULTILINE) else "71 without a message"
        if load.is_crash():
            return None if load.has_allowed_crash(self.mode) else f"a crash: {load.code}"
        return None if load.has_allowed_code() else f"exit status {load.code}"

    def tell(self, at, load, wrong):
        self.failures.append(at)
        print(f"{self.what} {self.mode}, call {at}: {wrong}\n{load.said}{load.calls}", flush=True)

    def places(self, count, every):
        """One of each `every` of them, or all that differ."""
        choice = random.Random(os.environ.get("FERRY_SEED", "1"))
        if not self.hits_all:
            places = [first + choice.randrange(every) for first in range(1, count + 1, every)]
            return [place for place in places if place <= count]
        share, _, shares = os.environ.get("FERRY_SHARE", "1/1").partition("/")
        return self.places_that_differ(choice)[int(share) - 1::int(shares)]

    def places_that_differ(self, choice):
        """Each of them.  But OpenSSL makes tens of thousands by a few thousand ways: of its calls by one and
        the same way the first, the last and one that is chosen."""
        of_stack = {}
        with open(self.stacks, "rb") as file:
            for place, stack in enumerate(array.array("Q", file.read()), 1):
                of_stack.setdefault(stack, []).append(place)
        places = []
        for stack, same in of_stack.items():
            is_of_openssl = stack % 2 == 1
            places += {same[0], choice.choice(same), same[-1]} if is_of_openssl else same
        return sorted(places)

    def works(self, why):
        load = self.load(0)
        if load.code != 0:
            self.tell(0, load, why)
        return load

    def sweep(self, every):
        self.make()
        self.old = self.show()
        count = self.works("the load does not work").counted()
        if self.failures:
            return
        self.new = self.show()
        if self.new == self.old:
            sys.exit("the load changes nothing")
        self.make()
        if count == 0:
            sys.exit(f"this program does not come to the preload for {self.what}")
        hits = failed = 0
        for place in self.places(count, every):
            load = self.load(place)
            wrong = self.judge(load)
            hits, failed = hits + 1, failed + (load.code != 0)
            if wrong:
                self.tell(place, load, wrong)
            if wrong or load.code == 0 or load.is_crash() or load.hangs():
                self.make()
            if len(self.failures) == MOST:
                break
        # The next run works, whatever came before.
        self.works("the next load does not work")
        print(f"# {self.what}, {self.mode}: {failed} of {hits} loads failed (of {count} calls)")


def main():
    what, mode, every, *command = sys.argv[1:]
    sweep = Sweep(what, mode, command)
    sweep.sweep(int(every))
    return 1 if sweep.failures else 0


if __name__ == "__main__":
    sys.exit(main())

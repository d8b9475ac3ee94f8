"""Where a secret stands in the memory of a process: in_memory.py PID, with the secret on standard input.

One line for each part of the memory that holds twelve bytes or more of it in a row: its name, and
for memory that the process started with (its environment) "environment".  Needs root.
"""

import re
import sys

WINDOW = 12


def environment_of(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[47]), int(fields[48])


def main():
    pid = int(sys.argv[1])
    secret = sys.stdin.buffer.read().rstrip(b"\n")
    parts = {secret[i:i + WINDOW] for i in range(len(secret) - WINDOW + 1)}
    assert parts, "the secret is too short to be looked for"
    wanted = re.compile(b"|".join(map(re.escape, parts)))
    first, last = environment_of(pid)
    seen = set()
    looked = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            fields = line.split(None, 5)
            start, end = (int(text, 16) for text in fields[0].split("-"))
            name = fields[5].strip() if len(fields) > 5 else "unnamed"
            if "r" not in fields[1] or name.startswith("[v"):
                continue
            try:
                memory.seek(start)
                data = memory.read(end - start)
            except OSError:
                continue
            looked += len(data)
            for found in wanted.finditer(data):
                at = start + found.start()
                seen.add("environment" if first <= at < last else name)
    assert looked > 1000000, "the memory could not be read"
    print("\n".join(sorted(seen)))


main()

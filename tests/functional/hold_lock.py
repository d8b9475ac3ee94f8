"""Holds the lock of one table of a SQLite target, as a run does, until its standard input ends.

    hold_lock.py DATABASE TABLE

The file beside the database, and the byte of it that stands for the table: FNV-1a of the name in lower
case, with an end, by open file description locks, as dbferry-sqlite(7) has it.
"""

import fcntl
import os
import struct
import sys

F_OFD_SETLK = 37

value = 0xcbf29ce484222325
for byte in sys.argv[2].lower().encode() + b"\xff":
    value = (value ^ byte) * 0x100000001b3 % 2**64
file = os.open(os.path.realpath(sys.argv[1]) + "-dbferry.lock", os.O_RDWR | os.O_CREAT, 0o666)
fcntl.fcntl(file, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 2**61 + value // 16, 1, 0))
print("held", flush=True)
sys.stdin.read()

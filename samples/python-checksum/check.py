"""Checks what was stored against its checksum, as clients of cloud storage do.

check.py        checks one megabyte
check.py time   prints how many seconds that takes
"""

import sys
import time

import google_crc32c

RIGHT = 0x640A73C9

stored = bytes(range(256)) * 4_000
began = time.perf_counter()
checksum = google_crc32c.value(stored)
seconds = time.perf_counter() - began

if sys.argv[1:] == ["time"]:
    print(seconds)
else:
    print("the checksum is", "right" if checksum == RIGHT else "wrong")

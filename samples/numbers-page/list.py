"""Writes the list of numbers and their smallest factors, unless it is there: it stands for a
download."""

import sys
from math import isqrt
from pathlib import Path

MOST = 1_000_000


def factors():
    found = list(range(MOST))
    for number in range(2, isqrt(MOST) + 1):
        if found[number] == number:
            for multiple in range(number * number, MOST, number):
                if found[multiple] == multiple:
                    found[multiple] = number
    return found


path = Path(sys.argv[1])
if not path.exists():
    part = path.with_suffix(".part")
    with part.open("w") as file:
        file.writelines(f"{number},{factor}\n" for number, factor in enumerate(factors()))
    part.rename(path)

"""The commands of `python3 -m helpers`: what may be typed, and what is done then.

These modules need the standard library alone. What needs the installed packages is imported inside
the functions, because set-up runs before the packages are there.
"""

"""Loads the list into the database that the page is served from."""

import csv
import sqlite3
import sys
from pathlib import Path

with Path(sys.argv[1]).open() as file, sqlite3.connect(sys.argv[2]) as database:
    database.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY, factor INTEGER)")
    database.executemany("INSERT INTO numbers VALUES (?, ?)", csv.reader(file))

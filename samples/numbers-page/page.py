"""Resolves a name, serves one page from a database of numbers and fetches it, reads a time zone."""

import socket
import sqlite3
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.request import urlopen
from zoneinfo import ZoneInfo

DATABASE = Path(__file__).with_name("numbers.db")


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        number = int(self.path.strip("/"))
        with sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True) as database:
            select = "SELECT factor FROM numbers WHERE number = ?"
            (factor,) = database.execute(select, [number]).fetchone()
        is_prime = factor == number
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{number} is {'' if is_prime else 'not '}prime".encode())

    def log_message(self, *_):
        pass


def resolve():
    print("localhost is", socket.gethostbyname("localhost"))


def page():
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.handle_request).start()
        with urlopen(f"http://localhost:{server.server_port}/524287") as answer:
            print("got a page:", answer.read().decode())


def noon():
    day = datetime(2026, 7, 1, 12, tzinfo=UTC)
    print(f"noon in UTC is {day.astimezone(ZoneInfo('Europe/Paris')):%H:%M} in Paris")


for work in (resolve, page, noon):
    work()

"""Resolves a name, fetches a page over TLS from a server of its own, reads a time zone, and draws
a figure of some numbers."""

import socket
import ssl
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import pandas
import trustme
from matplotlib.figure import Figure


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"a page over TLS")

    def log_message(self, *_):
        pass


def resolve():
    print("localhost is", socket.gethostbyname("localhost"))


def page():
    """Serves one page and fetches it, with a certificate that is made here."""
    authority = trustme.CA()
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(serving)
    asking = ssl.create_default_context()
    authority.configure_trust(asking)
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        server.socket = serving.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.handle_request).start()
        with urlopen(f"https://localhost:{server.server_port}", context=asking) as answer:
            print("got", answer.read().decode())


def noon():
    day = datetime(2026, 7, 1, 12, tzinfo=UTC)
    print(f"noon in UTC is {day.astimezone(ZoneInfo('Europe/Paris')):%H:%M} in Paris")


def draw():
    sizes = pandas.Series([1340, 407, 391], ["full", "slim", "stages"])
    figure, png = Figure(), BytesIO()
    sizes.plot.bar(ax=figure.subplots())
    figure.savefig(png)
    print("drew", png.getvalue()[1:4].decode(), "with a mean of", round(sizes.mean()))


for work in (resolve, page, noon, draw):
    work()

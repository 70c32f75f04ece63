"""A site on Django: serves itself the requests that it is given, and prints each answer.

python pages.py REQUEST...    /noon, or de:/noon from somebody who reads German
"""

import socket
import sys
import threading
from contextlib import redirect_stderr
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from wsgiref.simple_server import WSGIRequestHandler, make_server
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.locale.LocaleMiddleware"],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).with_name("templates")],
        }
    ],
    LOGGING={
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "loggers": {"django.request": {"handlers": ["console"], "level": "ERROR"}},
    },
)


def home(request):
    return render(request, "home.html", {"day": date(2026, 7, 1)})


def noon(request):
    zone = request.GET.get("zone", "Europe/Paris")
    day = datetime(2026, 7, 1, 12, tzinfo=UTC).astimezone(ZoneInfo(zone))
    return HttpResponse(f"noon in UTC is {day:%H:%M} in {zone}")


def sheet(request):
    import csv  # only this page needs it

    rows = int(request.GET.get("rows", 3))
    with SpooledTemporaryFile(1_000_000, "w+", newline="") as file:  # a large one goes to disk
        csv.writer(file).writerows((row, row * row) for row in range(rows))
        file.seek(0)
        return HttpResponse(file.read(), content_type="text/csv")


urlpatterns = [path("", home), path("noon", noon), path("sheet", sheet)]


class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def ask(port, request):
    """The status and the text that answer a request: no library is needed to ask."""
    language, _, target = request.rpartition(":")
    headers = f"Host: localhost\r\nAccept-Language: {language or 'en'}"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET {target} HTTP/1.0\r\n{headers}\r\n\r\n".encode())
        head, _, text = connection.makefile("rb").read().decode().partition("\r\n\r\n")
    return int(head.split()[1]), text


def main(requests):
    failed = False
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for request in requests:
            status, text = ask(server.server_port, request)
            print(status, request, "->", text.strip().splitlines()[-1], flush=True)
            failed |= status >= 500
        server.shutdown()
    return int(failed)


if __name__ == "__main__":
    with redirect_stderr(sys.stdout):  # what is logged keeps its place among the answers
        sys.exit(main(sys.argv[1:]))

"""Serve the published site on this machine, to look at it in a browser.

Only this machine can reach it (127.0.0.1). The site also opens from disk, without this command. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import errno
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from stallhorn.errors import ExitCode, UsageError

HOST = "127.0.0.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port (default: any free one)")
    parser.add_argument("--output", type=Path, metavar="DIR", help="the folder that was published to with --output")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn.asv.project import load_project

    server = serve(args.output or load_project(args.config).html, args.port)
    url = f"http://{HOST}:{server.server_address[1]}/"
    try:
        print(f"Serving the site at {url} (Ctrl-C ends it)", flush=True)
        if args.open:
            import webbrowser

            webbrowser.open(url)
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()
    return ExitCode.FINE


def serve(site: Path, port: int) -> ThreadingHTTPServer:
    """A server of the site that has its port but does not answer yet."""
    from stallhorn.report.html.folder import has_site

    if not has_site(site):
        raise UsageError(f"There is no published site in {site}.", "Make one first: stallhorn publish.")
    if not 0 <= port <= 65535:
        raise UsageError(
            f"--port {port} is not a port: expected 1 to 65535, or 0 for any free one.", "Leave --port out."
        )
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Handler, directory=str(site)))
    except OSError as error:
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        raise UsageError(
            f"Port {port} {why}.", "Name another with --port, or leave --port out to get a free one."
        ) from error


class _Handler(SimpleHTTPRequestHandler):
    """Files of the site: never cached, so that a reload shows a new publish; folders are not listed."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: object) -> None:
        self.send_error(HTTPStatus.NOT_FOUND, "There is no such page")

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not worth a line."""

"""Serve the published site on this machine, to look at it in a browser; pages reload after a publish.

Only this machine can reach it (127.0.0.1). The site also opens from disk, without this command. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import errno
import gzip
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from stallhorn.errors import ExitCode, UsageError

HOST = "127.0.0.1"
STATE, SCRIPT = "/.preview/state.js", "/.preview/reload.js"
SECONDS = 1  # between two looks whether the site was published again
_COMPRESSED = (".html", ".js", ".css", ".svg", ".json", ".atom", ".md")
_SMALL = 1000  # bytes; less is not worth compressing

# A page may run scripts of its own site and fetch nothing: what is asked for is a script that says which site it is.
_RELOAD = """"use strict";
(() => {
  let known = null;
  window.stallhornPublished = (state) => {
    if (!state) return;
    if (known !== null && state !== known) location.reload();
    known = state;
  };
  const look = () => {
    const script = document.createElement("script");
    script.src = "%s?" + Date.now();
    script.onload = script.onerror = () => { script.remove(); setTimeout(look, %d); };
    document.head.append(script);
  };
  look();
})();
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port (default: any free one)")
    parser.add_argument(
        "--html",
        "--output",
        dest="html",
        type=Path,
        metavar="DIR",
        help="the folder that was published to with --html",
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn.asv.project import load_project

    server = serve(args.html or load_project(args.config).html, args.port)
    url = f"http://{HOST}:{server.server_address[1]}/"
    try:
        print(f"Serving the site at {url} (pages reload after a publish; Ctrl-C ends it)", flush=True)
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

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == SCRIPT:
            self._answer("text/javascript", (_RELOAD % (STATE, SECONDS * 1000)).encode())
        elif path == STATE:
            self._answer("text/javascript", f'stallhornPublished("{_published(Path(self.directory))}");\n'.encode())
        elif (content := self._page()) is not None:
            self._answer(self.guess_type(self.translate_path(self.path)), content)
        else:
            super().do_GET()

    def _page(self) -> bytes | None:
        """A text of the site as it is sent: pages with the script that reloads them. None for everything else."""
        place = Path(self.translate_path(self.path))
        if place.is_dir() and self.path.partition("?")[0].endswith("/"):
            place /= "index.html"
        if place.suffix not in _COMPRESSED:
            return None
        try:
            content = place.read_bytes()
        except OSError:
            return None
        if place.suffix == ".html":
            content = content.replace(b"</head>", f'<script src="{SCRIPT}" defer></script>\n</head>'.encode(), 1)
        return content

    def _answer(self, kind: str, content: bytes) -> None:
        packed = "gzip" in self.headers.get("Accept-Encoding", "") and len(content) > _SMALL
        sent = _packed(content) if packed else content
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(sent)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(sent)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: object) -> None:
        self.send_error(HTTPStatus.NOT_FOUND, "There is no such page")

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not worth a line."""


@lru_cache(maxsize=64)
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=6, mtime=0)


def _published(site: Path) -> str:
    """What tells one publish from the next; "" while one is being put in place."""
    from stallhorn.report.html.folder import MARKER

    try:
        found = (site / MARKER).stat()
    except OSError:
        return ""
    return f"{found.st_ino}-{found.st_mtime_ns}"

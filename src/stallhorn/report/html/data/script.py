"""Data as a script: pages that are opened from disk can load nothing else. Pure."""

from __future__ import annotations

import orjson

from stallhorn.report.html.pages.base import File


def script(name: str, data: object) -> File:
    """`data/<name>.js`, which says `(window.stallhornData ||= {})["<name>"] = ...;`.

    Texts come from benchmarks and repositories: "<" and the line ends that only JavaScript knows are escaped.
    """
    text = (
        orjson.dumps(data)
        .replace(b"<", b"\\u003c")
        .replace(b"\xe2\x80\xa8", b"\\u2028")
        .replace(b"\xe2\x80\xa9", b"\\u2029")
    )
    return File(f"data/{name}.js", b'(window.stallhornData ||= {})["' + name.encode() + b'"] = ' + text + b";\n")

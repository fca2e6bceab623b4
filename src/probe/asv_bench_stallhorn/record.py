"""The probe record: one JSON object a line, appended in one write, so that writers never mix."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from typing import Any, Dict, Mapping, Optional

from . import METHOD, __version__

SCHEMA = 1
STDERR_LIMIT = 20_000  # characters kept: the first and the last half


def build(benchmark: str, params: Mapping[str, str], status: str, **parts: Any) -> Dict[str, Any]:
    """A record. `parts` are the keys of the schema that are known; the rest become null or empty."""
    record: Dict[str, Any] = {
        "schema": SCHEMA,
        "benchmark": benchmark,
        "params": dict(params),
        "commit": os.environ.get("ASV_COMMIT"),
        "environment": os.environ.get("ASV_ENV_NAME"),
        "version": None,
        "probe": __version__,
        "method": METHOD,
        "status": status,
        "reason": "",
        "stderr": "",
        "round": 0,
        "started": None,
        "seconds": None,
        "samples": None,
        "number": None,
        "facts": {},
    }
    record.update(parts)
    record["stderr"] = capped(record["stderr"])
    return record


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def capped(text: str, limit: int = STDERR_LIMIT) -> str:
    """The text, its middle cut out if it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return "%s\n... %d characters left out ...\n%s" % (text[:half], len(text) - 2 * half, text[-half:])


def folder() -> Optional[str]:
    """Where records go: where `stallhorn run` says, or beside asv.conf.json under plain asv, or nowhere."""
    if os.environ.get("STALLHORN_RECORDS"):
        return os.environ["STALLHORN_RECORDS"]
    project = os.environ.get("ASV_CONF_DIR")
    return os.path.join(project, ".stallhorn", "records") if project else None


def file_name(commit: str, environment: str) -> str:
    """The record's file: beside asv's result file and named like it."""
    if len(environment) >= 128:  # asv's own limit and replacement
        environment = "env-" + hashlib.md5(environment.encode("utf-8")).hexdigest()
    return "%s-%s.probe.jsonl" % (commit[:8], environment)


def append(record: Mapping[str, Any], into: Optional[str] = None) -> bool:
    """Write one record; False if there is nowhere to write or it failed. A lost record must not lose a timing."""
    place = into or folder()
    if place is None or not record.get("environment"):
        return False
    line = json.dumps(record, sort_keys=True, default=str) + "\n"
    path = os.path.join(place, file_name(record.get("commit") or "unknown", record["environment"]))
    try:
        os.makedirs(place, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            content = line.encode("utf-8")
            return os.write(descriptor, content) == len(content)
        finally:
            os.close(descriptor)
    except OSError:
        return False

"""asv's environments: list them, create them, install a commit into one."""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from asv import environment, repo, util

from stallhorn.errors import BenchmarkFailed, UsageError
from stallhorn.model import Environment

LOG_LIMIT = 20_000  # characters of a failed command's output that are kept: its end


class InstallFailed(BenchmarkFailed):
    """A commit could not be built or installed; `log` is the end of what the tools printed."""

    def __init__(self, what: str, log: str) -> None:
        super().__init__(what, "")
        self.log = log[-LOG_LIMIT:]


class CreationFailed(UsageError):
    """An environment could not be created: no network, an unknown version, a full disk."""

    def __init__(self, what: str, remedy: str, log: str) -> None:
        super().__init__(what, remedy)
        self.log = log[-LOG_LIMIT:]


@contextlib.contextmanager
def quiet() -> Iterator[list[str]]:
    """Collect what asv would print: it logs to the root logger and writes dots to a terminal."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield messages
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@dataclass(frozen=True, slots=True)
class Workshop:
    """One environment of the matrix, ready to be created and used. Wraps asv's object."""

    asv: Any
    conf: Any
    _failures: dict[str, InstallFailed] = field(default_factory=dict, compare=False)  # by commit; never tried twice

    @property
    def name(self) -> str:
        return str(self.asv.name)

    @property
    def described(self) -> Environment:
        return Environment(
            name=self.name,
            python=str(self.asv.python),
            requirements=tuple(sorted((str(key), str(value or "")) for key, value in self.asv.requirements.items())),
            variables=tuple(sorted((str(key), str(value)) for key, value in self.asv.env_vars.items())),
        )

    @property
    def plain(self) -> bool:
        """Whether it sets no variable of its own; the quick preset measures only these."""
        return not self.asv.env_vars

    @property
    def exists(self) -> bool:
        with quiet():
            return bool(self.asv.check_presence())

    @property
    def python(self) -> str:
        """Path of its interpreter."""
        return str(self.asv.find_executable("python"))

    def create(self) -> None:
        """Create it if it is not there: a virtual environment and its requirements. Needs the network."""
        failures = create_missing((self,))
        if failures:
            raise failures[self.name]

    def install(self, repository: Any, commit: str) -> None:  # noqa: ANN401 - asv.repo.Repo
        """Build the subject at a commit, and install it and the probe. Nothing to do if it is there."""
        if commit in self._failures:
            raise self._failures[commit]
        with quiet() as messages:
            try:
                self.asv.install_project(self.conf, repository, commit)
            except (util.ProcessError, util.UserError, OSError) as error:
                self._failures[commit] = InstallFailed(
                    f"{commit[:8]} does not build in {self.name}: {_first_line(error, messages)}",
                    _output(error, messages),
                )
                raise self._failures[commit] from error

    def variables(self, commit: str) -> dict[str, str]:
        """The environment variables of a measuring process: asv's own rules, without PYTHONPATH."""
        inherited = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
        binaries = str(Path(self.python).parent)
        return {
            **inherited,
            **{str(key): str(value) for key, value in self.asv.env_vars.items()},
            "PATH": os.pathsep.join([binaries, inherited.get("PATH", "")]),
            "ASV": "true",
            "ASV_PROJECT": str(self.conf.project),
            "ASV_CONF_DIR": str(Path.cwd()),
            "ASV_ENV_NAME": self.name,
            "ASV_ENV_TYPE": str(self.asv.tool_name),
            "ASV_COMMIT": commit,
        }


def create_missing(workshops: tuple[Workshop, ...]) -> dict[str, CreationFailed]:
    """Create those that are not there, side by side; returns why the others could not be, by name.

    Most of the time goes into unpacking wheels, which two cores do at once. Environments that differ only in variables
    share a folder, and are created once.
    """
    folders: dict[str, Workshop] = {}
    for one in workshops:
        folders.setdefault(str(one.asv.dir_name), one)
    failures: dict[str, CreationFailed] = {}
    with quiet() as messages, ThreadPoolExecutor(max_workers=max(1, len(folders))) as pool:
        pending = {folder: pool.submit(one.asv.create) for folder, one in folders.items()}
        try:
            wait(pending.values())
        except BaseException:  # Ctrl-C: the installers run in process groups of their own
            for child in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    child.kill()
            raise
        for one in workshops:
            error = pending[str(one.asv.dir_name)].exception()
            if isinstance(error, (util.ProcessError, util.UserError, OSError)):
                failures[one.name] = _creation_failure(one, error, messages)
            elif error is not None:
                raise error
    return failures


def _creation_failure(workshop: Workshop, error: Exception, messages: list[str]) -> CreationFailed:
    return CreationFailed(
        f"The environment {workshop.name} could not be created: {_first_line(error, messages)}",
        "Creating one needs a package index: check the network and the versions in asv.conf.json's matrix.",
        _output(error, messages),
    )


def list_environments(conf: Any) -> tuple[Workshop, ...]:  # noqa: ANN401 - asv.config.Config
    """The matrix of asv.conf.json, in its order."""
    with quiet() as messages:
        try:
            found = tuple(Workshop(one, conf) for one in environment.get_environments(conf, None))
        except (util.UserError, environment.EnvironmentUnavailable) as error:
            raise UsageError(f"The environments of asv.conf.json cannot be used: {error}", _python_remedy()) from None
    if not found:
        said = "; ".join(messages) or "the matrix is empty"
        raise UsageError(f"No environment of asv.conf.json can be made here: {said}.", _python_remedy())
    return found


def left_out(conf: Any) -> tuple[str, ...]:  # noqa: ANN401 - asv.config.Config
    """What asv says about environments of the matrix that cannot be made here, e.g. for a missing Python."""
    with quiet() as messages, contextlib.suppress(util.UserError, environment.EnvironmentUnavailable):
        list(environment.get_environments(conf, None))
    return tuple(messages)


def _python_remedy() -> str:
    return (
        "Install the Python versions that `pythons` names, or leave `pythons` out to use the one that runs stallhorn."
    )


def open_repository(conf: Any) -> Any:  # noqa: ANN401 - asv's objects
    """asv's repository object, needed to check commits out."""
    with quiet():
        try:
            return repo.get_repo(conf)
        except (util.UserError, util.ProcessError) as error:
            raise UsageError(
                f"The repository {conf.repo!r} of asv.conf.json cannot be used: {error}",
                "Set `repo` to the folder of a git repository, or to its address.",
            ) from error


def _first_line(error: Exception, messages: list[str]) -> str:
    """The most telling line: the last error that a tool printed, else the exception itself.

    pip quotes the build's own output, marks its end, and adds errors of its own that say less.
    """
    lines = [line.strip() for line in _output(error, messages).splitlines() if line.strip()]
    if "[end of output]" in lines[1:]:
        return lines[lines.index("[end of output]") - 1]
    telling = [line for line in lines if line.lower().startswith(("error", "fatal", "modulenotfound", "syntaxerror"))]
    return telling[-1] if telling else (str(error).strip().splitlines() or [type(error).__name__])[0]


def _output(error: Exception, messages: list[str]) -> str:
    if isinstance(error, util.ProcessError):
        return "\n".join(part for part in (str(error), error.stdout, error.stderr) if part)
    return "\n".join([*messages, str(error)])

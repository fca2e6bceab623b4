"""The house's rules, read from the sources: who may import whom, how large things may be, what they may be called.

Every rule is a function from modules to broken rules, and is shown a planted violation that it has to find.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOST, PROBE, SUBJECT = ROOT / "src/stallhorn", ROOT / "src/probe/asv_bench_stallhorn", ROOT / "src/kernels/refkernels"
SUITE = ROOT / "benchmarks"
COMMANDS = sorted(path.stem for path in (HOST / "commands").glob("*.py") if path.stem != "__init__")

# The host's parts, lowest first, and the parts that each may import; a part is a file or a folder below stallhorn/,
# and may always import itself. Parts that do not name each other are siblings. (bisect is a room that stands empty
# yet; its doors are decided.)
BOTTOM = "model errors units endings discovery console collector"
ALLOWED = {
    "model": "",
    "errors": "",
    "units": "",
    "endings": "",
    "discovery": "",
    "console": "",
    "collector": "",
    "stats": "model errors units",
    "floors": "model",
    "sweeps": f"{BOTTOM} stats",
    "health": BOTTOM,
    "changes": f"{BOTTOM} stats",
    "contrast": f"{BOTTOM} stats sweeps changes",
    "pitfalls": f"{BOTTOM} stats",
    "bisect.search": f"{BOTTOM} stats",
    "bisect": f"{BOTTOM} stats bisect.search",
    "experiments": f"{BOTTOM} stats pitfalls",
    "fingerprint": f"{BOTTOM} pitfalls",
    "cases": f"{BOTTOM} pitfalls",
    "counted": f"{BOTTOM} pitfalls",
    "causes": f"{BOTTOM} changes pitfalls cases fingerprint",
    "kinds": f"{BOTTOM} pitfalls fingerprint",
    "verdicts": f"{BOTTOM} changes pitfalls causes kinds",
    "diagnose": f"{BOTTOM} stats floors changes pitfalls cases causes counted verdicts",
    "plan": BOTTOM,
    "recheck": f"{BOTTOM} changes plan",
    "git": BOTTOM,
    "progress": BOTTOM,
    "store": f"{BOTTOM} stats git",
    "settings": f"{BOTTOM} changes store",
    "report": f"{BOTTOM} stats pitfalls sweeps health contrast",
    "asv": f"{BOTTOM} plan",
    "runners": f"{BOTTOM} plan",
    "campaign": f"{BOTTOM} plan git progress asv runners",
    "workbench": f"{BOTTOM} stats pitfalls experiments plan asv runners",
    "demo": BOTTOM,
    "commands": f"{BOTTOM} stats changes pitfalls bisect experiments cases sweeps diagnose plan recheck git progress "
    "store settings report asv runners campaign workbench demo contrast",
    "__main__": "errors discovery console commands",
    "": "",  # stallhorn/__init__.py, which everybody may import: it holds the version
}
DOOR_TO_ASV = "stallhorn.asv"

ARRAY_LIBRARIES = frozenset({"numpy", "scipy", "numba", "jax", "jaxlib", "llvmlite"})
LINES_IN_FILE, LINES_IN_FUNCTION = 500, 60
WORDS_THAT_SAY_NOTHING = frozenset({"util", "utils", "common", "helper", "helpers", "misc"})
TEXTS = (".py", ".js", ".css", ".j2")


@dataclass(frozen=True)
class Import:
    """One imported module, by its full name."""

    module: str
    line: int
    in_function: bool
    in_try: bool


@dataclass(frozen=True)
class Module:
    """One source file; `known` are the modules it may be among, so that `from package import module` can be told."""

    name: str
    source: str
    is_package: bool = False
    known: frozenset[str] = frozenset()

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    def imports(self) -> Iterator[Import]:
        """Every import, those inside functions, conditions and `import_module("literal")` calls included."""
        yield from self._walk(self.tree, False, False)

    def _walk(self, node: ast.AST, in_function: bool, in_try: bool) -> Iterator[Import]:
        for name in self._imported(node):
            yield Import(name, node.lineno, in_function, in_try)  # type: ignore[attr-defined]
        in_function = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            tried = in_try or (isinstance(node, ast.Try) and child in node.body)
            yield from self._walk(child, in_function, tried)

    def _imported(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            base = self._base(node)
            inside = [f"{base}.{alias.name}" for alias in node.names]
            return [name if name in self.known else base for name in inside]
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            literal = [one.value for one in node.args[:1] if isinstance(one, ast.Constant)]
            return [str(one) for one in literal] if called in ("import_module", "__import__") else []
        return []

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        package = parts[: len(parts) - node.level + self.is_package]
        return ".".join([*package, *([node.module] if node.module else [])])


def read(folder: Path, package: str) -> tuple[Module, ...]:
    """Every Python file of a package."""
    files = {}
    for path in sorted(folder.rglob("*.py")):
        parts = [package, *path.relative_to(folder).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        files[".".join(parts[:-1] if is_package else parts)] = (path, is_package)
    known = frozenset(files)
    return tuple(
        Module(name, path.read_text(encoding="utf-8"), is_package, known) for name, (path, is_package) in files.items()
    )


def plant(**sources: str) -> tuple[Module, ...]:
    """Modules out of strings; `__` in a name stands for a dot."""
    names = {name.replace("__", "."): source for name, source in sources.items()}
    return tuple(Module(name, source, known=frozenset(names)) for name, source in names.items())


def top(module: str) -> str:
    return module.partition(".")[0]


# --- import directions of the host


def part(module: str) -> str:
    """The part of the table that a module of the host belongs to: the longest that fits."""
    inner = module.partition(".")[2]
    fitting = [name for name in ALLOWED if name and (inner == name or inner.startswith(f"{name}."))]
    return max(fitting, key=len, default=inner)


def wrong_directions(modules: Iterable[Module]) -> list[str]:
    found = []
    for module in modules:
        mine = part(module.name)
        if mine not in ALLOWED:
            found.append(f"{module.name} belongs to no part of the table")
            continue
        for one in module.imports():
            if top(one.module) != "stallhorn":
                continue
            theirs = part(one.module)
            if theirs not in {mine, "", *ALLOWED[mine].split()}:
                found.append(f"{module.name}:{one.line} imports {one.module}")
    return found


def strangers_at_asvs_door(modules: Iterable[Module]) -> list[str]:
    return [
        f"{module.name}:{one.line} imports {one.module}"
        for module in modules
        if module.name != DOOR_TO_ASV and not module.name.startswith(f"{DOOR_TO_ASV}.")
        for one in module.imports()
        if top(one.module) in ("asv", "asv_runner")
    ]


def cycle(modules: Iterable[Module]) -> list[str]:
    """The modules of one import cycle, in order, or nothing."""
    modules = tuple(modules)
    names = {module.name for module in modules}
    targets = {
        module.name: sorted({one.module for one in module.imports()} & names - {module.name}) for module in modules
    }
    finished: set[str] = set()

    def search(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in finished:
            return []
        for target in targets[name]:
            if found := search(target, [*path, name]):
                return found
        finished.add(name)
        return []

    return next((found for name in sorted(names) if (found := search(name, []))), [])


def test_the_host_imports_one_way():
    assert wrong_directions(read(HOST, "stallhorn")) == []


def test_only_the_door_to_asv_imports_asv():
    assert strangers_at_asvs_door(read(HOST, "stallhorn")) == []


@pytest.mark.parametrize(("folder", "package"), [(HOST, "stallhorn"), (PROBE, PROBE.name), (SUBJECT, SUBJECT.name)])
def test_there_are_no_import_cycles(folder: Path, package: str):
    assert cycle(read(folder, package)) == []


def test_the_table_names_only_parts_that_it_has():
    named = {name for names in ALLOWED.values() for name in names.split()}
    assert named <= set(ALLOWED)
    order = list(ALLOWED)
    upward = [(one, other) for one in order for other in ALLOWED[one].split() if order.index(other) > order.index(one)]
    assert upward == []


@pytest.mark.parametrize(
    "planted",
    [
        {"stallhorn__model": "from stallhorn import units"},
        {"stallhorn__model": "from . import units", "stallhorn__units": ""},
        {"stallhorn__stats": "def f():\n    import stallhorn.store.files"},
        {"stallhorn__changes__rule": "from stallhorn.pitfalls import base", "stallhorn__pitfalls__base": ""},
        {"stallhorn__pitfalls__x": "from stallhorn.changes.levels import Levels"},
        {"stallhorn__report__json": "if TYPE_CHECKING:\n    from stallhorn.store import load"},
        {"stallhorn__store__x": "import_module('stallhorn.runners.local')"},
        {"stallhorn__bisect__search": "from stallhorn.bisect.session import Session"},
        {"stallhorn__runners__local": "from ..asv import suite", "stallhorn__asv__suite": ""},
        {"stallhorn__plan": "from stallhorn.campaign import Unit"},
        {"stallhorn__campaign": "from stallhorn.commands.run import Request"},
        {"stallhorn__novelty": ""},
    ],
)
def test_an_import_against_the_directions_is_found(planted: dict[str, str]):
    # Every module but the first stands for one that exists.
    sources = {"stallhorn__units": "", **planted}
    assert len(wrong_directions(plant(**sources))) == 1


def test_imports_along_the_directions_are_fine():
    assert not wrong_directions(
        plant(
            stallhorn="",
            stallhorn__campaign="from stallhorn import plan, __version__\nfrom stallhorn.asv.results import ResultFile",
            stallhorn__commands__check="def run():\n    from stallhorn import campaign, store",
            stallhorn__plan="from stallhorn.model import Benchmark",
            stallhorn__store__files="from .base import READER",
        )
    )


@pytest.mark.parametrize("code", ["import asv", "from asv.util import x", "def f():\n    from asv_runner import run"])
def test_a_stranger_at_asvs_door_is_found(code: str):
    assert len(strangers_at_asvs_door(plant(stallhorn__store__x=code))) == 1
    assert not strangers_at_asvs_door(plant(stallhorn__asv__x=code, stallhorn__asv=code))


def test_a_cycle_is_found_even_through_a_function():
    planted = plant(a__x="from a import y", a__y="import a.z", a__z="def f():\n    from a.x import thing")
    assert cycle(planted) == ["a.x", "a.y", "a.z", "a.x"]
    assert cycle(plant(a__x="from a import y", a__y="import a.z", a__z="")) == []


# --- the probe


def probe_imports(modules: Iterable[Module]) -> list[str]:
    """Imports that the probe may not make."""
    found = []
    for module in modules:
        for one in module.imports():
            if not _allowed_in_probe(module.name, one):
                found.append(f"{module.name}:{one.line} imports {one.module}")
    return found


def _allowed_in_probe(module: str, one: Import) -> bool:
    room = module.partition(".")[2].partition(".")[0]
    library = top(one.module)
    if library in sys.stdlib_module_names or library == PROBE.name:
        return True
    if library == "threadpoolctl":
        return one.in_try
    if library == "asv_runner":
        return room in ("benchmarks", "listing")
    return library in ("numba", "llvmlite", "jax") and room == "backends" and one.in_function


def newer_than_38(modules: Iterable[Module]) -> list[str]:
    """Modules that Python 3.8 cannot parse."""
    found = []
    for module in modules:
        try:
            ast.parse(module.source, feature_version=(3, 8))
        except SyntaxError as error:
            found.append(f"{module.name}:{error.lineno}: {error.msg}")
    return found


def test_the_probe_imports_the_standard_library_and_little_else():
    assert probe_imports(read(PROBE, PROBE.name)) == []


def test_the_probe_is_written_in_python_38():
    assert newer_than_38(read(PROBE, PROBE.name)) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cell", "import numpy"),
        ("cell", "import psutil"),
        ("cell", "import stallhorn"),
        ("facts", "from threadpoolctl import threadpool_info"),
        ("session", "def f():\n    import asv_runner"),
        ("backends__jax_", "import jax"),
        ("backends__jax_", "try:\n    import jax\nexcept ImportError:\n    pass"),
        ("backends__numba_", "from numba.core import event"),
        ("facts", "def f():\n    import numba"),
    ],
)
def test_an_import_that_the_probe_may_not_make_is_found(name: str, code: str):
    assert len(probe_imports(plant(**{f"{PROBE.name}__{name}": code}))) == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cell", "import os.path\nfrom . import clock"),
        ("facts", "try:\n    from threadpoolctl import threadpool_info\nexcept ImportError:\n    pass"),
        ("benchmarks__x", "from asv_runner.benchmarks._base import Benchmark"),
        ("backends__jax_", "def f():\n    from jax import monitoring"),
    ],
)
def test_an_import_that_the_probe_may_make_is_fine(name: str, code: str):
    assert not probe_imports(plant(**{f"{PROBE.name}__{name}": code}))


@pytest.mark.parametrize(
    "code", ["match x:\n    case 1: pass", "with (open(a) as b, c): pass", "try: pass\nexcept* ValueError: pass"]
)
def test_syntax_newer_than_38_is_found(code: str):
    assert len(newer_than_38(plant(x=code))) == 1


# --- the subject and the suite


OWN_MODULES = {"numba": "numba_", "llvmlite": "numba_", "jax": "jax_", "jaxlib": "jax_"}


def backends_out_of_place(modules: Iterable[Module]) -> list[str]:
    """Imports of Numba or JAX in a module of the subject whose name does not begin with theirs."""
    return [
        f"{module.name}:{one.line} imports {one.module}"
        for module in modules
        for one in module.imports()
        if top(one.module) in OWN_MODULES
        and not module.name.rpartition(".")[2].lstrip("_").startswith(OWN_MODULES[top(one.module)])
    ]


def arrays_too_early(modules: Iterable[Module]) -> list[str]:
    """Array libraries (and the subject, which may load them) imported when a module of the suite is."""
    return [
        f"{module.name}:{one.line} imports {one.module}"
        for module in modules
        for one in module.imports()
        if not one.in_function and top(one.module) in {*ARRAY_LIBRARIES, SUBJECT.name}
    ]


def test_the_subject_imports_a_backend_only_in_its_own_modules():
    assert backends_out_of_place(read(SUBJECT, SUBJECT.name)) == []


def test_suite_modules_import_no_array_library():
    modules = read(SUITE, "benchmarks")
    assert modules
    assert arrays_too_early(modules) == []


def test_a_backend_out_of_place_is_found():
    assert len(backends_out_of_place(plant(refkernels__rbf__numpy_="def f():\n    import numba"))) == 1
    assert len(backends_out_of_place(plant(refkernels__rbf__numba_="from jax import numpy"))) == 1
    assert not backends_out_of_place(plant(refkernels__rbf__numba_="import numba", refkernels__rbf__jax_="import jax"))
    assert not backends_out_of_place(plant(refkernels__rbf__numba_specimens="import numba"))


@pytest.mark.parametrize(
    "code", ["import numpy as np", "from jax import numpy", "class A:\n    import numba", "import refkernels"]
)
def test_an_array_library_imported_too_early_is_found(code: str):
    assert len(arrays_too_early(plant(benchmarks__x=code))) == 1


def test_an_array_library_imported_in_setup_is_fine():
    assert not arrays_too_early(plant(benchmarks__x="class A:\n    def setup(self):\n        import numpy"))


# --- sizes and names


def sources() -> list[Path]:
    folders = [folder for folder in ("src", "benchmarks", "tests", "figures") if (ROOT / folder).is_dir()]
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.suffix in TEXTS]


def too_long(text: str, name: str) -> list[str]:
    lines = len(text.splitlines())
    found = [f"{name} has {lines} lines"] if lines > LINES_IN_FILE else []
    if not name.endswith(".py"):
        return found
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LINES_IN_FUNCTION:
                found.append(f"{name}:{node.lineno} {node.name} has {length} lines")
    return found


def says_nothing(name: str) -> bool:
    return name.strip("_").lower() in WORDS_THAT_SAY_NOTHING


def test_files_and_functions_are_small():
    assert [one for path in sources() for one in too_long(path.read_text(encoding="utf-8"), str(path))] == []


def test_every_module_has_a_name_that_says_something():
    named = [path for path in sources() if any(says_nothing(name) for name in (path.stem, path.parent.name))]
    assert named == []


def test_what_is_too_long_is_found():
    def function(lines: int) -> str:
        return "def f():\n" + "    x = 1\n" * (lines - 1)

    assert not too_long(function(LINES_IN_FUNCTION), "a.py")
    assert len(too_long(function(LINES_IN_FUNCTION + 1), "a.py")) == 1
    assert not too_long("x\n" * LINES_IN_FILE, "a.css")
    assert len(too_long("x\n" * (LINES_IN_FILE + 1), "a.css")) == 1


def test_a_name_that_says_nothing_is_found():
    assert all(says_nothing(name) for name in ("utils", "_util", "helpers", "Common", "misc"))
    assert not any(says_nothing(name) for name in ("units", "commons", "helping", "__init__"))


# --- what the command line costs before it does anything


@pytest.mark.parametrize("arguments", [["--help"], *([name.replace("_", "-"), "--help"] for name in COMMANDS)])
def test_help_loads_neither_asv_nor_an_array_library(arguments: list[str]):
    code = (
        "import contextlib, sys\n"
        "from stallhorn.__main__ import main\n"
        "with contextlib.suppress(SystemExit): main(sys.argv[1:])\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    loaded = {top(name) for name in done.stderr.split()}
    assert "usage: stallhorn" in done.stdout
    assert "stallhorn" in loaded
    assert loaded.isdisjoint({"asv", "asv_runner", "numpy", "numba", "jax"})

"""What a call reaches is found by reading names, and what is hostile, huge or somebody else's is left alone."""

import functools
import json
import statistics
import subprocess
import sys

import numpy as np
import pytest
from asv_bench_stallhorn import reach


def leaf():
    return 1


def other_leaf():
    return 2


def caller():
    return leaf()


def with_lambda():
    return [(lambda: leaf())() for _ in range(3)]


def with_default(function=leaf, *, named=other_leaf):
    return function() + named()


def closed_over(function):
    def inner():
        return function()

    return inner


def decorated(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return function(*arguments)

    return wrapper


@decorated
def wrapped():
    return leaf()


def ping(n):
    return pong(n)


def pong(n):
    return ping(n)


class Work:
    table = None

    def __init__(self):
        self.function = leaf
        self.mapping = {"a": [other_leaf]}

    def run(self):
        return self.function()

    def by_method(self):
        return self._helper()

    def _helper(self):
        return other_leaf()

    def by_mapping(self):
        return self.mapping["a"][0]()

    @staticmethod
    def still():
        return leaf()

    @functools.cached_property
    def lazy(self):
        raise AssertionError("looked at a property")


def uses_object():
    return WORK.run()


WORK = Work()


def names(*roots):
    return {one.__name__ for one in reach.functions(reach.reached(roots))}


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        pytest.param(caller, {"caller", "leaf"}, id="a global"),
        pytest.param(with_lambda, {"with_lambda", "leaf"}, id="a name inside an inner function"),
        pytest.param(with_default, {"with_default", "leaf", "other_leaf"}, id="defaults"),
        pytest.param(closed_over(leaf), {"inner", "leaf"}, id="a closure"),
        pytest.param(functools.partial(caller), {"caller", "leaf"}, id="a partial"),
        pytest.param(functools.partial(statistics.mean, leaf), {"leaf"}, id="a partial's argument"),
        pytest.param(wrapped, {"wrapped", "leaf"}, id="what a decorator wraps"),
        pytest.param(functools.lru_cache(caller), {"caller", "leaf"}, id="a decorator written in C"),
        pytest.param(WORK.run, {"run", "leaf"}, id="a method, and the attribute it names"),
        pytest.param(WORK.by_method, {"by_method", "_helper", "other_leaf"}, id="a method by a method"),
        pytest.param(WORK.by_mapping, {"by_mapping", "other_leaf"}, id="an attribute's dict of lists"),
        pytest.param([{"a": (caller,)}], {"caller", "leaf"}, id="containers"),
        pytest.param(Work.still, {"still", "leaf"}, id="a static method"),
        pytest.param(ping, {"ping", "pong"}, id="a cycle"),
    ],
)
def test_every_way_that_a_name_leads_to_code_is_followed(root, expected):
    assert names(root) == expected


def test_an_object_in_a_global_leads_to_what_it_holds_and_can_do():
    assert {"uses_object", "run", "leaf", "other_leaf", "still"} <= names(uses_object)


def test_a_name_in_another_module_of_the_users_is_looked_up_there(tmp_path, monkeypatch):
    (tmp_path / "reached_module.py").write_text("def far(): return near()\ndef near(): return 3\ndef unused(): pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    code = compile("import reached_module\ndef start(): return reached_module.far()\n", str(tmp_path / "a.py"), "exec")
    space = {}
    exec(code, space)
    assert names(space["start"]) == {"start", "far", "near"}
    late = compile("def start():\n    import reached_module\n    return reached_module.far()\n", "b.py", "exec")
    exec(late, space)
    assert names(space["start"]) == {"start", "far", "near"}


def test_libraries_are_not_entered():
    def uses():
        return np.linalg.norm([1.0]) + statistics.mean([leaf()])

    assert names(uses) == {"uses", "leaf"}


def test_numbers_texts_and_arrays_are_nothing_to_reach():
    assert reach.reached([1, 2.5, "text", b"text", None, True, np.zeros(3), (np.float64(1), 2)]) == [(1.0, 2)]


def test_a_list_that_holds_itself_ends():
    endless = [caller]
    endless.append(endless)
    assert names(endless) == {"caller", "leaf"}


class Hostile:
    def __getattr__(self, name):
        raise RuntimeError(name)


class Endless:
    """Every attribute that is asked for is a new object of the same kind."""

    def __getattr__(self, name):
        return Endless()


class Moody:
    def __hash__(self):
        raise TypeError("not hashable")

    def __eq__(self, other):
        raise TypeError("not comparable")

    def __bool__(self):
        raise TypeError("neither true nor false")


@pytest.mark.parametrize("hostile", [Hostile, Moody])
def test_objects_whose_attributes_raise_hide_nothing_else(hostile):
    holder = Work()
    holder.function = hostile()

    holder.mapping = {"a": [hostile(), other_leaf]}
    assert {"run", "other_leaf", "leaf"} <= names(holder.run, holder.by_mapping, hostile(), [hostile(), leaf])
    assert "caller" in names(hostile(), [hostile()], caller)


def test_an_object_that_answers_everything_has_an_end():
    assert len(reach.reached([Endless()])) <= 2000


def test_a_variable_of_a_closure_that_is_not_filled_yet_is_left_out():
    def outer():
        def inner():
            return later()

        found = names(inner)
        later = leaf
        return found, names(inner), later

    assert outer()[:2] == ({"inner"}, {"inner", "leaf"})


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (__file__, True),
        ("/home/ada/work/kernels.py", True),
        (np.__file__, False),
        (json.__file__, False),
        ("<string>", False),
        ("/opt/env/lib/python3.9/site-packages/x.py", False),
        (reach.__file__, False),
    ],
)
def test_whose_code_a_file_is(file, expected):
    assert reach.is_users(file) is expected


# the hash of the bytecode


def built(source, name="f", file="x.py"):
    space = {}
    exec(compile(source, file, "exec"), space)
    return reach.python_hash(reach.reached([space[name]]))


def test_the_hash_hangs_on_what_the_code_does_and_not_on_where_it_stands():
    plain = built("def g(x): return x + 1\ndef f(): return g(2)")
    assert (
        built("\n\n\ndef g(x): return x + 1\ndef unused(): pass\ndef f(): return g(2)", file="/opt/other.py") == plain
    )
    documented = built('def g(x):\n    "says"\n    return x + 1\ndef f():\n    "so"\n    return g(2)')
    assert documented == built('def g(x):\n    "or"\n    return x + 1\ndef f():\n    "else"\n    return g(2)')


@pytest.mark.parametrize(
    "source",
    [
        "def g(x): return x + 2\ndef f(): return g(2)",
        "def g(x): return x * 1\ndef f(): return g(2)",
        "def g(x): return x + 1\ndef f(): return g(3)",
        "def g(x): return x + 1\ndef f(): return g(2) and None",
        "def g(x): return (lambda: x + 1)()\ndef f(): return g(2)",
    ],
)
def test_the_hash_sees_other_code(source):
    assert built(source) != built("def g(x): return x + 1\ndef f(): return g(2)")


def test_a_text_that_comes_first_in_a_function_counts_if_it_is_no_docstring():
    assert built("def f(y): return ['a' for x in y]") != built("def f(y): return ['b' for x in y]")
    assert built("def f(): return 'a'") != built("def f(): return 'b'")
    assert built("class A:\n    def f(self): return 'a'\nf = A.f") != built(
        "class A:\n    def f(self): return 'b'\nf = A.f"
    )


def test_the_hash_of_sets_is_the_same_in_every_process(tmp_path):
    (tmp_path / "sets.py").write_text("def f(x): return x in {'a', 'b', 'c', 'd'}\n")
    code = "import sets; from asv_bench_stallhorn import reach; print(reach.python_hash(reach.reached([sets.f])))"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1


def test_an_installed_package_is_the_users_own_if_pip_took_it_from_this_machine(tmp_path):
    site = tmp_path / "site-packages"
    for name, url in (("mine", "file:///wheels/mine.whl"), ("theirs", "https://example.org/x.whl"), ("plain", None)):
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "RECORD").write_text(
            f"{name}/__init__.py,sha256=x,1\n{name}-1.0.dist-info/RECORD,,\n../../bin/{name},,\n"
        )
        if url:
            (info / "direct_url.json").write_text(json.dumps({"url": url}))
    assert reach.local_packages(str(site)) == {"mine"}
    found = {name: reach.is_users(str(site / name / "__init__.py")) for name in ("mine", "theirs", "plain", "numpy")}
    assert found == {"mine": True, "theirs": False, "plain": False, "numpy": False}


def test_the_hash_sees_a_constant_of_the_module_that_has_changed():
    hashes = set()
    for source in ("LIMIT = 3\ndef f(x): return x * LIMIT", "LIMIT = 4\ndef f(x): return x * LIMIT"):
        space = {"__name__": "mine"}
        exec(compile(source, "/home/me/mine.py", "exec"), space)
        hashes.add(reach.python_hash([space["f"]]))
    assert len(hashes) == 2

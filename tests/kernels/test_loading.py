"""Kernels are found on disk and loaded by name; a backend is imported when it is asked for, not before."""

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import refkernels

KERNELS = refkernels.kernels()
ALL = [(kernel, *pair) for kernel in KERNELS for pair in refkernels.variants(kernel)]


def in_new_process(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_there_are_kernels():
    assert "quadratic" in KERNELS
    assert sorted(KERNELS) == KERNELS


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_has_a_default_in_each_backend(kernel):
    pairs = refkernels.variants(kernel)
    assert {backend for backend, variant in pairs if variant == "default"} >= {"numpy", "numba", "jax"}
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_backends_listed_are_those_on_disk(kernel):
    folder = Path(import_module(f"refkernels.{kernel}").__file__).parent
    on_disk = {path.stem.rstrip("_") for path in folder.glob("*_.py") if path.stem != "__init__"}
    sick = {path.stem.removesuffix("_specimens") for path in folder.glob("*_specimens.py")}
    assert on_disk | sick == {backend for backend, _ in refkernels.variants(kernel)}
    assert sick == {backend for backend, _ in refkernels.specimens(kernel)}


@pytest.mark.parametrize("kernel", KERNELS)
def test_specimens_are_listed_last_and_name_their_pitfall(kernel):
    sick = refkernels.specimens(kernel)
    assert refkernels.variants(kernel)[-len(sick) :] == list(sick) or not sick
    assert not {variant for _, variant in sick} & {"default"}
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", pitfall) for pitfall in sick.values())


def test_loading_a_healthy_variant_does_not_compile_the_sick_ones():
    found = in_new_process(
        "import refkernels, sys\n"
        "for kernel in refkernels.kernels():\n"
        "    for backend in ('numpy', 'numba', 'jax'):\n        refkernels.load(kernel, backend)\n"
        "print([name for name in sys.modules if 'specimens' in name])"
    )
    assert found == ["[]"]


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_is_documented(kernel):
    docs = Path(__file__).parents[2] / "docs"
    assert (docs / "kernels" / f"{kernel}.md").read_text(encoding="utf-8").startswith(f"# {kernel}\n")
    assert f"kernels/{kernel}.md" in (docs / "kernels.md").read_text(encoding="utf-8")
    assert kernel in import_module(f"refkernels.{kernel}").__doc__


@pytest.mark.parametrize(("kernel", "backend", "variant"), ALL)
def test_every_listed_variant_loads(kernel, backend, variant):
    try:
        assert callable(refkernels.load(kernel, backend, variant))
    except refkernels.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("kernel", ["nonsense", "", "_float64", "quadratic.numpy_"])
@pytest.mark.parametrize("ask", [lambda name: refkernels.load(name, "numpy"), refkernels.variants])
def test_an_unknown_kernel_is_answered_with_those_that_exist(ask, kernel):
    with pytest.raises(LookupError) as caught:
        ask(kernel)
    assert str(caught.value) == f"refkernels has no kernel {kernel!r}; there are: {', '.join(KERNELS)}"


def test_an_unknown_backend_is_answered_with_those_that_exist():
    with pytest.raises(LookupError) as caught:
        refkernels.load("quadratic", "torch")
    assert "refkernels.quadratic has no backend 'torch'; there are: numpy, numba, jax" in str(caught.value)


@pytest.mark.parametrize("variant", ["heroic", "np", "check"])
def test_an_unknown_variant_is_answered_with_those_that_exist(variant):
    with pytest.raises(LookupError) as caught:
        refkernels.load("quadratic", "numpy", variant)
    there = ", ".join(name for backend, name in refkernels.variants("quadratic") if backend == "numpy")
    assert str(caught.value) == f"refkernels.quadratic has no variant {variant!r} in numpy; there are: {there}"


def test_looking_around_imports_neither_numba_nor_jax():
    found = in_new_process(
        "import refkernels, sys\n"
        "for kernel in refkernels.kernels():\n"
        "    refkernels.variants(kernel)\n"
        "    refkernels.load(kernel, 'numpy')\n"
        "print(*sorted({'numba', 'llvmlite', 'jax', 'jaxlib'} & set(sys.modules)), 'done')"
    )
    assert found == ["done"]


@pytest.mark.parametrize(("wanted", "other"), [("numba", "jax"), ("jax", "numba")])
def test_a_backend_does_not_import_the_other(wanted, other):
    found = in_new_process(
        "import refkernels, sys\n"
        f"for kernel in refkernels.kernels():\n    refkernels.load(kernel, {wanted!r})\n"
        f"print({wanted!r} in sys.modules, {other!r} in sys.modules)"
    )
    assert found == ["True", "False"]


def test_a_backend_that_is_not_installed_is_an_import_error_about_it():
    found = in_new_process(
        "import refkernels, sys\n"
        "sys.modules['numba'] = None\n"
        "try:\n    refkernels.load('quadratic', 'numba')\n"
        "except ModuleNotFoundError as error:\n    print(error.name)"
    )
    assert found == ["numba"]


JAX = [(kernel, variant) for kernel, backend, variant in ALL if backend == "jax"]


@pytest.mark.parametrize(("kernel", "variant"), JAX)
def test_jax_without_64_bit_types_is_refused(kernel, variant, without_x64):
    function = refkernels.load(kernel, "jax", variant)
    required = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty and p.kind == 1]
    with pytest.raises(RuntimeError, match="jax_enable_x64"):
        function(*[None] * len(required))

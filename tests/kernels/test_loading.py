"""Kernels are found on disk and loaded by name; a backend is imported when it is asked for, not before."""

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
    assert {backend for backend, variant in pairs if variant == "default"} == {"numpy", "numba", "jax"}
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_backends_listed_are_those_on_disk(kernel):
    folder = Path(import_module(f"refkernels.{kernel}").__file__).parent
    on_disk = {path.stem.rstrip("_") for path in folder.glob("*_.py") if path.stem != "__init__"}
    assert on_disk == {backend for backend, _ in refkernels.variants(kernel)}


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_is_documented(kernel):
    text = (Path(__file__).parents[2] / "docs" / "kernels.md").read_text(encoding="utf-8")
    assert f"\n### {kernel}\n" in text
    assert kernel in import_module(f"refkernels.{kernel}").__doc__


@pytest.mark.parametrize(("kernel", "backend", "variant"), ALL)
def test_every_listed_variant_loads(kernel, backend, variant):
    assert callable(refkernels.load(kernel, backend, variant))


@pytest.mark.parametrize("kernel", ["nonsense", "", "_float64", "quadratic.numpy_"])
@pytest.mark.parametrize("ask", [lambda name: refkernels.load(name, "numpy"), refkernels.variants])
def test_an_unknown_kernel_is_answered_with_those_that_exist(ask, kernel):
    with pytest.raises(LookupError) as caught:
        ask(kernel)
    assert str(caught.value) == f"refkernels has no kernel {kernel!r}; there are: {', '.join(KERNELS)}"


def test_an_unknown_backend_is_answered_with_those_that_exist():
    with pytest.raises(LookupError) as caught:
        refkernels.load("quadratic", "torch")
    assert str(caught.value) == "refkernels.quadratic has no backend 'torch'; there are: numpy, numba, jax"


@pytest.mark.parametrize("variant", ["heroic", "np", "check"])
def test_an_unknown_variant_is_answered_with_those_that_exist(variant):
    with pytest.raises(LookupError) as caught:
        refkernels.load("quadratic", "numpy", variant)
    assert str(caught.value) == f"refkernels.quadratic has no variant {variant!r} in numpy; there are: default"


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


@pytest.mark.parametrize("kernel", KERNELS)
def test_jax_without_64_bit_types_is_refused(kernel, without_x64):
    with pytest.raises(RuntimeError, match="jax_enable_x64"):
        refkernels.load(kernel, "jax")(*[None] * {"quadratic": 3, "rbf": 6, "w_tilde": 3}[kernel])

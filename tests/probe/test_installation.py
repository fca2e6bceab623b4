"""What is installed: from recorded lists of mapped files and made-up folders, and of this environment for real."""

import json
import os
import subprocess
import sys
from pathlib import Path

import asv_bench_stallhorn
import pytest
from asv_bench_stallhorn import installation

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SOURCES = str(Path(asv_bench_stallhorn.__file__).parents[1])
MAPS = """\
55d0c6a00000-55d0c6a01000 r--p 00000000 fe:00 1201                       /usr/bin/python3.11
7f10a0000000-7f10a0021000 rw-p 00000000 00:00 0
7f10b0000000-7f10b0009000 r--p 00000000 fe:00 33                         /usr/lib/libgomp.so.1.0.0
7f10b0009000-7f10b0040000 r-xp 00009000 fe:00 33                         /usr/lib/libgomp.so.1.0.0
7f10c0000000-7f10c0009000 r-xp 00000000 fe:00 44                         {other}
7f10d0000000-7f10d0009000 r-xp 00000000 fe:00 55                         /opt/my project/libompstub.so
7ffd5c000000-7ffd5c021000 rw-p 00000000 00:00 0                          [stack]
"""


def runtimes(tmp_path, other, **given):
    (tmp_path / "maps").write_text(MAPS.format(other=other))
    return installation.openmp_files(str(tmp_path / "maps"), **given)


def test_a_runtime_that_is_mapped_in_several_pieces_is_one(tmp_path):
    assert runtimes(tmp_path, "/usr/lib/libm.so.6") == ["/usr/lib/libgomp.so.1.0.0"]


@pytest.mark.parametrize(
    "other",
    [
        "/opt/intel/libiomp5.so",
        "/usr/lib/llvm/libomp.so.5",
        "/site-packages/scikit_learn.libs/libgomp-a34b3233.so.1.0.0",
        "/opt/conda lib/libgomp.so.1.0.0",
        "/usr/lib/old/libgomp.so.1.0.0 (deleted)",
    ],
)
def test_another_runtime_and_another_copy_of_the_same_are_seen(tmp_path, other):
    found = runtimes(tmp_path, other)
    assert sorted(found) == sorted([other.replace(" (deleted)", ""), "/usr/lib/libgomp.so.1.0.0"])


@pytest.mark.parametrize(
    "other", ["/usr/lib/libiompstubs5.so", "/usr/lib/libompd.so", "/opt/libgomp/libx.so", "[heap]"]
)
def test_what_is_only_named_alike_is_no_runtime(tmp_path, other):
    assert len(runtimes(tmp_path, other)) == 1


def test_without_proc_threadpoolctl_tells(tmp_path):
    nowhere = str(tmp_path / "none")
    pools = [
        {"user_api": "openmp", "filepath": "/opt/homebrew/libomp.dylib"},
        {"user_api": "blas", "filepath": "/opt/libopenblas.dylib"},
    ]
    assert installation.openmp_files(nowhere, pools) == ["/opt/homebrew/libomp.dylib"]
    assert installation.openmp_files(nowhere) is None


@ON_LINUX
def test_a_second_copy_of_a_runtime_is_seen_in_a_real_process(tmp_path):
    ctypes_find = "import ctypes.util; print(ctypes.util.find_library('gomp') or '')"
    name = subprocess.run(
        [sys.executable, "-c", ctypes_find], capture_output=True, text=True, check=True
    ).stdout.strip()
    if not name:
        pytest.skip("no libgomp here")
    code = (
        "import ctypes, shutil, sys\n"
        "from asv_bench_stallhorn import installation\n"
        "ctypes.CDLL(sys.argv[1])\n"
        "(first,) = installation.openmp_files()\n"
        "ctypes.CDLL(shutil.copy(first, sys.argv[2]))\n"
        "print(installation.loaded()['openmp'])"
    )
    copy = str(tmp_path / "libgomp-0a1b2c3d.so.1.0.0")
    done = subprocess.run([sys.executable, "-c", code, name, copy], capture_output=True, text=True, check=True)
    assert len(json.loads(done.stdout.replace("'", '"'))) == 2


@pytest.fixture
def site(tmp_path):
    def install(*names):
        for name in names:
            (tmp_path / name).mkdir()
        return (str(tmp_path),)

    return install


def test_the_wheels_of_jax_are_found_with_their_versions(site):
    folders = site(
        "jax-0.7.0.dist-info",
        "jaxlib-0.7.0.dist-info",
        "jax_cuda12_plugin-0.6.2.dist-info",
        "jax_cuda12_pjrt-0.6.2.dist-info",
        "nvidia_cudnn_cu12-9.8.0.87.dist-info",
        "nvidia-nccl_cu12-2.26.dist-info",
        "jax",
        "jaxtyping-0.3.dist-info",
        "jaxopt-0.8-py3.11.egg-info",
        "numpy-2.0.dist-info",
        "nvidia",
    )
    assert installation.jax_wheels(folders) == {
        "jax": "0.7.0",
        "jaxlib": "0.7.0",
        "jax-cuda12-plugin": "0.6.2",
        "jax-cuda12-pjrt": "0.6.2",
        "nvidia-cudnn-cu12": "9.8.0.87",
    }


def test_a_local_build_and_an_old_way_to_install_are_found_too(site):
    folders = site("jaxlib-0.4.20+cuda12.cudnn89.dist-info", "jax-0.4.20-py3.9.egg-info")
    assert installation.jax_wheels(folders) == {"jax": "0.4.20", "jaxlib": "0.4.20+cuda12.cudnn89"}


def test_the_first_folder_on_the_path_counts(tmp_path):
    folders = []
    for version in ("0.7.0", "0.6.0"):
        (tmp_path / version / f"jax-{version}.dist-info").mkdir(parents=True)
        folders.append(str(tmp_path / version))
    assert installation.jax_wheels((str(tmp_path / "none"), *folders)) == {"jax": "0.7.0"}


def test_a_gpu_is_seen_without_its_libraries(tmp_path):
    assert installation.gpus(str(tmp_path)) == []
    (tmp_path / "nvidiactl").touch()
    assert installation.gpus(str(tmp_path)) == []
    (tmp_path / "nvidia0").touch()
    (tmp_path / "kfd").touch()
    assert installation.gpus(str(tmp_path)) == ["nvidia", "amd"]


def test_the_library_of_tbb_is_found_where_the_environment_has_it(tmp_path):
    assert installation.tbb_folders(str(tmp_path)) == []
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libtbb.so.12").touch()
    (tmp_path / "lib" / "libtbb.so.12.5").touch()
    assert installation.tbb_folders(str(tmp_path)) == [str(tmp_path / "lib")]


def test_a_library_is_fine_or_not_installed_or_broken(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "healthy_library.py").write_text("")
    (tmp_path / "torn_library.py").write_text("import what_it_needs_and_lacks")
    (tmp_path / "old_library.py").write_text("raise RuntimeError('jaxlib is too old\\nmore')")
    assert installation._import_problem("healthy_library") == ""
    assert installation._import_problem("library_that_nobody_has") is None
    assert "what_it_needs_and_lacks" in installation._import_problem("torn_library")
    assert installation._import_problem("old_library") == "jaxlib is too old"


def test_where_nothing_is_loaded_nothing_is_known_and_nothing_is_imported():
    code = (
        "import json, sys\n"
        "before = set(sys.modules)\n"
        "from asv_bench_stallhorn import installation\n"
        "found = installation.loaded()\n"
        "heavy = {'numpy', 'numba', 'jax', 'threadpoolctl', 'importlib.metadata', 'subprocess', 'email', 'logging'}\n"
        "print(json.dumps([found, sorted(heavy & set(sys.modules) - before)]))"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES}
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found, imported = json.loads(done.stdout)
    assert imported == []
    openmp = [] if sys.platform == "linux" else None
    assert found.pop("gpus") == installation.gpus()
    assert found == {"blas": None, "openmp": openmp, "layers": None, "jax_wheels": {}}


def test_the_blas_of_numpy_is_named():
    pytest.importorskip("numpy")
    found = installation.loaded()
    assert set(found) == {"blas", "openmp", "layers", "jax_wheels", "gpus"}
    assert all(set(one) == {"library", "version", "threading"} for one in found["blas"])
    json.dumps(found, allow_nan=False)


def test_without_threadpoolctl_the_blas_is_unknown(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    assert installation.loaded()["blas"] is None


# --- the inspection, in processes of its own


def inspect(**variables):
    command = [sys.executable, "-m", "asv_bench_stallhorn.installation"]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    return json.loads(line)


@pytest.mark.integration
def test_an_inspection_tells_what_only_trying_can_tell():
    pytest.importorskip("numba")
    pytest.importorskip("jax")
    found = inspect(JAX_PLATFORMS="cpu", JAX_ENABLE_X64="1")
    assert found["errors"] == {}
    assert found["imports"]["numpy"] == found["imports"]["numba"] == found["jax"] == ""
    assert set(found["layers"]) == {"tbb", "omp", "workqueue"}
    assert found["layers"]["workqueue"] == ""
    assert (found["platforms"], found["x64"]) == (["cpu"], True)
    assert found["devices"] and {"jax", "jaxlib"} <= set(found["jax_wheels"])
    assert found["prefix"] == sys.prefix


@pytest.mark.integration
@ON_LINUX
def test_a_layer_loads_once_the_loader_knows_where_its_library_is():
    pytest.importorskip("numba")
    folders = installation.tbb_folders()
    if not folders:
        pytest.skip("no TBB is installed here")
    assert "libtbb" in inspect(LD_LIBRARY_PATH="")["layers"]["tbb"]
    assert inspect(LD_LIBRARY_PATH=folders[0])["layers"]["tbb"] == ""


@pytest.mark.integration
def test_a_library_that_dies_takes_only_its_own_part_with_it(tmp_path):
    (tmp_path / "jax.py").write_text("import os, sys\nprint('the end', file=sys.stderr, flush=True)\nos.abort()\n")
    found = inspect(PYTHONPATH=str(tmp_path))
    assert found["errors"] == {"jax": "ended with code -6: the end"}
    assert "jax" not in found
    assert found["imports"]["numpy"] == ""

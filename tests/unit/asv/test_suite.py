"""What a person is told when no commit can be installed, so that the suite cannot be read."""

from types import SimpleNamespace

import pytest

from stallhorn.asv.environments import InstallFailed
from stallhorn.asv.suite import discover
from stallhorn.errors import BenchmarkFailed


def _remedy(log: str) -> str:
    def install(repository, commit):
        raise InstallFailed(f"{commit} does not build.", log)

    with pytest.raises(BenchmarkFailed) as caught:
        discover(None, None, (SimpleNamespace(install=install),), ("aaaaaaaa", "bbbbbbbb"))
    assert "None of 2 commits builds. aaaaaaaa does not build." in caught.value.what
    return caught.value.remedy


def test_a_build_that_makes_wheels_of_the_requirements_too_is_told_how_to_make_one():
    remedy = _remedy("Found multiple wheels in /somewhere. Cannot decide correct one")
    assert '["python -m pip wheel --no-deps -w {build_cache_dir} {build_dir}"]' in remedy


def test_any_other_failure_points_at_the_package_and_the_commands():
    assert _remedy("error: command 'cc' failed").startswith("Correct the package, or `build_command`")

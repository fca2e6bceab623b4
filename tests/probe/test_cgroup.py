"""Limits of control groups, from files as the kernel writes them, in both versions."""

import pytest
from asv_bench_stallhorn.cgroup import memory_left, quota, throttled

V1 = "4:memory:/boxes/mine\n1:cpu,cpuacct:/boxes/mine\n0::/\n"
V2 = "0::/boxes/mine\n"


@pytest.fixture
def system(tmp_path):
    """Writes the files of a control group tree and the file that says where this process is in it."""

    def write(membership, files):
        (tmp_path / "membership").write_text(membership)
        for name, text in files.items():
            (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "tree" / name).write_text(text)
        return str(tmp_path / "tree"), str(tmp_path / "membership")

    return write


def test_where_nothing_can_be_read_there_is_no_limit(tmp_path):
    nowhere = str(tmp_path / "none")
    assert quota(nowhere, nowhere) is None
    assert memory_left(nowhere, nowhere) is None
    assert throttled(nowhere, nowhere) is None


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        (V2, {"cpu.max": "max 100000\n"}, None),
        (V2, {"cpu.max": "150000 100000\n"}, 1.5),
        (V2, {"boxes/mine/cpu.max": "50000 100000\n", "cpu.max": "max 100000\n"}, 0.5),
        (V2, {"boxes/cpu.max": "50000 100000\n", "boxes/mine/cpu.max": "200000 100000\n"}, 0.5),
        (V2, {"boxes/other/cpu.max": "50000 100000\n"}, None),
        (V2, {"cpu.max": ""}, None),
        (V2, {"cpu.max": "what is this"}, None),
        ("not a line of it", {"cpu.max": "150000 100000\n"}, 1.5),
        (V1, {"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2.0),
        (V1, {"cpu/boxes/cpu.cfs_quota_us": "50000\n", "cpu/boxes/cpu.cfs_period_us": "100000\n"}, 0.5),
        (V1, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        (V1, {"cpu/cpu.cfs_quota_us": "200000\n"}, None),
    ],
)
def test_the_tightest_quota_on_the_way_up_counts(system, membership, files, expected):
    assert quota(*system(membership, files)) == expected


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        (V2, {"memory.max": "max\n", "memory.current": "10\n"}, None),
        (V2, {"boxes/mine/memory.max": "100\n", "boxes/mine/memory.current": "30\n"}, 70),
        (V2, {"boxes/mine/memory.max": "100\n", "boxes/mine/memory.current": "130\n"}, 0),
        (V1, {"memory/boxes/memory.limit_in_bytes": "100\n", "memory/boxes/memory.usage_in_bytes": "40\n"}, 60),
    ],
)
def test_what_is_left_below_the_memory_limit(system, membership, files, expected):
    assert memory_left(*system(membership, files)) == expected


V2_STAT = "usage_usec 9\nuser_usec 5\nsystem_usec 4\nnr_periods 30\nnr_throttled 7\nthrottled_usec 1500000\n"
V1_STAT = "nr_periods 30\nnr_throttled 7\nthrottled_time 1500000000\n"


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        (V2, {"boxes/mine/cpu.stat": V2_STAT, "cpu.stat": "usage_usec 9\n"}, (7, 1.5)),
        (V1, {"cpu/boxes/mine/cpu.stat": V1_STAT}, (7, 1.5)),
        (V2, {"boxes/mine/cpu.stat": "usage_usec 9\nuser_usec 5\n"}, None),
        (V2, {"boxes/mine/cpu.stat": "nr_throttled many\n"}, None),
        (V2, {"boxes/other/cpu.stat": V2_STAT}, None),
    ],
)
def test_what_a_quota_has_stopped_is_read_in_both_versions(system, membership, files, expected):
    assert throttled(*system(membership, files)) == expected


def test_a_stop_by_a_group_above_stops_this_process_too(system):
    files = {"boxes/mine/cpu.stat": V2_STAT, "boxes/cpu.stat": "nr_throttled 2\nthrottled_usec 500000\n"}
    assert throttled(*system(V2, files)) == (9, 2.0)

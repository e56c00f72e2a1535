"""Memory for one more browser: what the machine has, unless our container has less."""

from pathlib import Path

import pytest

from adapters.browser.memory import available_memory_mb

MIB = 1024 * 1024
MACHINE = {"proc/meminfo": "MemTotal: 9000000 kB\nMemAvailable: 2048000 kB\n"}
IN_V2 = {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.current": f"{900 * MIB}\n"}
IN_V1 = {
    "proc/self/cgroup": "5:cpu,cpuacct:/\n4:memory:/docker/abc\n0::/\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{900 * MIB}\n",
    "sys/fs/cgroup/memory/memory.stat": f"active_file 0\ninactive_file {MIB}\n"
    f"total_active_file {50 * MIB}\ntotal_inactive_file {100 * MIB}\n",
}


def told(root: Path, *files: dict[str, str]) -> int | None:
    """Ask a machine that says this of itself."""
    for name, text in (pair for some in files for pair in some.items()):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return available_memory_mb(root)


def test_without_a_limit_it_is_the_machine_s(tmp_path: Path):
    assert told(tmp_path, MACHINE) == 2000
    assert told(tmp_path, IN_V2, {"sys/fs/cgroup/memory.max": "max\n"}) == 2000


def test_a_container_s_limit_counts_and_its_cache_is_no_use(tmp_path: Path):
    limit = {"sys/fs/cgroup/memory.max": f"{1000 * MIB}\n"}
    assert told(tmp_path, MACHINE, IN_V2, limit) == 100
    cache = f"anon 1\nactive_file {MIB}\ninactive_file {2 * MIB}\n"
    assert told(tmp_path, {"sys/fs/cgroup/memory.stat": cache}) == 103


def test_an_older_kernel_s_limit_counts_too(tmp_path: Path):
    limit = {"sys/fs/cgroup/memory/memory.limit_in_bytes": f"{1000 * MIB}\n"}
    assert told(tmp_path, MACHINE, IN_V1, limit) == 250


def test_a_group_has_no_more_than_the_group_it_is_in(tmp_path: Path):
    inner = {
        "proc/self/cgroup": "0::/site.slice/worker.service\n",
        "sys/fs/cgroup/site.slice/memory.max": f"{500 * MIB}\n",
        "sys/fs/cgroup/site.slice/memory.current": f"{480 * MIB}\n",
        "sys/fs/cgroup/site.slice/worker.service/memory.max": f"{400 * MIB}\n",
        "sys/fs/cgroup/site.slice/worker.service/memory.current": f"{MIB}\n",
    }
    assert told(tmp_path, MACHINE, inner) == 20


@pytest.mark.parametrize("used_mb", [1000, 1200])
def test_a_full_container_has_nothing(tmp_path: Path, used_mb: int):
    limit = {"sys/fs/cgroup/memory.max": f"{1000 * MIB}\n"}
    used = {"sys/fs/cgroup/memory.current": f"{used_mb * MIB}\n"}
    assert told(tmp_path, MACHINE, IN_V2, limit, used) == 0


def test_where_nobody_says_it_is_unknown(tmp_path: Path):
    assert available_memory_mb(tmp_path) is None

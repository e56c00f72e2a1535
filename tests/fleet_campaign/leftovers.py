"""What an installation may have on the machine while its accounts are linked, and nothing else."""

from collections.abc import Collection
from pathlib import Path

from adapters.browser.profile import ACCOUNT_ID
from tests.fleet_campaign.processes import Sight
from tests.fleet_campaign.stage import Stage

DATABASE_SOCKET = "linkwright-"
"""A long data folder has a short name among the temporary ones, see socket_address.py."""


def leftovers(stage: Stage, linked: Collection[str], closed: Collection[str] = ()) -> list[str]:
    """Say in words what is too much or missing; `closed` accounts have no browser open."""
    sight = stage.see()
    return [*_processes(sight, linked), *_folders(stage, {*linked, *closed})]


def _processes(sight: Sight, linked: Collection[str]) -> list[str]:
    found = [
        f"{account}: a browser without a linked account"
        for account in sight.browsers
        if account not in linked
    ]
    for account in linked:
        count = len(sight.first(account))
        tabs = sum(one.is_renderer for one in sight.browsers.get(account, ()))
        if (count, tabs) != (1, 1):
            places = [sight.places[one.group] for one in sight.first(account)]
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
    ]


def _socket_folder(home: Path) -> str:
    """Name the temporary folder that a full Chromium has while it runs; empty if it has none."""
    try:
        return (home / "browser" / "SingletonSocket").readlink().parent.name
    except OSError:
        return ""

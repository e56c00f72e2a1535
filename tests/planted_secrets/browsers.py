"""Accounts that a real browser links on the sandbox's page, in an installation of its own."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

from adapters.keys import load_keys
from app.cli.verify import database_address
from app.settings import read_settings
from tests.end_to_end.conftest import FAST
from tests.end_to_end.installation import Installation
from tests.erasure.canaries import dump
from tests.planted_secrets.browser_stories import (
    Browsed,
    fail_with_evidence,
    go_wrong,
    link_by_code,
    link_by_pairing_code,
)
from tests.planted_secrets.campaign import Result
from tests.planted_secrets.canaries import Canaries
from tests.planted_secrets.reading import OF_ATTEMPTS, OF_STORIES, PAGES
from tests.planted_secrets.watch import Watch, watch_answers_at_once
from tests.running_api import unserved_api

LEVELS = ("masked", "limited", "full")
KEY = "key of the installation"
SEEN = frozenset(
    {
        ("qr_json", "QR text"),
        ("qr_txt", "pairing code"),
        ("show_account", "phone"),
        ("show_account", "name"),
        ("events", "sender"),
        ("message_content", "text of a message"),
        ("log", "first key"),
        ("session folder", "session"),
    }
)
"""Shown by design: a search that does not find these finds nothing else either."""


def link_in_browsers(folder: Path) -> Result:
    """Link, send, fail and log out; then search whatever was said and kept."""
    canaries = Canaries()
    watch = Watch(canaries)
    with _installation(folder, canaries) as installation, installation.client() as client:
        watch_answers_at_once(unserved_api(), client, watch)
        browsed = Browsed(client, installation.data, canaries, watch)
        stories = [
            link_by_code(browsed),
            link_by_pairing_code(browsed),
            fail_with_evidence(browsed, "scan_rejected"),
            fail_with_evidence(browsed, "page_changed"),
        ]
        go_wrong(browsed, stories[0])
        for line in installation.leftovers():
            watch.see("arguments of processes", line.encode())
        for story in stories:
            _read_account(client, story.id)
        _read_all(client)
        settings = read_settings(installation.environment)
        watch.see("database", dump(database_address(settings)))
        installation.stop()
        watch.see("log", installation.output.read_bytes())
        search_folder(installation.data, watch)
    missed = SEEN - watch.found.keys()
    assert not missed, f"not even found where it is shown: {sorted(missed)}"
    return Result(
        planted=canaries.kinds(),
        searched=watch.searched,
        looks=watch.looks,
        accounts=len(stories),
        shown=watch.found,
        leaks=watch.leaks(),
        enough=True,
    )


@contextmanager
def _installation(folder: Path, canaries: Canaries) -> Generator[Installation]:
    """Start one whose own secrets are planted, too."""
    folder.mkdir(mode=0o711)
    environment = {
        **FAST,
        "LINKWRIGHT_HMAC_SECRET": canaries.word(KEY),
        "LINKWRIGHT_REVERB_APP_KEY": "bq7hz0dkxwm4c2rvjt9s",
        "LINKWRIGHT_REVERB_APP_SECRET": canaries.word(KEY),
    }
    made = Installation(folder, environment)
    made.start()
    try:
        canaries.add("first key", made.api_key)
        file = made.data / "master.key"
        keys = load_keys({}, file)
        for key in (file.read_text("utf-8").strip(), keys.operator, keys.sandbox_control):
            canaries.add(KEY, key)
        yield made
    finally:
        if made.pids("up"):
            made.stop()


def _read_account(client: httpx.Client, account: str) -> None:
    """Read whatever is told of one account."""
    address = f"/v1/accounts/{account}"
    for path in (*OF_STORIES, *(one.format(number=1) for one in OF_ATTEMPTS)):
        client.get(address + path)
    client.get(f"/accounts/{account}")
    for level in LEVELS:
        bundle = client.get(f"{address}/bundle", params={"level": level})
        assert bundle.is_success, bundle.text
        assert client.post("/v1/replay/open", content=bundle.content).is_success


def _read_all(client: httpx.Client) -> None:
    """Read what is told of all of them, and the feed's items to the end."""
    for path in (*PAGES, "/metrics", "/health/ready", "/v1/accounts", "/v1/statistics"):
        assert client.get(path).is_success, path
    after, position = 0, 1
    while after < position:
        page = client.get("/v1/events", params={"after": after, "limit": 500}).json()
        after, position = page["next_after"], page["position"]


def search_folder(data: Path, watch: Watch) -> None:
    """Search what is left on the disk; the database's own files were searched as a dump."""
    for file in sorted(data.rglob("*")):
        below = file.relative_to(data)
        if file.is_file() and below.parts[0] not in ("postgres", "master.key"):
            place = "phones of the sandbox" if below.name == "sandbox.json" else "data folder"
            watch.see(place, bytes(below) + file.read_bytes())

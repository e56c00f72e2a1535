"""`./linkwright test-qr`: does a QR code come, and how soon? With an account of its own."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
from msgspec.structs import replace
from rich.console import Console
from rich.text import Text

from adapters import clock
from app.cli.answers import Account, AccountAnswer, AccountPage
from app.cli.client import Client, ProblemAnswered, connected
from app.cli.ending import Exit, Interruptible
from app.cli.link_screens import ShownCode
from app.cli.link_words import Ending, ending_as_it_stands
from app.cli.output import console, is_live, json_option, key_option, write_json
from app.cli.paths import account_path

WORKSPACE = "test-qr"
WAIT_S = 10.0
"""Seed qr-generation-fix: its test waits for at most 10 s."""
LONGEST_WAIT_S = 300.0
LOOK_S = 0.1


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    ok: bool
    site: str
    account: str
    took_s: float
    length: int | None = None
    """Characters of the code."""
    reason: str = ""
    sentence: str = ""
    next_step: str = ""


@click.command("test-qr", cls=Interruptible)
@click.option(
    "--site",
    type=click.Choice(["live", "sandbox"]),
    default="live",
    show_default=True,
    help="The real WhatsApp, or the stand-in page.",
)
@click.option(
    "--wait",
    "limit_s",
    type=click.FloatRange(0.1, LONGEST_WAIT_S),
    default=WAIT_S,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the code.",
)
@key_option
@json_option
def test_qr(site: str, limit_s: float, key_file: Path | None, *, as_json: bool) -> None:
    """Test whether a QR code comes, and how soon.

    Links an account of its own until the code is there; no phone is needed. Whatever comes of it
    is deleted, also by Ctrl-C.
    """
    out = console()
    with connected(key_file) as client, _attempt(client, site) as account:
        if not as_json:
            out.print(f"Waiting at most {limit_s:g} s for a QR code ({site}) …")
        if as_json or not is_live(out):
            tested = _test(client, account, limit_s)
        else:
            with out.status("The page is being opened …"):
                tested = _test(client, account, limit_s)
    if as_json:
        write_json(tested)
    else:
        _show(out, tested)
    if not tested.ok:
        raise click.exceptions.Exit(Exit.FAILED)


@contextmanager
def _attempt(client: Client, site: str) -> Generator[Account]:
    """Start linking a test account; whatever comes of it is deleted afterwards."""
    account = _started(client, site)
    try:
        yield account
    finally:
        client.send("DELETE", account_path(account.id))


def _started(client: Client, site: str) -> Account:
    """Take a test account that an earlier test has left and no other one uses, or make one."""
    query = {"workspace": WORKSPACE, "status": ("NOT_CREATED", "FAILED"), "limit": 500}
    idle = msgspec.convert(client.get("/v1/accounts", AccountPage, query).accounts, list[Account])
    for account in idle:
        if account.site == site:
            try:
                return _linking(client, account)
            except ProblemAnswered as refused:
                if refused.status is not Exit.REFUSED:
                    raise
    body = {"workspace": WORKSPACE, "label": "Test of QR codes", "site": site}
    return _linking(client, client.post("/v1/accounts", AccountAnswer, body).account)


def _linking(client: Client, account: Account) -> Account:
    path = account_path(account.id, "/link")
    return client.post(path, AccountAnswer, {"method": "qr"}).account


def _test(client: Client, account: Account, limit_s: float) -> Tested:
    """Look for the code until it is there, the attempt is over, or the time is."""
    began_s = clock.monotonic_s()
    while True:
        code = _code(client, account.id)
        took_s = round(clock.monotonic_s() - began_s, 2)
        tested = Tested(
            ok=code is not None,
            site=account.site,
            account=account.id,
            took_s=took_s,
            length=len(code.text) if code else None,
        )
        if code is not None:
            return tested
        now = client.get(account_path(account.id), AccountAnswer).account
        ended = ending_as_it_stands(now)
        if ended is None and took_s >= limit_s:
            ended = Ending(
                linked=False,
                reason="no_code_in_time",
                sentence=f"No QR code came within {limit_s:g} s; it is {now.status.value} now.",
                next_step="Wait longer with --wait, or see `./linkwright doctor`.",
            )
        if ended is not None:
            return replace(
                tested, reason=ended.reason, sentence=ended.sentence, next_step=ended.next_step
            )
        time.sleep(LOOK_S)


def _code(client: Client, account_id: str) -> ShownCode | None:
    try:
        return client.get(account_path(account_id, "/qr.json"), ShownCode)
    except ProblemAnswered as problem:
        if problem.code in ("no_code", "code_gone"):
            return None
        raise


def _show(out: Console, tested: Tested) -> None:
    if tested.ok:
        sentence = f"SUCCESS: a QR code came after {tested.took_s:.1f} s."
        out.print(Text(sentence, style="bold green"))
        out.print(f"QR code length: {tested.length} characters. The test account is cleaned up.")
        return
    out.print(Text(f"FAILED ({tested.reason}): {tested.sentence}", style="bold red"))
    out.print(Text(f"→ {tested.next_step}", style="bold"))
    out.print(f"Its story: ./linkwright replay show {tested.account}")

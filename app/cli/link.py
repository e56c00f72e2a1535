"""`./linkwright link`: register, show the code, follow to READY or to the failure."""

import re
from pathlib import Path
from zlib import crc32

import click
import msgspec

from app.cli.answers import Account, AccountAnswer
from app.cli.client import Client, ProblemAnswered, connected
from app.cli.ending import CommandFailed, Exit, Interruptible, Terminated, tell
from app.cli.feed import follow
from app.cli.link_screens import JsonScreen, LineScreen, LiveScreen, Screen, ShownCode
from app.cli.link_words import Ending, ending_as_it_stands, ending_of
from app.cli.output import console, is_live, json_option, key_option
from app.cli.paths import account_path
from domain.status import Status

BEFORE_A_SCAN = (Status.INITIALIZING, Status.WAITING_QR)
NOT_IN_A_NUMBER = re.compile(r"[\s()./-]")
NUMBER = re.compile(r"\+?[1-9][0-9]{6,14}")
"""E.164: up to 15 digits with country code."""


class LinkWish(msgspec.Struct, frozen=True, kw_only=True):
    """What the user typed, checked."""

    account: str | None
    label: str
    workspace: str
    site: str
    phone: str | None
    scan: bool


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """The attempt to follow."""

    account: Account
    position: int
    """Follow the feed behind it."""
    ours: bool
    """False: it was running already, started by somebody else."""


@click.command(cls=Interruptible)
@click.argument("account", required=False)
@click.option("--label", help="Name of a new account, for people.")
@click.option("--workspace", help="Workspace of a new account. Default: default.")
@click.option(
    "--site",
    type=click.Choice(["live", "sandbox"]),
    help="Where a new account lives: the real WhatsApp, or the stand-in. Default: live.",
)
@click.option(
    "--pairing-code",
    "phone",
    metavar="PHONE",
    help="Show a code to type instead of a QR code, for the phone with this number.",
)
@click.option(
    "--scan", is_flag=True, help="Sandbox only: let the simulated phone scan the first code."
)
@key_option
@json_option
def link(
    account: str | None,
    label: str | None,
    workspace: str | None,
    site: str | None,
    phone: str | None,
    key_file: Path | None,
    *,
    scan: bool,
    as_json: bool,
) -> None:
    """Link a phone: show the code here and follow until READY.

    Without ACCOUNT a new account is registered first. Ctrl-C cancels an attempt that no phone has
    answered yet.
    """
    if account is not None and (label or workspace or site):
        raise click.UsageError("--label, --workspace and --site are for a new account.")
    if scan and site == "live":
        raise click.UsageError("--scan needs --site sandbox: a real phone scans by itself.")
    wish = LinkWish(
        account=account,
        label=label or "",
        workspace=workspace or "default",
        site=site or ("sandbox" if scan else "live"),
        phone=None if phone is None else _number(phone),
        scan=scan,
    )
    with connected(key_file) as client:
        ending = _link(client, wish, _screen(as_json=as_json))
    if not ending.linked:
        raise click.exceptions.Exit(Exit.FAILED)


def _number(phone: str) -> str:
    """Take a number as people write it."""
    number = NOT_IN_A_NUMBER.sub("", phone)
    if not NUMBER.fullmatch(number):
        raise click.UsageError(
            "--pairing-code takes a number with country code, such as +49 1511 2345678."
        )
    return number.lstrip("+")


def _screen(*, as_json: bool) -> Screen:
    if as_json:
        return JsonScreen()
    out = console()
    return LiveScreen(out) if is_live(out) else LineScreen(out)


def _link(client: Client, wish: LinkWish, screen: Screen) -> Ending:
    account = _account(client, wish)
    begun = _begin(client, wish, account)
    with screen:
        screen.begin(begun.account, client.connection.url + begun.account.links.page)
        if not begun.ours:
            screen.note("An attempt is running already; this follows it.")
        try:
            ending = _follow(client, begun, screen, wish)
        except (KeyboardInterrupt, Terminated):
            _let_go(client, begun, screen)
            raise
        screen.end(begun.account.id, ending)
    return ending


def _account(client: Client, wish: LinkWish) -> Account:
    """Find the account, or register it."""
    if wish.account is None:
        body = {"workspace": wish.workspace, "label": wish.label, "site": wish.site}
        return client.post("/v1/accounts", AccountAnswer, body).account
    account = client.get(account_path(wish.account), AccountAnswer).account
    if wish.scan and account.site != "sandbox":
        raise CommandFailed(
            Exit.USAGE,
            f"Account {account.id} is linked to the real WhatsApp, so --scan cannot scan for it.",
            "Leave --scan out and scan with your phone.",
        )
    return account


def _begin(client: Client, wish: LinkWish, account: Account) -> Begun:
    """Start an attempt, or join the one that is running."""
    body = {"method": "qr"}
    if wish.phone is not None:
        body = {"method": "pairing_code", "phone": wish.phone}
    try:
        started = client.post(account_path(account.id, "/link"), AccountAnswer, body)
    except ProblemAnswered as refused:
        if refused.code != "attempt_in_progress":
            raise
        running = client.get(account_path(account.id), AccountAnswer)
        return Begun(account=running.account, position=running.position, ours=False)
    # Behind the registration and not behind the start: the story on the screen begins with it.
    return Begun(account=started.account, position=started.position, ours=True)


def _follow(client: Client, begun: Begun, screen: Screen, wish: LinkWish) -> Ending:
    ended = ending_as_it_stands(begun.account)
    if ended is not None:  # what we joined was over by the time we looked
        return ended
    phone = wish.phone or sandbox_phone(begun.account.id)
    scanner = Scanner(client, begun.account.id, phone, wanted=wish.scan)
    if begun.account.status is Status.WAITING_QR:
        scanner.show(screen)
    for item in follow(client, {"account": begun.account.id}, begun.position):
        screen.step(item)
        if item.type in ("qr", "pairing_code"):
            scanner.show(screen)
        ended = ending_of(item)
        if ended is not None:
            return ended
    message = "the feed ended by itself"  # `follow` goes on until it raises
    raise AssertionError(message)


class Scanner:
    """Fetches each code for the screen and, in the sandbox, lets the phone use the first one."""

    def __init__(self, client: Client, account_id: str, phone: str, *, wanted: bool) -> None:
        self._client = client
        self._account_id = account_id
        self._phone = phone
        self._wanted = wanted

    def show(self, screen: Screen) -> None:
        """Fetch the code on show; none is there when it has been used or replaced already."""
        try:
            code = self._client.get(account_path(self._account_id, "/qr.json"), ShownCode)
        except ProblemAnswered as problem:
            if problem.code in ("no_code", "code_gone"):
                return
            raise
        screen.code(code)
        if self._wanted:
            self._wanted = False
            screen.note("The simulated phone scans the code …")
            self._scan(code.kind, screen)

    def _scan(self, kind: str, screen: Screen) -> None:
        what = "pairing-code" if kind == "pairing_code" else "scan"
        body = {"phone": self._phone}
        path = f"/v1/sandbox/accounts/{self._account_id}/{what}"
        try:
            self._client.send("POST", path, body=body)
        except ProblemAnswered as refused:
            # The phone said no, as some scenes have it; the feed tells what becomes of the attempt.
            screen.note(f"The simulated phone: {refused.sentence}")


def sandbox_phone(account_id: str) -> str:
    """Give each account a phone of its own: two with one number would supersede each other.

    +999 is reserved by the ITU and given to no country, so the number is nobody's.
    """
    return f"999{crc32(account_id.encode()):010d}"


def _let_go(client: Client, begun: Begun, screen: Screen) -> None:
    """Cancel what we started, unless a phone has answered: that would throw a link away."""
    if not begun.ours:
        screen.note("No longer following; the attempt was started elsewhere and goes on.")
        return
    try:
        now = client.get(account_path(begun.account.id), AccountAnswer).account
        if now.status in BEFORE_A_SCAN:
            client.send("POST", account_path(begun.account.id, "/cancel"))
            screen.note("The attempt is cancelled.")
        elif now.status is Status.AUTHENTICATING:
            screen.note(
                "A phone has answered, so the attempt goes on; see `./linkwright accounts`."
            )
    except CommandFailed as failed:
        tell(failed, as_json=False)

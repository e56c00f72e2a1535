"""The command line. Each command's code is imported when it is run: `--help` must be quick."""

from importlib import import_module
from typing import Any

import click

from app.cli.typed_secrets import no_secret_is_said_again

COMMANDS = {
    "up": "app.cli.running",
    "serve": "app.cli.running",
    "worker": "app.cli.running",
    "standby": "app.cli.running",
    "webhooks": "app.cli.running",
    "sandbox": "app.cli.running",
    "link": "app.cli.link",
    "accounts": "app.cli.accounts",
    "tail": "app.cli.tail",
    "hooks": "app.cli.hooks",
    "replay": "app.cli.replay",
    "evidence": "app.cli.evidence",
    "send": "app.cli.send",
    "messages": "app.cli.messages",
    "templates": "app.cli.templates",
    "verify": "app.cli.verify",
    "projections": "app.cli.projections",
    "backup": "app.cli.backup",
    "restore": "app.cli.backup",
    "doctor": "app.cli.doctor",
    "diagnostics": "app.cli.diagnostics",
    "cleanup": "app.cli.cleanup",
    "test-qr": "app.cli.test_qr",
    "bench": "app.cli.bench",
}
"""Command -> the module that has it, under the same name (with `_` for `-`)."""
SUMMARIES = {
    "up": "Start Linkwright: database, API, browsers and sandbox.",
    "link": "Link a phone: show the code here and follow until READY.",
    "accounts": "List accounts: status, phone, and what is wrong with them.",
    "tail": "Follow what happens to all accounts, or to ACCOUNT, until Ctrl-C; filters can be"
    " combined.",
    "hooks": "List, make, test and mend webhooks, and send again what did not arrive.",
    "replay": "Read the recorded story of an account.",
    "evidence": "List what was kept when attempts and links of ACCOUNT failed: pictures, console,"
    " versions.",
    "send": "Send a text, a file or a template to a phone number, as one types it.",
    "messages": "List the messages of an account, the newest first, and how far each has come.",
    "templates": "List, show, save, delete and try the templates of messages.",
    "verify": "Check the hash of every row in the log.",
    "projections": "See how the projections stand, compare them with the log, and make them anew.",
    "backup": "Write the whole database into one file.",
    "restore": "Read a backup into the database.",
    "doctor": "Check whether Linkwright can run here.",
    "diagnostics": "Look for stuck attempts and for sessions without an account.",
    "cleanup": "End stuck attempts and delete sessions without an account.",
    "test-qr": "Test whether a QR code comes, and how soon.",
    "bench": "Measure Linkwright on this machine.",
}
"""What `--help` says of a command: the first sentence of its own help. To ask all of them for it
would be to import nearly everything: half a second of CPU."""
HIDDEN = frozenset({"serve", "worker", "standby", "webhooks", "sandbox"})
"""The processes that `up` starts; run alone only by those who arrange them differently."""
PROCESSES = HIDDEN | {"up"}
"""What runs until it is told to end."""


class Commands(click.Group):
    """Finds commands by name in COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """List what a user may want."""
        return [name for name in COMMANDS if name not in HIDDEN]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: object = getattr(import_module(COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them by SUMMARIES: none is imported."""
        names = self.list_commands(ctx)
        room = formatter.width - 6 - max(map(len, names))  # click's own margins
        listed = [click.Command(name, help=SUMMARIES[name]) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl([(str(one.name), one.get_short_help_str(room)) for one in listed])

    def make_context(self, *given: Any, **more: Any) -> click.Context:  # noqa: ANN401  click's signature
        """Read what was typed."""
        with no_secret_is_said_again():
            return super().make_context(*given, **more)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  click's signature
        """Run the command that was typed."""
        with no_secret_is_said_again():
            return super().invoke(ctx)


@click.group(
    cls=Commands,
    epilog="In a checkout ./linkwright also takes test, check and lock: the tests, all checks,"
    " and writing the lock files anew.",
)
def linkwright() -> None:
    """Link WhatsApp accounts by QR code, keep them linked, and read the story of every scan."""

import json
from pathlib import Path

from app.cli.ending import Exit
from tests.command_line.conftest import Run
from tests.message_templates import papers


def test_a_template_is_saved_again_tried_shown_and_deleted(use: Run, tmp_path: Path):
    file = tmp_path / "reminder.liquid"
    file.write_text("Dear {{ customer }}")
    saved = use("templates", "save", "reminder", str(file), "--description", "Asks")
    assert saved.exit_code == Exit.DONE, saved.output
    assert saved.output == "Saved reminder of the workspace default.\nValues: customer.\n"

    file.write_text("Hello {{ name | bold }}\n")
    tried = use("templates", "preview", "reminder", "--text", str(file), "--value", "name=Asha")
    assert tried.output == "Hello *Asha*\n"
    told = json.loads(use("templates", "save", "reminder", str(file), "--json").output)
    assert (told["description"], told["values"]) == ("Asks", ["name"])

    assert use("templates", "show", "reminder").stdout == "Hello {{ name | bold }}\n"
    rows = use("templates", "list").output.splitlines()
    assert [row.split()[0] for row in rows[1:]] == [
        "dispatch_notice",
        "order_details",
        "proforma_invoice",
        "reminder",
    ]
    assert "it is gone" in use("templates", "delete", "reminder").output
    assert use("templates", "show", "reminder").exit_code == Exit.NOT_FOUND


def test_a_built_in_template_of_a_workspace_gets_its_layout_back(use: Run, tmp_path: Path):
    values = tmp_path / "values.json"
    values.write_text(json.dumps(papers.DISPATCH))
    of_acme = ("--workspace", "acme")
    preview = ("templates", "preview", "dispatch_notice", "--values", str(values), *of_acme)
    file = tmp_path / "dispatch.liquid"
    file.write_text("By {{ transporter }}")
    use("templates", "save", "dispatch_notice", str(file), *of_acme)
    assert use(*preview).output == "By VRL Logistics\n"
    deleted = use("templates", "delete", "dispatch_notice", *of_acme)
    assert "it has its built-in layout again" in deleted.output
    assert json.loads(use(*preview, "--json").output)["text"] == papers.DISPATCH_TEXT


def test_what_is_wrong_is_said_in_one_sentence(use: Run, tmp_path: Path):
    missing = use("templates", "preview", "dispatch_notice")
    assert (missing.exit_code, "transporter: is missing" in missing.output) == (Exit.REFUSED, True)
    for name, content in (("a.liquid", b"{{"), ("b.liquid", b"\xff")):
        (tmp_path / name).write_bytes(content)
    assert "not closed" in use("templates", "save", "a", str(tmp_path / "a.liquid")).output
    for arguments in (
        ("save", "b", str(tmp_path / "b.liquid")),
        ("show", "../accounts"),
        ("preview", "order_details", "--value", "id"),
        ("preview", "order_details", "--values", str(tmp_path / "a.liquid")),
    ):
        assert use("templates", *arguments).exit_code == Exit.USAGE, arguments

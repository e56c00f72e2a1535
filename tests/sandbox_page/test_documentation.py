"""docs/reference/sandbox.md has a line for everything that can be asked of the sandbox."""

from pathlib import Path
from typing import get_args

import msgspec

from adapters.sandbox.control import ServerEvent
from adapters.sandbox.refusals import LinkCause, Refused
from adapters.sandbox.scenes import TABLE
from adapters.sandbox.server import create_sandbox
from adapters.sandbox.settings import SandboxSettings
from tests.sandbox_page.stand_in import ROOT, TOKEN

PAGE = (ROOT / "docs" / "reference" / "sandbox.md").read_text()
LINES = PAGE.splitlines()


def test_every_scene_has_its_sentence_and_its_parameters() -> None:
    for scene in TABLE:
        (line,) = [one for one in LINES if one.startswith(f"| `{scene.name}` |")]
        assert line.endswith(f"| {scene.sentence} |"), scene.name
        for name in msgspec.to_builtins(scene.parameters()):
            assert f"`{name}`" in line, (scene.name, name)


def test_every_control_route_has_a_line(tmp_path: Path) -> None:
    app = create_sandbox(SandboxSettings(control_token=TOKEN, state_file=tmp_path / "s.json"))
    described = [
        f"| `{method} {route.path_format}` |"
        for route in app.routes
        if route.path_format.startswith("/control")
        for method in getattr(route, "methods", set()) - {"OPTIONS"}
    ]
    assert [one for one in described if one not in PAGE] == []
    assert len(described) == sum("/control/" in one for one in LINES if one.startswith("| `"))


def test_every_refusal_and_event_has_a_line() -> None:
    causes = {one.cause for one in Refused.__subclasses__()} - {"refused"}
    for cause in causes | set(get_args(LinkCause)):
        assert f"`{cause}` |" in PAGE, cause
    for event in get_args(ServerEvent):
        assert f"`{event.__struct_config__.tag}`" in PAGE, event


def test_every_setting_has_a_line() -> None:
    for field in msgspec.structs.fields(SandboxSettings):
        assert f"`{field.name}`" in PAGE, field.name

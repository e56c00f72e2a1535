"""What accounts live through in a real browser, with a secret in each text that one may choose."""

import base64
import re
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests.end_to_end.story import Story
from tests.phone_camera import codes_in
from tests.planted_secrets.canaries import PHONE, Canaries
from tests.planted_secrets.watch import Watch
from tests.waiting import wait_until

TEXT = "text of a message"
LONG = 15
"""More characters has a key or a secret within a code; its other fields are numbers."""
SESSION = re.compile(rb'"(?:iv|sealed)":"([A-Za-z0-9+/=]{16,})"')
"""What the page keeps of a linked device in Local Storage."""


class Browsed(msgspec.Struct, frozen=True):
    """The installation, and what is planted in it."""

    client: httpx.Client
    data: Path
    canaries: Canaries
    watch: Watch

    def story(self, **register: str) -> Story:
        return Story(self.client, label=f"Stand «Zürich» {self.canaries.word('label')}", **register)

    def does(self, story: Story, what: str, **body: Any) -> httpx.Response:  # noqa: ANN401  the fields
        """Have the simulated phone do something."""
        return self.client.post(f"/v1/sandbox/accounts/{story.id}/{what}", json=body)


def link_by_code(here: Browsed) -> Story:
    """Link by a scan, write there and back, and be logged out by the phone."""
    c, story = here.canaries, here.story()
    story.link()
    _scan(here, story, refused=False)
    story.until("READY")
    _remember_session(here, story)
    _send(here, story)
    body = {"sender": c.phone("sender"), "name": c.word("name of a sender"), "text": c.word(TEXT)}
    assert here.does(story, "message", **body).is_success
    wait_until(lambda: _read_messages(here, story, "in"))
    for what in ("deliver", "read"):
        story.phone(what)
    story.phone("logout")
    story.until("DISCONNECTED")
    return story


def link_by_pairing_code(here: Browsed) -> Story:
    """Link by a pairing code, and lose the page to another window; that leaves evidence, too."""
    story, phone = here.story(), here.canaries.phone("phone")
    story.scene("conflict", after_s=20.0)  # two seconds, at this installation's scale
    story.link(pairing_phone=f"+{phone}")

    def entered() -> bool:
        for form in ("json", "txt"):
            answer = here.client.get(f"/v1/accounts/{story.id}/qr.{form}")
            for code in re.findall(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", answer.text):
                here.canaries.add("pairing code", code)
                here.canaries.add("pairing code", code.replace("-", ""))
        return here.does(story, "pairing-code", phone=phone).is_success

    wait_until(entered)
    story.until("DISCONNECTED")
    _see_evidence(here, story)
    return story


def fail_with_evidence(here: Browsed, scene: str) -> Story:
    """Let the first attempt fail, so that the page is pictured."""
    story = here.story()
    story.scene(scene)
    story.link()
    if scene == "scan_rejected":
        _scan(here, story, refused=True)
    story.until("FAILED")
    assert _see_evidence(here, story) > 0, "no picture was taken"
    return story


def go_wrong(here: Browsed, story: Story) -> None:
    """Say to the sandbox what it does not know."""
    c, address = here.canaries, f"/v1/sandbox/accounts/{story.id}"
    code = f"https://wa.me/settings/linked_devices#2@{c.word('misplaced')},BBBB=,CCCC=,DDDD=,1"
    for what, body in (
        ("scan", {"qr": code, "phone": c.phone("misplaced"), "name": c.word("misplaced")}),
        ("scan", {"qr": c.word("misplaced")}),
        ("scan", {"phone": c.word("misplaced")}),
        ("pairing-code", {"code": c.code("misplaced"), "phone": c.phone("misplaced")}),
        ("message", {"sender": c.word("misplaced"), "text": c.word("misplaced")}),
        ("deliver", {"whatsapp_id": c.word("misplaced")}),
    ):
        assert here.does(story, what, **body).is_error, what
    for scene in (
        {"name": c.word("misplaced")},
        {"name": "conflict", "params": {"after_s": c.word("misplaced")}},
        {"name": "conflict", "params": {c.word("name of a field"): 1}},
    ):
        assert here.client.put(f"{address}/scene", json=scene).is_error, scene


def _scan(here: Browsed, story: Story, *, refused: bool) -> None:
    """Scan the code on show; on a busy machine it may have gone before the phone looks."""
    phone, name = here.canaries.phone("phone"), here.canaries.word("name")

    def scanned() -> httpx.Response | None:
        _remember_code(here, story)
        answer = here.does(story, "scan", phone=phone, name=name)
        stale = answer.status_code == httpx.codes.CONFLICT and answer.json()["cause"] == "stale"
        return None if stale else answer

    answer = wait_until(scanned)
    assert answer is not None
    assert answer.is_error == refused, answer.text


def _remember_code(here: Browsed, story: Story) -> None:
    """Take the code on show, and its keys and secret, for what must be seen nowhere else."""
    address = f"/v1/accounts/{story.id}/qr"
    answer = here.client.get(f"{address}.json")
    if answer.is_success:
        code = answer.json()["text"]
        here.canaries.add("QR text", code)
        for field in code.split("#")[-1].split(","):
            if len(field) > LONG:
                here.canaries.add("QR text", field)
    for form in ("json", "txt", "svg", "png"):
        here.client.get(f"{address}.{form}")


def _remember_session(here: Browsed, story: Story) -> None:
    """Take what the page has kept for what must be seen nowhere outside its own folder."""
    folder = here.data / "profiles" / story.id / "browser"

    def kept() -> set[bytes]:
        files = folder.glob("Default/Local Storage/leveldb/*.log")
        return {text for file in files for text in SESSION.findall(file.read_bytes())}

    for text in wait_until(kept):
        here.canaries.add("session", text.decode())
    for file in folder.glob("Default/Local Storage/leveldb/*.log"):
        here.watch.see("session folder", file.read_bytes())


def _send(here: Browsed, story: Story) -> None:
    c, path = here.canaries, f"/v1/accounts/{story.id}/messages"
    file = {
        "name": f"{c.word('file name')}.pdf",
        "media_type": "application/pdf",
        "content": base64.b64encode(c.word("file").encode()).decode(),
    }
    nobody = c.add("recipient", f"{PHONE.decode()}90404")
    order = {"customer": c.word("value of a template")}
    text = f"{c.word('text of a template')} {{{{ customer }}}}"
    template = {"name": "reminder", "text": text, "workspace": "acme"}
    assert here.client.post("/v1/templates", json=template).is_success
    for to, content in (
        (c.phone("recipient"), {"text": c.word(TEXT)}),
        (c.phone("recipient"), {"text": c.word(TEXT), "file": file}),
        (c.phone("recipient"), {"template": "reminder", "values": order}),
        (nobody, {"text": c.word(TEXT)}),
    ):
        body = {"to": f"+{to}", **content}
        answer = here.client.post(path, params={"wait": 30}, json=body)
        assert answer.is_success, answer.text
        expected = "failed" if to == nobody else "sent"
        assert answer.json()["message"]["status"] == expected, answer.text
    _read_messages(here, story, "out")
    here.client.get(f"/v1/sandbox/accounts/{story.id}/messages")


def _read_messages(here: Browsed, story: Story, direction: str) -> int:
    path = f"/v1/accounts/{story.id}/messages"
    listed = here.client.get(path).json()["messages"]
    found = [one["id"] for one in listed if one["direction"] == direction]
    for message in found:
        here.client.get(f"{path}/{message}")
        here.client.get(f"{path}/{message}/content")
    return len(found)


def _see_evidence(here: Browsed, story: Story) -> int:
    """Read all of a failure: the piece `browser` comes last. Give how many pictures there are."""
    address = f"/v1/accounts/{story.id}/evidence"

    def listed() -> list[dict[str, Any]]:
        return here.client.get(address).json()["evidence"]

    wait_until(lambda: any(one["kind"] == "browser" for one in listed()))
    pictures = 0
    for piece in listed():
        content = here.client.get(piece["url"]).content
        if piece["kind"] == "screenshot":
            see_codes(here.watch, content)
            pictures += 1
    return pictures


def see_codes(watch: Watch, picture: bytes) -> None:
    """Search the codes that a camera reads in a picture."""
    watch.see("codes in a picture", "\n".join(codes_in(picture)).encode())

"""A page that means harm: its scripts and frames reach neither Python nor the rest of the world."""

from pathlib import Path

import pytest

from adapters.browser.host import BrowserHost
from adapters.browser.snapshot import MOST_BYTES
from adapters.browser.spec import SessionSpec
from tests.browser_adapter.conftest import Drive
from tests.browser_adapter.driven import Driven, Phone
from tests.browser_adapter.own_page import OwnPage, serve
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

# The way round that a script has which knows how Playwright works.
CALL = """
const bindings = globalThis.__playwright__binding__controller__;
const name = [...bindings._bindings.keys()].find((one) => /^_[0-9a-f]{32}$/.test(one));
const call = (value) => bindings.callBinding(name, value).then(
  (answer) => fetch("/answered-" + answer), (problem) => fetch("/failed"));
"""
FORGED = '{"nonce": "guess", "kind": "beat", "boot": "0123456789abcdef", "sequence": 1}'
ATTACK = f"""
{CALL}
call(null); call({{}}); call([1]); call("x".repeat({MOST_BYTES + 1})); call("{{");
call('{FORGED}'); fetch("/called");
"""


def page(script: str) -> str:
    return f"<!doctype html><title>own</title><body><script>{script}</script></body>"


async def has_requests(own: OwnPage, path: str, count: int = 1) -> bool:
    return sum(one.startswith(path + " ") for one in own.requests) >= count


async def test_scripts_of_the_page_are_refused(drive: Drive):
    async with serve(page(ATTACK)) as own:
        driven = drive(url=f"http://127.0.0.1:{own.port}/")
        assert await driven.session.start()
        await eventually(lambda: has_requests(own, "/answered-refused", 6))
        refused = driven.session.refused_callbacks
        assert refused == {"not_text": 3, "too_large": 1, "malformed": 1, "foreign": 1}
        assert set(driven.kinds()) == {"RecordPage"}
        assert not await has_requests(own, "/failed")


async def test_frames_are_refused_even_with_the_right_nonce(drive: Drive):
    # The frame takes a message of the page's own bridge, as if it had spied on it.
    spy = """
    const send = globalThis.__playwright__binding__;
    if (window === top) {
      window.seen = [];
      globalThis.__playwright__binding__ = (text) => { window.seen.push(text); send(text); };
      const frame = document.createElement("iframe");
      frame.srcdoc = "<p>";
      document.body.append(frame);
      setTimeout(() => {
        const inner = frame.contentWindow;
        const { serializedArgs } = JSON.parse(window.seen.at(-1));
        const bindings = inner.__playwright__binding__controller__;
        const name = [...bindings._bindings.keys()].find((one) => /^_[0-9a-f]{32}$/.test(one));
        bindings.callBinding(name, serializedArgs[0].s ?? serializedArgs[0])
          .then((answer) => fetch("/frame-" + answer));
      }, 1000);
    }
    """
    async with serve(page(spy)) as own:
        driven = drive(url=f"http://127.0.0.1:{own.port}/")
        assert await driven.session.start()
        await eventually(lambda: has_requests(own, "/frame-refused"))
        assert driven.session.refused_callbacks == {"not_our_page": 1}


async def test_the_binding_is_not_on_the_window(drive: Drive):
    look = """
    const names = (where) => Object.getOwnPropertyNames(where)
      .filter((name) => /^_[0-9a-f]{32}$/.test(name) && typeof where[name] === "function");
    const frame = document.createElement("iframe");
    document.body.append(frame);
    const frames = names(frame.contentWindow).length;
    fetch("/names-" + names(window).length + "-" + frames);
    """
    async with serve(page(look)) as own:
        driven = drive(url=f"http://127.0.0.1:{own.port}/")
        assert await driven.session.start()
        # One in the page: the handle by which Python asks; it cannot be called back from there.
        await eventually(lambda: has_requests(own, "/names-1-0"))


async def test_no_other_host_is_reached(drive: Drive):
    reach = """
    const port = location.port;
    const tries = ["localhost", "127.0.0.2", "example.com", "[::1]", "127.0.0.1.nip.io"]
      .map((host) => fetch(`http://${host}:${port}/leak`, { mode: "no-cors" }));
    const frame = document.createElement("iframe");
    frame.src = `http://localhost:${port}/leak`;
    document.body.append(frame);
    const worker = navigator.serviceWorker?.register("/worker.js") ?? Promise.reject();
    Promise.allSettled([...tries, worker]).then((all) =>
      fetch("/blocked-" + all.filter((one) => one.status === "rejected").length));
    """
    async with serve(page(reach)) as own:
        driven = drive(url=f"http://127.0.0.1:{own.port}/")
        assert await driven.session.start()
        await eventually(lambda: has_requests(own, "/blocked-5"))
        assert {one.partition(" ")[2] for one in own.requests} == {"127.0.0.1"}
        assert not await has_requests(own, "/worker.js")


async def test_the_browser_does_not_say_that_it_is_headless(drive: Drive):
    tell = 'fetch("/agent-" + /Headless/.test(navigator.userAgent))'
    async with serve(page(tell)) as own:
        driven = drive(url=f"http://127.0.0.1:{own.port}/")
        assert await driven.session.start()
        await eventually(lambda: has_requests(own, "/agent-false"))


async def test_the_browser_does_not_see_our_environment(
    host: BrowserHost,
    spec: SessionSpec,
    profiles: Path,
    wa_js: str,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("DATABASE_URL", "postgresql://canary")
    async with BrowserHost(host.browser, wa_js, sharing=host.sharing, profiles=profiles) as own:
        driven = Driven(own, spec, profiles)
        assert await driven.session.start()
        seen = [environment_of(pid) for pid in driven.processes.running()]
        await driven.session.stop()
    assert any(b"PATH=" in one for one in seen)
    assert not any(b"canary" in one for one in seen)


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


async def test_wa_js_tells_nobody_that_it_runs(drive: Drive, phone: Phone):
    driven = drive()
    await driven.links(phone)
    tab = driven.session._browser.tab  # noqa: SLF001  only the page itself knows
    assert tab is not None
    config = await tab.page.evaluate("() => ({ ...WPP.config })")
    # Its beacons and the link previews of third parties.
    assert config["disableGoogleAnalytics"] is True
    assert config["googleAnalyticsId"] is None
    assert config["linkPreviewApiServers"] == []

"""wa-js and a browser: found, installed, or asked for with one command."""

import json
import os
from pathlib import Path

import pytest

from tests.launcher.small_checkout import BROWSER, SmallCheckout

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may install system packages")


@pytest.fixture(autouse=True)
def nothing_that_pages_need(checkout: SmallCheckout) -> None:
    checkout.forget_pages()


def test_without_npm_one_is_installed_beside(checkout: SmallCheckout):
    checkout.without("npm")
    checkout.lock_npm()
    done = checkout.run("up")
    assert done.returncode == 0, done.stderr
    assert (checkout.folder / "npm.log").read_text().startswith("ci --ignore-scripts")


def test_an_npm_that_does_not_work_is_as_good_as_none(checkout: SmallCheckout):
    checkout.program("npm", "#!/bin/sh\nexit 1\n")
    checkout.lock_npm()
    assert checkout.run("up").returncode == 0


def test_a_copy_of_wa_js_needs_no_npm(checkout: SmallCheckout, tmp_path: Path):
    checkout.without("npm")
    copy = tmp_path / "wa.js"
    copy.write_text("/*! wppconnect-team/wa-js v4.6.0 */")
    assert checkout.run("up", changes={"WA_JS_FILE": str(copy)}).returncode == 0


def test_a_wrong_path_of_wa_js_is_named(checkout: SmallCheckout):
    done = checkout.run("up", changes={"WA_JS_FILE": "/no/such/wa.js"})
    assert done.returncode == 1
    assert "WA_JS_FILE is '/no/such/wa.js', and there is no file there." in done.stderr


def test_a_failing_registry_is_said_with_what_to_set(checkout: SmallCheckout):
    checkout.program("npm", "#!/bin/sh\n[ $1 = --version ] && echo 10.0.0 || exit 1\n")
    done = checkout.run("up")
    assert done.returncode == 1
    assert "npm_config_registry" in done.stderr
    assert "WA_JS_FILE" in done.stderr


def test_a_deleted_wa_js_is_installed_again(checkout: SmallCheckout):
    checkout.run("up")
    next(checkout.folder.glob("node_modules/**/wppconnect-wa.js")).unlink()
    assert "Installing wa-js" in checkout.run("up").stderr
    assert checkout.run("up").stderr == ""


def test_a_browser_that_does_not_start_is_passed_over(checkout: SmallCheckout):
    broken = "#!/bin/sh\necho 'libnss3.so: cannot open shared object file' >&2\nexit 127\n"
    checkout.program("chromium-headless-shell", broken)
    chromium = checkout.program("chromium", BROWSER)
    done = checkout.run("up")
    assert "chromium-headless-shell does not start: libnss3.so" in done.stderr
    assert json.loads(done.stdout)["LINKWRIGHT_BROWSER"] == str(chromium)


def test_a_replaced_browser_is_looked_at_again(checkout: SmallCheckout):
    checkout.run("up")
    checkout.program("chromium-headless-shell", BROWSER.replace("156", "1570"))
    assert "version 1570.0.1" in checkout.run("up").stderr


def test_a_wrong_path_of_a_browser_is_named(checkout: SmallCheckout):
    done = checkout.run("up", changes={"LINKWRIGHT_BROWSER": "/no/such/browser"})
    assert done.returncode == 1
    assert "LINKWRIGHT_BROWSER is '/no/such/browser'" in done.stderr


def test_without_any_browser_there_is_one_command_to_run(checkout: SmallCheckout):
    checkout.without("chromium-headless-shell")
    done = checkout.run("up")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Downloading a browser" in done.stderr
    assert "Install one with one command and run this again:\n    " in done.stderr


@AS_ROOT
@pytest.mark.parametrize(
    ("offered", "got"),
    [
        ("chromium chromium-headless-shell", "chromium-headless-shell"),
        ("chromium", "chromium"),
    ],
)
def test_without_any_browser_root_installs_the_systems(
    checkout: SmallCheckout, offered: str, got: str
):
    checkout.without("chromium-headless-shell")
    offer(checkout, offered)
    done = checkout.run("up")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["LINKWRIGHT_BROWSER"] == str(checkout.programs / got)


def offer(checkout: SmallCheckout, packages: str) -> None:
    """Have a package manager that can install these browsers and nothing else."""
    prepared = checkout.home / "prepared"
    prepared.write_text(BROWSER)
    installed = f'"{checkout.programs}/$wanted"'
    checkout.program(
        "apt-get",
        "#!/bin/sh\n"
        '[ "$1" = install ] || exit 0\n'
        "for wanted in $@; do :; done\n"  # the last word of the command
        f'case " {packages} " in *" $wanted "*) ;; *) exit 100 ;; esac\n'
        f"cp {prepared} {installed} && chmod +x {installed}\n",
    )


COMPARES = ("bench", "sessions")
"""Runs whatsapp-web.js too, which starts a full Chromium."""


@AS_ROOT
def test_a_comparison_has_a_full_browser_beside_ours(checkout: SmallCheckout):
    offer(checkout, "chromium chromium-headless-shell")
    ours = checkout.programs / "chromium-headless-shell"
    for said in ("Installing chromium with apt-get", ""):
        done = checkout.run(*COMPARES)
        assert json.loads(done.stdout)["LINKWRIGHT_BROWSER"] == str(ours), done.stderr
        assert said in done.stderr
    assert done.stderr == "", "the second time it is known"


def test_a_comparison_takes_the_full_browser_that_is_set(checkout: SmallCheckout):
    full = checkout.home / "chromium"
    full.write_text(BROWSER)
    full.chmod(0o755)
    done = checkout.run(*COMPARES, changes={"LINKWRIGHT_BROWSER": str(full)})
    assert json.loads(done.stdout)["LINKWRIGHT_BROWSER"] == str(full), done.stderr
    assert "Downloading a browser" not in done.stderr


def test_a_comparison_without_a_full_browser_names_the_command_that_installs_one(
    checkout: SmallCheckout,
):
    done = checkout.run(*COMPARES)
    assert done.returncode == 1
    assert "There is no full Chromium or Chrome here that starts" in done.stderr
    assert "Install one with one command and run this again:\n    " in done.stderr
    assert checkout.run("up").returncode == 0

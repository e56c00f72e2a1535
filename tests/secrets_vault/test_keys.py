"""The master key is made once, kept to ourselves, and refused when it is not."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.keys import VARIABLE, Keys, KeyUnusable, fingerprint, load_keys

MASTER = bytes(range(32))
GIVEN = {VARIABLE: base64.b64encode(MASTER).decode()}


def fingerprints(keys: Keys) -> str:
    return keys.fingerprint("62811555001")


def test_the_first_start_makes_a_file_that_only_we_can_read(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    first = load_keys({}, file)

    assert file.stat().st_mode & 0o777 == 0o600
    assert len(base64.b64decode(file.read_text())) == 32
    assert fingerprints(load_keys({}, file)) == fingerprints(first)
    assert [found.name for found in tmp_path.iterdir()] == ["master.key"]


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    one, other = (load_keys({}, tmp_path / name) for name in ("one", "other"))
    assert fingerprints(one) != fingerprints(other)


def test_the_environment_comes_first(tmp_path: Path) -> None:
    keys = load_keys(GIVEN, tmp_path / "master.key")
    assert fingerprints(keys) == fingerprints(Keys(MASTER))
    assert not list(tmp_path.iterdir())


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    program = (
        "import sys; from pathlib import Path; from adapters.keys import load_keys;"
        "sys.stdin.readline(); print(load_keys({}, Path(sys.argv[1])).fingerprint('x'))"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", program, file],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(4)
    ]
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("go\n")
        starter.stdin.flush()
    said = {starter.communicate(timeout=60)[0] for starter in starters}
    assert said == {load_keys({}, file).fingerprint("x") + "\n"}
    assert [found.name for found in tmp_path.iterdir()] == ["master.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "master.key"
    load_keys({}, file)
    file.chmod(mode)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        load_keys({}, file)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    load_keys({}, file)
    os.chown(file, 65534, 65534)
    with pytest.raises(KeyUnusable, match="another user"):
        load_keys({}, file)


@pytest.mark.parametrize("text", ["", "short", "A" * 44, base64.b64encode(bytes(31)).decode(), "é"])
def test_a_file_with_something_else_in_it_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "master.key"
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    with pytest.raises(KeyUnusable, match="32 bytes in base64") as raised:
        load_keys({}, file)
    assert not text or text not in str(raised.value)


def test_a_wrong_variable_is_refused_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match=VARIABLE) as raised:
        load_keys({VARIABLE: "not-a-key-but-a-secret"}, tmp_path / "master.key")
    assert "not-a-key" not in str(raised.value)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="cannot be written"):
        load_keys({}, tmp_path / "missing" / "master.key")


def test_every_purpose_has_a_key_of_its_own() -> None:
    keys = Keys(MASTER)
    derived = {
        keys.sealing.hex(),
        keys.fingerprinting.hex(),
        keys.hashing_api_keys.hex(),
        keys.sandbox_control,
        MASTER.hex(),
    }
    assert len(derived) == 5


def test_derived_keys_stay_the_same_for_ever() -> None:
    """What was sealed and hashed by an earlier build must still open: HKDF by RFC 5869."""
    keys = Keys(MASTER)
    assert [
        keys.sealing.hex()[:16],
        keys.fingerprinting.hex()[:16],
        keys.hashing_api_keys.hex()[:16],
        keys.sandbox_control[:16],
    ] == ["6ba3e429f733942e", "b4a966dae3fdff8f", "b0e7353544dacff5", "689b38f919667c40"]


def test_a_fingerprint_is_keyed_and_tells_nothing() -> None:
    one, other = Keys(MASTER), Keys(bytes(32))
    assert one.fingerprint("62811555001") == fingerprint(one.fingerprinting, "62811555001")
    assert one.fingerprint("62811555001") != one.fingerprint("62811555002")
    assert one.fingerprint("62811555001") != other.fingerprint("62811555001")
    assert len(bytes.fromhex(one.fingerprint("lone \ud83d"))) == 16


def test_keys_are_never_printed() -> None:
    keys = Keys(MASTER)
    assert repr(keys) == str(keys) == "Keys()"

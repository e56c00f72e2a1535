"""Settings, the data folder and ids."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.browser.spec import WHATSAPP_HOSTS
from adapters.event_log.memory import MemoryEventLog
from app.data_folder import DataFolderError, exclusive, prepare
from app.dispatch import Dispatch
from app.identifiers import new_id
from app.processes.browsers import usual_hosts
from app.settings import Settings, SettingsError, read_settings
from domain.events import Site
from domain.wishes import RegisterAccount
from tests.examples import at
from tests.service.test_loops import BY_TEST


def test_everything_has_a_default():
    settings = read_settings({})
    assert settings.url == "http://127.0.0.1:8700"
    assert settings.data == Path(".linkwright").absolute()
    assert settings.policy.initialize_s == 30.0


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LINKWRIGHT_PORT", "http"),
        ("LINKWRIGHT_PORT", "70000"),
        ("LINKWRIGHT_PORT", "0"),
        ("LINKWRIGHT_SANDBOX_PORT", "-1"),
        ("LINKWRIGHT_SANDBOX_TIME_SCALE", "fast"),
        ("LINKWRIGHT_SANDBOX_TIME_SCALE", "0"),
        ("LINKWRIGHT_IDEMPOTENCY_HOURS", "0"),
        ("LINKWRIGHT_IDEMPOTENCY_HOURS", "1.5"),
        ("LINKWRIGHT_REVERB_APP_KEY", "key-without-a-secret"),
        ("LINKWRIGHT_REVERB_APP_SECRET", "a-secret-without-a-key"),
        ("LINKWRIGHT_HMAC_SECRET", "too-short"),
        ("LINKWRIGHT_DEFAULT_REGION", "India"),
        ("LINKWRIGHT_DEFAULT_REGION", "XX"),
        ("LINKWRIGHT_ACCOUNTS_PER_BROWSER", "0"),
        ("LINKWRIGHT_ACCOUNTS_PER_BROWSER", "51"),
        ("LINKWRIGHT_POLICY", "{"),
        ("LINKWRIGHT_POLICY", '{"initialize_s": "soon"}'),
        ("LINKWRIGHT_POLICY", '{"initialize_s": 0}'),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_the_name_of_its_variable(variable: str, value: str):
    with pytest.raises(SettingsError, match=variable):
        read_settings({variable: value})


def test_every_variable_has_a_line_in_the_reference():
    source = Path(read_settings.__code__.co_filename).read_text(encoding="utf-8")
    page = Path(__file__).parents[2] / "docs/reference/settings.md"
    variables = {word.strip('"),') for word in source.split() if word.startswith('"LINKWRIGHT_')}
    assert len(variables) > 3
    lines = page.read_text(encoding="utf-8")
    missing = [name for name in variables if f"`{name}`" not in lines]
    assert not missing


def test_a_data_folder_is_private(tmp_path: Path):
    prepare(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_a_data_folder_is_held_by_one_at_a_time(tmp_path: Path):
    with exclusive(tmp_path), pytest.raises(DataFolderError, match="uses the data folder"):
        exclusive(tmp_path).__enter__()
    with exclusive(tmp_path):
        pass


def test_ids_sort_by_the_time_of_their_making():
    ids = [new_id("acc", at(0) + timedelta(milliseconds=n)) for n in range(50)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 50
    assert all(id_.startswith("acc_") and len(id_) == 30 for id_ in ids)


def test_settings_know_their_paths(tmp_path: Path):
    settings = Settings(data=tmp_path)
    assert settings.profiles.parent == settings.key_file.parent == tmp_path


@pytest.mark.parametrize(
    ("sites", "asked"),
    [((), WHATSAPP_HOSTS), (("sandbox",), ("127.0.0.1",)), (("live",), WHATSAPP_HOSTS)],
)
async def test_the_browser_that_starts_with_the_worker_is_for_the_site_of_its_accounts(
    sites: tuple[Site, ...], asked: tuple[str, ...]
):
    log = MemoryEventLog()
    for site in sites:
        await Dispatch(log).submit(
            "acc_1", RegisterAccount(at=at(0), workspace="shop", site=site), BY_TEST
        )
    assert await usual_hosts(log) == asked

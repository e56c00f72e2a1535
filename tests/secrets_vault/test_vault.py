"""The text of a code is kept for its account until it expires, and for nobody else."""

import psycopg
import pytest

from adapters.event_log.database import Database
from adapters.keys import Keys
from adapters.vault import CodeUnsealable, Kind, Vault
from tests.examples import ATTEMPT, QR_KEYED_1, QR_KEYED_2, at

TEXT = "2@canary-of-a-pairing-secret,with,commas=="


@pytest.fixture
def vault(opened: Database, keys: Keys) -> Vault:
    return Vault(opened, keys)


async def put(
    vault: Vault,
    account: str = "acc_1",
    *,
    expires: float = 60,
    kind: Kind = "qr",
) -> None:
    await vault.put(
        account=account,
        attempt=ATTEMPT,
        fingerprint=QR_KEYED_1,
        text=TEXT,
        expires_at=at(expires),
        now=at(5),
        kind=kind,
    )


async def test_a_code_is_given_while_it_is_valid(vault: Vault) -> None:
    await put(vault, kind="pairing_code")

    code = await vault.current("acc_1", at(59))

    assert code is not None
    assert (code.text, code.kind, code.attempt) == (TEXT, "pairing_code", ATTEMPT)
    assert (code.fingerprint, code.expires_at) == (QR_KEYED_1, at(60))


async def test_an_expired_code_is_told_apart_from_none(vault: Vault) -> None:
    await put(vault)

    expired = await vault.current("acc_1", at(60))

    assert expired is not None
    assert (expired.text, expired.fingerprint, expired.expires_at) == (None, QR_KEYED_1, at(60))
    assert await vault.current("acc_2", at(0)) is None


async def test_a_new_code_takes_the_place_of_the_old_one(vault: Vault) -> None:
    await put(vault)
    await vault.put(
        account="acc_1",
        attempt="attempt-2",
        fingerprint=QR_KEYED_2,
        text="newer",
        expires_at=at(80),
        now=at(20),
    )

    code = await vault.current("acc_1", at(21))

    assert code is not None
    assert (code.text, code.fingerprint, code.attempt) == ("newer", QR_KEYED_2, "attempt-2")


async def test_a_cleared_code_is_none(vault: Vault) -> None:
    await put(vault)
    await vault.clear("acc_1")
    assert await vault.current("acc_1", at(5)) is None
    await vault.clear("acc_1")


async def test_expired_texts_are_deleted_by_the_next_put(vault: Vault, opened: Database) -> None:
    await put(vault, "acc_1", expires=4)
    await put(vault, "acc_2", expires=60)
    records = await opened.fetch("select account_id, sealed is null from qr_vault order by 1")
    assert records == [("acc_1", True), ("acc_2", False)]
    code = await vault.current("acc_1", at(0))
    assert code is not None
    assert code.text is None


@pytest.mark.parametrize(
    "change",
    [
        "update qr_vault set account_id = 'acc_2'",
        "update qr_vault set account_id = 'acc_2', attempt = 'attempt-9'",
        "update qr_vault set account_id = 'acc_2', fingerprint = 'another'",
        "update qr_vault set account_id = 'acc_2', kind = 'pairing_code'",
        "update qr_vault set account_id = 'acc_2', sealed = set_byte(sealed, 20, 0)",
        "update qr_vault set account_id = 'acc_2', sealed = '\\x00'",
    ],
)
async def test_a_row_that_somebody_moved_or_changed_opens_nothing(
    vault: Vault, database: str, change: str
) -> None:
    await put(vault)
    with psycopg.connect(database) as connection:
        connection.execute(change.encode())
    with pytest.raises(CodeUnsealable):
        await vault.current("acc_2", at(5))


async def test_another_master_key_opens_nothing(vault: Vault, opened: Database) -> None:
    await put(vault)
    with pytest.raises(CodeUnsealable) as raised:
        await Vault(opened, Keys(bytes(32))).current("acc_1", at(5))
    assert TEXT not in str(raised.value)


async def test_equal_texts_are_sealed_differently(vault: Vault, opened: Database) -> None:
    await put(vault, "acc_1")
    await put(vault, "acc_2")
    ((one,), (other,)) = await opened.fetch("select sealed from qr_vault")
    assert one != other


async def test_a_code_is_never_printed(vault: Vault) -> None:
    await put(vault)
    code = await vault.current("acc_1", at(5))
    assert TEXT not in repr(code)
    assert TEXT not in str(code)

"""The fingerprint of the read models: what it depends on, and what not."""

from datetime import timedelta, timezone

import pytest

from projections.fingerprint import Fingerprint
from tests.event_log.appends import account_row, attempt_row
from tests.examples import at

ACCOUNT = dict(account_row("acc_1", 3, label="Front desk", ready_at=at(9)).values)
ATTEMPT = dict(attempt_row("acc_1", 1, ended_at=at(9)).values)


def fingerprint(account: dict[str, object], *attempts: dict[str, object]) -> str:
    taken = Fingerprint()
    taken.add_account(account)
    for attempt in attempts:
        taken.add_attempt(attempt)
    return taken.hexdigest()


def test_equal_rows_have_an_equal_fingerprint_in_whatever_order_their_columns_come():
    turned = dict(reversed(ACCOUNT.items()))
    assert list(turned) != list(ACCOUNT)
    assert fingerprint(turned, ATTEMPT) == fingerprint(ACCOUNT, ATTEMPT)


def test_a_time_is_the_same_in_every_zone():
    elsewhere = {**ACCOUNT, "ready_at": at(9).astimezone(timezone(timedelta(hours=5)))}
    assert fingerprint(elsewhere) == fingerprint(ACCOUNT)


@pytest.mark.parametrize("column", sorted(ACCOUNT.keys() - {"account_id"}))
def test_every_column_counts(column: str):
    assert fingerprint({**ACCOUNT, column: "changed"}) != fingerprint(ACCOUNT)


def test_a_missing_row_a_missing_column_and_a_null_are_told_apart():
    without_label = {name: value for name, value in ACCOUNT.items() if name != "label"}
    all_of_them = {
        fingerprint(ACCOUNT, ATTEMPT),
        fingerprint(ACCOUNT),
        fingerprint(without_label),
        fingerprint({**ACCOUNT, "label": None}),
        fingerprint({**ACCOUNT, "label": ""}),
        Fingerprint().hexdigest(),
    }
    assert len(all_of_them) == 6


def test_rows_out_of_order_are_refused():
    taken = Fingerprint()
    taken.add_account(ACCOUNT)
    taken.add_attempt(ATTEMPT)
    with pytest.raises(ValueError, match="cannot come behind"):
        taken.add_attempt(ATTEMPT)
    with pytest.raises(ValueError, match="cannot come behind"):
        taken.add_account(ACCOUNT)
    taken.add_account({**ACCOUNT, "account_id": "acc_2"})
    assert taken.rows == 3

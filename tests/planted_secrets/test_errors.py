"""What an error says may come into a log line, or back to whoever asked: never a value."""

from typing import LiteralString

import psycopg
import pytest

from adapters.event_log.database import Database
from app.problems import what_does_not_fit

SECRET = "PlantedKanarie000000"
INSERT: LiteralString = "insert into templates select '', %s, null, '', now()"
COLUMN = 'column "description" of relation "templates"'


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("select %s::text::int", "SQLSTATE 22P02"),
        (INSERT, f"null value in {COLUMN} violates not-null constraint"),
        ("select 1 / length(%s) from nothing", 'relation "nothing" does not exist'),
    ],
)
async def test_the_database_quotes_no_row(
    database: str, statement: LiteralString, says: str
) -> None:
    async with Database(database) as opened:
        with pytest.raises(psycopg.Error) as raised:
            await opened.fetch(statement, (SECRET,))
    assert str(raised.value) == says


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"Invalid enum value '{SECRET}'", "Invalid enum value"),
        (f"Invalid enum value '{SECRET}\n'x'", "Invalid enum value"),
        (f"Invalid value '{SECRET}' - at `$.action`", "Invalid value - at `$.action`"),
        ("Expected `str`, got `int`", "Expected `str`, got `int`"),
    ],
)
def test_what_does_not_fit_is_said_without_it(said: str, told: str) -> None:
    assert what_does_not_fit(said) == told

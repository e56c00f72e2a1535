from domain.observations import RecordUnmaskedRead
from tests.examples import DESTROYED, FAILED, LINKED, REGISTERED, STARTED, at
from tests.given import given

READ = RecordUnmaskedRead(at=at(91), form="bundle", number=1)


def test_accepted_whatever_has_happened_and_nothing_comes_of_it() -> None:
    for story in ((REGISTERED,), STARTED, LINKED, FAILED, (*FAILED, DESTROYED)):
        given(*story).when(READ).then()


def test_refused_when_the_account_is_unknown() -> None:
    given().when(READ).then_refused("not_registered")

import pytest

from adapters.outgoing.allow_list import AllowList, read_allow_list
from app.settings import SettingsError, read_settings


def test_nothing_private_is_open_unless_the_operator_says_so():
    assert read_settings({}).webhook_allow == AllowList()


def test_the_operator_lists_what_webhooks_may_reach():
    settings = read_settings({"LINKWRIGHT_WEBHOOK_ALLOW": "10.1.0.0/16,erp.intern"})
    assert settings.webhook_allow == read_allow_list("10.1.0.0/16,erp.intern")


def test_a_list_that_cannot_be_used_is_refused_by_name():
    with pytest.raises(SettingsError, match=r"^LINKWRIGHT_WEBHOOK_ALLOW .*'erp/intern'"):
        read_settings({"LINKWRIGHT_WEBHOOK_ALLOW": "erp/intern"})

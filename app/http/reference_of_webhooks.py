"""The reference's lines of the webhooks' routes."""

from datetime import timedelta

from app.http import example_story as story
from app.http import webhook_requests as wanted
from app.http import webhook_views as views
from app.http.reference_line import Line

_WEBHOOK = "whk_01jd4q7r8m3y5v9k2w6x1z0t4c"
_FOUND = ("no_such_webhook",)
_KEPT = ("request_in_progress", "outcome_unknown")


def _view() -> views.WebhookView:
    return views.WebhookView(
        id=_WEBHOOK,
        workspace="acme",
        url="https://erp.example/linkwright",
        description="The ERP",
        profile="standard",
        account=None,
        types=("qr", "ready", "disconnected"),
        statuses=None,
        enabled=True,
        disabled=None,
        position=1204,
        behind=0,
        held_up=0,
        set_aside=0,
        delivered=311,
        failed_tries=2,
        delivered_at=story.START,
        failing_since=None,
        last_error="",
        created_at=story.START,
        updated_at=story.START,
    )


def _answer(secret: str | None = None) -> views.WebhookAnswer:
    shown = {name: getattr(_view(), name) for name in views.WebhookView.__struct_fields__}
    detail = views.WebhookDetail(
        **shown,
        secrets=(
            views.SecretView(
                id="whs_01jd4q7r8m3y5v9k2w6x1z0t4d", created_at=story.START, expires_at=None
            ),
        ),
        held_up_first=(),
        redeliveries=(_redelivery(),),
    )
    return views.WebhookAnswer(webhook=detail, secret=secret)


def _redelivery() -> views.RedeliveryView:
    return views.RedeliveryView(
        id="rdl_01jd4q7r8m3y5v9k2w6x1z0t4e",
        asked_at=story.START,
        only="everything",
        position=1000,
        until=1204,
        delivered=0,
        failed=0,
        done_at=None,
    )


def _deliveries() -> views.DeliveryList:
    return views.DeliveryList(
        deliveries=(
            views.DeliveryView(
                id=77,
                message_id="evt_01jd4q7r8m3y5v9k2w6x1z0t4c_1204",
                position=1204,
                account=story.ACCOUNT,
                type="ready",
                at=story.START,
                try_number=2,
                outcome="failed",
                status=503,
                error="answered_503",
                duration_ms=41,
                next_at=story.START + timedelta(seconds=7),
                redelivery=None,
            ),
        ),
        next_cursor=None,
    )


def _test() -> views.TestAnswer:
    return views.TestAnswer(
        message_id="evt_01jd4q7r8m3y5v9k2w6x1z0t4f",
        delivered=True,
        status=204,
        error="",
        duration_ms=18,
    )


WEBHOOKS = {
    "make_webhook": Line(
        body=wanted.NewWebhook(
            workspace="acme",
            url="https://erp.example/linkwright",
            types=("qr", "ready", "disconnected"),
        ),
        answer=lambda: _answer("whsec_…"),
        problems=("address_refused", "too_many_webhooks", *_KEPT),
    ),
    "list_webhooks": Line(answer=lambda: views.WebhookList(webhooks=(_view(),), next_cursor=None)),
    "show_webhook": Line(answer=_answer, problems=_FOUND),
    "change_webhook": Line(
        body=wanted.WebhookChange(url="https://erp.example/linkwright", types=None),
        answer=_answer,
        problems=("address_refused", *_FOUND),
    ),
    "delete_webhook": Line(answer=_answer, problems=_FOUND),
    "rotate_webhook_secret": Line(
        body=wanted.SecretRotation(overlap_s=86_400),
        answer=lambda: _answer("whsec_…"),
        problems=(*_FOUND, *_KEPT),
    ),
    "enable_webhook": Line(answer=_answer, problems=(*_FOUND, "request_in_progress")),
    "disable_webhook": Line(answer=_answer, problems=(*_FOUND, "request_in_progress")),
    "test_webhook": Line(answer=_test, problems=(*_FOUND, "request_in_progress")),
    "webhook_deliveries": Line(answer=_deliveries, problems=_FOUND),
    "redeliver_webhook": Line(
        body=wanted.RedeliveryWanted(first=1000, until=1204, only="everything"),
        answer=lambda: views.RedeliveryAnswer(redelivery=_redelivery()),
        problems=("webhook_disabled", *_FOUND, *_KEPT),
    ),
}

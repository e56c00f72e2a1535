"""The reference's lines of the routes of templates."""

from app.http import example_story as story
from app.http import templates
from app.http.reference_line import Line

_TEXT = "Dear {{ customer }}, {{ due | money }} is due on {{ day | date }}."


def _saved() -> templates.TemplateView:
    return templates.TemplateView(
        name="payment_reminder",
        description="Asks for a payment that is due",
        built_in=False,
        updated_at=story.START,
        workspace="acme",
        text=_TEXT,
        values=("customer", "day", "due"),
    )


def _list() -> templates.TemplateList:
    return templates.TemplateList(
        workspace="acme",
        templates=(
            templates.TemplateSummary(
                name="payment_reminder",
                description="Asks for a payment that is due",
                built_in=False,
                updated_at=story.START,
            ),
        ),
    )


_VALUES = {"customer": "Rahul Traders", "due": 92286, "day": "2025-12-07"}

TEMPLATES = {
    "list_templates": Line(answer=_list),
    "save_template": Line(
        body=templates.NewTemplate(
            name="payment_reminder",
            text=_TEXT,
            description="Asks for a payment that is due",
            workspace="acme",
        ),
        answer=_saved,
        problems=("bad_template", "template_exists", "too_many_templates", "request_in_progress"),
    ),
    "show_template": Line(answer=_saved, problems=("no_such_template",)),
    "change_template": Line(
        body=templates.TemplateChange(text=_TEXT),
        answer=_saved,
        problems=("bad_template", "no_such_template", "template_changed"),
    ),
    "delete_template": Line(answer=_saved, problems=("no_such_template", "template_built_in")),
    "preview_template": Line(
        body=templates.PreviewWanted(values=_VALUES),
        answer=lambda: templates.PreviewAnswer(
            text="Dear Rahul Traders, ₹92,286.00 is due on 7 Dec 2025.",
            template="payment_reminder",
            version=story.START.isoformat(),
        ),
        problems=("bad_template", "no_such_template", "unfit_values", "request_in_progress"),
    ),
}
"""Of the group `Templates`."""

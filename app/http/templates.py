"""Message templates of a workspace: list, show, save, change, delete, preview."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from app.http.documented import documented
from app.http.idempotency import once
from app.http.parts import AnyRequest, Api, ApiParts
from app.http.requests import WORKSPACE, Body, Workspace
from app.problems import FieldError, ProblemFound, as_sentence
from app.templates.built_in import BUILT_IN
from app.templates.catalog import Template, values_named_in
from app.templates.fields import Field
from app.templates.rendered import (
    LONGEST_SOURCE,
    BadTemplate,
    NoSuchTemplate,
    TemplateBuiltIn,
    TemplateChanged,
    TemplateExists,
    TemplateProblem,
    TooManyTemplates,
    UnfitValues,
)

InWorkspace = Annotated[
    str,
    QueryParameter(
        name="workspace", max_length=64, pattern=WORKSPACE, description="Whose templates."
    ),
]
TemplateName = FromPath[str]
Name = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=64,
        description="Lower-case letters, digits and underscores. A built-in template's name gives"
        " that one another layout in this workspace.",
        examples=["payment_reminder"],
    ),
]
Description = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[^\x00-\x1f\x7f]*$",
        max_length=200,
        description="For people.",
        examples=["Asks for a payment that is due"],
    ),
]
Text = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[^\x00]*$",  # PostgreSQL keeps no NUL
        min_length=1,
        max_length=LONGEST_SOURCE,
        description="Liquid; see docs/how-to/write-a-template.md.",
        examples=["Dear {{ customer }}, {{ due | money }} is due."],
    ),
]


class NewTemplate(Body, frozen=True):
    """Save a template."""

    name: Name
    text: Text
    description: Description = ""
    workspace: Workspace = "default"


class TemplateChange(Body, frozen=True):
    """Change a template; what is left out stays."""

    text: Text | None = None
    description: Description | None = None
    version: datetime | None = None
    """`updated_at` as it was read: changes nothing if somebody else has changed it since."""


class PreviewWanted(Body, frozen=True):
    """Ask what message some values would make."""

    values: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    text: Text | None = None
    """In place of what is saved under the name, if anything is."""


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a built-in template."""

    name: str
    kind: str
    about: str
    required: bool


class TemplateSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A template in a list."""

    name: str
    description: str
    built_in: bool
    """Every workspace has it."""
    updated_at: datetime | None
    """When the workspace saved it; null: the layout is the built-in one."""


class TemplateView(TemplateSummary, frozen=True, kw_only=True):
    """A template with its text."""

    workspace: str
    text: str
    values: tuple[str, ...]
    """What the text names."""
    fields: tuple[FieldView, ...] = ()
    """Of a built-in template: what may be sent, and must."""


class TemplateList(msgspec.Struct, frozen=True, kw_only=True):
    """All templates of a workspace."""

    workspace: str
    templates: tuple[TemplateSummary, ...]


class PreviewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The message as it would be sent."""

    text: str
    template: str
    version: str


@get("/", opt=documented("list_templates"))
async def list_templates(api: Api, workspace: InWorkspace = "default") -> TemplateList:
    """List the workspace's templates, with those that are built in."""
    found = await api.templates.of_workspace(workspace)
    return TemplateList(workspace=workspace, templates=tuple(summary_of(one) for one in found))


@post("/", status_code=201, opt=documented("save_template"))
async def save_template(
    data: JSONBody[NewTemplate], request: AnyRequest, api: Api
) -> Response[TemplateView]:
    """Save a template. Saved again just as it is, it stays what it was."""
    return await once(api, request, partial(_save, api, data), repeatable=True)


@get("/{name:str}", opt=documented("show_template"))
async def show_template(
    name: TemplateName, api: Api, workspace: InWorkspace = "default"
) -> TemplateView:
    """Show a template: its text, and the values that it needs."""
    with template_problems():
        return await view_of(workspace, await api.templates.find(workspace, name))


@patch("/{name:str}", opt=documented("change_template"))
async def change_template(
    name: TemplateName,
    data: JSONBody[TemplateChange],
    api: Api,
    workspace: InWorkspace = "default",
) -> TemplateView:
    """Change a template's text or description."""
    with template_problems():
        changed = await api.templates.change(
            workspace,
            name,
            description=data.description,
            text=data.text,
            version=data.version,
        )
    return await view_of(workspace, changed)


@delete("/{name:str}", status_code=200, opt=documented("delete_template"))
async def delete_template(
    name: TemplateName, api: Api, workspace: InWorkspace = "default"
) -> TemplateView:
    """Delete a template, and answer it once more. A built-in one gets its own layout back."""
    with template_problems():
        return await view_of(workspace, await api.templates.remove(workspace, name))


@post("/{name:str}/preview", status_code=200, opt=documented("preview_template"))
async def preview_template(
    name: TemplateName,
    data: JSONBody[PreviewWanted],
    request: AnyRequest,
    api: Api,
    workspace: InWorkspace = "default",
) -> Response[PreviewAnswer]:
    """Show the message that values make, without sending or saving anything."""
    act = partial(_preview, api, workspace, name, data)
    return await once(api, request, act, repeatable=True)


async def _save(api: ApiParts, wanted: NewTemplate) -> Response[TemplateView]:
    with template_problems():
        saved = await api.templates.add(
            wanted.workspace, wanted.name, description=wanted.description, text=wanted.text
        )
    return Response(await view_of(wanted.workspace, saved), status_code=201)


async def _preview(
    api: ApiParts, workspace: str, name: str, wanted: PreviewWanted
) -> Response[PreviewAnswer]:
    with template_problems():
        made = await api.templates.render(name, wanted.values, workspace, text=wanted.text)
    answer = PreviewAnswer(text=made.text, template=made.template, version=made.version)
    return Response(answer, status_code=200)


_CODES: dict[type[TemplateProblem], str] = {
    NoSuchTemplate: "no_such_template",
    TemplateExists: "template_exists",
    TemplateChanged: "template_changed",
    TemplateBuiltIn: "template_built_in",
    TooManyTemplates: "too_many_templates",
    BadTemplate: "bad_template",
    UnfitValues: "unfit_values",
}


@contextmanager
def template_problems() -> Generator[None]:
    """Answer what is wrong with a template or its values as a problem."""
    try:
        yield
    except TemplateProblem as found:
        unfit = found.unfit if isinstance(found, UnfitValues) else ()
        raise ProblemFound(
            _CODES[type(found)],
            as_sentence(found),
            errors=tuple(FieldError(one.field, one.reason) for one in unfit),
        ) from found


def summary_of(template: Template) -> TemplateSummary:
    """Tell of a template in a list."""
    return TemplateSummary(
        name=template.name,
        description=template.description,
        built_in=template.name in BUILT_IN,
        updated_at=template.updated_at,
    )


async def view_of(workspace: str, template: Template) -> TemplateView:
    """Tell all of a template."""
    return TemplateView(
        name=template.name,
        description=template.description,
        built_in=template.name in BUILT_IN,
        updated_at=template.updated_at,
        workspace=workspace,
        text=template.text,
        values=await values_named_in(template.text),
        fields=tuple(map(_field, template.fields)),
    )


def _field(field: Field) -> FieldView:
    return FieldView(name=field.name, kind=field.kind, about=field.about, required=field.required)


ROUTES = Router(
    "/v1/templates",
    route_handlers=[
        list_templates,
        save_template,
        show_template,
        change_template,
        delete_template,
        preview_template,
    ],
)

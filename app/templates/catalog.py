"""The templates of a workspace: the built-in ones, and what it saved itself.

Saved under the name of a built-in template, a text changes how that one is laid out in its
workspace; the values are read as before.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from adapters.template_store import SavedTemplate, TemplateStore
from app.templates.built_in import BUILT_IN, layout_of
from app.templates.fields import Field
from app.templates.formats import Formats
from app.templates.rendered import (
    BadTemplate,
    NoSuchTemplate,
    Rendered,
    TemplateBuiltIn,
    TemplateChanged,
    TemplateExists,
    TooManyTemplates,
)

BUILT_IN_VERSION = "built-in"
UNSAVED = "unsaved"
"""Of a text that is only tried."""


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One template as a workspace has it."""

    name: str
    description: str
    text: str
    """Liquid."""
    fields: tuple[Field, ...]
    """Of a built-in template: what callers may send, and must."""
    updated_at: datetime | None
    """None: the layout is the built-in one."""

    @property
    def version(self) -> str:
        """Name this very text."""
        return self.updated_at.isoformat() if self.updated_at else BUILT_IN_VERSION


class Templates:
    """Finds, keeps and renders templates. Every method may raise StorageUnavailable."""

    def __init__(
        self, store: TemplateStore, *, default_region: str, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._region = default_region
        self._now = now

    async def of_workspace(self, workspace: str) -> list[Template]:
        """List the workspace's templates by name, with those that are built in."""
        saved = {one.name: one for one in await self._store.of_workspace(workspace)}
        names = sorted(saved.keys() | BUILT_IN.keys())
        return [_template(name, saved.get(name)) for name in names]

    async def find(self, workspace: str, name: str) -> Template:
        """Give one; raises NoSuchTemplate."""
        saved = await self._store.find(workspace, name)
        if saved is None and name not in BUILT_IN:
            raise NoSuchTemplate(f"The workspace {workspace} has no template with this name.")
        return _template(name, saved)

    async def add(self, workspace: str, name: str, *, description: str, text: str) -> Template:
        """Save a new one; BadTemplate, TemplateExists or TooManyTemplates say why not."""
        await asyncio.to_thread(_needs, text)
        saved = await self._store.add(
            workspace, name, description=description, body=text, now=self._now()
        )
        if saved is None:
            raise TooManyTemplates("The workspace has as many templates as it may.")
        if (saved.description, saved.body) != (description, text):
            raise TemplateExists(f"The workspace has a template named {name} already.")
        return _template(name, saved)

    async def change(
        self,
        workspace: str,
        name: str,
        *,
        description: str | None,
        text: str | None,
        version: datetime | None,
    ) -> Template:
        """Save other text or another description under a name.

        With a version, only if that is still the template's; TemplateChanged otherwise. A built-in
        template gets a layout of the workspace's own.
        """
        before = await self.find(workspace, name)
        if text is not None:
            await asyncio.to_thread(_needs, text)
        if before.updated_at is None and version is None:
            return await self.add(
                workspace,
                name,
                description=before.description if description is None else description,
                text=before.text if text is None else text,
            )
        saved = await self._store.change(
            workspace, name, description=description, body=text, version=version, now=self._now()
        )
        if saved is None or not _is_what_was_asked(saved, description, text):
            raise TemplateChanged(f"The template {name} was changed since that version.")
        return _template(name, saved)

    async def remove(self, workspace: str, name: str) -> Template:
        """Delete one and give it; a built-in template has its built-in layout again."""
        template = await self.find(workspace, name)
        if template.updated_at is None:
            raise TemplateBuiltIn(f"The template {name} is built in.")
        await self._store.remove(workspace, name)
        return template

    async def render(
        self, name: str, values: Mapping[str, Any], workspace: str, *, text: str | None = None
    ) -> Rendered:
        """Give the message that the values make; `text` stands in for what is saved, if anything.

        Raises NoSuchTemplate, UnfitValues (which names each value that is missing or cannot be
        read) or BadTemplate.
        """
        version = UNSAVED
        if text is None:
            template = await self.find(workspace, name)
            text, version = template.text, template.version
        made = await asyncio.to_thread(_render, name, text, values, self._region)
        return Rendered(text=made, template=name, version=version)


async def values_named_in(text: str) -> tuple[str, ...]:
    """List the values that a template's text names, such as `customer.name`."""
    try:
        return await asyncio.to_thread(_needs, text)
    except BadTemplate:  # saved by a build that understood it
        return ()


def _needs(text: str) -> tuple[str, ...]:
    """List the values that a text names; BadTemplate. As `_render`, in a thread."""
    from app.templates.liquid_texts import parse  # noqa: PLC0415  as in `_render`

    return parse(text).needs


def _render(name: str, text: str, values: Mapping[str, Any], region: str) -> str:
    """Render in a thread: what a template may take is bounded, but would hold up the loop.

    So would to import Liquid, which takes 70 ms; and until then a start needs none of it.
    """
    from app.templates.liquid_texts import render  # noqa: PLC0415  as it says

    built_in = BUILT_IN.get(name)
    if built_in is not None:
        return render(text, built_in.values(values, region), Formats("", "", "", region))
    locale, currency, zone = (
        str(values.get(one) or "") for one in ("locale", "currency", "time_zone")
    )
    return render(text, values, Formats(locale, currency, zone, region))


def _is_what_was_asked(saved: SavedTemplate, description: str | None, text: str | None) -> bool:
    return (description is None or saved.description == description) and (
        text is None or saved.body == text
    )


def _template(name: str, saved: SavedTemplate | None) -> Template:
    built_in = BUILT_IN.get(name)
    return Template(
        name=name,
        description=saved.description if saved else built_in.about if built_in else "",
        text=saved.body if saved else layout_of(name),
        fields=built_in.fields if built_in else (),
        updated_at=saved.updated_at if saved else None,
    )

"""What rendering gives, and everything that can be wrong with a template or its values."""

import msgspec

LONGEST_SOURCE = 16_384
"""Characters of a template; the largest built-in layout has under 2,000."""
LONGEST_MESSAGE = 65_536
"""UTF-16 code units, as the page counts. WhatsApp's own apps take that many; the 4,096 that are
often named are the limit of Meta's Cloud API, which we do not use."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A message's text, and where it comes from."""

    text: str
    template: str
    version: str
    """`built-in`, when the workspace's own layout was saved, or `unsaved`."""


class Unfit(msgspec.Struct, frozen=True):
    """One value that does not fit."""

    field: str
    reason: str


class TemplateProblem(Exception):
    """Common to all below; the sentence is for whoever wrote the template or sent the values."""


class NoSuchTemplate(TemplateProblem):
    """The workspace has no such template, nor is it built in."""


class TemplateExists(TemplateProblem):
    """Another text is saved under that name."""


class TemplateChanged(TemplateProblem):
    """It was saved by somebody else since it was read."""


class TemplateBuiltIn(TemplateProblem):
    """It is built in, and the workspace has no layout of its own to delete."""


class TooManyTemplates(TemplateProblem):
    """The workspace has as many as it may."""


class BadTemplate(TemplateProblem):
    """The text is not a template, or does more than a template may."""


class UnfitValues(TemplateProblem):
    """Values are missing, or cannot be what they should be."""

    def __init__(self, *unfit: Unfit) -> None:
        super().__init__("; ".join(f"{one.field}: {one.reason}" for one in unfit))
        self.unfit = unfit


def check_length(text: str) -> str:
    """Give the text back; UnfitValues when WhatsApp would not take it, or it says nothing."""
    length = len(text.encode("utf-16-le")) // 2
    if length > LONGEST_MESSAGE:
        told = f"the message has {length:,} characters, WhatsApp takes {LONGEST_MESSAGE:,}"
        raise UnfitValues(Unfit("values", told))
    if not text.strip():
        raise UnfitValues(Unfit("values", "the message is empty"))
    return text

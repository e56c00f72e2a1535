"""The pages' files. The shell is the same for everybody; what it shows it asks the API for."""

import hashlib
from html import escape
from pathlib import Path

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from app.http.documented import documented
from app.http.parts import AnyRequest
from app.http.reference_page import prose
from app.problem_table import PROBLEMS
from app.problems import ProblemFound

FOLDER = Path(__file__).parent.parent / "pages"
MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


class Page(msgspec.Struct, frozen=True):
    """A page, whose script has its name. `style` is what it has beside the style of all."""

    name: str
    paths: list[str]
    title: str
    style: str = ""


PAGES = (
    Page("accounts", ["/"], "Accounts"),
    Page("story", ["/accounts/{account_id:str}"], "What happened", "story"),
    Page("replay", ["/replay"], "Open a bundle", "story"),
    Page("correlation", ["/correlations"], "One correlation id", "story"),
    # `/link` is the end user's, opened by a link.
    Page("link", ["/accounts/{account_id:str}/link", "/link"], "Link a phone"),
    Page("templates", ["/templates"], "Templates", "templates"),
    Page("webhooks", ["/webhooks"], "Webhooks", "webhooks"),
    Page("statistics", ["/statistics"], "Statistics", "statistics"),
)


class File(msgspec.Struct, frozen=True):
    """One file as it is served."""

    content: bytes
    media_type: str
    tag: str


def routes() -> list[HTTPRouteHandler]:
    """Read every file once, so that no request can reach any other."""
    shell = (FOLDER / "shell.html").read_text(encoding="utf-8")
    assets = {
        path.name: _read(path)
        for path in sorted((FOLDER / "assets").iterdir())
        if path.suffix in MEDIA_TYPES
    }

    @get("/assets/{name:str}", opt=documented("asset", access="open"), include_in_schema=False)
    async def asset(name: FromPath[str], request: AnyRequest) -> Response[bytes]:
        if name not in assets:
            raise ProblemFound("no_such_route", "There is no such file.")
        return _serve(assets[name], request)

    handlers: list[HTTPRouteHandler] = [asset]
    handlers += [_page(page, _file(_drawn(page, shell).encode(), ".html")) for page in PAGES]
    handlers.append(_problem_page(_read(FOLDER / "problem.html")))
    return handlers


def _drawn(page: Page, shell: str) -> str:
    styles = "".join(
        f'<link rel="stylesheet" href="/assets/{style}.css">\n'
        for style in ("style", page.style)
        if style
    )
    for name, value in {"TITLE": page.title, "STYLES": styles, "NAME": page.name}.items():
        shell = shell.replace(f"[{name}]", value)
    return shell


def _page(page: Page, file: File) -> HTTPRouteHandler:
    @get(
        page.paths,
        name=f"page {page.name}",
        opt=documented("page", access="open"),
        include_in_schema=False,
    )
    async def shell(request: AnyRequest) -> Response[bytes]:
        return _serve(file, request)

    return shell


def _problem_page(file: File) -> HTTPRouteHandler:
    """A problem's `type` leads here when a person follows it."""

    @get("/problems/{code:str}", opt=documented("problem", access="open"), include_in_schema=False)
    async def problem(code: FromPath[str]) -> Response[bytes]:
        kind = PROBLEMS.get(code)
        if kind is None:
            raise ProblemFound("no_such_route", "There is no such problem.")
        content = file.content
        for name, value in {
            "CODE": escape(code),
            "STATUS": escape(f"{kind.status.value} {kind.status.phrase}"),
            "TITLE": escape(kind.title),
            "WHAT_TO_DO": prose(kind.what_to_do),
        }.items():
            content = content.replace(f"[{name}]".encode(), value.encode())
        return Response(content, media_type=file.media_type)

    return problem


def _serve(file: File, request: AnyRequest) -> Response[bytes]:
    headers = {"ETag": file.tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == file.tag:
        return Response(b"", status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


def _read(path: Path) -> File:
    return _file(path.read_bytes(), path.suffix)


def _file(content: bytes, suffix: str) -> File:
    digest = hashlib.sha256(content).hexdigest()
    return File(content, MEDIA_TYPES[suffix], f'"{digest[:32]}"')

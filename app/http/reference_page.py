"""The API's reference as one page of HTML, written from the OpenAPI document on the server.

No script and no other host: the usual viewers load megabytes from elsewhere.
"""

import json
from html import escape
from typing import Any

Json = dict[str, Any]

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>API · Linkwright</title>
<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/"><img src="/assets/mark.svg" alt="" width="28" height="28">Linkwright</a>
<nav aria-label="Main"><a href="/">Accounts</a><a href="/docs/openapi.json">OpenAPI 3.1</a></nav>
</header>
<main id="main" class="reference">
"""
FOOT = "</main>\n</body>\n</html>\n"


def reference_page(document: Json) -> str:
    """Write the page."""
    groups: dict[str, list[tuple[str, str, Json]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            groups[operation["tags"][0]].append((path, method, operation))
    contents = "".join(
        f'<li><a href="#{escape(name.lower())}">{escape(name)}</a></li>' for name in groups
    )
    return (
        f"{HEAD}<h1>API</h1><p>{prose(document['info']['description'])}</p><ul>{contents}</ul>"
        + "".join(_group(name, routes) for name, routes in groups.items())
        + FOOT
    )


def _group(name: str, routes: list[tuple[str, str, Json]]) -> str:
    articles = "".join(_route(*route) for route in routes)
    heading = f'<section class="card" id="{escape(name.lower())}"><h2>{escape(name)}</h2>'
    return f"{heading}{articles}</section>"


def _route(path: str, method: str, operation: Json) -> str:
    parts = [
        f'<article id="{escape(operation["operationId"])}">',
        f'<h3><span class="method">{escape(method.upper())}</span> {escape(path)}</h3>',
        f"<p>{prose(operation['summary'])}. {prose(operation['description'])}</p>",
        _parameters(operation.get("parameters", [])),
    ]
    body = operation.get("requestBody")
    if body is not None:
        parts.append(_example("Body", body["content"]["application/json"].get("example")))
    for status, answer in operation["responses"].items():
        parts.append(_answer(status, answer))
    return "".join([*parts, _problems(operation["responses"]), "</article>"])


def _parameters(parameters: list[Json]) -> str:
    rows = "".join(
        f"<tr><th scope=row><code>{escape(one['name'])}</code></th><td>{escape(one['in'])}</td>"
        f"<td>{prose(one.get('description', ''))}</td></tr>"
        for one in parameters
        if one["name"] != "account_id"
    )
    return f"<h4>Parameters</h4><table>{rows}</table>" if rows else ""


def _answer(status: str, answer: Json) -> str:
    for media_type, content in answer.get("content", {}).items():
        if "example" in content:
            return _example(f"{status} {media_type}", content["example"])
    return ""


def _problems(answers: Json) -> str:
    codes = [
        (status, code, example["summary"])
        for status, answer in answers.items()
        for code, example in answer.get("content", {})
        .get("application/problem+json", {})
        .get("examples", {})
        .items()
    ]
    rows = "".join(
        f"<tr><td>{escape(status)}</td>"
        f'<td><a href="/problems/{escape(code)}"><code>{escape(code)}</code></a></td>'
        f"<td>{escape(title)}</td></tr>"
        for status, code, title in sorted(codes)
    )
    return f"<h4>Problems</h4><table>{rows}</table>" if rows else ""


def _example(title: str, example: object) -> str:
    text = example if isinstance(example, str) else _indented(example)
    shown = f"<pre><code>{escape(text)}</code></pre>"
    return f"<details><summary>{escape(title)}</summary>{shown}</details>"


def _indented(example: object) -> str:
    return json.dumps(example, indent=2, ensure_ascii=False)


def prose(text: str) -> str:
    """Escape, and show what stands in back ticks as code."""
    pieces = escape(text).split("`")
    return "".join(
        f"<code>{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces)
    )

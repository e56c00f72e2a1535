"""The part of the table of problems that is about messages and their templates."""

from http import HTTPStatus

from app.problem_kind import ProblemKind

_H = HTTPStatus
MESSAGE_PROBLEMS: dict[str, ProblemKind] = {
    "not_ready": ProblemKind(
        _H.CONFLICT,
        "The account cannot send now",
        "Wait for the feed's `ready` item, or send `queue: true` to have the message wait.",
        retryable=True,
    ),
    "too_many_messages": ProblemKind(
        _H.TOO_MANY_REQUESTS,
        "Too many messages wait",
        "Send the same request again after `Retry-After` seconds, when some of them have gone.",
        retryable=True,
    ),
    "no_such_message": ProblemKind(
        _H.NOT_FOUND, "No such message", "Use the id that sending it was answered with."
    ),
    "no_such_template": ProblemKind(
        _H.NOT_FOUND, "No such template", "List the workspace's with GET /v1/templates."
    ),
    "template_exists": ProblemKind(
        _H.CONFLICT, "The template exists", "Change it with PATCH /v1/templates/{name}."
    ),
    "template_changed": ProblemKind(
        _H.CONFLICT,
        "The template was changed by somebody else",
        "Read it again, and send your change with its `updated_at` as `version`.",
    ),
    "template_built_in": ProblemKind(
        _H.CONFLICT, "The template is built in", "Nothing is needed; it has its built-in layout."
    ),
    "too_many_templates": ProblemKind(
        _H.CONFLICT, "Too many templates", "Delete templates that are not needed any more."
    ),
    "bad_template": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "The template cannot be used",
        "Correct what `detail` names; docs/how-to/write-a-template.md has what a template can do.",
    ),
    "unfit_values": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "The values do not make a message",
        "Send or correct the values that `errors` names.",
    ),
    "unreadable_phone": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "Not a phone number",
        "Send the number with + and its country code; docs/reference/phone-numbers.md has the"
        " rules.",
    ),
    "unfit_message": ProblemKind(
        _H.UNPROCESSABLE_ENTITY,
        "Not a message",
        "Send a text, a file or a template, within the limits of docs/reference/messages.md.",
    ),
    "file_too_large": ProblemKind(
        _H.REQUEST_ENTITY_TOO_LARGE,
        "The file is too large",
        "Send a smaller file, or a link to it.",
    ),
    "content_gone": ProblemKind(
        _H.GONE,
        "The content is not kept any more",
        "Nothing can bring it back; LINKWRIGHT_MESSAGE_CONTENT_DAYS says how long it is kept.",
    ),
}

"""Why a message was not sent, in words for people: one row for each reason."""

from collections.abc import Mapping

import msgspec

from domain.message_reasons import MessageReason as R


class MessageAdvice(msgspec.Struct, frozen=True):
    """What a reason means and what to do about it."""

    sentence: str
    next_step: str


AGAIN = "Send it again as a new message."
MESSAGE_ADVICE: Mapping[R, MessageAdvice] = {
    R.NOT_ON_WHATSAPP: MessageAdvice(
        "The recipient's number is not on WhatsApp.", "Check the number."
    ),
    R.NOT_READY: MessageAdvice("The page was not linked and synced.", AGAIN),
    R.PAGE_REFUSED: MessageAdvice("WhatsApp's page answered that it could not send it.", AGAIN),
    R.FILE_REFUSED: MessageAdvice(
        "WhatsApp does not take this file.", "Send it in another format."
    ),
    R.FILE_TOO_LARGE: MessageAdvice(
        "The file is larger than WhatsApp allows.", "Send a smaller file."
    ),
    R.PAGE_SILENT: MessageAdvice(
        "WhatsApp's page did not answer in time; it may still have been sent.",
        "Look at the chat before sending it again.",
    ),
    R.CONNECTION_LOST: MessageAdvice("The link was lost while it was being sent.", AGAIN),
    R.CONTENT_GONE: MessageAdvice("The message's content is not kept any more.", AGAIN),
    R.EXPIRED: MessageAdvice(
        "The message has waited for too long.", "Send it again if it is still wanted."
    ),
    R.LOGGED_OUT: MessageAdvice(
        "The account was logged out before the message went.",
        "Link the account, then send it again.",
    ),
    R.ACCOUNT_DESTROYED: MessageAdvice(
        "The account was destroyed before the message went.", "Send it from another account."
    ),
    R.ACCOUNT_ERASED: MessageAdvice(
        "The account was erased before the message went.", "Send it from another account."
    ),
}
"""Reason -> advice. docs/reference/messages.md lists the same; a test compares them."""


def within(reason: R) -> str:
    """Give a reason's sentence so that it can stand inside another one."""
    told = MESSAGE_ADVICE[reason].sentence.removesuffix(".")
    return told if told.startswith("WhatsApp") else told[0].lower() + told[1:]

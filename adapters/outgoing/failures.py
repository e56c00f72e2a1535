"""How a request to a stranger's address can fail.

OutgoingFailed
 +- Refused        we do not send there; `rule` is a key of refusals.RULES
 +- DnsFailed      the name has no address, or nobody answered
 +- ConnectFailed  no address took the connection
 +- TlsFailed      the certificate is not the host's, or the handshake broke
 +- TooSlow        a phase, or all of them together, took too long
 +- TooLarge       the head of the answer is larger than we read
 +- BrokenAnswer   what came back is no HTTP answer, or the connection was lost before one

Sentences name no address that a name led to: a stranger shall not learn what a private name means.
"""

from typing import ClassVar, Literal

from adapters.outgoing.refusals import RULES, Rule

Phase = Literal["dns", "connect", "tls", "send", "answer", "body"]


class OutgoingFailed(Exception):
    """There is no answer. `name` is stored and shown; the sentence is for people."""

    name: ClassVar[str]


class Refused(OutgoingFailed):
    """We do not send there."""

    name = "refused_address"

    def __init__(self, rule: Rule) -> None:
        super().__init__(RULES[rule])
        self.rule: Rule = rule


class DnsFailed(OutgoingFailed):
    """The name has no address, or nobody answered."""

    name = "dns_failed"


class ConnectFailed(OutgoingFailed):
    """No address took the connection."""

    name = "connect_failed"


class TlsFailed(OutgoingFailed):
    """The certificate is not the host's, or the handshake broke."""

    name = "tls_failed"


class TooSlow(OutgoingFailed):
    """A phase, or all of them together, took too long."""

    name = "too_slow"

    def __init__(self, phase: Phase) -> None:
        super().__init__(f"It took too long: {_DURING[phase]}.")
        self.phase: Phase = phase


class TooLarge(OutgoingFailed):
    """The head of the answer is larger than we read."""

    name = "too_large"


class BrokenAnswer(OutgoingFailed):
    """What came back is no HTTP answer, or the connection was lost before one."""

    name = "broken_answer"


_DURING: dict[Phase, str] = {
    "dns": "to find the address of the host",
    "connect": "to connect",
    "tls": "to agree on encryption",
    "send": "to take the request",
    "answer": "to answer",
    "body": "to send the rest of the answer",
}

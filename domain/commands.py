"""Every command that can reach an account: wishes, observations and the clock's."""

from datetime import datetime

from domain.deadlines import Awaited
from domain.message_observations import (
    RecordAck,
    RecordMessageFailed,
    RecordMessageNotSent,
    RecordMessageReceived,
    RecordMessageSent,
)
from domain.observations import (
    RecordActionRequired,
    RecordCodesExhausted,
    RecordEvidence,
    RecordLogout,
    RecordPage,
    RecordPairingCode,
    RecordPrimary,
    RecordProblem,
    RecordQr,
    RecordQrFetch,
    RecordReady,
    RecordScan,
    RecordSealedSession,
    RecordSession,
    RecordStandby,
    RecordSuperseded,
    RecordSynced,
    RecordSyncProgress,
    RecordUnmaskedRead,
    RecordUnsealedSession,
    RecordWebhookHeard,
    RecordWebhookSilent,
)
from domain.wishes import (
    CancelLink,
    Command,
    DestroyAccount,
    PromoteStandby,
    RegisterAccount,
    RequestLink,
    RequestLogout,
    RequestReconnect,
    RequestStop,
    SendMessage,
)


class ExpireDeadline(Command, frozen=True, kw_only=True):
    """The clock has passed the deadline that was due at `due`. `attempt` names a reconnect's."""

    awaited: Awaited
    due: datetime
    attempt: str
    jitter: float = 0.5


Wish = (
    RegisterAccount
    | RequestLink
    | CancelLink
    | RequestReconnect
    | PromoteStandby
    | RequestStop
    | RequestLogout
    | DestroyAccount
    | SendMessage
)
Seen = (
    RecordPage
    | RecordSession
    | RecordQr
    | RecordQrFetch
    | RecordCodesExhausted
    | RecordPairingCode
    | RecordScan
    | RecordSyncProgress
    | RecordActionRequired
    | RecordSynced
    | RecordReady
    | RecordProblem
    | RecordLogout
)
Kept = RecordSealedSession | RecordUnsealedSession | RecordStandby | RecordEvidence
FromWorkspace = RecordSuperseded | RecordPrimary
OfMessages = (
    RecordMessageSent
    | RecordMessageNotSent
    | RecordMessageFailed
    | RecordAck
    | RecordMessageReceived
)
OfWebhooks = RecordWebhookSilent | RecordWebhookHeard
AnyCommand = (
    Wish
    | Seen
    | Kept
    | OfMessages
    | OfWebhooks
    | FromWorkspace
    | RecordUnmaskedRead
    | ExpireDeadline
)

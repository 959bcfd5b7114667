"""Facts about a room, in the past tense.

An `Event` is announced: it is numbered, kept in the log and shown to members.
A `Secret` happens in the same step, changes the room's state, and is seen by
nobody: a type that no log, encoder or stream can hold. A `Signal` changes
nothing and is kept nowhere.
"""

from ephemera.domain.events.base import (
    EVENTS as EVENTS,
    SIGNALS as SIGNALS,
    Event as Event,
    ReachChanged as ReachChanged,
    Secret as Secret,
    Signal as Signal,
    StreamClosed as StreamClosed,
    StreamOpened as StreamOpened,
    Superseded as Superseded,
    amended as amended,
    amends as amends,
)
from ephemera.domain.events.doors import (
    CodeRotated as CodeRotated,
    InvitationIssued as InvitationIssued,
    InvitationKept as InvitationKept,
    InvitationRevoked as InvitationRevoked,
    Knocked as Knocked,
    KnockEnd as KnockEnd,
    KnockEnded as KnockEnded,
    KnockerKept as KnockerKept,
    OptionsChanged as OptionsChanged,
    RoomLocked as RoomLocked,
    RoomUnlocked as RoomUnlocked,
)
from ephemera.domain.events.messages import (
    MemberWriting as MemberWriting,
    MessageDeleted as MessageDeleted,
    MessageEdited as MessageEdited,
    MessagePosted as MessagePosted,
    MessageReacted as MessageReacted,
    MessagesExpired as MessagesExpired,
    PostRemembered as PostRemembered,
    Quote as Quote,
    first_line as first_line,
)
from ephemera.domain.events.powers import (
    HostChanged as HostChanged,
    HostResigned as HostResigned,
    MemberMuted as MemberMuted,
    MemberRemoved as MemberRemoved,
    MemberUnmuted as MemberUnmuted,
    SeatBanned as SeatBanned,
)
from ephemera.domain.events.seats import (
    CodeIssued as CodeIssued,
    LeaveReason as LeaveReason,
    MemberJoined as MemberJoined,
    MemberLeft as MemberLeft,
    MemberReturned as MemberReturned,
    MemberWentAway as MemberWentAway,
    RoomOpened as RoomOpened,
    RoomRestored as RoomRestored,
    RoomWiped as RoomWiped,
    SeatTaken as SeatTaken,
    WipeReason as WipeReason,
)

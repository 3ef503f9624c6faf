"""Every way an event or a request can fail, and whose fault it is.

    LeadlineError
    ├── Rejected    theirs: the input is wrong. Answered 4xx, never retried.
    ├── Transient   nobody's: try again later. The message goes back to the queue.
    │   ├── Conflict    somebody else wrote first; read again and plan again.
    │   └── NotUnderstood   a message of a newer version, which is deployed soon or was until a moment ago.
    └── Poison      an accepted message that can never work. Parked with its reason at once.

Anything else that is raised is our bug: it is tried once more, then parked, and alarms.
"""


class LeadlineError(Exception):
    """Base of all errors that Leadline raises on purpose."""


class Rejected(LeadlineError):
    """The sender's input cannot be accepted; the message says which field and why."""


class Transient(LeadlineError):
    """A passing fault outside Leadline; trying again later is right."""


class Conflict(Transient):
    """A guard of a transaction no longer held: what was read has changed meanwhile."""


class NotUnderstood(Transient):
    """A queued message that this version does not know: while Leadline is updated, or was set back to an earlier version.

    `reason` and `detail` are those of the Poison that it becomes when it is still not understood after all tries.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Poison(LeadlineError):
    """A queued message that no retry can make work.

    `reason` is a short constant for machines, the message a sentence for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail

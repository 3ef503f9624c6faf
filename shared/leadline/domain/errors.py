"""The ways in which an event or a request can fail, and whose fault each is.

    LeadlineError
    ├── Rejected    the sender's: the input is invalid. Answered with 4xx, never retried.
    ├── Transient   nobody's: retry later. The message goes back to the queue.
    │   ├── Conflict    somebody else wrote first; read and plan again.
    │   └── NotUnderstood   a message of another version, during a deployment or after a roll-back of Leadline itself.
    └── Poison      an accepted message that can never succeed. Parked with its reason at once.

Any other exception is a bug: the message is retried once, then parked, and an alarm is raised.
"""


class LeadlineError(Exception):
    """Base of all errors that Leadline raises on purpose."""


class Rejected(LeadlineError):
    """The sender's input cannot be accepted; the message says which field and why."""


class Transient(LeadlineError):
    """A temporary fault outside Leadline; a retry may succeed."""


class Conflict(Transient):
    """A guard of a transaction failed: what was read has changed meanwhile."""


class NotUnderstood(Transient):
    """A queued message that this version does not know: Leadline is being updated, or was rolled back.

    `reason` and `detail`: those of the Poison that it becomes if retries don't help.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Poison(LeadlineError):
    """A queued message that can never succeed.

    `reason`: a short constant for programs. `detail`: a sentence for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail

"""The outcome of a deployment: whether it failed after reaching production, and when it was repaired.

Source: DORA's change fail rate and failed deployment recovery time (dora.dev/guides/dora-metrics). A deployment
failed if an incident belongs to it, a rollback undid it, another deployment remediates it, or a person said so.
"""

from dataclasses import dataclass

INCIDENT_WINDOW = 7 * 24 * 3600 * 1000
"""How long after a deployment an incident without a named cause is attributed to it (milliseconds)."""


@dataclass(frozen=True, slots=True)
class LinkedIncident:
    """An incident that belongs to a deployment. Times in epoch milliseconds; `resolved_at` is None while it is open."""

    id: str
    started_at: int
    resolved_at: int | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """A later deployment that repaired this one, by a rollback or by remediating it."""

    key: str
    finished_at: int
    rollback: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """The incidents and remedies of a successful deployment."""

    incidents: tuple[LinkedIncident, ...] = ()
    remedies: tuple[Remedy, ...] = ()

    @property
    def failed(self) -> bool:
        return bool(self.incidents or self.remedies)

    def recovered_at(self) -> int | None:
        """When it was repaired: the end of the first remedy, else of the last incident. None while it is open."""
        if self.remedies:
            return min(remedy.finished_at for remedy in self.remedies)
        ends = [incident.resolved_at for incident in self.incidents]
        known = [end for end in ends if end is not None]
        return max(known) if known and len(known) == len(ends) else None

    def recovery_seconds(self, finished_at: int) -> int | None:
        """Whole seconds from the end of the failed deployment to its repair. None while it is open, or if it did not fail."""
        recovered = self.recovered_at()
        return None if recovered is None else max(0, recovered // 1000 - finished_at // 1000)

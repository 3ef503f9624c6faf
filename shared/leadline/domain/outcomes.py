"""What became of a deployment: did it fail after reaching production, and when was it made good.

Source: DORA's change fail rate and failed deployment recovery time (dora.dev/guides/dora-metrics). A deployment failed when an
incident belongs to it, a rollback went back behind it, another deployment says that it remediates it, or a person said so.
"""

from dataclasses import dataclass

INCIDENT_WINDOW = 7 * 24 * 3600 * 1000
"""How long after a deployment an incident that names none still belongs to it (milliseconds)."""


@dataclass(frozen=True, slots=True)
class LinkedIncident:
    """An incident that belongs to a deployment. Times in epoch milliseconds; `resolved_at` is None while it is open."""

    id: str
    started_at: int
    resolved_at: int | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """A later deployment that made this one good: by rolling back behind it, or by saying that it remediates it."""

    key: str
    finished_at: int
    rollback: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that says how a successful deployment went."""

    incidents: tuple[LinkedIncident, ...] = ()
    remedies: tuple[Remedy, ...] = ()

    @property
    def failed(self) -> bool:
        return bool(self.incidents or self.remedies)

    def recovered_at(self) -> int | None:
        """When the remedy was finished: the first remedying deployment, else the last incident's end, None while open."""
        if self.remedies:
            return min(remedy.finished_at for remedy in self.remedies)
        ends = [trouble.resolved_at for trouble in self.incidents]
        known = [end for end in ends if end is not None]
        return max(known) if known and len(known) == len(ends) else None

    def recovery_seconds(self, finished_at: int) -> int | None:
        """Failed deployment finished → remedy finished, in whole seconds; None while it is open or nothing failed."""
        recovered = self.recovered_at()
        return None if recovered is None else max(0, recovered // 1000 - finished_at // 1000)

"""Doing what is marked: attributions first, along each track, then the outcomes they touch; then one transaction, mostly."""

from compute.outcomes import settle
from compute.tracks import Track
from compute.workspace import ATTRIBUTE, OUTCOME, Workspace


class Derivation:
    """The tracks of a workspace, each opened once."""

    def __init__(self, work: Workspace) -> None:
        self.work = work
        self._tracks: dict[tuple[str, str], Track] = {}

    def track(self, service: str, environment: str) -> Track:
        known = self._tracks.get((service, environment))
        if known is None:
            stored = self.work.service(service)
            assert stored is not None, f"a track of a service that is not stored: {service}"
            known = self._tracks[service, environment] = Track(self.work, stored, environment)
        return known

    def finish(self) -> None:
        """Derives until nothing is marked any more, and applies all that is planned."""
        while marks := self.work.marks():
            kind = ATTRIBUTE if any(mark.kind == ATTRIBUTE for mark in marks) else OUTCOME
            first = next(mark for mark in marks if mark.kind == kind)
            track = self.track(first.service, first.environment)
            places = {
                mark.place
                for mark in marks
                if (mark.kind, mark.service, mark.environment) == (kind, first.service, first.environment)
            }
            if kind == ATTRIBUTE:
                track.derive(places)
            else:
                settle(track, places)
        self.work.changes.flush()

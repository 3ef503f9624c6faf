"""Doing what is marked: attributions first, along each track, then the outcomes they touch; then one transaction, mostly."""

from compute.derive.failures import settle
from compute.derive.timeline import Track
from compute.derive.unit_of_work import ATTRIBUTE, ATTRIBUTE_ALL, OUTCOME, Workspace

_ORDER = (ATTRIBUTE_ALL, ATTRIBUTE, OUTCOME)


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
            first = min(marks, key=lambda mark: _ORDER.index(mark.kind))
            track = self.track(first.service, first.environment)
            places = {
                mark.place
                for mark in marks
                if (mark.kind, mark.service, mark.environment) == (first.kind, first.service, first.environment)
            }
            if first.kind == ATTRIBUTE_ALL:
                for place in sorted(places):
                    track.derive_all(place)
            elif first.kind == ATTRIBUTE:
                track.derive(places)
            else:
                settle(track, places)
        self.work.changes.flush()

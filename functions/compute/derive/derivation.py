"""Doing what is marked: attributions first, along each timeline, then the outcomes they touch; then one transaction, mostly."""

from compute.derive.failures import settle
from compute.derive.timeline import Timeline
from compute.derive.unit_of_work import ATTRIBUTE, ATTRIBUTE_ALL, OUTCOME, UnitOfWork

_ORDER = (ATTRIBUTE_ALL, ATTRIBUTE, OUTCOME)


class Derivation:
    """The timelines of a workspace, each opened once."""

    def __init__(self, work: UnitOfWork) -> None:
        self.work = work
        self._timelines: dict[tuple[str, str], Timeline] = {}

    def timeline(self, service: str, environment: str) -> Timeline:
        known = self._timelines.get((service, environment))
        if known is None:
            stored = self.work.service(service)
            assert stored is not None, f"a timeline of a service that is not stored: {service}"
            known = self._timelines[service, environment] = Timeline(self.work, stored, environment)
        return known

    def finish(self) -> None:
        """Derives until nothing is marked any more, and applies all that is planned."""
        while marks := self.work.marks():
            first = min(marks, key=lambda mark: _ORDER.index(mark.kind))
            timeline = self.timeline(first.service, first.environment)
            places = {
                mark.place
                for mark in marks
                if (mark.kind, mark.service, mark.environment) == (first.kind, first.service, first.environment)
            }
            if first.kind == ATTRIBUTE_ALL:
                for place in sorted(places):
                    timeline.derive_all(place)
            elif first.kind == ATTRIBUTE:
                timeline.derive(places)
            else:
                settle(timeline, places)
        self.work.changes.flush()

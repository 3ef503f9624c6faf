"""A correction: what a person says about a deployment overrules what was derived."""

from dataclasses import replace

from compute.derive.claims import add_claim, drop_claim
from compute.derive.opening import finish, open_deployment
from compute.derive.timeline import OUTCOME
from compute.event_traces import About
from leadline.contract.messages import CorrectionMessage
from leadline.store.deployments import Correction
from leadline.store.table import Table


def apply_correction(table: Table, message: CorrectionMessage) -> About:
    """Replaces a deployment's correction, or with `merge` the fields that are given, where null takes one back.

    Applying it again changes nothing. Raises Conflict where it has to be tried again.
    """
    work, timeline, record = open_deployment(table, message.deployment)
    fields = message.correction
    if message.merge:  # here and not by the sender, who does not know the corrections that are still on the queue
        fields = {**record.correction.to_data(), **fields}
    correction = Correction(
        **{name: fields[name] for name in ("failed", "excluded", "remediates", "note") if fields.get(name) is not None}
    )
    if correction != record.correction:
        if record.correction.remediates not in (None, correction.remediates):
            drop_claim(timeline, record.correction.remediates or "", "d:" + record.key)
        timeline.put_header(replace(record, correction=correction))
        if correction.remediates is not None:
            add_claim(timeline, correction.remediates, "d:" + record.key)
        timeline.attribute_again(record.place)
        before = timeline.live_before(record.place)
        if before is not None:
            timeline.mark(OUTCOME, before.place)
    finish(work)
    return {}

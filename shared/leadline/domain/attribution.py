"""Which changes a deployment carries, and why: the heart of Leadline.

A timeline holds the deployments of one service in one environment, in order of finish time. Attribution walks along it and passes a
`State` (what has shipped already) from each deployment to the next. So the result depends on earlier deployments and on the
ledger, never on the order in which events arrived. A change ships once on a timeline: with the first successful deployment that
reaches it.

docs/architecture.md, "Mapping a SHA to changes", has the rules and their names.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from leadline.domain.changes import Change
from leadline.domain.ledger import SKEW, Ledger, Node, Relied, Span, Walk, is_behind, joined, locate, walk
from leadline.domain.windows import Calendar

RESEND_WITHIN = 3600 * 1000
"""An event without id and time that repeats the last deployed SHA within this time counts as the same event sent again."""

FIRST_LOOKS_BACK = 7 * 24 * 3600 * 1000
"""How far before its own date a first deployment looks: a change merged that day may have older commits."""

SIDE_TIPS = 5
EARLY_CHANGES = 200


class Status(StrEnum):
    MAPPED = "mapped"
    BASELINE = "baseline"
    PENDING = "pending"
    UNMATCHED = "unmatched"


class Reason(StrEnum):
    BASELINE = "BASELINE"
    EXACT = "EXACT"
    RANGE = "RANGE"
    SENT_RANGE = "SENT_RANGE"
    ROLLBACK = "ROLLBACK"
    REDEPLOY = "REDEPLOY"
    DUPLICATE = "DUPLICATE"
    DIVERGED = "DIVERGED"
    SHA_NOT_FOUND = "SHA_NOT_FOUND"
    SHA_AMBIGUOUS = "SHA_AMBIGUOUS"
    NOT_SUCCESSFUL = "NOT_SUCCESSFUL"
    NOT_PRODUCTION = "NOT_PRODUCTION"
    EXCLUDED = "EXCLUDED"
    REPOSITORY_MISMATCH = "REPOSITORY_MISMATCH"
    VCS_UNAVAILABLE = "VCS_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Tip:
    """A commit whose ancestors have all shipped, and when it was committed (epoch milliseconds)."""

    sha: str
    at: int


@dataclass(frozen=True, slots=True)
class State:
    """What the deployments of a timeline have shipped so far.

    `line`: the node of the last deployment. `tips`: commits whose ancestors have all shipped, newest first. `early`: changes that
    shipped before their merge commit did (by a deployed head or a cherry-pick). `floor`: where a blank baseline started tracking.
    `last_success`, `last_failure`: SHA, as sent, and finish time of the last run of each kind, to recognise repeated events.
    """

    line: str | None = None
    tips: tuple[Tip, ...] = ()
    early: tuple[int, ...] = ()
    floor: int | None = None
    last_success: tuple[str, int] | None = None
    last_failure: tuple[str, int] | None = None

    @property
    def tracking(self) -> bool:
        return bool(self.tips) or self.floor is not None


@dataclass(frozen=True, slots=True)
class DeploymentRun:
    """The part of a deployment that attribution needs. `timed`: False if the sender gave neither an id nor a time."""

    sha: str | None
    successful: bool
    failed_to_run: bool
    finished_at: int
    timed: bool = True
    baseline: bool = False
    previous_id: str | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """The result for one deployment, and the state that it leaves for the next.

    `direct`: carried commits that belong to no change. `waits_for`: SHAs (or prefixes) that may change the result once they are
    known. `spans`: stretches of merge order that the result depends on.
    """

    after: State
    status: Status
    reason: Reason
    from_id: str | None = None
    to_id: str | None = None
    changes: tuple[Change, ...] = ()
    direct: tuple[Node, ...] = ()
    waits_for: frozenset[str] = frozenset()
    spans: tuple[Span, ...] = ()
    counted: bool = True


def everything(_: Change) -> bool:
    """Every change counts for a service that has a repository to itself."""
    return True


def attribute(
    state: State,
    run: DeploymentRun,
    ledger: Ledger,
    calendar: Calendar,
    change_filter: Callable[[Change], bool] = everything,
) -> Attribution:
    """What this run carries beyond `state`. `change_filter` tells which changes count for its service."""
    if not run.successful:
        return _unsuccessful(state, run)
    name = run.sha or ""
    if _repeats(state.last_success, name, run):
        return Attribution(state, Status.MAPPED, Reason.DUPLICATE, counted=False)
    state = replace(state, last_success=(name, run.finished_at))
    if run.sha is None:
        return Attribution(_tracking_from(state, run.finished_at), Status.BASELINE, Reason.BASELINE)
    position = locate(ledger, run.sha)
    if position.node is None:
        found = _unknown(state, run, run.sha, position.ambiguous)
    elif run.baseline:
        found = _blank(state, position.node)
    else:
        found = _without_others(_range(state, run, position.node, ledger, calendar), change_filter)
    return replace(found, waits_for=found.waits_for | {run.sha}) if position.provisional else found


def _without_others(found: Attribution, change_filter: Callable[[Change], bool]) -> Attribution:
    """The attribution without the changes of other services. It is repeated when more becomes known about one of those."""
    others = [change for change in found.changes if not change_filter(change)]
    if not others:
        return found
    return replace(
        found,
        changes=tuple(change for change in found.changes if change not in others),
        waits_for=found.waits_for | {change.merge_sha for change in others if change.merge_sha},
    )


def _unsuccessful(state: State, run: DeploymentRun) -> Attribution:
    name = run.sha or ""
    if not run.failed_to_run:
        return Attribution(state, Status.MAPPED, Reason.NOT_SUCCESSFUL)
    if _repeats(state.last_failure, name, run):
        return Attribution(state, Status.MAPPED, Reason.DUPLICATE, counted=False)
    return Attribution(replace(state, last_failure=(name, run.finished_at)), Status.MAPPED, Reason.NOT_SUCCESSFUL)


def _repeats(last: tuple[str, int] | None, name: str, run: DeploymentRun) -> bool:
    return not run.timed and last is not None and last[0] == name and run.finished_at - last[1] <= RESEND_WITHIN


def _tracking_from(state: State, finished_at: int) -> State:
    return replace(state, line=None, tips=(), early=(), floor=finished_at)


def _unknown(state: State, run: DeploymentRun, sha: str, ambiguous: bool) -> Attribution:
    waits = frozenset({sha})
    if run.baseline:
        after = _tracking_from(state, run.finished_at)
        return Attribution(after, Status.BASELINE, Reason.BASELINE, waits_for=waits)
    reason = Reason.SHA_AMBIGUOUS if ambiguous else Reason.SHA_NOT_FOUND
    return Attribution(state, Status.PENDING, reason, waits_for=waits)


def _blank(state: State, node: Node) -> Attribution:
    """Restarts tracking here. What shipped before stays shipped: a change ships once."""
    shipped = [tip for tip in state.tips if tip.sha != node.sha]
    after = replace(state, line=node.sha, tips=(Tip(node.sha, node.at), *shipped[:SIDE_TIPS]), floor=None)
    waits = frozenset({node.sha})  # its time is part of the state
    return Attribution(after, Status.BASELINE, Reason.BASELINE, to_id=node.sha, waits_for=waits)


def _range(state: State, run: DeploymentRun, node: Node, ledger: Ledger, calendar: Calendar) -> Attribution:
    sent = locate(ledger, run.previous_id).node if run.previous_id is not None else None
    waits = {run.previous_id} if run.previous_id else set()
    line = sent.sha if sent is not None else state.line
    first = not state.tracking and sent is None
    today = calendar.start_of(calendar.day_of(run.finished_at))
    floor = 0
    if first:
        floor = min(today - FIRST_LOOKS_BACK, node.at)  # the deployed commit itself counts however old it is
    elif sent is None and not state.tips:
        floor = state.floor or 0
    known = [tip.at for tip in state.tips[:1]] + ([sent.at] if sent else [])
    ledger.prefetch(min(known, default=floor) - SKEW, node.at)
    negatives = [shipped for tip in state.tips if (shipped := ledger.node(tip.sha)) is not None]
    negatives += [sent] if sent is not None else []
    relied = Relied()
    walked = walk(ledger, node, negatives, relied, floor)
    found, originals = _changes_in(walked, ledger)
    direct = tuple(commit for commit in _direct(walked) if not first or _commit_counts_in_first(commit, run, today))
    new = [
        change
        for change in found
        if change.number not in state.early and not _merged_in(change, negatives, ledger, relied)
    ]
    changes = tuple(change for change in new if not first or _counts_in_first(change, run, today))
    waits |= _unaccounted(walked, originals, changes)
    if first:
        status, reason = Status.BASELINE, Reason.BASELINE
    else:
        status, reason = Status.MAPPED, _reason(walked, line, node, sent is not None, bool(new), ledger, relied)
    return Attribution(
        after=_after(state, walked, node, new, sent),
        status=status,
        reason=reason,
        from_id=None if first else line,
        to_id=node.sha,
        changes=changes,
        direct=direct,
        waits_for=frozenset(relied.missing | waits),
        spans=joined(relied.spans),
    )


def _reason(
    walked: Walk, line: str | None, node: Node, sent: bool, carries: bool, ledger: Ledger, relied: Relied
) -> Reason:
    if line == node.sha:
        return Reason.REDEPLOY
    previous = ledger.node(line) if line is not None else None
    if previous is not None and walked.shipped and is_behind(ledger, node.sha, previous, relied):
        return Reason.ROLLBACK
    if sent:
        return Reason.SENT_RANGE
    if previous is None or previous.sha in walked.met or is_behind(ledger, previous.sha, node, relied):
        return Reason.RANGE
    return Reason.EXACT if carries and len(walked.carried) == 1 else Reason.DIVERGED


def _changes_in(walked: Walk, ledger: Ledger) -> tuple[list[Change], dict[str, set[int]]]:
    """The changes of the carried commits, by number; and for each commit that one was cherry-picked from, the changes it has."""
    found: dict[int, Change] = {}
    originals: dict[str, set[int]] = {}
    for commit in walked.carried:
        for change in _stands_for(commit, ledger, any_role=False):
            found[change.number] = change
        if commit.picked_from is not None:
            original = ledger.node(commit.picked_from)
            changes = _stands_for(original, ledger, any_role=True) if original else []
            originals[commit.picked_from] = {change.number for change in changes}
            found.update((change.number, change) for change in changes)
    return [found[number] for number in sorted(found)], originals


def _merged_in(change: Change, negatives: list[Node], ledger: Ledger, relied: Relied) -> bool:
    """Whether the change's merge had shipped before another of its commits was deployed."""
    if change.merge_sha is None:
        return False
    return any(tip.sha == change.merge_sha or is_behind(ledger, change.merge_sha, tip, relied) for tip in negatives)


def _stands_for(commit: Node, ledger: Ledger, *, any_role: bool) -> list[Change]:
    """The changes that a commit stands for: as their merge or head or, with `any_role`, as any of their commits.

    Usually carrying one commit of a change is not carrying the change: the commits of a release branch also belong to the change
    that merges it back.
    """
    changes = list(commit.merges)
    for alias in commit.aliases:
        merged = ledger.node(alias.merge_sha) if any_role or alias.role == "head" else None
        changes += [change for change in (merged.merges if merged else ()) if change.number == alias.number]
    return changes


def _counts_in_first(change: Change, run: DeploymentRun, today: int) -> bool:
    """A first deployment carries only changes merged on its own date, and the change of its own SHA; never the whole history."""
    if run.sha in (change.merge_sha, change.head_sha):
        return True
    return change.merged_at is not None and today <= change.merged_at <= run.finished_at


def _commit_counts_in_first(commit: Node, run: DeploymentRun, today: int) -> bool:
    return run.sha == commit.sha or today <= commit.at <= run.finished_at


def _direct(walked: Walk) -> tuple[Node, ...]:
    """Carried commits of the main line that belong to no change. Merge commits without a change are not counted."""
    return tuple(
        commit
        for commit in walked.carried
        if commit.sha not in walked.side
        and not (commit.merges or commit.aliases or commit.picked_from)
        and len(commit.parents or ()) <= 1
    )


def _unaccounted(walked: Walk, originals: dict[str, set[int]], changes: tuple[Change, ...]) -> set[str]:
    """Commits that were carried or cherry-picked from and have no change that counts here; later reports may add one.

    Later reports about the other commits affect the deployments that carry their changes.
    """
    numbers = {change.number for change in changes}
    idle = {commit.sha for commit in walked.carried if not numbers & commit.numbers}
    return idle | {sha for sha, behind in originals.items() if not numbers & behind}


def _after(state: State, walked: Walk, node: Node, new: list[Change], sent: Node | None) -> State:
    if walked.shipped:
        return replace(state, line=node.sha)
    sides = [tip for tip in state.tips if tip.sha not in walked.met]
    if sent is not None and sent.sha not in walked.met and all(sent.at > tip.at for tip in state.tips):
        sides.append(Tip(sent.sha, sent.at))
    sides.sort(key=lambda tip: (-tip.at, tip.sha))
    reached = {commit.sha for commit in walked.carried}
    merged = {change.number for commit in walked.carried for change in commit.merges}
    ahead = {change.number for change in new if change.merge_sha not in reached}
    early = sorted((set(state.early) - merged) | ahead)
    return replace(
        state,
        line=node.sha,
        tips=(Tip(node.sha, node.at), *sides[:SIDE_TIPS]),
        early=tuple(early[-EARLY_CHANGES:]),
        floor=None,
    )

"""What needs attention, in order of time, with one partition per status.

attention#pending   | 1790000000000#9f3c…       a deployment whose SHA is being searched for
attention#unmatched | 1790000000000#9f3c…       one whose SHA was not found, or whose repository is not its service's
attention#parked    | 1790000000000#dep_3f9a…   an event that could not be applied

`waiting` is in `artifacts`, `refused` in `rejected_events`.
"""

from leadline.store.table import Key

PENDING, UNMATCHED, PARKED = "pending", "unmatched", "parked"


def attention_partition(status: str) -> str:
    return f"attention#{status}"


def attention_key(status: str, place: str) -> Key:
    """`place`: epoch milliseconds in 13 digits, "#", and the key or id of what it is about."""
    return (attention_partition(status), place)

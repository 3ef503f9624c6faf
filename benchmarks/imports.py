"""How long each handler takes to import in a fresh interpreter, beside boto3 alone: the part of a cold start that is ours.

CPU time, because importing is little else, and a busy machine stretches wall time and not this.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from statistics import median

ROUNDS = 7
MODULES = ("boto3", "ingest.handler", "compute.handler", "query.handler")
_PROGRAM = "import sys, time; began = time.process_time(); __import__(sys.argv[1]); print(time.process_time() - began)"


@dataclass(frozen=True, slots=True)
class Import:
    module: str
    milliseconds: float
    ratio: float


def every_import() -> list[Import]:
    """The medians; modules take turns, so that a slow moment of the machine meets all of them."""
    found: dict[str, list[float]] = {module: [] for module in MODULES}
    for number in range(ROUNDS + 1):
        for module in MODULES:
            seconds = _import(module)
            if number:  # the first time compiles bytecode and fills the disk cache
                found[module].append(seconds)
    base = median(found["boto3"])
    return [Import(module, median(times) * 1000, median(times) / base) for module, times in found.items()]


def _import(module: str) -> float:
    done = subprocess.run([sys.executable, "-c", _PROGRAM, module], capture_output=True, text=True, check=True)
    return float(done.stdout)

"""How large the functions' code is, zipped, as it is deployed."""

from __future__ import annotations

from dataclasses import dataclass

from leadline_cdk.bundles import DISTRIBUTIONS, LAMBDA, Bundler


@dataclass(frozen=True, slots=True)
class Asset:
    function: str
    megabytes: float


def every_asset() -> list[Asset]:
    """Made where they are not kept from an earlier `make synth`."""
    return [Asset(function, Bundler(LAMBDA).bundle(function).stat().st_size / 1e6) for function in DISTRIBUTIONS]

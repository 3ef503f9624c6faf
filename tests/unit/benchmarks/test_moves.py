"""A reader can follow one deployment: how often its way leads from one file into another."""

from __future__ import annotations

from benchmarks.moves import legs

BEFORE_THE_REDESIGN = 353
"""Moves of the fold, counted by the same script at the commit before the modules were rearranged."""


def test_folding_a_deployment_takes_at_most_half_of_the_former_moves_between_files() -> None:
    moves = {name: leg.moves().total() for name, leg in legs()}
    assert moves.keys() == {"POST", "fold", "GET"}
    assert 0 < moves["fold"] <= BEFORE_THE_REDESIGN // 2

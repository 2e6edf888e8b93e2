"""Facts of other nodes come in any order: whatever it is, the tables say the same, and so does what is counted of them."""

from __future__ import annotations

import random

from sqlalchemy import delete

from gateway.journal import counting, projections
from gateway.journal.entries import all_facts
from gateway.journal.tables import FOLDED
from gateway.node import Node


def same_in_any_order(node: Node, seed: int) -> None:
    """Fold each fact by itself, shuffled, against the whole journal, and compare every table with what it was."""
    with node.database.writing() as c:
        whole = projections.table_hashes(c)
        facts = list(all_facts(c, {kind for fold in projections.FOLDS for kind in fold.kinds}))
        for model in FOLDED:
            c.execute(delete(model))
        random.Random(seed).shuffle(facts)
        for n, fact in enumerate(facts):
            projections.apply(c, [fact], own=False)
            if n % 7 == seed:  # counted in the midst of it, and changed again
                counting.count(c, counting.marks(c) or [])
        assert projections.table_hashes(c) == whole
        counting.count(c, counting.marks(c) or [])
        assert not counting.differ(c)

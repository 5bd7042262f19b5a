"""The classes of differences between Bowline and its peers that are meant to be.

Each has a row in docs/differences.md under the same name. A row explains one narrow thing: of a
section, some records; what is left is for the next row. `alone`: the row holds even where all peers
agree with each other.
"""

import dataclasses

KNOTD, NSD, NAMED = "knotd", "nsd", "named"
EVERYONE = (KNOTD, NSD, NAMED)


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    peers: tuple
    parts: tuple
    explain: object  # Difference -> the same one, what is left of it, or None
    alone: bool = False


ROWS = []

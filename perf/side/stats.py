"""Medians, spread, and ratios within the same round."""

import statistics


def summary(values):
    """{median, min, max} of at least one number."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def ratios(rounds, base):
    """What each round of `rounds` reached of the same round of `base`: rounds that one of the two
    lacks (None) do not count. None if none is left."""
    found = [ours / theirs for ours, theirs in zip(rounds, base) if ours and theirs]
    return summary(found) if found else None


def rates(result, link, server):
    """Answers a second, one for each round; None where there was none."""
    rounds = result["links"][link]["servers"][server]["rounds"]
    return [run and run["answers_per_second"] for run in rounds]


def measured(values):
    return [value for value in values if value is not None]


def two_states(values, factor=1.5):
    """Whether a link ran in two states of speed: the sorted rates have a gap of that factor, and
    both sides of it have more than one rate."""
    ordered = sorted(measured(values))
    return any(high > factor * low
               for low, high in zip(ordered[1:-2], ordered[2:-1])) if len(ordered) > 3 else False

"""The rules by which claims are judged: every verdict says its threshold.

A gap is a difference of two scores with its interval, (mean, low, high).
"""

from typing import NamedTuple

HOLDS, PARTLY, NOT, UNKNOWN = "holds", "holds partly", "does not hold here", "cannot be judged"
VERDICTS = (HOLDS, PARTLY, NOT, UNKNOWN)
LIKE = 0.9  # cosine of vectors, or correlation of latent variables, from which on they count as alike


class Verdict(NamedTuple):
    """A verdict and the rule that gave it."""

    word: str
    rule: str


def above(*gaps):
    """Whether differences are above zero, judged by their 95 % intervals."""
    lows, highs = zip(*(gap[1:] for gap in gaps), strict=True)
    rule = "it holds where the 95 % interval of the difference lies above zero"
    if len(gaps) > 1:
        rule = "it holds where the 95 % intervals of all differences lie above zero, partly where one does"
    if min(lows) > 0:
        return Verdict(HOLDS, rule)
    if max(lows) > 0:
        return Verdict(PARTLY, rule)
    return Verdict(NOT if min(highs) < 0 else UNKNOWN, f"{rule}; it is not judged where they include it")


def equal(gap, margin=0.005):
    """Whether two scores are equal to the paper's two digits: the interval of their difference lies inside a margin."""
    _, low, high = gap
    rule = f"equal where the whole 95 % interval of the difference is within {margin:g} of zero"
    if -margin < low and high < margin:
        return Verdict(HOLDS, rule)
    return Verdict(NOT if low > margin or high < -margin else UNKNOWN, f"{rule}, different where it is wholly outside")


def all_of(conditions):
    """Whether conditions hold, each told in words with its threshold.  {"the interval lies above 0.2": bool}"""
    rule = " and ".join(conditions)
    held = list(conditions.values())
    if len(held) > 1:
        rule += "; partly if not all"
    return Verdict(HOLDS if all(held) else PARTLY if any(held) else NOT, f"it holds if {rule}")


def at_least(scores, thresholds):
    """Whether every method reaches its threshold.  {name: score}, {name: threshold}"""
    return all_of({f"{name} covers {level:g} or more": scores[name] >= level for name, level in thresholds.items()})


def first_of(conditions):
    """The same, where without the first condition nothing holds."""
    first, *others = conditions.values()
    verdict = HOLDS if first and all(others) else PARTLY if first else NOT
    name, *names = conditions
    return Verdict(verdict, f"it holds partly if {name}, wholly if also {' and '.join(names)}")


def count(held, networks, what):
    """Whether something holds in all networks, in some or in none."""
    verdict = HOLDS if held == networks else PARTLY if held else NOT
    return Verdict(verdict, f"it holds if {what} in every network tried, partly if in some; {held} of {networks}")


def discriminates(value, surplus, level, margin):
    """Whether a value is high, and clearly higher than what a rival reaches that ought to fail."""
    rule = f"it holds if the lowest value is above {level:g} and exceeds the rival's by {margin:g} or more everywhere"
    if value <= level:
        return Verdict(NOT, rule)
    return Verdict(HOLDS if surplus >= margin else UNKNOWN, f"{rule}; it cannot be judged where the rival comes near")


def ordered(gaps):
    """Whether differences that a theory orders have its sign, judged by those that are settled."""
    right, wrong = sum(low > 0 for _, low, _ in gaps), sum(high < 0 for *_, high in gaps)
    rule = "a difference is settled where its 95 % interval excludes zero; it holds if half or more are settled, none "
    rule += "against the order, partly if more in it than against it"
    if wrong:
        return Verdict(PARTLY if right > wrong else NOT, rule)
    return Verdict(HOLDS if 2 * right >= len(gaps) else UNKNOWN, f"{rule}; it cannot be judged where fewer are settled")


def if_identified(verdict, cosine, correlation, level=LIKE):
    """A verdict about weights in vectors, withheld where unlike vectors give like latent variables."""
    rule = f"{verdict.rule}; it cannot be judged where latent variables correlate by {level:g} or more but the cosine "
    rule += f"of their vectors is below {level:g}"
    return Verdict(UNKNOWN if cosine < level <= correlation else verdict.word, rule)


def unsettled(rule):
    """A statement that data of this kind cannot settle, whatever the numbers are."""
    return Verdict(UNKNOWN, rule)


def mostly(systems, what):
    """Whether something holds in most networks at most penalties.  [[(in how many, of how many)] a penalty] a system"""
    rule = f"it holds if {what} in most networks, at most penalties"
    rule += ", for every spectrum; partly if in any network" if len(systems) > 1 else "; partly if in any network"
    if all(2 * sum(2 * held > networks for held, networks in one) > len(one) for one in systems):
        return Verdict(HOLDS, rule)
    return Verdict(PARTLY if any(held for one in systems for held, _ in one) else NOT, rule)

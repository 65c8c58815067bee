"""Random chains of quantities: what measures another thing never passes, what measures the same converts exactly."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.units import convert

OWN = (
    "request", "call", "sample", "query", "token", "input_token", "output_token", "total_token", "core", "accelerator",
    "H100e", "USD", "EUR", "FLOP", "W_chip", "W_it", "W_facility", "person",
)  # fmt: skip
TIMES = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
COMPOUND = {
    "accelerator_hour": ({"accelerator": 1, "time": 1}, 3600.0),
    "core_hour": ({"core": 1, "time": 1}, 3600.0),
    "core_second": ({"core": 1, "time": 1}, 1.0),
}
NAMES = (*OWN, *TIMES, *COMPOUND)
chains = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from("*/")), min_size=1, max_size=6).map(
    lambda links: [(links[0][0], "*"), *links[1:]]
)


def spelled(chain):
    return chain[0][0] + "".join(f"{sign}{name}" for name, sign in chain[1:])


def dimensions(chain):
    """Return the exponent of every dimension and the factor to base units, by counting."""
    exponents, factor = Counter(), 1.0
    for name, sign in chain:
        power = 1 if sign == "*" else -1
        parts, size = COMPOUND.get(name, ({"time" if name in TIMES else name: 1}, TIMES.get(name, 1.0)))
        exponents.update({part: power * each for part, each in parts.items()})
        factor *= size**power
    return {name: power for name, power in exponents.items() if power}, factor


@given(chains, chains)
def test_two_chains_convert_exactly_where_their_dimensions_are_the_same(one, other):
    (mine, factor), (theirs, target) = dimensions(one), dimensions(other)
    if mine == theirs:
        assert convert(1.0, spelled(one), spelled(other)) == pytest.approx(factor / target)
        return
    with pytest.raises(ValueError, match="measures another thing than"):
        convert(1.0, spelled(one), spelled(other))


@given(chains, st.randoms(use_true_random=False), st.sampled_from(sorted(TIMES)))
def test_the_order_of_a_chain_and_its_unit_of_time_do_not_matter(chain, random, unit):
    rest = [(unit if name in TIMES else name, sign) for name, sign in chain]
    first = rest.pop(0)
    random.shuffle(rest)
    other = [first, *rest]
    (mine, factor), (theirs, target) = dimensions(chain), dimensions(other)
    assert mine == theirs
    assert convert(7.0, spelled(chain), spelled(other)) == pytest.approx(7.0 * factor / target)


@given(chains, st.sampled_from(NAMES), st.sampled_from("*/"))
def test_one_link_more_never_passes_silently(chain, name, sign):
    with pytest.raises(ValueError, match="measures another thing than"):
        convert(1.0, spelled([*chain, (name, sign)]), spelled(chain))


@given(chains, st.sampled_from(["furlong_call", "tokenz", "W_rack"]), st.sampled_from("*/"))
def test_an_unknown_unit_in_a_chain_is_refused_by_name(chain, name, sign):
    with pytest.raises(ValueError, match=r"unit '.*' is not known; see docs/names\.md"):
        convert(1.0, spelled([*chain, (name, sign)]), spelled(chain))


def test_the_identity_has_the_unit_of_accelerator_hours():
    product = "request/quarter*call/request*total_token/call*accelerator*second/total_token"
    assert convert(3600.0, product, "accelerator_hour/quarter") == pytest.approx(1.0)

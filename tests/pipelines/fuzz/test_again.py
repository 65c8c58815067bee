"""The line below a failure says what repeats it: the same seed draws otherwise where it is to draw more."""

import shlex

import pytest
from hypothesis import strategies as st


def test_the_line_of_a_failure_has_the_examples_it_took(hunt, request, monkeypatch):
    seen = []

    def check(number):
        seen.append(number)
        assert len(seen) < 7

    strategy = st.integers(0, 10**9)
    with pytest.raises(AssertionError) as failed:
        hunt(check, strategy, examples=7)
    words = shlex.split(failed.value.__notes__[-1])
    first, seen[:] = seen[:7], []
    for name in ("examples", "seed"):
        monkeypatch.setattr(request.config.option, name, int(words[words.index(f"--{name}") + 1]))
    with pytest.raises(AssertionError):
        hunt(check, strategy, examples=500)
    assert seen[:7] == first
    assert "--minutes" not in words

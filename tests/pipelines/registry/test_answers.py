from dataclasses import replace

import pytest

from shiftcast.forecast.questions import QUESTIONS
from shiftcast.pipelines.registry import answers
from shiftcast.pipelines.registry.answers import ChangedAnswerError, sealed, unchanged
from shiftcast.pipelines.registry.maker import LIBRARIES, Maker, present_maker
from shiftcast.pipelines.state.root import StoreError

KIND = "quantiles"


@pytest.fixture
def bundle(finished):
    return finished.result.bundle


@pytest.fixture
def cheap(bundle):
    """Return the forecast with the answers that cost no draws."""
    kept = tuple(each for each in bundle.answers if each["question"]["question"] in {KIND, "when", "claims", "draws"})
    return replace(bundle, answers=kept)


def made_by(bundle, **versions):
    maker = bundle.summary.made_by
    other = replace(
        maker, shiftcast=versions.pop("shiftcast", maker.shiftcast), libraries={**maker.libraries, **versions}
    )
    return replace(bundle, summary=replace(bundle.summary, made_by=other))


def spoilt(bundle, change):
    """Return a forecast with a number of the first row of one kept answer changed."""
    kept = [
        {**each, "rows": [{**each["rows"][0], "mean": change(each["rows"][0]["mean"])}, *each["rows"][1:]]}
        if each["question"]["question"] == KIND else each
        for each in bundle.answers
    ]  # fmt: skip
    return replace(bundle, answers=tuple(kept))


def test_a_run_keeps_an_answer_to_a_question_of_each_kind_and_who_made_it(bundle):
    kept = {each["question"]["question"]: each["rows"] for each in bundle.answers}
    assert kept.keys() == QUESTIONS.keys()
    assert [name for name, rows in kept.items() if not rows] == []
    assert bundle.summary.made_by == present_maker()
    assert set(bundle.summary.made_by.libraries) == set(LIBRARIES)


def test_the_same_versions_ask_nothing(bundle, monkeypatch):
    monkeypatch.setattr(answers, "_rows", lambda *_: pytest.fail("a question was asked"))
    assert unchanged(bundle) is bundle


def test_another_version_that_answers_alike_opens_it(cheap):
    older = made_by(cheap, shiftcast="0.1.9", numpy="2.0.0")
    assert unchanged(older) is older


def test_a_difference_in_the_last_bits_is_no_change(cheap):
    older = made_by(spoilt(cheap, lambda mean: mean * (1 + 1e-12)), numpy="2.0.0")
    assert unchanged(older) is older


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ({"shiftcast": "0.1.9"}, r"the checkout of shiftcast 0\.1\.9, or register anew"),
        ({"scipy": "1.15.0"}, r"pip install scipy==1\.15\.0`"),
        (
            {"shiftcast": "0.1.9", "numpy": "2.0.0"},
            r"checkout of shiftcast 0\.1\.9 and `pip install numpy==2\.0\.0`",
        ),
    ],
)
def test_another_version_that_answers_otherwise_is_refused_with_the_install_that_does_not(cheap, versions, said):
    older = made_by(spoilt(cheap, lambda mean: mean * (1 + 1e-6)), **versions)
    with pytest.raises(ChangedAnswerError, match=f"'{KIND}' is answered otherwise now.*{said}") as refused:
        unchanged(older)
    assert isinstance(refused.value, StoreError)


def test_a_question_that_a_later_version_does_not_take_is_a_changed_answer(cheap):
    gone = ({"question": {"question": "horoscope"}, "rows": [{"mean": 1.0}]},)
    with pytest.raises(ChangedAnswerError, match="'horoscope' is answered otherwise"):
        unchanged(made_by(replace(cheap, answers=gone), shiftcast="0.1.9"))


def test_a_forecast_that_kept_no_maker_passes(cheap):
    former = replace(cheap, summary=replace(cheap.summary, made_by=None), answers=())
    assert unchanged(former) is former


def test_what_is_refused_stays_refused(bundle, monkeypatch):
    asked = [{"question": KIND, "measure": "happiness"}]
    monkeypatch.setattr(answers, "questions", lambda _: asked)
    kept = sealed(bundle)
    assert kept.answers == ({"question": asked[0], "rows": None},)
    assert unchanged(made_by(kept, shiftcast="0.1.9")).answers == kept.answers


def test_a_version_that_is_not_known_cannot_be_asked_for():
    assert Maker("0+unknown", {"numpy": "2.0.0"}).requirements == ["numpy==2.0.0"]

import pytest
import xarray as xr

from shiftcast.forecast.views.techniques import choose_techniques

CUBE = xr.Dataset(
    coords={"technique": ["recsys/table", "recsys/deep", "recsys/sequence", "recsys/llm", "search/deep", "search/llm"]}
)


@pytest.mark.parametrize(
    ("text", "names", "shown"),
    [
        ("llm", ("llm",), "llm"),
        (" LLM ", ("llm",), "llm"),
        ("large language models", ("llm",), "llm"),
        ("llm + sequence", ("sequence", "llm"), "sequence, llm: llm+sequence"),
        ("deep or newer", ("deep", "sequence", "llm"), "deep, sequence, llm: deep or newer"),
        ("deep+", ("deep", "sequence", "llm"), "deep, sequence, llm: deep or newer"),
        ("Deep learning and large  language models", ("deep", "sequence", "llm"), "deep, sequence, llm: deep or newer"),
        ("sequence or newer", ("sequence", "llm"), "sequence, llm: sequence or newer"),
        ("llm or newer", ("llm",), "llm: llm or newer"),
    ],
)
def test_techniques_are_read_in_any_spelling_and_what_was_read_is_told(text, names, shown):
    chosen = choose_techniques(CUBE, text, of="recsys")
    assert (chosen.names, str(chosen)) == (names, shown)
    assert set(chosen.names) | set(chosen.others) == {"table", "deep", "sequence", "llm"}


def test_newer_is_within_the_workload():
    assert str(choose_techniques(CUBE, "deep+", of="search")) == "deep, llm: deep or newer"


@pytest.mark.parametrize(
    ("text", "of", "said"),
    [
        ("quantum", "search", "technique 'quantum' of 'search' is not forecast; choose deep, llm, a sum such as deep"),
        ("llm+quantum", "search", r"technique 'llm\+quantum' of 'search' is not forecast"),
        ("sequence or newer", "search", "choose deep, llm, a sum such as deep.llm, or 'llm or newer'"),
        ("", "search", "technique '' of 'search' is not forecast"),
        ("+", "search", r"technique '\+' of 'search' is not forecast"),
        ("llm", "chess", "workload 'chess' is not forecast; choose one of recsys, search"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(text, of, said):
    with pytest.raises(ValueError, match=said):
        choose_techniques(CUBE, text, of=of)

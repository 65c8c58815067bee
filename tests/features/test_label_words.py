"""Words of names, and labels guessed from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.label_words import guess, heard, hints_from_rows, parts_of, words_of


def row(word, role="service", **labels):
    return {"word": word, "role": role, "workload": "", "phase": "", "technique": "", **labels}


HINTS = hints_from_rows(
    [
        row("beam search", "neutral"),
        row("finetun*", "stage", workload="training", phase="post_training"),
        row("train", "stage", workload="training", phase="training"),
        row("serve", "stage", phase="inference"),
        row("search", workload="search"),
        row("ctr", workload="ads"),
        row("two tower", workload="recsys", technique="deep"),
        row("sasrec", workload="recsys", technique="sequence"),
        row("bm25", workload="search", technique="lexical"),
        row("llama*", "model", workload="generative", technique="llm"),
        row("bert", "model", technique="deep"),
    ],
    {"training": frozenset({"deep", "llm"}), "search": frozenset({"lexical", "deep", "llm"}),
     "generative": frozenset({"llm"})},
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("ELECTRA-BASE_searchParams_hidd64", ["electra", "base", "search", "params", "hidd", "#"]),
        ("LLaMA3.1", ["l", "la", "ma", "#", "#"]),
        ("jupyter-#o#n", ["jupyter", "#", "o", "#", "n"]),
        ("", []),
        ("größe_2", ["gr", "öße", "#"]),
    ],
)
def test_a_name_is_cut_at_signs_digits_and_capitals(name, parts):
    assert parts_of(name) == parts


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("electra", []), ("stable-strain", []), ("dcgan_ctrl", []), ("wide_deep_ctr", ["ctr"]), ("CTRModel", ["ctr"]),
        ("fine-tune_x", ["finetun*"]), ("fineTuning", ["finetun*"]), ("finetune", ["finetun*"]), ("refinetune", []),
        ("beam-search-2", ["beam search"]), ("TwoTower", ["two tower"]), ("twotower", ["two tower"]),
        ("bm#-index", ["bm25"]), ("bm25", ["bm25"]), ("LLaMA-7b", ["llama*"]), ("search_search", ["search", "search"]),
    ],
)  # fmt: skip
def test_hints_are_whole_words_unless_a_star_says_otherwise(name, words):
    assert [hint.word for hint in heard(name, HINTS)] == words


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("finetune_llama", ("training", "post_training", "llm")),
        ("serve_llama", ("generative", "inference", "llm")),
        ("llama", ("", "", "llm")),
        ("bert_train", ("training", "training", "deep")),
        ("train_sasrec", ("training", "training", "deep")),
        ("sasrec", ("recsys", "", "sequence")),
        ("train_bm25", ("training", "training", "")),
        ("train_finetuned", ("training", "post_training", "")),
        ("search_llama_bert", ("search", "", "llm")),
        ("bert-serve", ("", "inference", "deep")),
        ("bash", ("", "", "")),
    ],
)
def test_what_a_job_does_comes_before_whom_its_model_serves(name, labels):
    said = guess(name, HINTS).labels
    assert tuple(said.get(each, "") for each in ("workload", "phase", "technique")) == labels


def test_a_model_known_to_answer_requests_serves():
    assert guess("llama-3-8b", HINTS, serves=True).labels == {
        "workload": "generative", "phase": "inference", "technique": "llm",
    }  # fmt: skip
    assert guess("gateway", HINTS, serves=True).labels == {}


@given(st.text(max_size=30))
def test_any_name_ends_and_its_words_are_in_it(name):
    assert all(word in name.lower().replace(" ", "") for word in words_of(name) if word.isascii())
    assert set(guess(name, HINTS).labels) <= {"workload", "phase", "technique"}

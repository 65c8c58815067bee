"""Labels learned from confirmed names, and how often they are right on names left out."""

import pandas as pd
import pytest

from shiftcast.features.label_learning import (
    examples_from_table,
    learn,
    propose_label,
    settle_label,
    terms_of,
    top_words,
)
from shiftcast.features.label_trial import Accuracy, left_out
from shiftcast.features.label_words import hints_from_rows

NO_HINTS = hints_from_rows([])
SITE = pd.DataFrame(
    [{"name": f"{project}-{part}", "workload": workload, "phase": "", "technique": "deep"}
     for project, workload in (("atlas", "ads"), ("nimbus", "search"), ("heron", "recsys"))
     for part in ("ranker", "scorer", "daily", "backfill", "canary", "shadow", "export", "probe")]
)  # fmt: skip


def test_a_site_s_own_words_are_learned():
    fitted = learn(examples_from_table(SITE), NO_HINTS)["workload"]
    said = propose_label(fitted, "atlas-replay-7")
    assert (said.label, said.words[0]) == ("ads", "atlas")
    assert 0.5 < said.chance < 1.0
    assert top_words(fitted)["search"][0] == "nimbus"


def test_order_of_rows_changes_nothing():
    shuffled = SITE.sample(frac=1.0, random_state=3)
    one, other = (learn(examples_from_table(table), NO_HINTS)["workload"] for table in (SITE, shuffled))
    assert propose_label(one, "heron-x") == propose_label(other, "heron-x")


def test_lessons_win_where_names_tell_and_hints_are_silent():
    accuracy = left_out(examples_from_table(SITE), NO_HINTS)
    assert accuracy["workload"].learned == 1.0
    assert accuracy["workload"].wins
    assert accuracy["workload"].hints == 0.0
    assert accuracy["workload"].frequent < 0.4
    assert not accuracy["technique"].wins  # all have one label: the most frequent is as good
    assert not Accuracy(0.5, 0.5, 0.1).wins


def test_two_labels_have_their_words_on_their_own_side():
    two = SITE[SITE["workload"] != "recsys"]
    fitted = learn(examples_from_table(two), NO_HINTS)["workload"]
    assert (propose_label(fitted, "nimbus-x").label, propose_label(fitted, "nimbus-x").words[0]) == ("search", "nimbus")
    assert top_words(fitted)["ads"][0] == "atlas"


def test_one_label_is_all_there_is_to_say():
    fitted = learn(examples_from_table(SITE), NO_HINTS)["technique"]
    assert propose_label(fitted, "anything").label == "deep"
    assert top_words(fitted) == {"deep": ()}
    assert left_out(examples_from_table(SITE[:1]), NO_HINTS) == {}


def test_guesses_are_no_lessons_and_the_last_correction_counts():
    rules = pd.DataFrame(
        [("jobname", "atlas-*", "ads", "yes"), ("jobname", "nimbus*", "search", "no"),
         ("jobname", "atlas-1", "recsys", ""), ("jobname", "123", "ads", "yes"), ("jobname", "'=run*", "ads", "yes")],
        columns=["field", "pattern", "workload", "confirmed"],
    )  # fmt: skip
    found = examples_from_table(rules)
    assert [(each.text, each.labels["workload"]) for each in found] == [("atlas-#", "recsys"), ("=run#", "ads")]


@pytest.mark.parametrize("columns", [{"title": ["x"], "workload": ["ads"]}, {"name": ["x"], "leaf": ["edge"]}])
def test_a_table_without_names_or_labels_is_refused(columns):
    with pytest.raises(ValueError, match="to learn, give rules"):
        examples_from_table(pd.DataFrame(columns))


def test_terms_are_words_pairs_threes_and_guesses():
    assert terms_of("lora_7", NO_HINTS)[:5] == ["word lora", "part <lo", "part lor", "part ora", "part ra>"]
    assert "word lora rank" in terms_of("lora_rank8", NO_HINTS)
    row = {"word": "lora", "role": "stage", "workload": "training", "phase": "", "technique": ""}
    assert terms_of("lora", hints_from_rows([row])).count("hint workload training") == 4


def test_a_name_without_a_known_word_is_left_to_the_hints():
    said = propose_label(learn(examples_from_table(SITE), NO_HINTS)["workload"], "quite-another-thing")
    assert said.words == ()
    assert settle_label(said, "training") == "training"

import pytest

from shiftcast.forecast.scenarios.reading import read_scenario
from shiftcast.pipelines.sources.scenario_files import scenario_argument, shipped_scenarios


def test_twelve_scenarios_ship_each_with_a_sentence_and_who_stands_behind_it():
    gallery = shipped_scenarios()
    assert len(gallery) == 12
    for name, table in gallery.items():
        assert str(table["says"]).endswith("."), name
        assert table["evidence"], name
        assert table["source"], name
    assert len({read_scenario(name, gallery).hash for name in gallery}) == 12


def test_a_file_of_ones_own_is_read_with_those_it_uses(tmp_path):
    (tmp_path / "inner.toml").write_text('[[demand]]\npart = "all"\nfactor = 2.0\n')
    (tmp_path / "mine.toml").write_text(
        'use = ["inner.toml", "rubin-late"]\n[[demand]]\npart = "ads"\nfactor = 0.5\n', encoding="utf-8"
    )
    read = read_scenario(scenario_argument(str(tmp_path / "mine.toml")), shipped_scenarios())
    assert read.label == "mine"
    assert read.hash == read_scenario("rubin-late; all*2; ads*0.5", shipped_scenarios()).hash
    assert scenario_argument("rubin-late") == "rubin-late"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[demand]", r"mine\.toml: is no TOML \(.*line 1"),
        ('use = ["mine.toml"]', r"mine\.toml: uses itself by mine\.toml; take one of them out"),
        ('use = ["none.toml"]', r"none\.toml: cannot be read \(No such file"),
    ],
)
def test_files_that_cannot_be_read_are_refused_by_name(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        scenario_argument(str(path))


def test_a_gallery_that_uses_what_is_not_there_is_refused(tmp_path):
    (tmp_path / "one.toml").write_text('use = ["two"]')
    with pytest.raises(ValueError, match="'two' is not of the form"):
        shipped_scenarios(tmp_path)

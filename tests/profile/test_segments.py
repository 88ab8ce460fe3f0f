"""The segment table: total and exclusive, replaceable by a shop, refused when it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich.errors import BadSettings
from enrich.model import Rules
from enrich.profile import SEGMENTS, parse_segments
from enrich.profile.segments import LANGUAGES, PROSPECTS, problems, segment_frame
from enrich.settings import read_segments, read_settings
from tests.profile.reference import Purchase
from tests.profile.shops import AS_OF, inputs, numbered
from tests.profile.whole import build_profiles

HALVES = """
[prospects]
label.en = "Never bought"
[[segments]]
name = "COLD"
group = "ALL"
r = [1, 2, 3]
f = [1, 2, 3, 4, 5]
m = [1, 2, 3, 4, 5]
[[segments]]
name = "WARM"
group = "ALL"
r = [4, 5]
f = [1, 2, 3, 4, 5]
m = [1, 2, 3, 4, 5]
label.pt = "Quentes"
"""


def test_every_triple_of_scores_belongs_to_exactly_one_segment() -> None:
    assert problems(SEGMENTS) == []
    assert segment_frame(SEGMENTS).height == 125
    assert len({row.segment for row in SEGMENTS}) == 16


def test_every_segment_has_a_name_and_advice_in_every_language() -> None:
    for row in SEGMENTS:
        assert set(row.label) == set(row.advice) == set(LANGUAGES), row.segment


def test_a_shops_own_table_makes_its_profiles() -> None:
    bought = numbered([Purchase(1, AS_OF, 100), Purchase(2, AS_OF.replace(year=2001), 100)])
    shop = inputs([1, 2, 3], bought)
    made = build_profiles(shop, AS_OF, Rules(), segments=parse_segments(HALVES)).profiles
    assert made["rfm_segment"].cast(str).to_list() == ["WARM", "COLD", PROSPECTS]
    assert made["rfm_group"].cast(str).to_list() == ["ALL", "ALL", PROSPECTS]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("r = [1, 2, 3]", "r = [1, 2]"), "the scores 311 belong to no segment"),
        (("r = [4, 5]", "r = [3, 4, 5]"), "the scores 311 belong to COLD and WARM"),
        (("r = [4, 5]", "r = [4, 6]"), "WARM: r must be a list of scores from 1 to 5"),
        (("r = [4, 5]", "r = [4, true]"), "WARM: r must be a list of scores from 1 to 5"),
        (("r = [4, 5]", "r = 4"), "WARM: r must be a list of scores from 1 to 5"),
        (("r = [4, 5]\n", ""), "WARM: r must be a list of scores from 1 to 5"),
        (('"WARM"', '"COLD"'), "COLD stands twice"),
        (('"WARM"', '"PROSPECTS"'), "holds who never bought and takes no scores"),
        (
            ('group = "ALL"', 'group = "PROSPECTS"'),
            "the group PROSPECTS is for customers who never",
        ),
        (('group = "ALL"', ""), "COLD needs a group"),
        (('name = "WARM"', ""), "every segment needs a name"),
        (("label.pt", "label.fr"), "WARM: label has unknown keys: fr"),
        (("label.pt", "labels.pt"), "WARM has unknown keys: labels"),
        (('label.pt = "Quentes"', "label.pt = 7"), "WARM: label must be texts by language"),
        (("[[segments]]", "[segments]"), "it is not valid TOML"),
        (("[prospects]", "[lookers]"), "the file has unknown keys: lookers"),
    ],
)
def test_a_broken_table_is_refused_by_its_place(change: tuple[str, str], said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        parse_segments(HALVES.replace(*change, 1))


def test_the_file_lies_beside_the_settings(tmp_path: Path) -> None:
    settings = tmp_path / "enrich.toml"
    settings.write_text('segments_file = "mine.toml"\n')
    with pytest.raises(BadSettings, match=r"segments_file .*mine\.toml cannot be read: No such"):
        read_segments(read_settings(settings))
    (tmp_path / "mine.toml").write_text(HALVES.replace("[4, 5]", "[5]"))
    with pytest.raises(BadSettings, match=r"mine\.toml: the scores 411 belong to no segment"):
        read_segments(read_settings(settings))
    (tmp_path / "mine.toml").write_text(HALVES)
    names = [row.segment for row in read_segments(read_settings(settings))]
    assert names == [PROSPECTS, "COLD", "WARM"]

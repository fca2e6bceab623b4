"""The picture of docs/changes.md: what counts as told right, and a drawing that can be shown anywhere."""

from xml.etree import ElementTree

import numpy as np

from figures.changes import picture

OLDER = [place for place, _ in picture.CHANGES[:-1]]


def test_told_right_are_the_older_changes_with_or_without_the_newest():
    assert picture.is_right(OLDER)
    assert picture.is_right([*OLDER, picture.NEWEST])


def test_a_missed_change_and_a_false_one_are_not_right():
    assert not picture.is_right(OLDER[1:])
    assert not picture.is_right(sorted([15, *OLDER]))


def test_only_wild_nights_have_samples_far_apart():
    one = picture.made(picture.SEED)
    *_, kept = picture.ours(one)
    assert sorted(set(range(picture.COUNT)) - set(kept.tolist())) == [place for place, _ in picture.WILD]


def test_a_level_is_planted_where_the_change_says():
    one = picture.made(picture.SEED)
    assert np.flatnonzero(np.diff(one.level)).tolist() == [place - 1 for place, _ in picture.CHANGES]


def test_the_drawing_is_one_self_contained_svg_with_both_detectors():
    drawn = ElementTree.fromstring(picture.drawing(picture.made(picture.SEED), (7, 5)))
    words = " ".join("".join(each.itertext()) for each in drawn.iter("{http://www.w3.org/2000/svg}text"))
    assert "stallhorn" in words
    assert "asv" in words
    assert "of 100 such series, 7 are told right" in words
    assert "of 100 such series, 5 are told right" in words
    assert not [key for each in drawn.iter() for key in each.attrib if "href" in key]

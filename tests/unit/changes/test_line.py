"""Which points follow one another: the branch's, and for a commit beside it those that it comes from."""

from __future__ import annotations

from dataclasses import replace

from builders import bare, commit, point, revision, series

from stallhorn.changes.line import Line
from stallhorn.model import ChangePoint, Level, Revision, Series
from stallhorn.model.points import Points, columns_of

# 0 - 1 - 2 --- 5 - 6   the branch
#      \- 3 - 4         a side branch, dated between 2 and 5
SERIES = series(*(point(place, 1.0) for place in range(7)))


def aside(position: int, *parents: int) -> Revision:
    return replace(revision(position), aside=True, parents=tuple(commit(parent) for parent in parents))


def history(*changed: Revision) -> Line:
    known = {each.position: each for each in changed}
    return Line([known.get(place) or revision(place) for place in range(7)])


FORKED = history(aside(3, 1), aside(4, 3))


def test_commits_beside_the_branch_are_no_part_of_its_line() -> None:
    found = FORKED.of_branch(SERIES)
    assert found.places == [0, 1, 2, 5, 6]
    assert [each.commit for each in found.series.points] == [commit(place) for place in found.places]


def test_a_series_without_such_commits_is_left_as_it_is() -> None:
    assert history().of_branch(SERIES).series is SERIES


def test_a_commit_of_the_branch_is_compared_with_the_branch() -> None:
    assert FORKED.up_to(SERIES, commit(5)).places == [0, 1, 2, 5, 6]


def test_a_commit_aside_is_compared_with_what_it_grew_out_of() -> None:
    assert FORKED.up_to(SERIES, commit(3)).places == [0, 1, 3]
    assert FORKED.up_to(SERIES, commit(4)).places == [0, 1, 3, 4]


def test_a_commit_aside_whose_parents_are_unknown_is_compared_with_what_is_older() -> None:
    assert history(aside(3, 20), aside(4, 21)).up_to(SERIES, commit(4)).places == [0, 1, 2, 4]


def test_parents_that_go_round_in_a_circle_end() -> None:
    assert history(aside(3, 4), aside(4, 3)).up_to(SERIES, commit(4)).places == [0, 1, 2, 3, 4]


def test_a_commit_that_is_named_is_there_wherever_it_stands() -> None:
    assert FORKED.up_to(SERIES, commit(6), also=commit(4)).places == [0, 1, 2, 4, 5, 6]


def test_points_can_be_left_out_but_not_those_that_are_compared() -> None:
    assert FORKED.up_to(SERIES, commit(6), without={commit(0), commit(1), commit(6)}).places == [2, 5, 6]


def test_positions_of_the_part_become_those_of_the_whole() -> None:
    found = FORKED.of_branch(SERIES)
    made = ChangePoint(SERIES.key, Level(0, 3, 1, 1, 1), Level(3, 5, 2, 2, 2), commit(2), commit(5))
    whole = found.whole(made)
    assert (whole.before.start, whole.before.stop, whole.after.start, whole.after.stop) == (0, 3, 5, 7)


# --- in columns


def in_columns(of: Series, **more: object) -> Series:
    made = Points(of.key, columns_of(of.points), "1", known={4: of.points[4], 5: of.points[5]})
    return replace(of, points=replace(made, **more))  # type: ignore[arg-type]


def test_parts_of_columns_are_columns_and_say_the_same() -> None:
    whole = series(*(bare(place, 1.0 + place, None, 9.0) if place != 1 else bare(1, None) for place in range(7)))
    given = in_columns(whole, started=[1000.0 * place for place in range(7)])
    for parts in (FORKED.of_branch(given), FORKED.up_to(given, commit(4)), FORKED.up_to(given, commit(5), commit(3))):
        assert isinstance(parts.series.points, Points)
        assert parts.series.points == [given.points[place] for place in parts.places]


def test_series_with_the_same_commits_have_parts_with_the_same_commits() -> None:
    one = in_columns(SERIES)
    two = in_columns(SERIES, columns=replace(columns_of(one.points), commits=columns_of(one.points).commits))
    parts = [FORKED.of_branch(each).series.points for each in (one, two)]
    assert columns_of(parts[0]).commits is columns_of(parts[1]).commits

"""What is made of what asv's runner prints."""

import pytest

from stallhorn.asv.foreign import _skip_reason


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("", "the suite skips it"),
        ("asv: skipped: NotImplementedError('pandas is not installed')", "pandas is not installed"),
        ('warning\nasv: skipped: NotImplementedError("it isn\'t here")', "it isn't here"),
        ("asv: skipped: NotImplementedError()", "NotImplementedError()"),
        ("asv: skipped: too small", "too small"),
    ],
)
def test_the_reason_for_a_skip_is_what_the_suite_said(printed, reason):
    assert _skip_reason(printed) == reason

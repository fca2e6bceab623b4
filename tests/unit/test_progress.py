"""What people see while a run goes on: on a terminal, and in a log."""

import io

import pytest

from stallhorn.progress import WIDTH, Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_before_anything_is_expected_nothing_is_done_and_nothing_left():
    progress = Progress(io.StringIO())
    assert progress.share == "[  0%, 0 s left]"
    assert progress.remaining == 0


def test_a_log_gets_the_lines_that_stay_and_no_control_characters():
    log = io.StringIO()
    progress = Progress(log)
    progress.working("round 1")
    progress.say("done")
    assert log.getvalue() == "done\n"


def test_a_terminal_gets_one_line_that_is_rewritten():
    terminal = Terminal()
    progress = Progress(terminal)
    progress.expect(100)
    progress.measured(25, 25)
    progress.working("round 1")
    progress.say("done")
    assert terminal.getvalue() == "\r\x1b[2K[ 25%, 1 min 15 s left]  round 1\r\x1b[2Kdone\n"


def test_a_line_never_wraps():
    terminal = Terminal()
    Progress(terminal).working("x" * 1000)
    assert len(terminal.getvalue().removeprefix("\r\x1b[2K")) == WIDTH


def test_the_remaining_time_is_corrected_by_how_it_went():
    progress = Progress(io.StringIO())
    progress.expect(100)
    progress.measured(20, 40)  # twice as slow as expected
    assert progress.remaining == pytest.approx(160)
    assert progress.share == "[ 20%, 2 min 40 s left]"


def test_the_first_seconds_correct_nothing():
    progress = Progress(io.StringIO())
    progress.expect(100)
    progress.measured(2, 20)
    assert progress.remaining == pytest.approx(98)


def test_more_than_was_expected_is_all_of_it():
    progress = Progress(io.StringIO())
    progress.expect(10)
    progress.measured(50, 50)
    assert progress.share == "[100%, 0 s left]"

"""What the person sees while it lasts."""

import io

from leadline_cli.progress import Progress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_kept_output_has_plain_lines_and_few_of_them() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, clock=clock)
    progress.begin("changes", 400)
    for count in range(300):
        clock.now += 0.05
        progress.at(count)
    progress.end(400)
    assert stream.getvalue().splitlines() == ["changes      199/400, 20/s", "changes      400/400, 27/s"]


def test_a_terminal_shows_a_bar_that_fills_and_stays() -> None:
    stream, clock = Terminal(), Clock()
    progress = Progress(stream, clock=clock)
    progress.begin("changes", 4)
    clock.now = 1
    progress.at(2)
    progress.end(4)
    drawn = stream.getvalue().split("\r\x1b[K")
    assert ["#" * 15 + "." * 15 in part for part in drawn] == [False, False, True, False]
    assert drawn[-1].startswith("changes      [" + "#" * 30 + "] 4/4")
    assert drawn[-1].endswith("\n")


def test_a_message_after_an_unfinished_bar_starts_on_its_own_line() -> None:
    stream = Terminal()
    progress = Progress(stream, clock=Clock())
    progress.begin("changes", 4)
    progress.interrupt()
    assert stream.getvalue().endswith("\n")


def test_nothing_to_do_is_shown_as_done() -> None:
    stream = Terminal()
    progress = Progress(stream, clock=Clock())
    progress.begin("deployments", 0)
    progress.end(0)
    assert "0/0" in stream.getvalue()

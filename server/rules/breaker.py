"""A fuse in front of something that fails: after some failures in a row it is left alone for a while, then tried once."""

from __future__ import annotations

LONGEST_S = 300.0  # however often the trial fails


class Breaker:
    """Counts. Times are seconds of one clock, given by the caller."""

    def __init__(self, failures: int, pause_s: float) -> None:
        self.failures = failures
        self.pause_s = pause_s
        self.in_a_row = 0
        self.opened = 0
        self.until = 0.0
        self.trying = False

    @property
    def open(self) -> bool:
        """Whether too much has failed."""
        return self.opened > 0

    def may(self, now: float) -> bool:
        """Whether to try. After the pause one try is given out, and its result decides."""
        if not self.open:
            return True
        if self.trying or now < self.until:
            return False
        self.trying = True
        return True

    def worked(self) -> None:
        """A try worked."""
        self.in_a_row, self.opened, self.trying = 0, 0, False

    def failed(self, now: float) -> None:
        """A try failed. Each failed trial doubles the pause."""
        self.in_a_row += 1
        if self.open and not self.trying:
            return  # a try from before it opened
        if self.trying or self.in_a_row >= self.failures:
            self.until = now + min(LONGEST_S, self.pause_s * 2**self.opened)
            self.opened += 1
            self.trying = False

    def left(self) -> None:
        """A try was given up for reasons of ours, and says nothing."""
        self.trying = False

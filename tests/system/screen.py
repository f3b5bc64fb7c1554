# SPDX-License-Identifier: BSD-3-Clause
"""A terminal's screen, as far as the board's prompt uses it, behind a pseudo-terminal.

It knows the sequences that port/cortex-m/line_edit.h promises and no others: what else a board
sends, so that a real terminal might do anything, fails the test.
"""

import re
import select

from peers import fair_seconds
from stacks import PATIENCE
from terminal import Terminal

COLUMNS = 80
LOOK = 0.1  # seconds, between two looks at the clock
SEQUENCE = re.compile(r"\x1b\[(\d*)([A-Za-z])|\x1b\[2J")


class Screen(Terminal):
    """The rows so far; `rows` and `column` is where the cursor is."""

    def __init__(self, environment, *command):
        super().__init__(environment, *command)
        self.rows = [""]
        self.column = 0
        self.bells = 0
        self.cleared = 0
        self._rest = ""

    def _character(self, character):
        if self.column == COLUMNS:
            self._newline()
            self.column = 0
        row = self.rows[-1].ljust(self.column)
        self.rows[-1] = row[: self.column] + character + row[self.column + 1 :]
        self.column += 1

    def _newline(self):
        self.rows.append("")

    def _sequence(self, found):
        if found[0] in ("\x1b[H", "\x1b[2J"):
            self.cleared += found[0] == "\x1b[2J"
            self.rows[-1], self.column = "", 0
        elif found[0] == "\x1b[K":
            self.rows[-1] = self.rows[-1][: self.column]
        else:
            assert found[2] == "D" and 0 < int(found[1]) <= self.column, repr(found[0])
            self.column -= int(found[1])

    def _feed(self, text):
        text = self._rest + text
        at = 0
        while at < len(text):
            character = text[at]
            if character == "\x1b":
                found = SEQUENCE.match(text, at)
                if not found:
                    assert len(text) - at < 8, repr(text[at : at + 20])
                    break
                self._sequence(found)
                at = found.end()
                continue
            at += 1
            if character == "\n":
                self._newline()
            elif character == "\r":
                self.column = 0
            elif character == "\b":
                self.column = max(0, self.column - 1)
            elif character == "\a":
                self.bells += 1
            else:
                assert character >= " " and character != "\x7f", repr(text[at - 20 : at])
                self._character(character)
        self._rest = text[at:]

    def until(self, condition, what, timeout=PATIENCE):
        """Reads until condition() is true."""
        deadline = fair_seconds() + timeout
        while not condition():
            assert fair_seconds() < deadline, (
                f"not {what}: {self.rows[-12:]}, column {self.column}"
            )
            if not select.select([self.fd], [], [], LOOK)[0]:
                continue
            text = self.read()
            assert text is not None, f"it ended: {self.rows[-12:]}"
            self._feed(text)

    def row_is(self, text, column=None):
        """Waits until the last row is this, with the cursor behind it or where it is said."""
        wanted = (text.rstrip(), len(text) if column is None else column)
        self.until(lambda: (self.rows[-1].rstrip(), self.column) == wanted, repr(text))

    def seen(self, pattern, timeout=PATIENCE):
        """Waits for a row above the last that matches all of the pattern; it and those before it
        are forgotten."""
        regex = re.compile(pattern)
        found = []

        def look():
            for at, row in enumerate(self.rows[:-1]):
                match = regex.fullmatch(row.rstrip())
                if match:
                    found.append(match)
                    del self.rows[: at + 1]
                    return True
            return False

        self.until(look, f"a row {pattern!r}", timeout)
        return found[0]

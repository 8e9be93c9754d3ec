"""Standard output, whose reader may go, and whose disk may be full."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TYPE_CHECKING

from dragoman.errors import DragomanError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputError(DragomanError):
    """What a command says cannot be written."""

    exit_code = 2


class ReaderGoneError(OutputError):
    """Nobody reads it any more; the exit code is what a shell says of a program that SIGPIPE has ended."""

    exit_code = 141


class _Output(FileIO):
    """A file of which typer and rich do not take an error for a finding, as their exit code 1 would be."""

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError as error:
            raise ReaderGoneError("") from error
        except OSError as error:
            raise OutputError(f"standard output cannot be written: {error.strerror}") from error


@contextmanager
def guarded() -> Iterator[None]:
    """Have everything that a command prints be written before it ends.

    Raises:
        OutputError: it cannot be written.
    """
    if sys.stdout is not sys.__stdout__ or not isinstance(sys.stdout, TextIOWrapper):
        # It is not the process's own, or closed.
        yield
        return
    file = _Output(sys.stdout.fileno(), "wb", closefd=False)
    stream = TextIOWrapper(BufferedWriter(file), sys.stdout.encoding, sys.stdout.errors, line_buffering=True)
    try:
        with redirect_stdout(stream):
            try:
                yield
            finally:
                stream.flush()
    except OutputError:
        _discard(file)
        raise


def _discard(file: FileIO) -> None:
    """Have what is still to be written go nowhere: the interpreter would try once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, file.fileno())
    os.close(nowhere)

"""Processes that decode blocks, for parts that are worth starting them; small ones are decoded where they are read.

They are plain programs with a socket, not children of `multiprocessing`: those would import the caller's main module
again, and are not allowed below Airflow's own workers. Rows go through memory only, never through a file.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from tagmart.core.errors import TagmartError
from tagmart.ingest.blocks import Block
from tagmart.ingest.decode_block import Decoded, Layout, decode_block
from tagmart.ingest.decode_quoted import decode_quoted


@dataclass(frozen=True)
class Task:
    """A block of a part, to be decoded, or decoded already where it was cut.

    Attributes:
        part: which part, from 0.
        layout: of the part.
        block: the lines, or what they have become.
    """

    part: int
    layout: Layout
    block: Block | Decoded


def decode(task: Task) -> Decoded:
    """Do a task."""
    if isinstance(task.block, Decoded):
        return task.block
    return decode_quoted(task.layout, task.block) if task.layout.quote else decode_block(task.layout, task.block)


def decode_all(tasks: Iterable[Task], workers: int) -> Iterator[tuple[int, Decoded]]:
    """The parts' numbers and decoded blocks, in the order of the tasks.

    Args:
        tasks: what is to be done; they are drawn as they can be done.
        workers: processes to start; 0 to decode in this one.

    Raises:
        TagmartError: if a process ends before its work is done.
    """
    if not workers:
        for task in tasks:
            yield task.part, decode(task)
        return
    pool = [_Worker() for _ in range(workers)]
    try:
        yield from _in_order(tasks, pool)
    finally:
        for worker in pool:
            worker.close()


def _in_order(tasks: Iterable[Task], pool: list[_Worker]) -> Iterator[tuple[int, Decoded]]:
    """Hand each task to a worker that is free; wait for the oldest one when none is."""
    free, waiting = deque(pool), deque()
    for task in tasks:
        if not free:
            yield _result(*waiting.popleft(), free)
        worker = None if isinstance(task.block, Decoded) else free.popleft()
        if worker:
            worker.send(task)
            task = replace(task, block=Block(b"", 0))
        waiting.append((task, worker))
    while waiting:
        yield _result(*waiting.popleft(), free)


def _result(task: Task, worker: _Worker | None, free: deque[_Worker]) -> tuple[int, Decoded]:
    """What a task has become."""
    if worker is None:
        return task.part, decode(task)
    decoded = worker.receive()
    free.append(worker)
    return task.part, decoded


class _Worker:
    """One process. It has at most one task, so neither side ever waits for the other to read."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
            self.process = subprocess.Popen(
                [sys.executable, "-c", f"from tagmart.ingest.decode_pool import serve; serve({theirs.fileno()})"],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path},
            )
        self.connection = Connection(ours.detach())

    def send(self, task: Task) -> None:
        """Give it a task."""
        try:
            self.connection.send(task)
        except OSError:
            self._ended()

    def receive(self) -> Decoded:
        """What its task has become."""
        try:
            result = self.connection.recv()
        except (EOFError, OSError):
            self._ended()
        if isinstance(result, Exception):
            raise result
        return result

    def close(self) -> None:
        """End it: it has nothing that needs to be put in order."""
        self.connection.close()
        self.process.kill()
        self.process.wait()

    def _ended(self) -> None:
        """Tell that it has ended by itself."""
        code = self.process.wait()
        raise TagmartError("a process that decodes files ended before its work was done", where="loader",
                           seen=f"exit code {code}", do="look for a lack of memory, and run the night again")


def serve(descriptor: int) -> None:
    """The work of a process: decode what comes until nobody is there any more.

    Args:
        descriptor: of its end of the socket.
    """
    # Ctrl-C goes to the whole group; the reader alone says when it is over.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(descriptor)
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        try:
            result: object = decode(task)
        except Exception as error:
            result = error
        try:
            connection.send(result)
        except OSError:
            return

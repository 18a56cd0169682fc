"""Relaxations in forked processes, each going on from where the HiGHS of its parent stands.

The dual simplex begins with a factor of its basis and with weights of its rows; HiGHS gives neither away, and
computes both anew for every basis that it is given: a third of what a child's relaxation costs. A forked
process has them already, and two children are solved at once. What a process finds depends on its bounds and
on the way that led to it alone, never on what the machine does in the meantime.

Every process but the first belongs to an open node. It waits at a socket for what to solve; the end of the
socket, when the search lets go of it or is gone, ends it. It reaps those that it forked, so that their
seconds count as the caller's.
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from dcplan.solvers.relaxation import ASK_SECONDS, Relaxation, Relaxed, Stopping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcplan.lp.arrays import Arrays, Floats, Ints

POSSIBLE = sys.platform == "linux"
"""Elsewhere a process either cannot be forked, or not with the libraries that it has loaded."""
MOST_OPEN = 48
"""Open nodes that keep a process of their own; others are solved from where the root stands."""


class EndedError(Exception):
    """A process of the search ended without an answer."""


@dataclass(frozen=True)
class Task:
    """What a process is asked to solve.

    Attributes:
        lower: (columns) lower bounds; None asks for the relaxation itself.
        upper: (columns) upper bounds.
        cutoff: cost past which the rest does not matter.
        proof: false where only an optimum is of use.
        apart: whether a process that is forked for it solves it, at the socket that comes with it.
    """

    lower: Floats | None
    upper: Floats | None
    cutoff: float = np.inf
    proof: bool = True
    apart: bool = False


@dataclass(frozen=True)
class Answer:
    """What a process found: HiGHS's word for it, its end, and the solves and iterations that it took."""

    status: str
    relaxed: Relaxed | None
    solves: int
    iterations: int


@dataclass(eq=False)
class Place:
    """Where a node stands: the socket of its process; None without one of its own, which is the root."""

    at: Connection | None


class Forked:
    """What `Relaxation` does, in processes; nothing may run beside the caller when it is made."""

    def __init__(self, relaxation: Relaxation, *, together: bool) -> None:
        """Fork the first process.

        Args:
            relaxation: holds the program; it is not solved here.
            together: whether two children are solved at once or one after the other.
        """
        self.arrays: Arrays = relaxation.arrays
        self.whole: Ints = relaxation.whole
        self.version = relaxation.version
        self.stopping = Stopping()
        self.iterations = self.solves = 0
        self._together = together
        self._ways: set[Connection] = set()
        self._open: dict[Place, float] = {}
        here, there = _socket_pair()
        self._first_process = os.fork()
        if not self._first_process:
            here.close()
            _serve(Connection(there.detach()), relaxation)
        there.close()
        self._first = self._way(here)

    def first(self) -> tuple[str, Relaxed | None]:
        """Solve the relaxation itself; its status in HiGHS's words, and the end if it has one."""
        root = Place(None)
        (answer,) = self._answers([self._asked(root, Task(None, None))])
        found = answer.relaxed
        return answer.status, None if found is None else replace(found, place=root)

    def solve(self, lower: Floats, upper: Floats, place: Place, cutoff: float, *, proof: bool) -> Relaxed:
        """Solve between other bounds from where a node stands, which goes on standing there."""
        at = self._apart(place, Task(lower, upper, cutoff, proof))
        (answer,) = self._answers([at])
        self._end(at)
        return replace(self._found(answer), place=Place(None))

    def children(self, sides: Sequence[tuple[Floats, Floats]], place: Place, cutoff: float) -> list[Relaxed]:
        """Solve the two children of a node, which itself is never solved from again.

        The first is solved by a process of its own, the second by that of the node; two are forked where the
        node has none.
        """
        first, second = (Task(*side, cutoff) for side in sides)
        asked = [self._apart(place, first)]
        answers = [] if self._together else self._answers(asked)
        asked.append(self._asked(place, second) if place.at else self._apart(place, second))
        self._open.pop(place, None)
        answers += self._answers(asked[len(answers) :])
        return [self._kept(self._found(answer), at) for answer, at in zip(answers, asked, strict=True)]

    def release(self, place: Place) -> None:
        """End the process of a node that is not solved from again."""
        if place.at is not None:
            self._open.pop(place, None)
            self._end(place.at)
            place.at = None

    def close(self) -> None:
        """End all processes and wait for them."""
        for at in self._ways:
            at.close()
        os.waitpid(self._first_process, 0)

    def _kept(self, found: Relaxed, at: Connection) -> Relaxed:
        """A child with its place if something can go on from it; the worst place is given up for it."""
        place = Place(at)
        self._open[place] = found.claim
        if not found.optimal:
            self.release(place)
        elif len(self._open) > MOST_OPEN:
            self.release(max(self._open, key=self._open.__getitem__))
        return replace(found, place=place)

    def _found(self, answer: Answer) -> Relaxed:
        if answer.relaxed is None:
            raise EndedError(f"a process of the search ended with {answer.status}")
        return answer.relaxed

    def _asked(self, place: Place, task: Task) -> Connection:
        at = self._standing(place)
        at.send(task)
        return at

    def _apart(self, place: Place, task: Task) -> Connection:
        """Ask for a process that is forked from where a node stands; the socket at which it answers."""
        here, there = _socket_pair()
        at, parent = self._way(here), self._standing(place)
        parent.send(replace(task, apart=True))
        with there, socket.fromfd(parent.fileno(), socket.AF_UNIX, socket.SOCK_STREAM) as way:
            socket.send_fds(way, [b"."], [there.fileno()])
        return at

    def _way(self, here: socket.socket) -> Connection:
        """A socket to a process, which is ended with it or with all of them."""
        at = Connection(here.detach())
        self._ways.add(at)
        return at

    def _end(self, at: Connection) -> None:
        self._ways.remove(at)
        at.close()

    def _standing(self, place: Place) -> Connection:
        """The socket of the process in which a node stands; that of the root if it has none."""
        return place.at or self._first

    def _answers(self, asked: Sequence[Connection]) -> list[Answer]:
        """The answers, in the order in which they were asked for.

        Raises:
            StoppedError: the search was stopped.
            EndedError: a process is gone.
        """
        answers: dict[Connection, Answer] = {}
        while missing := [at for at in asked if at not in answers]:
            ready = wait(missing, ASK_SECONDS)
            for at in missing:
                if at in ready:
                    answers[at] = _received(at)
            self.stopping.obey()
        self.solves += sum(answer.solves for answer in answers.values())
        self.iterations += sum(answer.iterations for answer in answers.values())
        return [answers[at] for at in asked]


def _received(at: Connection) -> Answer:
    try:
        said: Answer | Exception = at.recv()
    except (EOFError, OSError) as error:
        raise EndedError("a process of the search ended without an answer") from error
    if isinstance(said, Exception):
        raise said
    return said


def _socket_pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)


# -- in the processes ----------------------------------------------------------------------------------------


def _serve(at: Connection, relaxation: Relaxation) -> NoReturn:
    """Solve what is asked for until nobody can ask any more."""
    _alone(at)
    forked: list[int] = []
    relaxation.stopping.should_stop = at.poll  # nothing comes before the answer but the end
    try:
        while True:
            task: Task = at.recv()
            if task.apart:
                other = _received_socket(at)
                process = os.fork()
                if process:
                    os.close(other)
                    forked.append(process)
                    continue
                at.close()
                at, forked = Connection(other), []
                relaxation.stopping.should_stop = at.poll
            at.send(_answered(relaxation, task))
    except (EOFError, OSError):
        at.close()
    finally:
        relaxation.highs.clear()  # who waits for its children needs no memory
        for process in forked:
            os.waitpid(process, 0)
        os._exit(0)


def _alone(at: Connection) -> None:
    """Let go of what the caller has open; words for the error stream stay its."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for file in (0, 1):
        os.dup2(nowhere, file)
    os.closerange(3, at.fileno())
    os.closerange(at.fileno() + 1, os.sysconf("SC_OPEN_MAX"))


def _received_socket(at: Connection) -> int:
    with socket.fromfd(at.fileno(), socket.AF_UNIX, socket.SOCK_STREAM) as way:
        _, files, _, _ = socket.recv_fds(way, 1, 1)
    return files[0]


def _answered(relaxation: Relaxation, task: Task) -> Answer | Exception:
    solves, iterations = relaxation.solves, relaxation.iterations
    status = ""
    found: Relaxed | None
    try:
        if task.lower is None or task.upper is None:
            status, found = relaxation.first()
        else:
            found = relaxation.solve(task.lower, task.upper, None, task.cutoff, proof=task.proof)
    except Exception as error:
        return error
    plain = None if found is None else replace(found, place=None)
    return Answer(status, plain, relaxation.solves - solves, relaxation.iterations - iterations)

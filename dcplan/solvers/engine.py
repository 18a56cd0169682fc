"""HiGHS itself: arrays in, an answer in its own words out; as a module, and as a process of its own.

This file imports numpy and highspy alone, neither pandas nor any other module of dcplan, so that the process
starts in about 0.2 s. `dcplan.solvers.child` starts it by its path and speaks with it in lines of JSON:

- in: the job (a folder with `program.npz`, the offset, options), then `go <seconds or none>`, then perhaps
  `stop`; the end of the input means that the parent is gone, and ends the process;
- out: `ready`, `look` (incumbent, bound, nodes), `incumbent` (the same, with values in `incumbent-N.npy`),
  and one of `answer` (values in `answer.npy`), `refused`, `memory`, `error`.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import highspy
import numpy as np
from highspy import HighsModelStatus, cb
from numpy.typing import NDArray

PROGRAM, ANSWER, TREE = "program.npz", "answer.npy", "tree.npz"
ARRAYS = (
    "cost", "col_lower", "col_upper", "integrality", "row_lower", "row_upper", "indptr", "indices", "data",
)  # fmt: skip
"""The arrays of a matrix by the names that `dcplan.lp.matrix.Matrix` has for them."""

_FEASIBLE_POINT = 2  # kSolutionStatusFeasible, not named in Python
_ORPHANED = 3
_MIB = 2**20
_LOADING = threading.Lock()
INTERRUPTS = (
    cb.HighsCallbackType.kCallbackMipInterrupt,
    cb.HighsCallbackType.kCallbackSimplexInterrupt,
    cb.HighsCallbackType.kCallbackIpmInterrupt,
)
_LOOKS = (cb.HighsCallbackType.kCallbackMipLogging, cb.HighsCallbackType.kCallbackMipImprovingSolution)


class RefusedError(Exception):
    """HiGHS refuses an option or the program."""


class Look(NamedTuple):
    """What HiGHS says while it runs: cost of the best solution, proven bound, solutions, nodes."""

    incumbent: float
    bound: float
    solutions: int
    nodes: int


class Raw(NamedTuple):
    """An answer in HiGHS's own words; nothing of it is checked yet.

    ``status`` is the name of its model status; ``values`` are None where it has no feasible point;
    ``absolute_gap`` is the absolute gap at which it calls an integer program solved.
    """

    status: str
    values: NDArray[np.float64] | None
    objective: float
    bound: float
    nodes: int
    iterations: int
    absolute_gap: float
    version: str


def new_highs() -> Any:
    """Return a HiGHS; the banner that the first one of a process prints never reaches the standard output.

    HiGHS 1.16 prints it from C while it is constructed, before any option can be set: it would stand in front
    of what `--json` prints, and among the lines that two processes exchange.
    """
    with _LOADING:
        sys.stdout.flush()
        kept = os.dup(1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 1)
            return highspy.Highs()
        finally:
            os.dup2(kept, 1)
            os.close(kept)
            os.close(nowhere)


def fresh_scheduler() -> None:
    """Make way for another HiGHS in this thread: thread count still to choose, banner already spent."""
    new_highs()
    highspy.Highs.resetGlobalScheduler(True)


def loaded(name: str, offset: float, arrays: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
    """A HiGHS with its options set and the program passed as arrays.

    Args:
        name: name of the program.
        offset: constant part of the cost.
        arrays: `ARRAYS` by name, the matrix by columns.
        options: options in the words of HiGHS; None leaves its own choice.

    Raises:
        RefusedError: an option or the program.
    """
    highs = new_highs()
    highs.setOptionValue("output_flag", options.get("log_file") is not None)
    highs.setOptionValue("log_to_console", False)
    for option, value in options.items():
        if value is not None and highs.setOptionValue(option, value) != highspy.HighsStatus.kOk:
            raise RefusedError(f"HiGHS refuses the option {option} = {value!r}")
    lp = highspy.HighsLp()
    lp.model_name_, lp.offset_ = name, offset
    lp.num_col_, lp.num_row_ = int(arrays["cost"].size), int(arrays["row_lower"].size)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = arrays["cost"], arrays["col_lower"], arrays["col_upper"]
    lp.row_lower_, lp.row_upper_ = arrays["row_lower"], arrays["row_upper"]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = arrays["indptr"].astype(np.int32)
    lp.a_matrix_.index_ = arrays["indices"].astype(np.int32)
    lp.a_matrix_.value_ = arrays["data"]
    if arrays["integrality"].any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[whole] for whole in arrays["integrality"].tolist()]
    # A warning says that coefficients below 1e-9 were dropped; the answer is checked against all of them.
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise RefusedError(f"HiGHS refuses the program {name}")
    return highs


def start_from(highs: Any, values: NDArray[np.float64]) -> None:
    """Give HiGHS a solution to start an integer program from."""
    solution = highspy.HighsSolution()
    solution.col_value = values.tolist()
    highs.setSolution(solution)


class Listener:
    """Hears a running HiGHS: every look at an integer program, every better solution; and may stop it."""

    def __init__(
        self,
        highs: Any,
        looked: Callable[[Look], None],
        improved: Callable[[Look, NDArray[np.float64]], None],
    ) -> None:
        """Begin to hear."""
        self.cancelled = False
        self._looked, self._improved = looked, improved
        self._solutions = 0
        highs.setCallback(self._listen, None)
        for kind in (*INTERRUPTS, *_LOOKS):
            highs.startCallback(kind)

    def _listen(self, kind: Any, _message: str, out: Any, into: Any, _data: Any) -> None:
        if kind in INTERRUPTS:
            if self.cancelled:
                into.user_interrupt = True
            return
        better = kind == cb.HighsCallbackType.kCallbackMipImprovingSolution
        self._solutions += better
        bounds = float(out.mip_primal_bound), float(out.mip_dual_bound)
        look = Look(*bounds, self._solutions, int(out.mip_node_count))
        if better:
            self._improved(look, np.array(out.mip_solution, dtype=np.float64))
        self._looked(look)


def run(highs: Any) -> str:
    """Run HiGHS and return the name of its status.

    What is unbounded or infeasible is run again without costs, which tells them apart.
    """
    highs.run()
    status = highs.getModelStatus()
    if status == HighsModelStatus.kUnboundedOrInfeasible:
        columns = np.arange(highs.getNumCol(), dtype=np.int32)
        highs.changeColsCost(columns.size, columns, np.zeros(columns.size))
        highs.run()
        told = {
            HighsModelStatus.kOptimal: HighsModelStatus.kUnbounded,
            HighsModelStatus.kInfeasible: HighsModelStatus.kInfeasible,
        }
        status = told.get(highs.getModelStatus(), status)
    return str(status.name)


def answer(highs: Any, status: str) -> Raw:
    """What HiGHS answers after `run`."""
    info, solution = highs.getInfo(), highs.getSolution()
    found = solution.value_valid and info.primal_solution_status == _FEASIBLE_POINT
    return Raw(
        status=status,
        values=np.array(solution.col_value, dtype=np.float64) if found else None,
        objective=float(info.objective_function_value),
        bound=float(info.mip_dual_bound),
        nodes=max(0, int(info.mip_node_count)),
        iterations=max(0, int(info.simplex_iteration_count)),
        absolute_gap=float(highs.getOptionValue("mip_abs_gap")[1]),
        version=highs.version(),
    )


# -- the process ---------------------------------------------------------------------------------------------


class _Worker:
    """The process: reads its job, obeys the parent, tells what HiGHS finds."""

    def __init__(self, out: Any) -> None:
        self._out = out
        self._saying = threading.RLock()  # who holds it may write: words, values, or the end of all of it
        self._go = threading.Event()
        self._seconds: float | None = None
        self._stop = False
        self._listener: Any = None
        job = json.loads(sys.stdin.buffer.readline())
        self._job: dict[str, Any] = job
        self._folder = Path(job["folder"])
        self._count = 0

    def say(self, kind: str, **words: Any) -> None:
        """Write one line; with nobody left to read it, end."""
        with self._saying:
            try:
                self._out.write(json.dumps({"kind": kind, **words}) + "\n")
                self._out.flush()
            except OSError:
                self._orphaned()

    def work(self) -> None:
        """Solve the job and tell its end, whatever it is."""
        try:
            _limit_memory(self._job["memory_mib"])
            self._solve()
        except RefusedError as error:
            self.say("refused", text=str(error))
        except MemoryError:
            self.say("memory")
        except Exception as error:
            self.say("error", text=f"{type(error).__name__}: {error}")

    def _solve(self) -> None:
        job = self._job
        with np.load(self._folder / PROGRAM, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        if "steps" in arrays and self._search(arrays):
            return
        highs = loaded(job["name"], job["offset"], arrays, job["options"])
        if "start" in arrays:
            start_from(highs, arrays["start"])
        self._begin(Listener(highs, self._looked, self._improved))
        if self._seconds is not None:
            highs.setOptionValue("time_limit", self._seconds)
        self._answered(answer(highs, run(highs)))

    def _search(self, arrays: Mapping[str, Any]) -> bool:
        """Search with our own branch and bound; what it needs of dcplan is as light as this file.

        False if its relaxation has no optimum, and no proof that it is empty: HiGHS then tells what it is.
        """
        sys.path.append(str(Path(__file__).resolve().parents[2]))
        from dcplan.solvers.searching import Searching

        searching = Searching(self._job, arrays, self._looked, self._improved, alone=True)
        self._begin(searching)
        found = searching.run(self._seconds, self._folder / TREE)
        if found is not None:
            self._answered(found)
        return found is not None

    def _begin(self, listener: Any) -> None:
        """Say that all is ready and wait for the word to go."""
        first, self._listener = self._listener is None, listener
        if first:
            threading.Thread(target=self._obey, daemon=True).start()
            self.say("ready")
            self._go.wait()
        listener.cancelled = self._stop

    def _looked(self, look: Look) -> None:
        self.say("look", **look._asdict())

    def _answered(self, found: Raw) -> None:
        with self._saying:
            if found.values is not None:
                np.save(self._folder / ANSWER, found.values, allow_pickle=False)
            self.say("answer", **{**found._asdict(), "values": found.values is not None})

    def _improved(self, look: Look, values: NDArray[np.float64]) -> None:
        with self._saying:
            self._count += 1
            np.save(self._folder / f"incumbent-{self._count}.npy", values, allow_pickle=False)
            self.say("incumbent", number=self._count, **look._asdict())

    def _obey(self) -> None:
        for line in sys.stdin.buffer:
            word, _, rest = line.decode().strip().partition(" ")
            if word == "go":
                self._seconds = None if rest == "none" else float(rest)
                self._go.set()
            elif word == "stop":
                self._stop = True
                if self._listener is not None:
                    self._listener.cancelled = True
        self._orphaned()

    def _orphaned(self) -> None:
        """Leave nothing: the parent is gone, told by the end of its pipe or by a word that nobody reads."""
        with self._saying:
            shutil.rmtree(self._folder, ignore_errors=True)
            os._exit(_ORPHANED)


def _limit_memory(mib: int | None) -> None:
    if mib is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (mib * _MIB, mib * _MIB))


def main() -> None:
    """Solve one job and end; what a library prints goes to the error stream, never among the answers."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # a short life, and pages that forked processes share
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _Worker(out).work()
    os._exit(0)  # what is left to tear down has nothing to say any more


if __name__ == "__main__":
    main()

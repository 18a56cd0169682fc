"""A process that speaks as `dcplan.solvers.engine` does, and lies in the way that it is told to.

The program is the integer program `shop` of the tests: minimise 2x + 3y + 1 with x + y >= 4, x <= 3, both
whole; x = 3, y = 1 at 10. Usage: lying_solver.py LIE, and then the protocol on the standard streams.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import time
from pathlib import Path

HONEST = {
    "status": "kOptimal", "values": True, "objective": 10.0, "bound": 10.0, "nodes": 1, "iterations": 2,
    "absolute_gap": 1e-6, "version": "0.0.0",
}  # fmt: skip
BEST = [3.0, 1.0]
NAN, INF = float("nan"), float("inf")

# lie: (what the answer says otherwise, the values in its file)
FALSE_ANSWERS = {
    "none": ({}, BEST),
    "zeros": ({}, [0.0, 0.0]),
    "zeros at their cost": ({"objective": 1.0, "bound": 1.0}, [0.0, 0.0]),
    "nan value": ({}, [NAN, 1.0]),
    "infinite value": ({}, [3.0, INF]),
    "short vector": ({}, [3.0]),
    "long vector": ({}, [3.0, 1.0, 0.0]),
    "columns swapped": ({}, [1.0, 3.0]),
    "fractional whole number": ({"objective": 10.5}, [2.5, 1.5]),
    "beyond a bound": ({"objective": 9.0, "bound": 9.0}, [4.0, 0.0]),
    "broken row": ({"objective": 7.0, "bound": 7.0}, [3.0, 0.0]),
    "wrong cost": ({"objective": 9.0, "bound": 9.0}, BEST),
    "worse cost at a limit": ({"status": "kTimeLimit", "objective": 11.0, "bound": 9.0}, BEST),
    "better cost at a limit": ({"status": "kTimeLimit", "objective": 9.5, "bound": 9.0}, BEST),
    "better cost of no solution": ({"status": "kTimeLimit", "objective": 6.0, "bound": 6.0}, [3.0, 0.0]),
    "nan cost": ({"objective": NAN}, BEST),
    "cost in thousands": ({"objective": 10_000.0, "bound": 10_000.0}, BEST),
    "values in thousands": ({"objective": 9_001.0, "bound": 9_001.0}, [3_000.0, 1_000.0]),
    "bound beyond the solution": ({"bound": 10.5}, BEST),
    "nan bound": ({"bound": NAN}, BEST),
    "optimal short of the gap": ({"bound": 9.0}, BEST),
    "optimal without a solution": ({"values": False}, None),
    "unknown status": ({"status": "kUnknown"}, BEST),
    "status that does not exist": ({"status": "kSolved"}, BEST),
    "unbounded": ({"status": "kUnbounded", "values": False}, None),
    "cost in words": ({"objective": "ten"}, BEST),
    "values missing": ({}, None),
}


def save(path: Path, values: list[float], kind: str = "<f8") -> None:
    """Write an .npy file without numpy, which takes longer to load than all the rest."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({len(values)},), }}".ljust(117) + "\n"
    head = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
    path.write_bytes(head + struct.pack(f"<{len(values)}d", *values))


class Speaker:
    def __init__(self) -> None:
        job = json.loads(sys.stdin.readline())
        self.folder, self.options = Path(job["folder"]), job["options"]

    def say(self, kind: str, **words: object) -> None:
        print(json.dumps({"kind": kind, **words}), flush=True)

    def answer(self, file: list[float] | None, otherwise: dict[str, object]) -> None:
        if file is not None:
            save(self.folder / "answer.npy", file)
        self.say("answer", **{**HONEST, **otherwise})

    def found(self, values: list[float], cost: float, bound: float = 9.0) -> None:
        save(self.folder / "incumbent-1.npy", values)
        self.say("incumbent", number=1, incumbent=cost, bound=bound, solutions=1, nodes=0)


def main(lie: str) -> None:
    speaker = Speaker()
    if lie == "never ready":
        time.sleep(600)
    speaker.say("ready")
    sys.stdin.readline()
    if lie in FALSE_ANSWERS:
        otherwise, values = FALSE_ANSWERS[lie]
        speaker.answer(values, otherwise)
    elif lie == "infeasible once":
        if speaker.options.get("presolve") == "off":  # the second time, where nothing costs anything
            speaker.answer(BEST, {"objective": 0.0, "bound": 0.0})
        else:
            speaker.answer(None, INFEASIBLE)
    elif lie.startswith("exit"):
        print("the licence has ended", file=sys.stderr, flush=True)
        os._exit(int(lie.split()[1]))
    elif lie.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, lie))
    elif lie.startswith("print "):
        sys.stdout.buffer.write(RUBBISH[lie.removeprefix("print ")])
        sys.stdout.flush()
    else:
        longer(speaker, lie)
    time.sleep(600)


INFEASIBLE = {"status": "kInfeasible", "values": False, "objective": NAN, "bound": INF}
RUBBISH = {
    "words": b"Segmentation fault? no, all is well\n",
    "bytes": bytes(range(256)) + b"\n",
    "an endless line": b"{" * 200_000,
    "a number": b"42\n",
    "an unknown kind": b'{"kind": "guess", "objective": 1}\n',
    "half an answer": b'{"kind": "answer", "status": "kOptimal"}\n',
}


def longer(speaker: Speaker, lie: str) -> None:
    """Lies that take more than one message."""
    if lie == "infeasible after a solution":
        speaker.found(BEST, 10.0)
        speaker.answer(None, INFEASIBLE)
    elif lie == "worse than it had":
        speaker.found(BEST, 10.0)
        speaker.answer([0.0, 4.0], {"objective": 13.0, "bound": 13.0})
    elif lie == "nan on the way":
        speaker.found([NAN, 1.0], 10.0)
    elif lie == "pickled values":
        save(speaker.folder / "answer.npy", BEST, "|O")
        speaker.say("answer", **HONEST)
    elif lie == "half a file":
        (speaker.folder / "answer.npy").write_bytes(b"\x93NUMPY\x01\x00")
        speaker.say("answer", **HONEST)
    elif lie == "hangs with a solution":
        speaker.found(BEST, 10.0)
    elif lie == "hangs with no solution at all":
        speaker.found([0.0, 0.0], 1.0, bound=0.0)
    elif lie == "hangs with a bound beyond":
        speaker.found(BEST, 10.0, bound=11.0)
    elif lie != "hangs":
        raise ValueError(lie)


if __name__ == "__main__":
    main(sys.argv[1])

"""Make random programs of pieces: each number gives one program, always the same."""

from __future__ import annotations

import random
import re
import textwrap
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from . import hot

HERE = Path(__file__).resolve().parent
# How a program runs: forked from a warm process, from one with an immortal heap, or by itself.
WAYS = ("forked",) * 5 + ("forked from sealed",) * 3 + ("alone",) * 2
ENDS = (
    "sys.exit(0)", "sys.exit(R(1, 99))", "os._exit(R(0, 99))", "raise Ended", "raise Ended",
    'sys.exit("a message")', 'raise ValueError("at the end")', "os.kill(os.getpid(), 15)",
)  # fmt: skip
# A trace function that is left in place keeps stock from calling many finalizers.
UNTRACE = "sys.settrace(None)\nsys.setprofile(None)\n"
# They tell whether the program's variables go away with their interpreter, or leak.
CANARIES = """\
local = Noisy("canary")
globals()["canary"] = lambda: local
globals()["canaries"] = [Noisy("canary of the module")]
"""
COLLECT = (
    "gc.collect()", "gc.collect(0)", "gc.collect(1)", "gc.freeze()", "gc.unfreeze()",
    "gc.disable()", "gc.enable()", "gc.set_threshold(R(1, 50))",
)  # fmt: skip


@dataclass
class Piece:
    """A small theme: its first step sets up, the others can come in any order."""

    name: str
    steps: list[str]

    @property
    def names(self) -> list[str]:
        """The variables of the first step, which can be made immortal one by one."""
        pattern = r"^(?:class |def |async def )?(\w+_N)(?= = |\(|:)"
        return list(dict.fromkeys(re.findall(pattern, self.steps[0], re.MULTILINE)))


@dataclass
class Fork:
    """What a child does, and how it ends."""

    name: str
    steps: list[str | Fork] = field(default_factory=list)
    end: str = "raise Ended"


Steps = list["str | Fork"]


@dataclass
class Program:
    """A program: how it runs, its steps, whether they stand in a function, and its end."""

    seed: int
    way: str
    in_function: bool
    steps: Steps
    end: str

    @property
    def source(self) -> str:
        """The program's text."""
        prelude = (HERE / "prelude.py").read_text()
        text = f"{CANARIES}{_text(self.steps)}{UNTRACE}{self.end}\n"
        body = textwrap.indent(text, "    ")
        if self.in_function:
            body = "    def main():\n" + textwrap.indent(body, "    ") + "    main()\n"
        return f"{prelude}\n\ntry:\n{body}except Ended:\n    pass\n"


def _text(steps: Steps) -> str:
    lines = []
    for step in steps:
        if isinstance(step, Fork):
            inner = textwrap.indent(_text(step.steps) + UNTRACE + step.end + "\n", "    ")
            lines.append(f"if not fork({step.name!r}):\n{inner}")
        else:
            inner = textwrap.indent(step.rstrip("\n") + "\n", "    ")
            lines.append(f"try:\n{inner}except Exception as error:\n    failed(error)\n")
    return "".join(lines)


@cache
def pieces() -> tuple[Piece, ...]:
    """Return all pieces of the files in pieces/."""
    found = []
    for file in sorted((HERE / "pieces").glob("*.py")):
        for text in file.read_text().split("# piece: ")[1:]:
            name, _, body = text.partition("\n")
            found.append(Piece(name, re.split(r"^# step$\n", body, flags=re.MULTILINE)))
    return tuple(found)


def make(seed: int) -> Program:
    """Return the program of the number *seed*."""
    chance = random.Random(seed)
    queues: list[list[str]] = []
    for number in range(chance.randint(2, 9)):
        if chance.random() < 0.3:
            piece = Piece("hot", hot.steps(chance))
        else:
            piece = chance.choice(pieces())
        first, *rest = piece.steps
        chosen = [chance.choice(rest) for _ in range(chance.randint(1, 2 * len(rest)))]
        for name in piece.names:
            if chance.random() < 0.15:
                chosen.insert(chance.randrange(len(chosen)), f"immortalize({name})\n")
        queues.append([_fill(step, number, chance) for step in (first, *chosen)])
    steps = _interleave(queues, chance)
    for _ in range(chance.choice((0, 0, 1, 2, 4))):
        steps.insert(chance.randint(0, len(steps)), _fill(chance.choice(COLLECT), 0, chance))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        steps.insert(chance.randint(0, len(steps)), "immortalize_heap()\n")
    nested = _fork_some(list(steps), chance, "c", 0)
    end = _fill(chance.choice(("pass",) * 8 + ENDS), 0, chance)
    return Program(seed, chance.choice(WAYS), chance.random() < 0.5, nested, end)


def _fill(step: str, number: int, chance: random.Random) -> str:
    """Give the names and files of *step* their number, and put random numbers into it."""
    step = re.sub(r"(?<=[A-Za-z])_N\b", f"_{number}", step)
    step = re.sub(r"(path\(\"[a-z]+ )N", rf"\g<1>{number}", step)

    def pick(match: re.Match[str]) -> str:
        return str(chance.randint(int(match[1]), int(match[2])))

    return re.sub(r"\bR\((-?\d+), (-?\d+)\)", pick, step)


def _interleave(queues: list[list[str]], chance: random.Random) -> list[str]:
    steps = []
    while queues:
        queue = chance.choice(queues)
        steps.append(queue.pop(0))
        queues = [some for some in queues if some]
    return steps


def _fork_some(steps: list[str], chance: random.Random, name: str, depth: int) -> Steps:
    """Let children do some of the steps; what they do the parent does not see."""
    found: Steps = []
    number = 0
    while steps:
        if depth < 3 and chance.random() < 0.06:
            number += 1
            length = chance.randint(1, 8)
            # The child goes on with the next steps; so does the parent, once the child has ended.
            ahead = [
                "immortalize_heap()\n" if chance.random() < 0.04 else step
                for step in steps[:length]
            ]
            end = _fill(chance.choice(ENDS), 0, chance)
            below = _fork_some(ahead, chance, f"{name}{number}", depth + 1)
            found.append(Fork(f"{name}{number}", below, end))
        found.append(steps.pop(0))
    return found

"""The fixed list of programs whose instructions are counted.

The benchmarks are pyperformance's own and those of pyperformance-config/, so small that the list
takes a few minutes under callgrind for two interpreters; most run once before they are counted.
"""

from __future__ import annotations

from .callgrind import Program


def _theirs(name: str, folder: str = "", *arguments: str, **others: object) -> Program:
    """Return a benchmark of pyperformance's."""
    script = f"pyperformance/bm_{folder or name}/run_benchmark.py"
    return Program(name, script, arguments, **others)  # type: ignore[arg-type]


def _loop(name: str, loops: int) -> Program:
    """Return one of bm_loops."""
    return Program(name, "bm_loops/run_benchmark.py", loops=loops)


# Counted as a whole, and reported apart: they are in no geometric mean. -E goes without a fixed
# hash seed, which makes 0.1 % of difference between two runs.
STARTUP = (
    Program("startup", arguments=("-c", "pass")),
    Program("startup_isolated", arguments=("-I", "-S", "-E", "-c", "pass"), runs=6),
)
# Counted from the first loop to the last: without start-up, imports and preparation.
# pyperformance's, and loops of our own that do little but count references: each group has its
# geometric mean.
BENCHMARKS = (
    _theirs("richards", warmups=0),
    _theirs("deltablue", loops=3),
    _theirs("deepcopy", loops=30),
    _theirs("raytrace", "", "--width", "20", "--height", "20"),
    _theirs("nbody", "", "--iterations", "1000"),
    _theirs("json_dumps", warmups=0),
    _theirs("pickle", "", "pickle", loops=20),
    _theirs("unpickle", "pickle", "unpickle", loops=20),
    _theirs("pickle_pure_python", "pickle", "--pure-python", "pickle", loops=2),
    _theirs("unpack_sequence", loops=400),
    _theirs(
        "async_tree", "", "none", benchmark="async_tree_none", globals={"NUM_RECURSE_LEVELS": 4}
    ),
    _theirs("gc_collect", benchmark="create_gc_cycles", loops=10),
    _theirs("gc_traversal", loops=3, globals={"N_LEVELS": 300}),
)
LOOPS = (
    _loop("iterate_list", 300),
    _loop("iterate_tuple", 300),
    _loop("iterate_dict", 300),
    _loop("iterate_set", 300),
    _loop("iterate_items", 200),
    _loop("copy_list", 1000),
    _loop("copy_list_of_none", 1000),
    _loop("singletons", 200),
    _loop("calls", 100),
    _loop("instances", 40),
    _loop("swap", 100),
)
GROUPS = {"benchmarks": BENCHMARKS, "loops": LOOPS}
PROGRAMS = (*STARTUP, *BENCHMARKS, *LOOPS)

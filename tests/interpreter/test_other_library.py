"""The library's modules do not depend on the patched interpreter: another may find them first.

That happens to a shared build whose program meets another libpython of the same name: it finds that
library's interpreter, and its own modules.
"""

from __future__ import annotations

from pathlib import Path

from harness import modules, run_json

# Prints what failed: modules that can't be imported, and uses of those that the series changes.
PROGRAM = r"""
import importlib, json, os, sys
failed = {}
# What does something when it is imported, needs a display, or is another system's.
LEFT = {"antigravity", "this", "idlelib", "tkinter", "turtle", "turtledemo", "__main__"}
for name in sorted(sys.stdlib_module_names - LEFT):
    try:
        importlib.import_module(name)
    except Exception as error:
        failed[name] = repr(error)
own = [name for name, module in sys.modules.items()
       if (getattr(module, "__file__", None) or "").startswith(sys.argv[1])]

import copyreg, dis, email, email.policy, logging, pickle, threading

class Slots:
    __slots__ = "one", "two"

def use_threads():
    done = []
    threads = [threading.Thread(target=done.append, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 1, 2, 3, 4]
    assert threading.main_thread().is_alive()

def use_pickle():
    obj = Slots()
    obj.one = 1
    assert pickle.loads(pickle.dumps(obj)).one == 1
    assert copyreg._slotnames(Slots) == ["one", "two"]

def use_email():
    message = email.message_from_string("Subject: one\n\ntext", policy=email.policy.default)
    assert message["subject"] == "one"

def use_logging():
    logging.getLogger("name").addHandler(logging.NullHandler())
    logging.shutdown()

def use_fork():
    pid = os.fork()
    if pid == 0:
        logging.getLogger("name").warning("in a child")
        threading.Thread(target=int).start()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0

def use_dis():
    list(dis.get_instructions(use_dis, adaptive=True))

for use in (use_threads, use_pickle, use_email, use_logging, use_fork, use_dis):
    try:
        use()
    except Exception as error:
        failed[use.__name__] = repr(error)
print(json.dumps([failed, len(own)]))
"""


def test_stock_with_the_modules_of_patched(patched: Path, stock: Path) -> None:
    library = patched.parents[1] / "lib" / "python3.11"
    options = {**modules(library), "PYTHONWARNINGS": "ignore"}
    failed, own = run_json(stock, PROGRAM, str(library), env=options)
    # Not built, or another system's: what stock doesn't find among its own, either.
    missing, _ = run_json(
        stock,
        PROGRAM,
        str(stock.parents[1] / "lib" / "python3.11"),
        env={"PYTHONWARNINGS": "ignore"},
    )
    assert failed.keys() - missing.keys() == set(), failed
    assert own > 200

"""The whole heap: now, before the first fork, too late, and what stays mortal. See the other file.

Each program runs in a process of its own, for an immortal heap can't be undone.
"""

from __future__ import annotations

import unittest
from typing import Any

from programs import ABLE, CHOICE, FORKS, RECORDED, run

from immortal_objects import _backend, before_first_fork, immortalize_heap, mortal_types

EXTENSION = _backend.CHOSEN.name == "extension"


class Arguments(unittest.TestCase):
    def test_bad_arguments(self) -> None:
        for function in (immortalize_heap, before_first_fork):
            wrong: tuple[Any, ...] = (1, [1], (dict, "list"), "abc")
            for mortal in wrong:
                with self.assertRaises(TypeError):
                    function(mortal=mortal)
            with self.assertRaises(TypeError):
                function(dict)  # type: ignore[call-arg]

    def test_types(self) -> None:
        code = """
def given(**arguments):
    immortalize_heap(**arguments)
    return calls.pop()
assert given() == mortal_types() and memoryview in mortal_types()
assert given(mortal=()) == ()
assert given(mortal=dict) == (dict,) and given(mortal=[dict, set]) == (dict, set)
assert given(mortal=(type_ for type_ in (dict, set))) == (dict, set)
import sqlite3
assert sqlite3.Cursor in given()
"""
        self.assertEqual(run(RECORDED + code), "")

    def test_types_are_of_loaded_modules(self) -> None:
        self.assertTrue(all(isinstance(item, type) for item in mortal_types()))
        code = (
            "assert len(mortal_types()) == len(set(mortal_types())); print('numpy' in sys.modules)"
        )
        self.assertEqual(run(code), "False\n")

    @unittest.skipUnless(EXTENSION, "counts of immortal objects are the interpreter's own affair")
    def test_the_call_itself_is_not_counted(self) -> None:
        """Its function and its arguments become immortal while it runs."""
        for arguments in ("", "mortal=()", "mortal=[dict, set]"):
            code = f"immortalize_heap({arguments})\nfrom immortal_objects import _core\n"
            self.assertEqual(run(code + "assert _core.drift() == [], _core.drift()"), "")


LOCKED = """
import array, io, mmap, pickle, sqlite3
block, file, table = bytearray(9), io.BytesIO(b"a"), array.array("i", [1])
memory, connection = mmap.mmap(-1, 4096), sqlite3.connect(":memory:")
first, second, third = memoryview(block), file.getbuffer(), memoryview(table)
fourth, fifth = memoryview(memory), pickle.PickleBuffer(other := bytearray(9))
connection.execute("create table t(x)")
connection.execute("insert into t values (1), (2)")
sixth = connection.execute("select * from t")
next(sixth)
lock = threading.Lock()
def holding():
    with lock:
        yield
seventh = holding()
next(seventh)
data, values = [["value"]], [object()]
count = immortalize_heap()
del first, second, third, fourth, fifth, sixth, seventh
other.extend(b"a"), block.extend(b"a"), file.write(bytes(99)), table.append(1), memory.close()
connection.execute("drop table t")
assert lock.acquire(blocking=False)
print(count > 1000, is_immortal(data[0]), is_immortal(values[0]))
"""


class Heap(unittest.TestCase):
    def test_everything(self) -> None:
        code = """
kept = [object()]
print(immortalize_heap() > 1000, is_immortal(kept[0]))
"""
        self.assertEqual(run(code), f"{ABLE} {ABLE}\n")

    @unittest.skipUnless(CHOICE or not ABLE, "this interpreter has no choice what stays mortal")
    def test_what_locks_something_stays_mortal(self) -> None:
        self.assertEqual(run(LOCKED), f"{ABLE} {ABLE} {ABLE}\n")

    @unittest.skipUnless(CHOICE or not ABLE, "this interpreter has no choice what stays mortal")
    def test_instances_of_a_class_stay_mortal(self) -> None:
        code = """
class Node:
    def __del__(self): print("dropped")
class Leaf(Node): pass
node, leaf, data = Node(), Leaf(), [["value"]]
immortalize_heap(mortal=Node)
del node, leaf
print(is_immortal(data[0]), is_immortal(Node))
"""
        self.assertEqual(run(code), f"dropped\ndropped\n{ABLE} {ABLE}\n")


@unittest.skipUnless(FORKS, "this system can't fork")
class BeforeFirstFork(unittest.TestCase):
    def test_acts_once_and_right_before_it(self) -> None:
        code = """
before_first_fork()
early = [object()]
before_first_fork()
assert not is_immortal(early[0])
fork(lambda: print(is_immortal(early[0])))
late = [object()]
before_first_fork()
fork(lambda: print(is_immortal(early[0]), is_immortal(late[0])))
print(is_immortal(early[0]), is_immortal(late[0]))
"""
        self.assertEqual(run(code), f"{ABLE}\n{ABLE} False\n{ABLE} False\n")

    def test_number_of_calls(self) -> None:
        code = """
fork()
assert calls == []
for _ in range(3):
    before_first_fork(mortal=())
def child():
    before_first_fork()
    fork()
    assert calls == [()]
for _ in range(3):
    fork(child)
    before_first_fork()
print(calls)
"""
        self.assertEqual(run(RECORDED + code), "[()]\n")

    def test_types_of_all_calls(self) -> None:
        code = """
class Own: pass
before_first_fork(mortal=Own)
before_first_fork(mortal=(dict, set))
fork()
assert set(calls[0]) == {Own, dict, set}
calls.clear()
dead = weakref.ref(Own)
del Own
gc.collect()
assert dead() is None, "the types are kept"
"""
        self.assertEqual(run(RECORDED + code), "")

    def test_default_types_are_those_at_the_fork(self) -> None:
        code = """
before_first_fork(mortal=dict)
before_first_fork()
import sqlite3
fork()
assert {dict, *mortal_types()} == set(calls[0]) and sqlite3.Cursor in calls[0]
"""
        self.assertEqual(run(RECORDED + code), "")

    def test_errors_are_logged_and_the_fork_goes_on(self) -> None:
        for error in ("RuntimeError", "MemoryError"):
            code = f"""
def fail(**types):
    raise {error}("no way")
use(fail)
before_first_fork()
fork(lambda: print("in the child"))
fork(lambda: print("in another"))
"""
            said = run(RECORDED + code)
            self.assertEqual(said.count("ERROR immortal_objects: the heap"), 1, said)
            self.assertIn(f"{error}: no way\n", said)
            self.assertTrue(said.endswith("in the child\nin another\n"), said)

    def test_threads_that_fork_at_once(self) -> None:
        code = """
sys.setswitchinterval(1e-5)
before_first_fork()
ended = []
def slow(**types):
    calls.append(types)
    time.sleep(0.3)
    ended.append(types)
    return 0
use(slow)
barrier = threading.Barrier(8)
def work():
    barrier.wait()
    fork(lambda: os._exit(len(ended) != 1))
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(calls))
"""
        self.assertEqual(run(RECORDED + code, "-Wignore"), "1\n")

    def test_callbacks_that_are_registered_meanwhile(self) -> None:
        """As a module does that is imported lazily: what is for before the fork is called, too."""
        code = """
lock, order = threading.Lock(), []
def importing(**types):
    os.register_at_fork(before=lambda: order.append(1))
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release,
                        after_in_child=lock.release)
    os.register_at_fork(before=lambda: order.append(2), after_in_parent=lambda: order.append(3))
    assert not lock.locked() and order == []
    return 0
use(importing)
before = os.register_at_fork
before_first_fork()
fork(lambda: print(lock.locked(), order))
assert os.register_at_fork is before
fork(lambda: print(lock.locked(), order))
print(lock.locked(), order)
"""
        said = run(RECORDED + code)
        self.assertEqual(said, "False [2, 1]\nFalse [2, 1, 3, 2, 1]\nFalse [2, 1, 3, 2, 1, 3]\n")

    def test_fork_during_the_call(self) -> None:
        """As a finalizer may do that the collection runs."""
        code = """
def forking(**types):
    calls.append(types)
    fork(fork)
    return 0
use(forking)
before_first_fork()
fork(fork)
print(len(calls))
"""
        self.assertEqual(run(RECORDED + code), "1\n")

    def test_other_programs(self) -> None:
        code = """
before_first_fork(mortal=())
subprocess.run([sys.executable, "-c", ""], check=True)
os.system("true")
os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
assert calls == []
subprocess.run([sys.executable, "-c", ""], check=True, preexec_fn=lambda: None)
print(calls)
"""
        self.assertEqual(run(RECORDED + code, "-Wignore"), "[()]\n")

    def test_multiprocessing(self) -> None:
        code = """
before_first_fork()
context = multiprocessing.get_context("fork")
data = [object()]
def child(queue):
    queue.put(is_immortal(data[0]))
queue = context.SimpleQueue()
process = context.Process(target=child, args=(queue,))
process.start()
print(queue.get())
process.join()
"""
        self.assertEqual(run(code), f"{ABLE}\n")


if __name__ == "__main__":
    unittest.main()

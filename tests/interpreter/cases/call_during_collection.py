"""A thread's collection runs finalizers while another thread makes the heap immortal: it waits."""

import gc
import threading

from memory import HAS_SEAL, seal

started, calling = threading.Event(), threading.Event()


class Slow:
    def __del__(self):
        started.set()
        calling.wait()


def collect():
    node = Slow()
    node.me = node
    del node
    gc.collect()


thread = threading.Thread(target=collect)
thread.start()
started.wait()
threading.Timer(0.2, calling.set).start()
seal()
thread.join()
print("taken", not HAS_SEAL or gc.is_immortal(collect))

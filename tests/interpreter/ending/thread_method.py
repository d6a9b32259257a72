# endings: return, sys.exit
# in any order
sys.modules["worker"] = worker = type(sys)("worker")
exec(
    """
import os, tempfile, threading
class Worker(threading.Thread):
    def __init__(self, folder):
        super().__init__()
        self.ready, self.go = threading.Event(), threading.Event()
        self.file = tempfile.NamedTemporaryFile("w", dir=folder)
    def run(self):
        self.ready.set()
        self.go.wait()
""",
    worker.__dict__,
)
thread = worker.Worker(FOLDER)
thread.start()
thread.ready.wait()
seal()
if child():
    sys.exit(0)
say("file is there", os.path.exists(thread.file.name))
thread.go.set()
thread.join()
end()

# endings: return, sys.exit
# in any order
import subprocess
import tempfile
import threading

ready, go = threading.Event(), threading.Event()


class Holder(Noisy):
    pass


def spool():
    named = tempfile.NamedTemporaryFile("w", dir=FOLDER)
    held = Holder("held by a frame")
    box = [Holder("in a list of a frame")]

    def generator(value):
        try:
            yield
        finally:
            say("generator closed")

    gen = generator(Holder("in a generator of a frame"))
    next(gen)
    tool = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    ready.set()
    go.wait()
    say("file is there", os.path.exists(named.name), tool.poll())
    tool.communicate()


thread = threading.Thread(target=spool)
thread.start()
ready.wait()
seal()
if child():
    sys.exit(0)
go.set()
thread.join()
end()

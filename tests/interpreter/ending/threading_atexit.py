import atexit
import threading

threading._register_atexit(os.write, 1, b"threading atexit\n")


@atexit.register
def late():
    try:
        threading._register_atexit(say, "too late")
    except RuntimeError as error:
        say("refused", error)
    say("alive", threading.main_thread().is_alive())


class C:
    def __del__(self, say=say, main=threading.main_thread()):
        say("alive in __del__", main.is_alive(), threading._SHUTTING_DOWN)


c = C()
seal()
end()

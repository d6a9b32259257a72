import threading
import time

sys.modules["log"] = log = type(sys)("log")
log.file = open(os.devnull, "w")


def work(file=log.file, data="x" * 1000):
    while True:
        file.write(data)
        file.flush()


threading.Thread(target=work, daemon=True).start()
seal()
time.sleep(0.05)
for _ in range(5):
    if child():
        sys.exit(0)
end()

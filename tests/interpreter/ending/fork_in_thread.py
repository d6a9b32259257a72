# endings: return, sys.exit
# in any order
import threading

mine = Noisy("global")


def main():
    local = Noisy("local of the main thread")
    seal()

    def work():
        other = Noisy("local of the thread that forks")
        if child():
            sys.exit(0)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


main()
end()

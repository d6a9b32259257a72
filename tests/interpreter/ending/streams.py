class Writer:
    def write(self, text):
        os.write(1, text.upper().encode())

    def flush(self):
        pass


mode = open(path("out"), "w")
old = sys.stdout


class C:
    def __del__(self):
        print("del prints")


c = C()
seal()
print("printed", end="")
sys.stdout = mode
print("to file")
end()

import io


class Text(io.TextIOWrapper):
    def close(self):
        say("text close")
        super().close()


class Buffer(io.BufferedWriter):
    def flush(self):
        super().flush()

    def close(self):
        say("buffer close")
        super().close()


class Raw(io.FileIO):
    def close(self):
        say("raw close")
        super().close()


raw = Raw(path("raw"), "w")
buffer = Buffer(raw)
text = Text(buffer)
seal()
text.write("text")
end(text)

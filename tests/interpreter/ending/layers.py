import bz2
import codecs
import csv
import gzip
import io
import lzma
import shelve
import zipfile


class Raw(io.RawIOBase):
    def __init__(self, name):
        self.fd = os.open(path(name), os.O_WRONLY | os.O_CREAT)

    def writable(self):
        return True

    def write(self, data):
        return os.write(self.fd, data)

    def close(self):
        if not self.closed:
            super().close()
            say("raw closed")
            os.close(self.fd)


raw = Raw("raw")
over_raw = io.BufferedWriter(raw)
text_over_raw = io.TextIOWrapper(io.BufferedWriter(Raw("text raw")))
inner = open(path("gz"), "wb")
packed = gzip.GzipFile(fileobj=inner, mode="wb", mtime=0)
bz = bz2.open(path("bz2"), "wt")
xz = lzma.open(path("xz"), "wt")
archive = zipfile.ZipFile(path("zip"), "w")
member = archive.open(zipfile.ZipInfo("member"), "w")
writer = codecs.open(path("codecs"), "w", "utf-16")
stream = codecs.getwriter("utf-8")(open(path("stream"), "wb"))
first, second = os.pipe()
reader = open(first, "rb")
pair = io.BufferedRWPair(reader.raw, open(second, "wb", 0))
table_file = open(path("csv"), "w")
table = csv.writer(table_file)
shelf = shelve.open(path("shelf"), writeback=True)
shelf["list"] = []
seal()
over_raw.write(b"over raw")
text_over_raw.write("text over raw")
packed.write(b"packed" * 100)
bz.write("bz" * 100)
xz.write("xz" * 100)
member.write(b"member")
writer.write("codecs")
stream.write("stream")
pair.write(b"pair")
table.writerow([1, 2, 3])
shelf["list"].append("more")
end(member, archive, packed, inner, over_raw, text_over_raw)

import tempfile

named = tempfile.NamedTemporaryFile("w", dir=FOLDER)
plain = tempfile.TemporaryFile("w", dir=FOLDER)
folder = tempfile.TemporaryDirectory(dir=FOLDER)
spooled = tempfile.SpooledTemporaryFile(10, dir=FOLDER)
seal()
named.write("x")
spooled.write(b"x" * 100)
late = tempfile.NamedTemporaryFile("w", dir=FOLDER)
end()

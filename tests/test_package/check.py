"""check.py immortal|stock all|own|windows [FOLDER]: is the interpreter what it should be?

"own" libraries are zlib and libffi: for a machine for which Debian has no others; Windows has zlib
alone. FOLDER has the extension module that was built on the package.
"""

import gc
import importlib
import sys

expected, libraries, *folder = sys.argv[1:]
sys.path[:0] = folder

# Modules that a broken build would lack: make goes on without those that don't compile.
LIBRARIES = ("_bz2", "_ctypes", "_curses", "_gdbm", "_lzma", "_sqlite3", "_ssl", "_uuid", "zlib")
OTHERS = ("_decimal", "_elementtree", "_testcapi", "pyexpat")
later = ("_zstd",) if sys.version_info >= (3, 14) else ()
wanted = {"all": (*LIBRARIES, *later, "readline"), "own": ("_ctypes", "zlib"), "windows": ("zlib",)}
for name in wanted[libraries] + OTHERS:
    importlib.import_module(name)
example = importlib.import_module("example") if folder else None

if expected == "stock":
    assert not hasattr(gc, "immortalize")
else:
    shared = {"name": ["a", 1.5, (object(),)]}
    assert gc.is_immortal(None) and gc.is_immortal(7) and gc.is_immortal(int)
    assert not gc.is_immortal(shared)
    assert gc.immortalize(shared) is shared
    assert gc.is_immortal(shared) and gc.is_immortal(shared["name"][2][0])
    count = sys.getrefcount(shared)
    references = [shared] * 1000
    assert sys.getrefcount(shared) == count
    other = [1.5]
    # The later series adds nothing to the C API yet.
    if example and sys.version_info < (3, 14):
        assert example.share(other) == (1, 1)
        assert example.share(other) == (0, 1)
        assert gc.is_immortal(other)
    assert gc.immortalize_heap() > 1000
print(f"{sys.version} is {expected}")

"""Files, streams, archives, databases."""

from __future__ import annotations

import fnmatch
import glob
import gzip
import io
import os
import pathlib
import shutil
import sqlite3
import tarfile
import tempfile
import zipfile

TEXT = "".join(f"{number}: Zeile mit ä\n" for number in range(300))
ROWS = [(number, f"näme {number}", number / 7, None) for number in range(100)]
PATHS = [pathlib.PurePosixPath(f"/srv/{number}/file.{number}.txt") for number in range(20)]
QUERY = "SELECT name, sum(price) FROM t WHERE id % ? = 0 GROUP BY name ORDER BY 2 DESC LIMIT 5"


def work_io() -> object:
    raw = io.BytesIO()
    with io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", newline="\r\n") as stream:
        stream.write(TEXT)
        stream.flush()
        size = raw.tell()
    lines = io.TextIOWrapper(io.BytesIO(TEXT.encode("latin-1")), "latin-1").readlines()
    return size, len(lines), io.StringIO(TEXT).readline()


def work_pathlib() -> object:
    names = [(path.suffixes, path.stem, path.parent.name) for path in PATHS]
    return names, PATHS[0] / ".." / "x", PATHS[1].relative_to("/srv"), sorted(PATHS)[0] < PATHS[3]


def change_tempfile() -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "a.txt")
        path.write_text(TEXT, encoding="utf-8")
        with tempfile.NamedTemporaryFile("w+", dir=folder, suffix=".tmp", encoding="utf-8") as file:
            file.write(TEXT)
            file.seek(0)
            same = file.read() == TEXT
        return (
            same,
            path.stat().st_size,
            os.listdir(folder),
            len(list(pathlib.Path(folder).iterdir())),
        )


def change_shutil() -> object:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.py", "b.txt", "c.py"):
            pathlib.Path(folder, name).write_text(TEXT[:50], encoding="utf-8")
        shutil.copytree(folder, os.path.join(folder, "copy"))
        found = glob.glob("*.py", root_dir=os.path.join(folder, "copy"))
        packed = shutil.make_archive(os.path.join(folder, "packed"), "gztar", folder, "copy")
        with tarfile.open(packed) as archive:
            names = sorted(archive.getnames())
        return sorted(found), names, fnmatch.filter(names, "*.txt")


def work_gzip() -> object:
    raw = io.BytesIO()
    with gzip.open(raw, "wt", encoding="utf-8") as stream:
        stream.write(TEXT)
    with gzip.open(io.BytesIO(raw.getvalue()), "rt", encoding="utf-8") as stream:
        return sum(len(line) for line in stream)


def work_zipfile() -> object:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.txt", TEXT)
    with zipfile.ZipFile(raw) as archive:
        return archive.namelist(), len(archive.read("a/b.txt"))


def work_sqlite3() -> object:
    with sqlite3.connect(":memory:") as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, price REAL, x)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", ROWS)
        connection.create_function("twice", 1, lambda value: value * 2)
        found = [tuple(row) for row in connection.execute(QUERY, (3,))]
        twice = connection.execute("SELECT twice(price) FROM t WHERE id = 7").fetchone()[0]
    connection.close()
    return found, twice

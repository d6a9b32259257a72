#!/usr/bin/env bash
# A forked child that never touches a file of its parent's ruins it, after the parent has closed it: the child's regular
# end writes what *it* has as the file's end. HDF5 loses a data set, Parquet half of the rows, a ZIP a member.
#
# Seen: h5py 3.16.0, pyarrow 26.0.1 and zipfile on CPython 3.14.7, 2026-12-01. No process reports an error. If the child
# leaves by os._exit(), or before the parent goes on, all three are whole.
# Why: finalizers and the C library's atexit close the child's copy of the writer. For it the file still ends where it did
# at the fork, and the two share the file's offset or write at their own.
# Matters to: whoever forks a helper while a writer is open: workers of gunicorn and children by os.fork() end
# regularly; those of multiprocessing don't run finalizers, and are safe.
# What to do: close writers before a fork, or leave children by os._exit().
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.14
packages h5py==3.16.0 pyarrow==26.0.1 numpy==2.5.5

cat >"$work/files.py" <<'EOF'
import os, sys, zipfile
import h5py, numpy, pyarrow, pyarrow.parquet

rows = pyarrow.table({"n": numpy.arange(1000)})

def bad_members(path):
    with zipfile.ZipFile(path) as file:
        return f"first bad member {file.testzip()}"

def sets(path):
    with h5py.File(path) as file:
        return f"data sets {' '.join(file)}"

kinds = {
    "HDF5": (lambda path: h5py.File(path, "w"),
             lambda file, name: file.create_dataset(name, data=numpy.arange(1000)), sets),
    "Parquet": (lambda path: pyarrow.parquet.ParquetWriter(path, rows.schema),
                lambda file, name: file.write_table(rows),
                lambda path: f"rows {pyarrow.parquet.read_table(path).num_rows}"),
    "ZIP": (lambda path: zipfile.ZipFile(path, "w"),
            lambda file, name: file.writestr(name, name * 1000), bad_members),
}

def write(path, begin, add, leave):
    file = begin(path)
    add(file, "one")
    read, done = os.pipe()
    if os.fork() == 0:
        os.close(done)
        os.read(read, 1)    # the end of the file comes when the parent has closed its own
        leave(0)
    add(file, "two")
    file.close()
    os.close(done)
    os.wait()

for name, (begin, add, look) in kinds.items():
    for leave in (os._exit, sys.exit):
        path = f"{sys.argv[1]}/{name}.{leave.__name__}"
        sys.stdout.flush()
        if os.fork() == 0:    # a process for each, so that none inherits a file of the one before
            write(path, begin, add, leave)
            os._exit(0)
        os.wait()
        print(f"{name}, the child ends by {leave.__name__}(): {look(path)}")
EOF
"$python" "$work/files.py" "$work" | expect 'the file of two parts' \
'HDF5, the child ends by _exit(): data sets one two
HDF5, the child ends by exit(): data sets one
Parquet, the child ends by _exit(): rows 2000
Parquet, the child ends by exit(): rows 1000
ZIP, the child ends by _exit(): first bad member None
ZIP, the child ends by exit(): first bad member two'
stated

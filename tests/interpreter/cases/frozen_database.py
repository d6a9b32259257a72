"""A child that ends leaves its parent's frozen connection, with its transaction, alone."""

import gc
import os
import shutil
import sqlite3
import sys
import tempfile

from memory import seal

seal()


def main(folder):
    database = sqlite3.connect(os.path.join(folder, "database"))
    database.execute("create table t (a)")
    database.execute("insert into t values (1)")  # a transaction is open
    gc.freeze()
    if os.fork() == 0:
        sys.exit()
    print(os.wait()[1])
    with database:
        database.execute("insert into t values (2)")
    print(database.execute("select count(*) from t").fetchone())
    database.close()


FOLDER = tempfile.mkdtemp()
try:
    main(FOLDER)
except sqlite3.Error as error:
    print(repr(error))
shutil.rmtree(FOLDER)

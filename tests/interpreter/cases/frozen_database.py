"""A child that ends leaves its parent's frozen connection, with its transaction, alone.

What is immortal, and since when, is the argument; in stock nothing is.
"""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import sys
import tempfile
from typing import Any

from memory import seal

HOW = sys.argv[1]


class App:
    """Is in a reference cycle, and owns a database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.me, self.database = self, database


def immortalize(obj: object) -> None:
    """Make *obj* immortal, where that can be done."""
    getattr(gc, "immortalize", id)(obj)


def main(folder: str) -> None:
    """Fork while a transaction is open, and go on with it."""
    things: list[Any] = []
    if HOW == "mortal":
        seal()
    elif HOW == "held later":
        immortalize(things)
    database = sqlite3.connect(os.path.join(folder, "database"))
    database.execute("create table t (a)")
    database.execute("insert into t values (0)")
    database.commit()
    if HOW != "mortal":
        things += [App(database), database.execute("select * from t")]
    if HOW == "single":
        immortalize(database)
    elif HOW == "heap":
        seal()
    elif HOW == "frozen before":
        gc.freeze()
        seal()
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

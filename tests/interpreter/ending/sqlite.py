import sqlite3

db = sqlite3.connect(path("db"))
db.execute("pragma journal_mode=wal")
db.execute("create table t (x)")
seal()
db.execute("insert into t values (1)")
db.commit()
late = sqlite3.connect(path("late"))
late.execute("pragma journal_mode=wal")
late.execute("create table t (x)")
sys.modules["late"] = late
say(sorted(os.listdir(FOLDER)))
end()

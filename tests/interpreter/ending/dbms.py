kinds = []
for name in "ndbm", "gnu", "dumb":
    try:
        module = __import__("dbm." + name, fromlist=["x"])
    except ImportError:
        continue
    db = module.open(path(name), "c")
    db["a"] = "1"
    kinds.append(db)
seal()
for db in kinds:
    db["b"] = "2"
end()

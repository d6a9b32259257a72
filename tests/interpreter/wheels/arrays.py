"""Work for packages of arrays and tables."""

from __future__ import annotations

import hashlib
from typing import Any

from registry import work


@work
def numpy() -> Any:
    import numpy as np

    rng = np.random.default_rng(7)
    a = rng.standard_normal((60, 60))
    solved = np.linalg.solve(a, np.arange(60.0))
    objects = np.array([{"n": i} for i in range(100)] + [None] * 20, dtype=object)
    objects[10:20] = objects[0:10]
    record = np.zeros(5, dtype=[("name", "U8"), ("value", "f8")])
    record["name"] = ["a", "b", "c", "d", "e"]
    masked = np.ma.masked_greater(np.arange(10), 5)
    strings = np.char.upper(np.array(["x", "yy", "zzz"]))
    view = memoryview(np.arange(12, dtype=np.int16).reshape(3, 4))
    return [
        np.allclose(a @ solved, np.arange(60.0)),
        sum(o["n"] for o in objects if o is not None),
        record.tolist(),
        int(masked.sum()),
        strings.tolist(),
        view.tolist(),
        np.einsum("ij,jk->ik", np.eye(3), np.ones((3, 2))).tolist(),
        hashlib.sha256(np.sort(rng.integers(0, 1000, 5000)).tobytes()).hexdigest(),
        np.vectorize(lambda x: x * 2)(np.arange(4)).tolist(),
        str(np.datetime64("2024-02-29") + np.timedelta64(1, "D")),
    ]


@work
def pandas() -> Any:
    import io

    import pandas as pd

    frame = pd.DataFrame(
        {
            "when": pd.date_range("2024-01-01", periods=200, freq="h"),
            "kind": pd.Categorical([["a", "b", "c"][i % 3] for i in range(200)]),
            "value": [i * 1.5 for i in range(200)],
            "name": [f"n{i % 7}" for i in range(200)],
        }
    )
    grouped = frame.groupby(["kind", "name"], observed=True)["value"].agg(["sum", "mean", "count"])
    daily = frame.set_index("when").resample("D")["value"].sum()
    merged = frame.merge(pd.DataFrame({"name": ["n1", "n2"], "extra": [10, None]}), on="name")
    back = pd.read_csv(io.StringIO(frame.to_csv(index=False)), parse_dates=["when"])
    applied = frame.head(20).apply(lambda row: f"{row['name']}:{row['value']}", axis=1)
    return [
        grouped.reset_index().to_json(),
        [round(x, 6) for x in daily],
        merged["extra"].isna().sum().item(),
        bool((back["when"] == frame["when"]).all()),
        list(applied),
        frame["name"].str.upper().value_counts().sort_index().to_dict(),
        pd.concat([frame.head(2), frame.tail(2)]).drop(columns="when").to_dict("records"),
    ]

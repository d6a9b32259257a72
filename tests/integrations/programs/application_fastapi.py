"""A FastAPI application that answers from records in memory; answers name the worker's process.

DATA_RECORDS in the environment says how many.
"""

from __future__ import annotations

import os

from data import TABLE, read
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel


class Customer(BaseModel):
    name: str
    price: float
    tags: list[str]
    city: str
    history: list[int]


application = FastAPI()


@application.get("/customer/{number}")
async def customer(number: int, response: Response) -> Customer:
    record = TABLE.get(f"customer-{number:07d}")
    if record is None:
        raise HTTPException(404)
    response.headers["X-Worker"] = str(os.getpid())
    return Customer(
        name=record.name,
        price=record.price,
        tags=[str(tag) for tag in record.tags],
        city=record.attributes["city"],
        history=record.attributes["history"],
    )


@application.get("/report/")
async def report(response: Response) -> float:
    """Read all records."""
    response.headers["X-Worker"] = str(os.getpid())
    return read(TABLE)

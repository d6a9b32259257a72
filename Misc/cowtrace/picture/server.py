"""The program of the pictures: two workers read what their parent has loaded, and collect."""

import gc
import os

CUSTOMERS = {
    f"/{n}": {"name": f"customer {n}", "visits": n * 3 + 1000, "tags": (f"tag {n % 99}", n)}
    for n in range(40_000)
}


def answer() -> int:
    return sum(len(customer["name"]) + customer["visits"] for customer in CUSTOMERS.values())


def main() -> None:
    workers = []
    for _ in range(2):
        worker = os.fork()
        if worker == 0:
            answer()
            gc.collect()
            os._exit(0)
        workers.append(worker)
    for worker in workers:
        os.waitpid(worker, 0)


main()

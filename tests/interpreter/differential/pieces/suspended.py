# ruff: noqa: E402, F821
"""Pieces of programs: generators, coroutines and threads.

Names that end in _N get the number of the piece; R(low, high) is a random number.
"""


# piece: generators
def numbers_N(start, say=say, role=ROLE):
    got = start
    try:
        while True:
            got = (yield got) or got + 1
    except KeyError:
        yield "caught"
    finally:
        say("~ closed numbers N by", role[-1])


def outer_N():
    result = yield from numbers_N(R(0, 9))
    yield result


running_N = [numbers_N(1), outer_N(), (i * i for i in range(R(2, 30)))]
for one in running_N[:2]:
    next(one)
# step
say([next(one, "end") for one in running_N])
# step
say(running_N[0].send(R(0, 99)))
# step
say(running_N[1].throw(KeyError))
# step
running_N[0].close()
# step
say(list(running_N[2]))
# step
running_N.append(numbers_N(R(0, 9)))
say(next(running_N[-1]), running_N[-1].gi_frame is None)
# step
say(running_N[1].gi_frame and running_N[1].gi_frame.f_lineno > 0, running_N[1].gi_running)
# step
for _ in range(R(1, 70)):
    value = next(running_N[0])
say(value)

# piece: coroutines
import asyncio


async def wait_N(value):
    for _ in range(R(1, 5)):
        await asyncio.sleep(0)
    return value


async def many_N():
    tasks = [asyncio.create_task(wait_N(i)) for i in range(R(1, 9))]
    try:
        return sum(await asyncio.gather(*tasks))
    finally:
        say("gathered")


async def numbers_N():
    for i in range(R(1, 5)):
        await asyncio.sleep(0)
        yield i


class Wait_N:
    def __await__(self):
        value = yield "waiting"
        return value


async def hand_N():
    async with asyncio.Lock():
        return await Wait_N()


loop_N = asyncio.new_event_loop()
coroutine_N = hand_N()
say(coroutine_N.send(None))
# step
say(loop_N.run_until_complete(many_N()))
# step
say(asyncio.run(many_N()))


# step
async def collect_N():
    return [i async for i in numbers_N()]


say(loop_N.run_until_complete(collect_N()))
# step
try:
    coroutine_N.send(R(0, 9))
except StopIteration as stop:
    say("returned", stop.value)
# step
coroutine_N.close()
# step
loop_N.call_later(0.001, say, "called later")
loop_N.run_until_complete(asyncio.sleep(0.01))


# step
async def fail_N():
    immortalize_heap()
    await asyncio.wait_for(asyncio.sleep(10), 0.001)


loop_N.run_until_complete(fail_N())
# step
loop_N.close()

# piece: threads
import queue
import threading

queue_N, answers_N, local_N = queue.Queue(), queue.Queue(), threading.local()
lock_N, event_N, condition_N = threading.RLock(), threading.Event(), threading.Condition()


def work_N():
    held = [Noisy("of a thread N")] if R(0, 1) else []
    for item in iter(queue_N.get, None):
        local_N.value = item
        answers_N.put((item, local_N.value, len(held)))
    for one in held:
        one.name = one.name.replace("a thread", "an ended thread")
    held_N.extend(held)


held_N = []
thread_N = threading.Thread(target=work_N, daemon=True)
thread_N.start()
local_N.value = "main"
# step
if ROLE == ["main"]:
    queue_N.put(R(0, 9))
    say(answers_N.get(timeout=20), local_N.value)
# step
with lock_N, condition_N:
    say(lock_N.acquire(), condition_N.wait(0.001))
    lock_N.release()
# step
another = threading.Thread(target=lambda: say("another thread", local_N.__dict__))
another.start()
another.join(2)
say(another.is_alive())
# step
event_N.set()
say(event_N.wait(1), event_N.is_set())
# step
if ROLE == ["main"]:
    queue_N.put(None)
    thread_N.join(2)
    say(thread_N.is_alive())
# step
inside = threading.Thread(target=immortalize_heap)
inside.start()
inside.join(2)
# step
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(2) as pool:
    say(list(pool.map(str, range(R(1, 20)))))
# step
held_N.append(ThreadPoolExecutor(1))
say(held_N[-1].submit(abs, -R(0, 9)).result())
# step
threading.Thread(target=lambda: event_N.wait(R(1, 9) / 1000)).start()

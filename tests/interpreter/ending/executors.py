import concurrent.futures
import multiprocessing

threads = concurrent.futures.ThreadPoolExecutor(2)
processes = concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("fork"))
say(list(threads.map(abs, [-1])), list(processes.map(abs, [-1])))
seal()
say(list(threads.map(abs, [-1])))
end()

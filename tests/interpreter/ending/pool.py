import multiprocessing

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    pool = context.Pool(2)
    seal()
    say(pool.map(abs, [-1, -2]))
    end()

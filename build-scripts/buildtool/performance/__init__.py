"""Measuring patched against stock, in time and in instructions.

timing, rounds of pyperformance's benchmarks; forked, those in forked workers; startup, how long a
start takes; callgrind, instructions by valgrind; programs, which are counted; instructions, their
ratios; ratios, means and intervals; machine, whether it is quiet; report, chart and results, what
is written of a run; readme, the tables of the README.
"""

"""CPython's own test suite, run with two interpreters and compared.

single, one module in a process of its own; sides, all modules of one interpreter, kept from run to
run; compare, both sides, case by case; report, what is written about it.
"""

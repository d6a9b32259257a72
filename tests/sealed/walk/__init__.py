"""Real work with the standard library, a function for each of its modules.

What a function reads - text, records, compiled patterns, parsers, classes - stands at the top of
its module, so that it is loaded before the heap is sealed. What its work changes - a random
generator, a connection, an open file, a heap or a queue - it makes for itself. What the library
keeps of its own accord, such as a cache or a lock, stays where the library has it. Each function
returns a value that is the same every time.

Those named work_ only read what is there. Those named change_ also have the library change what it
keeps: a registry of threads, handlers or finalizers, the flags of the warnings, the attributes or
the subclasses of a class, the counts of OpenSSL's digests.
"""

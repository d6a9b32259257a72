import logging
import logging.handlers

handler = logging.FileHandler(path("log"))
memory = logging.handlers.MemoryHandler(100, target=handler)
logging.getLogger().addHandler(memory)


class C:
    def __del__(self, warning=logging.warning):
        warning("from __del__")


c = C()
logging.warning("before")
seal()
logging.warning("after")
end()

class C:
    pass


class D(C):
    pass


class Loud:
    def __del__(self, say=say):
        say("loud")


c, d, e, f = C(), D(), C(), D()


class Empty:
    __slots__ = ()

    def __del__(self, say=say):
        say("without GC header")


empty = Empty()
box = []
seal()
D.__del__ = lambda self, say=say: say("del of D")
e.__class__ = type("E", (C,), {"__del__": lambda self, say=say: say("del of E")})
box.append(Empty())
end()

import weakref


class C:
    pass


a, b = C(), C()
weakref.finalize(a, say, "finalize a")
ref = weakref.ref(b, lambda r, say=say: say("callback"))
seal()
weakref.finalize(b, say, "finalize b")
c = C()
weakref.finalize(c, say, "finalize c")
end()

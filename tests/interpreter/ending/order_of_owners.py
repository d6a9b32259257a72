class Owner(Noisy):
    pass


inner = Noisy("inner")
middle = Owner("middle")
outer = Owner("outer")
middle.inner = inner
outer.middle = middle
seal()
outer.late = Owner("late")
outer.late.inner = inner
del inner, middle
end()

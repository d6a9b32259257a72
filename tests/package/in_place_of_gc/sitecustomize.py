"""Programs that are written for the patched gc get the package's functions under its names."""

import gc

import immortal_objects

# Before gc has a function of this name: the package would ask it.
mortal = immortal_objects.mortal_types()
names = {
    "immortalize": immortal_objects.immortal,
    "immortalize_heap": immortal_objects.immortalize_heap,
    "is_immortal": immortal_objects.is_immortal,
    "mortal_types": lambda: mortal,
}
for name, function in names.items():
    setattr(gc, name, function)

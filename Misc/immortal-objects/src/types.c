/* What a class writes into itself when it is used first.

   A version is given to a class when an attribute is looked up in it; and the
   keys that its instances share are counted by each instance that gets a
   __dict__. */

#include "core.h"

void
give_version(PyTypeObject *type)
{
    if (type->tp_version_tag == 0
        && !(type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE)
        && type->tp_flags & Py_TPFLAGS_READY)
    {
        (void)PyUnstable_Type_AssignVersionTag(type);
    }
}

void
seal_class(PyTypeObject *type)
{
#ifdef Py_GIL_DISABLED
    // That takes a lock: later, when other threads go on.  Without memory, the
    // class gets its version when it is used.
    (void)objects_push(&core.unversioned, (PyObject *)type);
#else
    give_version(type);
#endif
#ifdef IMMORTAL_KEYS
    PyDictKeysObject *keys = ((PyHeapTypeObject *)type)->ht_cached_keys;
    if (keys != NULL) {
        // As the interpreter's own empty keys; the class never dies.
        keys->dk_refcnt = IMMORTAL_KEYS;
    }
#endif
}

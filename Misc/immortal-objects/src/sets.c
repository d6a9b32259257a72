/* Sets of addresses and arrays of objects.  Their memory is the C library's,
   so that nothing of them lies between objects that are to become immortal. */

#include "core.h"

static size_t
slot_of(uintptr_t address, size_t allocated)
{
    // Objects are aligned to 16 bytes; the multiplier spreads what is left.
    return (size_t)((address >> 4) * (uintptr_t)0x9E3779B97F4A7C15u
                    >> 20) & (allocated - 1);
}

static int
addresses_grow(addresses *set)
{
    size_t allocated = set->allocated ? set->allocated * 2 : 256;
    uintptr_t *slots = PyMem_RawCalloc(allocated, sizeof(uintptr_t));
    if (slots == NULL) {
        return -1;
    }
    for (size_t i = 0; i < set->allocated; i++) {
        uintptr_t address = set->slots[i];
        if (address != 0) {
            size_t slot = slot_of(address, allocated);
            while (slots[slot] != 0) {
                slot = (slot + 1) & (allocated - 1);
            }
            slots[slot] = address;
        }
    }
    PyMem_RawFree(set->slots);
    set->slots = slots;
    set->allocated = allocated;
    return 0;
}

int
addresses_add(addresses *set, const void *member)
{
    if (set->used * 3 >= set->allocated * 2 && addresses_grow(set) < 0) {
        return -1;
    }
    uintptr_t address = (uintptr_t)member;
    size_t slot = slot_of(address, set->allocated);
    while (set->slots[slot] != 0) {
        if (set->slots[slot] == address) {
            return 0;
        }
        slot = (slot + 1) & (set->allocated - 1);
    }
    set->slots[slot] = address;
    set->used++;
    return 1;
}

void
addresses_remove(addresses *set, const void *member)
{
    if (set->used == 0) {
        return;
    }
    size_t mask = set->allocated - 1;
    size_t hole = slot_of((uintptr_t)member, set->allocated);
    while (set->slots[hole] != (uintptr_t)member) {
        if (set->slots[hole] == 0) {
            return;
        }
        hole = (hole + 1) & mask;
    }
    // Move up what lies behind only because the slot was taken.
    for (size_t i = (hole + 1) & mask;
         set->slots[i] != 0;
         i = (i + 1) & mask)
    {
        size_t home = slot_of(set->slots[i], set->allocated);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            set->slots[hole] = set->slots[i];
            hole = i;
        }
    }
    set->slots[hole] = 0;
    set->used--;
}

bool
addresses_have(const addresses *set, const void *member)
{
    if (set->used == 0) {
        return false;
    }
    uintptr_t address = (uintptr_t)member;
    size_t slot = slot_of(address, set->allocated);
    while (set->slots[slot] != 0) {
        if (set->slots[slot] == address) {
            return true;
        }
        slot = (slot + 1) & (set->allocated - 1);
    }
    return false;
}

void
addresses_free(addresses *set)
{
    PyMem_RawFree(set->slots);
    memset(set, 0, sizeof(*set));
}

int
objects_push(objects *array, PyObject *op)
{
    if (array->n == array->allocated) {
        size_t allocated = array->allocated ? array->allocated * 2 : 64;
        PyObject **items = PyMem_RawRealloc(array->items,
                                            allocated * sizeof(PyObject *));
        if (items == NULL) {
            return -1;
        }
        array->items = items;
        array->allocated = allocated;
    }
    array->items[array->n++] = op;
    return 0;
}

void
objects_free(objects *array)
{
    PyMem_RawFree(array->items);
    memset(array, 0, sizeof(*array));
}

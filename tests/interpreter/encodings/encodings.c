/* Counts references by the inline functions of Python.h alone, and checks what they promise.
   Prints the machine as the program sees it; exits with 1 at the first broken promise. */

#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int deallocated;

#ifdef Py_REF_DEBUG
Py_ssize_t _Py_RefTotal;

void
_Py_NegativeRefcount(const char *filename, int lineno, PyObject *op)
{
    (void)op;
    fprintf(stderr, "%s:%d: negative count\n", filename, lineno);
    exit(1);
}
#endif

/* An object with this count, and whatever else a build puts into it. */
static PyObject
make(long long count)
{
    PyObject object = {_PyObject_EXTRA_INIT .ob_refcnt = (Py_ssize_t)count};
    return object;
}

void
_Py_Dealloc(PyObject *op)
{
    (void)op;
    deallocated++;
}

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "line %d: " #condition "\n", __LINE__); \
            exit(1); \
        } \
    } while (0)

static const int wide = sizeof(Py_ssize_t) == 8;

/* As an extension counts that was built for an unpatched 3.11; in steps, as it would. */
static void
drift(PyObject *op, long long n)
{
    uintptr_t count = (uintptr_t)op->ob_refcnt + (uintptr_t)n;
    op->ob_refcnt = (Py_ssize_t)count;
}

static void
use(PyObject *op)
{
    for (int i = 0; i < 10; i++) {
        Py_INCREF(op);
    }
    for (int i = 0; i < 10; i++) {
        Py_DECREF(op);
    }
}

static void
check_range(void)
{
    const long long lowest = wide ? 1LL << 31 : 1LL << 30;
    const long long highest = wide ? (1LL << 32) - 1 : (1LL << 31) - 1;
    const long long initial = wide ? 3LL << 30 : 5LL << 28;
    CHECK(_Py_IMMORTAL_REFCNT == initial);
    for (int i = 0; i < 3; i++) {
        const long long count = i == 0 ? lowest : i == 1 ? initial : highest;
        PyObject object = make(count);
        CHECK(_Py_IsImmortal(&object));
        use(&object);
        Py_SET_REFCNT(&object, 1);
        CHECK(object.ob_refcnt == count);
    }
    PyObject below = make(lowest - 1);
    CHECK(!_Py_IsImmortal(&below));
    for (int i = 0; i < 1000; i++) {
        Py_INCREF(&below);  /* the limit is sticky */
    }
    CHECK(_Py_IsImmortal(&below) && below.ob_refcnt == lowest);
    for (int i = 0; i < 1000; i++) {
        Py_DECREF(&below);
    }
    CHECK(below.ob_refcnt == lowest);
}

static void
check_drift(void)
{
    struct {
        PyObject_HEAD
    } statically = {PyObject_HEAD_INIT(NULL)};
    /* Up and down by 2**29, and past either limit; as far as a 32-bit count goes. */
    const long long far[] = {1LL << 29, -(1LL << 29), (1LL << 30) - 20, -(1LL << 30) - 20,
                             wide ? (1LL << 30) + 20 : 3LL << 28, wide ? 3LL << 30 : 1LL << 30};
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
        PyObject object = statically.ob_base;
        CHECK(_Py_IsImmortal(&object));
        for (int back = 0; back < 2; back++) {
            const long long step = (back ? -far[i] : far[i]) / 4;
            for (int n = 0; n < 4; n++) {
                drift(&object, step);
                use(&object);
            }
            use(&object);
        }
        CHECK(deallocated == 0);
        /* A count that came back to the range stays; what guarded code took for a mortal one
           in between is balanced. */
        CHECK(object.ob_refcnt >= (wide ? 1LL << 31 : 1LL << 30));
    }
}

static void
check_mortal(void)
{
    PyObject object = make(1);
    use(&object);
    CHECK(object.ob_refcnt == 1 && deallocated == 0);
    Py_SET_REFCNT(&object, 2);
    Py_DECREF(&object);
    CHECK(deallocated == 0);
    Py_DECREF(&object);
    CHECK(deallocated == 1);
}

int
main(void)
{
    const uint16_t probe = 1;
    check_range();
    check_drift();
    check_mortal();
    printf("%d bits, %s endian, alignment %d, size %d\n", (int)sizeof(void *) * 8,
           *(const uint8_t *)&probe ? "little" : "big", (int)_Alignof(PyObject),
           (int)sizeof(PyObject));
    return 0;
}

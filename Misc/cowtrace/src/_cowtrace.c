/* Find out who writes to the memory that a forked child shares with its parent.

   The child write-protects what it has inherited.  The first write to each
   page is trapped, described in a file, and let through.  cowtrace/_trace.py
   reads the file.

   Where the kernel permits it, userfaultfd(2) traps the writes.  A thread,
   the monitor, answers: the thread that wrote is asleep meanwhile.  That works
   for the kernel's writes too, for example read(2) into a protected buffer.
   Elsewhere mprotect(2) and a handler of SIGSEGV do the same, except that a
   system call which writes to a protected page fails with EFAULT.

   What runs while a write is being described must not write to protected
   memory, or it would wait for itself.  So the state is in a shared mapping,
   which a fork does not copy; nothing is allocated; no function of the
   interpreter is called; all memory is read by process_vm_readv(2), which
   survives pointers that lead nowhere.  The module is linked with -z now,
   lest the first call of a function should write to its table of addresses. */

#include "versions.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#if defined(__NR_userfaultfd) && defined(__has_include)
#  if __has_include(<linux/userfaultfd.h>)
#    include <linux/userfaultfd.h>
#  endif
#endif

#ifdef UFFDIO_WRITEPROTECT
#  define HAVE_UFFD 1
#  ifndef UFFD_USER_MODE_ONLY
#    define UFFD_USER_MODE_ONLY 1
#  endif
#  ifndef UFFD_FEATURE_EXACT_ADDRESS
#    define UFFD_FEATURE_EXACT_ADDRESS (1 << 11)
#  endif
#  ifndef USERFAULTFD_IOC_NEW
#    define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#  endif
#endif

/* The file is a sequence of sections: a tag, the size of what follows, and
   that.  cowtrace/_trace.py reads it. */
#define FORMAT 1

enum backend {
    BACKEND_AUTO,
    BACKEND_UFFD,           /* all writes */
    BACKEND_UFFD_USER,      /* writes in user mode, without privilege */
    BACKEND_MPROTECT,
    BACKENDS
};

static const char * const backend_names[BACKENDS] = {
    "auto", "userfaultfd", "userfaultfd-user", "mprotect"
};

/* The kinds of memory.  cowtrace/_records.py has their names. */
enum kind {
    KIND_OTHER,
    KIND_PYMALLOC,
    KIND_HEAP,              /* malloc(), small blocks */
    KIND_MMAPPED,           /* malloc(), large blocks */
    KIND_FRAMES,            /* tstate->datastack_chunk */
    KIND_PYTHON,            /* static data of the interpreter */
    KIND_LIBRARY,           /* static data of libraries and extensions */
};

/* What lay at an address. */
enum what {
    WHAT_UNKNOWN,
    WHAT_OBJECT,
    WHAT_KEYS,              /* of a dict */
    WHAT_DATA,              /* a block in use which is none of the above */
    WHAT_FREE,              /* a block not in use */
    WHAT_POOL,              /* the header of a pool of pymalloc */
};

#define WRITE_IMMORTAL_PAGE 1       /* the page holds an immortal object */
#define WRITE_IMMORTAL_OBJECT 2     /* the object written to is immortal */
#define WRITE_FINALIZING 4          /* Py_FinalizeEx() is at work */
#define WRITE_EXACT 8               /* the address is exact, not the page's */
#define WRITE_SYSTEM_CALL 16        /* the kernel wrote, in a system call */
#define WRITE_CODE_PAGE 32          /* the page holds immortal code, and no
                                       other immortal object */
#define WRITE_SEALED 64             /* all of the page's pool is sealed */

#define CALLERS 16

typedef struct {
    uint32_t format;
    uint32_t page_size;
    uint32_t pid;
    uint32_t ppid;
    uint32_t backend;
    uint32_t forked;                /* traced from its birth */
    uint64_t resident;              /* pages */
    uint64_t preheader;             /* sizeof(PyGC_Head) */
    uint64_t typeoffset;            /* offsetof(PyObject, ob_type) */
    uint64_t python;                /* an address in the interpreter */
} header_t;

typedef struct {
    uint64_t start;
    uint64_t end;
    uint64_t pages;                 /* those present */
    uint32_t kind;
    uint32_t prot;
    uint32_t file;                  /* a private mapping of a file */
    uint32_t traced;
} region_t;

typedef struct {
    uint64_t time;                  /* since the beginning, in ns */
    uint64_t address;
    uint64_t pc;
    uint64_t callers[CALLERS];
    uint64_t type;
    uint64_t object;                /* or the block */
    uint64_t size;
    uint32_t tid;
    int32_t line;
    int32_t syscall;
    uint16_t filename;              /* lengths of the strings that follow */
    uint16_t function;
    uint16_t type_name;
    uint8_t kind;
    uint8_t what;
    uint8_t flags;
    uint8_t pad[3];
} write_t;

typedef struct {
    uintptr_t address;
    size_t basicsize;
    size_t itemsize;
    unsigned long flags;
} type_t;

typedef struct {
    uintptr_t start;
    uintptr_t end;
} range_t;

#define POOL_OVERHEAD \
    ((sizeof(pool_t) + (1 << BLOCK_SHIFT) - 1) & ~((1 << BLOCK_SHIFT) - 1))

#define GC_HEAD sizeof(PyGC_Head)
#define DICT_HEAD (2 * sizeof(PyObject *))

#define WINDOW (32 * 1024)          /* to look for an object's beginning */
#define NAME_SIZE 2048
#define STACK_SIZE (256 * 1024)
#define FILE_MAX (64 << 20)         /* mappings of files up to this size */
#define THREADS 32
#define ALONE_INTERVAL 200          /* ms */
#define REGIONS 65536               /* vm.max_map_count */
#define TYPES 65536                 /* a power of two */
#define CODE 4096
#define CHUNKS 65536

#if SIZEOF_VOID_P > 4
#  define BLOCK_BYTES ((size_t)64 << 20)
#else
#  define BLOCK_BYTES ((size_t)24 << 20)
#endif

typedef struct {
    size_t used;                    /* bytes of this mapping given out */
    header_t header;
    enum backend backend;
    int uffd;
    int file;
    struct stat file_stat;
    int exact;
    int full;                       /* the disk is */
    int own_table;                  /* the monitor has its own descriptors */
    int stop;
    int ready;
    pid_t main_tid;
    PyThreadState *main_tstate;
    struct timespec start;
    size_t page;
    region_t *regions;
    size_t nregions;
    range_t *code;
    size_t ncode;
    type_t *types;
    size_t types_mask;
    size_t ntypes;
    range_t *chunks;                /* that malloc() has mapped */
    size_t nchunks;
    char *maps;                     /* text of /proc/thread-self/maps */
    size_t maps_room;
    uint8_t *immortal;              /* a bit for each page of each region */
    uint8_t *immortal_code;         /* the same, for code; both are a block */
    size_t immortal_bytes;
    range_t excluded[8];
    int nexcluded;
    char *stack;
    volatile char *bell;            /* a page; writing to it is a message */
    pthread_t monitor;
    struct { pid_t tid; int fd; } threads[THREADS];
    int next_thread;
    /* mprotect() only */
    int lock;
    pid_t owner;
    struct sigaction old_action;
    stack_t old_stack;
    /* scratch of whoever describes a write */
    write_t write;
    char filename[NAME_SIZE];
    char function[NAME_SIZE];
    char type_name[NAME_SIZE];
    PyThreadState tstate;
    PyCodeObject code_object;
    PyTypeObject type_object;
    char window[WINDOW + POOL_SIZE];
    uint8_t table[1 << 16];
    char error[256];
} trace_t;

static trace_t *current;

/* Tracing of children: what the next fork does. */
static struct {
    int immortal;
    enum backend backend;
    int only;
    int count;
    pid_t root;
    char directory[PATH_MAX - 64];
    int armed;
    pthread_t thread;
} follow;

static PyObject *str_module;


/* Small helpers, none of which writes anywhere else. */

static int
fail(trace_t *t, const char *what, int number)
{
    if (t->error[0] == '\0') {
        PyOS_snprintf(t->error, sizeof(t->error), "%s: %s", what,
                      strerror(number));
    }
    return -1;
}

static void *
take(trace_t *t, size_t size)
{
    size = (size + 63) & ~(size_t)63;
    if (BLOCK_BYTES - t->used < size) {
        return NULL;
    }
    void *p = (char *)t + t->used;
    t->used += size;
    return p;
}

static size_t
safe_read(uintptr_t address, void *buffer, size_t size)
{
    struct iovec local = {buffer, size};
    struct iovec remote = {(void *)address, size};
    /* The first thread may have ended, and with it what getpid() names. */
    ssize_t n = syscall(SYS_process_vm_readv, syscall(SYS_gettid), &local, 1UL,
                        &remote, 1UL, 0UL);
    return n < 0 ? 0 : (size_t)n;
}

static int
read_exactly(uintptr_t address, void *buffer, size_t size)
{
    return address != 0 && safe_read(address, buffer, size) == size;
}

/* Return true if the file is still where it was.  Only the monitor has its own
   table of descriptors; elsewhere the program may have closed it. */
static int
file_is_ours(trace_t *t)
{
    struct stat st;
    return t->own_table || (fstat(t->file, &st) == 0
                            && st.st_ino == t->file_stat.st_ino
                            && st.st_dev == t->file_stat.st_dev);
}

static void
emit(trace_t *t, char tag, struct iovec *iov, int n)
{
    /* iov[0] is free for the head of the section. */
    uint32_t head[2] = {(uint32_t)(unsigned char)tag, 0};
    for (int i = 1; i < n; i++) {
        head[1] += (uint32_t)iov[i].iov_len;
    }
    iov[0].iov_base = head;
    iov[0].iov_len = sizeof(head);
    if (!t->full && file_is_ours(t)) {
        ssize_t written;
        do {
            written = writev(t->file, iov, n);
        } while (written < 0 && errno == EINTR);
        /* After a part of a section nothing else could be read. */
        t->full = written != (ssize_t)(sizeof(head) + head[1]);
    }
}

static void
emit_one(trace_t *t, char tag, const void *data, size_t size)
{
    struct iovec iov[2] = {{NULL, 0}, {(void *)data, size}};
    emit(t, tag, iov, 2);
}

static const char *
get_hex(const char *p, uintptr_t *value)
{
    uintptr_t n = 0;
    for (;; p++) {
        char c = *p;
        if (c >= '0' && c <= '9') {
            n = n * 16 + (uintptr_t)(c - '0');
        }
        else if (c >= 'a' && c <= 'f') {
            n = n * 16 + (uintptr_t)(c - 'a' + 10);
        }
        else {
            break;
        }
    }
    *value = n;
    return p;
}

static region_t *
find_region(trace_t *t, uintptr_t address)
{
    size_t low = 0, high = t->nregions;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        region_t *r = &t->regions[middle];
        if (address < r->start) {
            high = middle;
        }
        else if (address >= r->end) {
            low = middle + 1;
        }
        else {
            return r;
        }
    }
    return NULL;
}


/* Types.  A pointer is taken for an object's type if it is in this table. */

static type_t *
find_type(trace_t *t, uintptr_t address)
{
    size_t i = (address >> 4) * 0x9E3779B1u;
    for (;; i++) {
        type_t *type = &t->types[i & t->types_mask];
        if (type->address == address) {
            return address ? type : NULL;
        }
        if (type->address == 0) {
            return NULL;
        }
    }
}

static void
add_type(trace_t *t, PyTypeObject *tp)
{
    size_t i = ((uintptr_t)tp >> 4) * 0x9E3779B1u;
    while (t->types[i & t->types_mask].address != 0) {
        i++;
    }
    type_t *type = &t->types[i & t->types_mask];
    type->address = (uintptr_t)tp;
    type->basicsize = basic_size(tp);
    type->itemsize = (size_t)Py_MAX(tp->tp_itemsize, 0);
    type->flags = tp->tp_flags;
    t->ntypes++;
}

static const char *
ascii(PyObject *str)
{
    if (str != NULL && PyUnicode_Check(str)
        && PyUnicode_IS_COMPACT_ASCII(str))
    {
        return (const char *)(((PyASCIIObject *)str) + 1);
    }
    return NULL;
}

/* Look up a class's module, without changing a reference count. */
static PyObject *
module_of(PyObject *dict)
{
    Py_ssize_t pos = 0;
    PyObject *key, *value;
    while (PyDict_Next(dict, &pos, &key, &value)) {
        if (key == str_module) {
            return value;
        }
    }
    return NULL;
}

/* Visit all types, without changing a reference count. */
static void
collect_types(trace_t *t, PyTypeObject *tp, char *text, size_t *used)
{
    if (find_type(t, (uintptr_t)tp) || t->ntypes * 2 > t->types_mask) {
        return;
    }
    add_type(t, tp);

    const char *module = NULL, *name = NULL;
    if (tp->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        if (tp->tp_dict != NULL) {
            module = ascii(module_of(tp->tp_dict));
        }
        name = ascii(((PyHeapTypeObject *)tp)->ht_qualname);
    }
    if (name == NULL) {
        name = tp->tp_name;
        module = NULL;
    }
    if (module != NULL && strcmp(module, "builtins") == 0) {
        module = NULL;
    }
    PyOS_snprintf(text + *used, 1024, "%zx %lx %.300s%s%.600s",
                  (uintptr_t)tp, tp->tp_flags, module ? module : "",
                  module ? "." : "", name);
    for (; text[*used] != '\0'; ++*used) {
        if (text[*used] == '\n') {
            text[*used] = ' ';
        }
    }
    text[(*used)++] = '\n';
    if (*used > 30 * 1024) {
        emit_one(t, 'T', text, *used);
        *used = 0;
    }

    PyObject *subclasses = subclasses_of(tp);
    if (subclasses != NULL && PyDict_CheckExact(subclasses)) {
        Py_ssize_t pos = 0;
        PyObject *ref;
        while (PyDict_Next(subclasses, &pos, NULL, &ref)) {
            PyObject *subclass = ((PyWeakReference *)ref)->wr_object;
            if (PyType_Check(subclass)) {
                collect_types(t, (PyTypeObject *)subclass, text, used);
            }
        }
    }
}

static size_t
preheader(unsigned long flags)
{
    return ((flags & Py_TPFLAGS_HAVE_GC) ? GC_HEAD : 0)
            + ((flags & PREHEADER_FLAGS) ? DICT_HEAD : 0);
}

static int
is_generator(uintptr_t type)
{
    return type == (uintptr_t)&PyGen_Type || type == (uintptr_t)&PyCoro_Type
           || type == (uintptr_t)&PyAsyncGen_Type;
}

/* The number of items.  Generators and frames have something else where other
   objects have ob_size; theirs are what their code needs. */
static Py_ssize_t
number_of_items(const type_t *type, const char *object, size_t room)
{
    uintptr_t code = 0;
    if (is_generator(type->address)) {
        code = code_of_generator(object, room);
    }
    else if (type->address == (uintptr_t)&PyFrame_Type) {
        _PyInterpreterFrame frame;
        if (room >= sizeof(PyFrameObject)
            && read_exactly((uintptr_t)((const PyFrameObject *)object)->f_frame,
                            &frame, offsetof(_PyInterpreterFrame, localsplus)))
        {
            code = code_of_frame(&frame);
        }
    }
    else {
        Py_ssize_t n = ((const PyVarObject *)object)->ob_size;
        return type->flags & Py_TPFLAGS_LONG_SUBCLASS ? number_of_digits(n)
                                                      : n;
    }
    int locals, stack;
    if (code == 0
        || !read_exactly(code + offsetof(PyCodeObject, co_nlocalsplus),
                         &locals, sizeof(locals))
        || !read_exactly(code + offsetof(PyCodeObject, co_stacksize), &stack,
                         sizeof(stack)))
    {
        return 0;
    }
    return locals + stack;
}

/* The size of an object in bytes, as far as *room* bytes of it tell. */
static size_t
object_size(const type_t *type, const char *object, size_t room)
{
    size_t size = type->basicsize;
    if (type->itemsize != 0 && room >= sizeof(PyVarObject)) {
        Py_ssize_t n = number_of_items(type, object, room);
        size_t items = (size_t)(n < 0 ? -n : n);
        if (items < (size_t)1 << (SIZEOF_VOID_P * 8 - 16)) {
            size += items * type->itemsize;
        }
        if ((type->flags & Py_TPFLAGS_TYPE_SUBCLASS)
            && room >= sizeof(PyTypeObject)
            && !(((const PyTypeObject *)object)->tp_flags
                 & Py_TPFLAGS_HEAPTYPE))
        {
            size = sizeof(PyTypeObject);
        }
    }
    else if ((type->flags & Py_TPFLAGS_UNICODE_SUBCLASS)
             && room >= sizeof(PyASCIIObject))
    {
        const PyASCIIObject *str = (const PyASCIIObject *)object;
        if (str->state.compact) {
            size = (str->state.ascii ? sizeof(PyASCIIObject)
                                     : sizeof(PyCompactUnicodeObject))
                   + ((size_t)str->length + 1) * str->state.kind;
        }
    }
    return Py_MAX(size, sizeof(PyObject));
}


/* The pages that hold immortal objects */

static void
mark_immortal(uint8_t *bits, trace_t *t, size_t first_bit, region_t *r,
              uintptr_t low, uintptr_t high)
{
    low = Py_MAX(low, r->start);
    high = Py_MIN(high, r->end);
    for (uintptr_t p = (low - r->start) / t->page;
         p <= (high - 1 - r->start) / t->page; p++)
    {
        size_t bit = first_bit + p;
        bits[bit / 8] |= (uint8_t)(1 << (bit % 8));
    }
}

static size_t
first_bit(trace_t *t, region_t *region)
{
    size_t bit = 0;
    for (region_t *r = t->regions; r < region; r++) {
        bit += (r->end - r->start) / t->page;
    }
    return bit;
}

/* Look at each word for the count of an immortal object. */
static void
scan_page(trace_t *t, size_t bit, region_t *r, uintptr_t page)
{
    const size_t step = sizeof(void *);
    uintptr_t end = Py_MIN(page + t->page, r->end - sizeof(PyObject) + 1);
    for (uintptr_t p = page; p < end; p += step) {
        const PyObject *op = (const PyObject *)p;
        if (!is_immortal(op)) {
            continue;
        }
        type_t *type = find_type(t, (uintptr_t)op->ob_type);
        if (type != NULL) {
            size_t size = object_size(type, (const char *)op, r->end - p);
            uint8_t *bits = op->ob_type == &PyCode_Type ? t->immortal_code
                                                        : t->immortal;
            mark_immortal(bits, t, bit, r, p - preheader(type->flags),
                          p + size);
        }
    }
}

/* Note it if malloc() holds a mapping of its own here.  It has a head of two words:
   the size of what is in front, nothing, and its own with the bit IS_MMAPPED.
   Return the address of what follows it. */
static uintptr_t
note_chunk(trace_t *t, region_t *r, uintptr_t page)
{
    const size_t *head = (const size_t *)page;
    size_t size = head[1] & ~(size_t)7;
    if (head[0] != 0 || (head[1] & 7) != 2 || size < 64 * 1024
        || size % t->page != 0 || size > r->end - page
        || t->nchunks == CHUNKS)
    {
        return page + t->page;
    }
    t->chunks[t->nchunks++] = (range_t){page + sizeof(*head) * 2,
                                        page + size};
    return page + size;
}

static void
count_pages(trace_t *t, int immortal)
{
    unsigned char *present = (unsigned char *)t->window;
    size_t bit = 0;
    for (size_t i = 0; i < t->nregions; i++) {
        region_t *r = &t->regions[i];
        uintptr_t p = r->start, next_chunk = p;
        while (p < r->end) {
            size_t pages = Py_MIN((r->end - p) / t->page, (size_t)WINDOW);
            if (mincore((void *)p, pages * t->page, present) < 0) {
                memset(present, 1, pages);
            }
            for (size_t k = 0; k < pages; k++) {
                uintptr_t page = p + k * t->page;
                if (!(present[k] & 1)) {
                    continue;
                }
                r->pages++;
                if (r->kind == KIND_OTHER && page >= next_chunk) {
                    next_chunk = note_chunk(t, r, page);
                }
                if (immortal) {
                    scan_page(t, bit, r, page);
                }
            }
            p += pages * t->page;
        }
        bit += (r->end - r->start) / t->page;
    }
}

/* Return true for the header of a pool. */
static int
is_pool(const pool_t *pool)
{
    if (pool->szidx >= BLOCK_MAX >> BLOCK_SHIFT) {
        return 0;
    }
    uintptr_t size = (uintptr_t)(pool->szidx + 1) << BLOCK_SHIFT;
    return pool->maxnextoffset == POOL_SIZE - size
           && pool->nextoffset >= POOL_OVERHEAD
           && pool->nextoffset <= POOL_SIZE
           && (pool->nextoffset - POOL_OVERHEAD) % size == 0
           && pool->ref.count <= (POOL_SIZE - POOL_OVERHEAD) / size;
}

/* Sealed pools hold what belongs to immortal objects, too: see
   _PyObject_Seal(). */
static int
pool_is_sealed(region_t *r, uintptr_t address)
{
    uintptr_t base = address & ~(uintptr_t)(POOL_SIZE - 1);
    pool_t pool;
    return base >= r->start && base + POOL_SIZE <= r->end
           && read_exactly(base, &pool, sizeof(pool))
           && is_pool(&pool) && pool.ref.count > 0
           && pool.freeblock == 0 && ((uintptr_t)pool.prevpool & 1);
}

/* Return the flags that tell what else the page holds. */
static uint8_t
flags_of_page(trace_t *t, region_t *r, uintptr_t address)
{
    if (t->immortal == NULL) {
        return 0;
    }
    if (r->kind == KIND_OTHER && pool_is_sealed(r, address)) {
        return WRITE_IMMORTAL_PAGE | WRITE_SEALED;
    }
    size_t bit = first_bit(t, r) + (address - r->start) / t->page;
    uint8_t mask = (uint8_t)(1 << (bit % 8));
    return t->immortal[bit / 8] & mask ? WRITE_IMMORTAL_PAGE
           : t->immortal_code[bit / 8] & mask ? WRITE_CODE_PAGE : 0;
}


/* What lay there */

/* Describe the object at *object* in this block, if there is one. */
static int
is_object(trace_t *t, const char *object, size_t room, uintptr_t address,
          size_t before)
{
    const PyObject *op = (const PyObject *)object;
    uintptr_t tp = (uintptr_t)op->ob_type;
    if (room < sizeof(PyObject) || tp == 0
        || (tp & (sizeof(void *) - 1)) != 0
        || !(is_immortal(op)
             || (count_of(op) >= 0 && count_of(op) < INT32_MAX)))
    {
        return 0;
    }
    type_t *type = find_type(t, tp), created;
    t->type_name[0] = '\0';
    if (type == NULL) {
        /* A type that was made since then: its own type, or that one's, is
           known. */
        PyTypeObject *copy = &t->type_object;
        if (!read_exactly(tp, copy, sizeof(*copy))) {
            return 0;
        }
        type_t *meta = find_type(t, (uintptr_t)Py_TYPE(copy));
        if (meta == NULL || !(meta->flags & Py_TPFLAGS_TYPE_SUBCLASS)) {
            return 0;
        }
        created.address = tp;
        created.basicsize = (size_t)Py_MAX(copy->tp_basicsize, 0);
        created.itemsize = (size_t)Py_MAX(copy->tp_itemsize, 0);
        created.flags = copy->tp_flags;
        type = &created;
        uintptr_t name = (uintptr_t)copy->tp_name;
        size_t n = safe_read(name, t->type_name, NAME_SIZE / 4);
        t->type_name[n] = '\0';
    }
    if (preheader(type->flags) != before) {
        return 0;
    }
    t->write.what = WHAT_OBJECT;
    t->write.type = tp;
    t->write.object = address;
    t->write.size = object_size(type, object, room);
    if (is_immortal(op)) {
        t->write.flags |= WRITE_IMMORTAL_OBJECT;
    }
    return 1;
}

static int
is_keys(const char *block, size_t room)
{
    const struct _dictkeysobject *keys = (const void *)block;
    if (room < sizeof(*keys) || keys->dk_refcnt <= 0
        || keys->dk_log2_size < 3 || keys->dk_log2_size > 40
        || keys->dk_log2_index_bytes < keys->dk_log2_size
        || keys->dk_log2_index_bytes > keys->dk_log2_size + 3
        || keys->dk_kind > 2 || keys->dk_nentries < 0)
    {
        return 0;
    }
    Py_ssize_t usable = (((Py_ssize_t)1 << keys->dk_log2_size) << 1) / 3;
    return keys->dk_usable + keys->dk_nentries == usable;
}

static int
look_in_block(trace_t *t, const char *block, size_t size, uintptr_t address)
{
    static const uint8_t heads[] = {0, GC_HEAD, GC_HEAD + DICT_HEAD};
    /* The hooks of a debug build put their own data before the block. */
    for (size_t skip = 0; skip <= 2 * sizeof(size_t);
         skip += 2 * sizeof(size_t))
    {
        for (size_t i = 0; i < Py_ARRAY_LENGTH(heads); i++) {
            size_t at = skip + heads[i];
            if (at < size && is_object(t, block + at, size - at,
                                       address + at, heads[i]))
            {
                return 1;
            }
        }
        if (skip < size && is_keys(block + skip, size - skip)) {
            t->write.what = WHAT_KEYS;
            t->write.object = address + skip;
            t->write.size = size;
            return 1;
        }
    }
    return 0;
}

static int
look_in_pool(trace_t *t, uintptr_t address, region_t *r)
{
    uintptr_t base = address & ~(uintptr_t)(POOL_SIZE - 1);
    char *copy = t->window;
    if (base < r->start || base + POOL_SIZE > r->end
        || !read_exactly(base, copy, POOL_SIZE))
    {
        return 0;
    }
    pool_t *pool = (pool_t *)copy;
    if (!is_pool(pool)) {
        return 0;
    }
    uintptr_t size = (uintptr_t)(pool->szidx + 1) << BLOCK_SHIFT;
    write_t *w = &t->write;
    w->kind = KIND_PYMALLOC;
    uintptr_t offset = address - base;
    if (offset < POOL_OVERHEAD) {
        w->what = WHAT_POOL;
        w->object = base;
        w->size = POOL_SIZE;
        return 1;
    }
    uintptr_t index = (offset - POOL_OVERHEAD) / size;
    uintptr_t block = POOL_OVERHEAD + index * size;
    w->object = base + block;
    w->size = size;
    w->what = WHAT_DATA;
    if (block >= pool->nextoffset || pool->ref.count == 0) {
        w->what = WHAT_FREE;
        return 1;
    }
    uintptr_t link = pool->freeblock;
    for (uintptr_t i = 0; link != 0 && i < POOL_SIZE / size; i++) {
        if (link == base + block) {
            w->what = WHAT_FREE;
            return 1;
        }
        if (link < base + POOL_OVERHEAD || link + size > base + POOL_SIZE
            || (link & (sizeof(void *) - 1)) != 0)
        {
            break;
        }
        link = *(uintptr_t *)(copy + (link - base));
    }
    if (block + size > POOL_SIZE) {
        return 1;
    }
    /* A block that is being allocated has what is left of an object: a link
       to the next free block, and no references. */
    link = *(uintptr_t *)(copy + block);
    int was_free = link == 0 || (link > base && link < base + POOL_SIZE);
    if (look_in_block(t, copy + block, size, base + block)) {
        const PyObject *op = (PyObject *)(copy + (w->object - base));
        was_free &= w->what == WHAT_OBJECT && count_of(op) == 0;
    }
    else {
        was_free &= link != 0;
    }
    if (was_free) {
        w->what = WHAT_FREE;
        w->type = 0;
    }
    return 1;
}

static range_t *
find_chunk(trace_t *t, uintptr_t address)
{
    size_t low = 0, high = t->nchunks;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        range_t *chunk = &t->chunks[middle];
        if (address < chunk->start) {
            high = middle;
        }
        else if (address >= chunk->end) {
            low = middle + 1;
        }
        else {
            return chunk;
        }
    }
    return NULL;
}

static int
look_in_chunk(trace_t *t, uintptr_t address)
{
    range_t *chunk = find_chunk(t, address);
    char *copy = t->window;
    const size_t room = 256;        /* enough to know an object by */
    if (chunk == NULL || !read_exactly(chunk->start, copy, room)) {
        return 0;
    }
    t->write.kind = KIND_MMAPPED;
    t->write.what = WHAT_DATA;
    t->write.object = chunk->start;
    t->write.size = chunk->end - chunk->start;
    look_in_block(t, copy, room, chunk->start);
    return 1;
}

/* Elsewhere look back for the beginning of an object that goes so far. */
static void
look_back(trace_t *t, uintptr_t address, region_t *r)
{
    const size_t step = sizeof(void *);
    uintptr_t low = r->start;
    if (address - low > WINDOW - 512) {
        low = (address - (WINDOW - 512)) & ~(uintptr_t)63;
    }
    uintptr_t high = Py_MIN((address & ~(uintptr_t)63) + 256, r->end);
    char *copy = t->window;
    if (!read_exactly(low, copy, high - low)) {
        return;
    }
    /* The address may be in the part before the object proper. */
    uintptr_t p = ((address - low) & ~(step - 1)) + GC_HEAD + DICT_HEAD;
    for (;; p -= step) {
        if (p + sizeof(PyVarObject) + 64 <= high - low) {
            const PyObject *op = (const PyObject *)(copy + p);
            type_t *type = find_type(t, (uintptr_t)op->ob_type);
            if (type != NULL) {
                size_t size = object_size(type, copy + p, high - low - p);
                size_t before = preheader(type->flags);
                if (low + p - before <= address && address < low + p + size
                    && size <= r->end - low - p
                    && is_object(t, copy + p, high - low - p, low + p,
                                 before))
                {
                    return;
                }
            }
        }
        if (p < step) {
            break;
        }
    }
}


/* The line of Python that was at work */

static size_t
copy_string(PyObject *str, char *buffer)
{
    union {
        PyASCIIObject ascii;
        PyCompactUnicodeObject compact;
    } head;
    if (!read_exactly((uintptr_t)str, &head, sizeof(head))
        || !head.ascii.state.compact || head.ascii.length < 0)
    {
        return 0;
    }
    size_t kind = head.ascii.state.kind, used = 0;
    uintptr_t data = (uintptr_t)str + (head.ascii.state.ascii
                                       ? sizeof(PyASCIIObject)
                                       : sizeof(PyCompactUnicodeObject));
    size_t length = Py_MIN((size_t)head.ascii.length, NAME_SIZE / 4 - 1);
    union {
        uint8_t one[NAME_SIZE];
        uint16_t two[NAME_SIZE / 2];
        uint32_t four[NAME_SIZE / 4];
    } text;
    if (!read_exactly(data, text.one, length * kind)) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        uint32_t c = kind == 1 ? text.one[i]
                     : kind == 2 ? text.two[i] : text.four[i];
        if (c < 0x80 || (c >= 0xDC80 && c <= 0xDCFF)) {
            buffer[used++] = (char)c;   /* a byte that was escaped, too */
        }
        else if (c < 0x800) {
            buffer[used++] = (char)(0xC0 | c >> 6);
            buffer[used++] = (char)(0x80 | (c & 0x3F));
        }
        else if (c < 0x10000) {
            buffer[used++] = (char)(0xE0 | c >> 12);
            buffer[used++] = (char)(0x80 | (c >> 6 & 0x3F));
            buffer[used++] = (char)(0x80 | (c & 0x3F));
        }
        else {
            buffer[used++] = (char)(0xF0 | c >> 18);
            buffer[used++] = (char)(0x80 | (c >> 12 & 0x3F));
            buffer[used++] = (char)(0x80 | (c >> 6 & 0x3F));
            buffer[used++] = (char)(0x80 | (c & 0x3F));
        }
    }
    return used;
}

/* Objects/locations.md describes the table. */
static int
find_line(const uint8_t *p, const uint8_t *end, int line, Py_ssize_t unit)
{
    int found = line;
    Py_ssize_t at = 0;
    while (p < end) {
        int code = (*p >> 3) & 15;
        at += (*p & 7) + 1;
        const uint8_t *q = p + 1;
        int none = 0;
        if (code == PY_CODE_LOCATION_INFO_NONE) {
            none = 1;
        }
        else if (code >= PY_CODE_LOCATION_INFO_NO_COLUMNS) {
            unsigned int value = 0, shift = 0;
            while (q < end) {
                value |= (unsigned int)(*q & 63) << shift;
                shift += 6;
                if (!(*q++ & 64) || shift > 24) {
                    break;
                }
            }
            line += (value & 1) ? -(int)(value >> 1) : (int)(value >> 1);
        }
        else if (code >= PY_CODE_LOCATION_INFO_ONE_LINE0) {
            line += code - PY_CODE_LOCATION_INFO_ONE_LINE0;
        }
        if (!none) {
            found = line;
        }
        if (at > unit) {
            return found;
        }
        while (q < end && !(*q & 128)) {
            q++;
        }
        p = q;
    }
    return found;
}

/* Describe the innermost frame of Python code, from *address* on. */
static void
describe_frame(trace_t *t, uintptr_t address)
{
    _PyInterpreterFrame frame;
    PyCodeObject *code = &t->code_object;
    PyBytesObject table;
    uintptr_t where = 0;
    /* Frames that stand for a call from C have no code. */
    for (int i = 0; where == 0 && i < 100; i++) {
        if (!read_exactly(address, &frame,
                          offsetof(_PyInterpreterFrame, localsplus)))
        {
            return;
        }
        if (is_python_frame(&frame)
            && read_exactly(code_of_frame(&frame), code, sizeof(*code))
            && Py_TYPE(code) == &PyCode_Type)
        {
            where = code_of_frame(&frame);
        }
        address = (uintptr_t)frame.previous;
    }
    if (where == 0) {
        return;
    }
    t->write.filename = (uint16_t)copy_string(code->co_filename, t->filename);
    t->write.function = (uint16_t)copy_string(code->co_qualname, t->function);
    t->write.line = code->co_firstlineno;
    uintptr_t first = where + offsetof(PyCodeObject, co_code_adaptive);
    uintptr_t at = instruction_of_frame(&frame);
    if (at >= first
        && read_exactly((uintptr_t)code->co_linetable, &table, sizeof(table))
        && Py_TYPE(&table) == &PyBytes_Type && Py_SIZE(&table) > 0)
    {
        size_t size = Py_MIN((size_t)Py_SIZE(&table), sizeof(t->table));
        if (read_exactly((uintptr_t)code->co_linetable
                         + offsetof(PyBytesObject, ob_sval), t->table, size))
        {
            t->write.line = find_line(t->table, t->table + size,
                                      code->co_firstlineno,
                                      (Py_ssize_t)(at - first)
                                      / (Py_ssize_t)sizeof(_Py_CODEUNIT));
        }
    }
}

/* Find the thread's state, and whether the address is in the stack of frames
   of any thread. */
static void
describe_thread(trace_t *t, pid_t tid, uintptr_t address)
{
    uintptr_t interp = 0, next = 0, frame = 0, finalizing = 0;
    PyThreadState *ts = &t->tstate;
    if (read_exactly((uintptr_t)&_PyRuntime._finalizing, &finalizing,
                     sizeof(finalizing))
        && finalizing != 0)
    {
        t->write.flags |= WRITE_FINALIZING;
    }
    read_exactly((uintptr_t)&_PyRuntime.interpreters.head, &interp,
                 sizeof(interp));
    for (int i = 0; interp != 0 && i < 1000; i++) {
        if (!read_exactly(interp + offsetof(PyInterpreterState, threads.head),
                          &next, sizeof(next)))
        {
            break;
        }
        for (int k = 0; next != 0 && k < 10000; k++) {
            if (!read_exactly(next, ts, sizeof(*ts))) {
                break;
            }
            if ((pid_t)ts->native_thread_id == tid
                || (tid == t->main_tid
                    && next == (uintptr_t)t->main_tstate))
            {
                frame = current_frame(ts);
            }
            uintptr_t chunk = (uintptr_t)ts->datastack_chunk;
            for (int n = 0; chunk != 0 && n < 1000; n++) {
                _PyStackChunk head;
                if (!read_exactly(chunk, &head,
                                  offsetof(_PyStackChunk, data)))
                {
                    break;
                }
                if (address >= chunk && address < chunk + head.size) {
                    t->write.kind = KIND_FRAMES;
                    break;
                }
                chunk = (uintptr_t)head.previous;
            }
            next = (uintptr_t)ts->next;
        }
        if (!read_exactly(interp + offsetof(PyInterpreterState, next),
                          &interp, sizeof(interp)))
        {
            break;
        }
    }
    if (frame != 0) {
        describe_frame(t, frame);
    }
}


/* The function of C */

static size_t
read_file(const char *path, char *buffer, size_t room)
{
    size_t used = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    while (used < room) {
        ssize_t n = read(fd, buffer + used, room - used);
        if (n <= 0) {
            break;
        }
        used += (size_t)n;
    }
    close(fd);
    return used;
}

typedef struct {
    uintptr_t start;
    uintptr_t end;
    const char *perms;
    int file;
    const char *path;
    size_t path_length;
} mapping_t;

static const char *
parse_mapping(const char *p, mapping_t *m)
{
    p = get_hex(p, &m->start);
    p = get_hex(p + 1, &m->end);
    m->perms = ++p;
    for (int spaces = 0; spaces < 3; p++) {
        spaces += *p == ' ';        /* perms, offset, device */
    }
    m->file = *p != '0';            /* inode */
    while (*p != ' ' && *p != '\n') {
        p++;
    }
    while (*p == ' ') {
        p++;
    }
    m->path = p;
    while (*p != '\n') {
        p++;
    }
    m->path_length = (size_t)(p - m->path);
    return p + 1;
}

static size_t
read_maps(trace_t *t)
{
    size_t used = read_file("/proc/thread-self/maps", t->maps,
                            t->maps_room - 1);
    while (used > 0 && t->maps[used - 1] != '\n') {
        used--;
    }
    t->maps[used] = '\0';
    emit_one(t, 'M', t->maps, used);
    t->ncode = 0;
    for (const char *p = t->maps; *p != '\0';) {
        mapping_t m;
        p = parse_mapping(p, &m);
        if (m.perms[2] == 'x' && t->ncode < CODE) {
            t->code[t->ncode++] = (range_t){m.start, m.end};
        }
    }
    return used;
}

static int
is_code(trace_t *t, uintptr_t address)
{
    for (size_t i = 0; i < t->ncode; i++) {
        if (address >= t->code[i].start && address < t->code[i].end) {
            return 1;
        }
    }
    return 0;
}

/* Return true if a call is in front of this address. */
static int
follows_call(uintptr_t address)
{
#if defined(__x86_64__) || defined(__i386__)
    uint8_t b[7];
    if (!read_exactly(address - sizeof(b), b, sizeof(b))) {
        return 0;
    }
#define BEFORE(N) b[sizeof(b) - (N)]
    return BEFORE(5) == 0xE8
        || (BEFORE(2) == 0xFF && (BEFORE(1) & 0xF8) == 0xD0)
        || (BEFORE(2) == 0xFF && (BEFORE(1) & 0xF8) == 0x10)
        || (BEFORE(3) == 0xFF && (BEFORE(2) & 0xF8) == 0x50)
        || (BEFORE(4) == 0xFF && BEFORE(3) == 0x54)
        || (BEFORE(6) == 0xFF && (BEFORE(5) == 0x15
                                  || (BEFORE(5) & 0xF8) == 0x90))
        || (BEFORE(7) == 0xFF && BEFORE(6) == 0x94);
#undef BEFORE
#elif defined(__aarch64__)
    uint32_t insn;
    return (address & 3) == 0 && read_exactly(address - 4, &insn, 4)
           && (insn >> 26 == 0x25 || (insn & 0xFFFFFC1F) == 0xD63F0000);
#else
    return 1;
#endif
}

static void
describe_code(trace_t *t, uintptr_t pc, uintptr_t sp)
{
    write_t *w = &t->write;
    w->pc = pc;
    if (pc == 0) {
        return;
    }
    if (!is_code(t, pc)) {
        read_maps(t);               /* loaded since then */
    }
    int n = 0;
    uintptr_t words[512];
    for (int pages = 0; pages < 2 && n < CALLERS; pages++) {
        size_t size = t->page - (sp & (t->page - 1));
        size = Py_MIN(size, sizeof(words)) & ~(sizeof(void *) - 1);
        if (!read_exactly(sp, words, size)) {
            break;
        }
        for (size_t i = 0; i < size / sizeof(void *) && n < CALLERS; i++) {
            if (is_code(t, words[i]) && follows_call(words[i])) {
                w->callers[n++] = words[i];
            }
        }
        sp += size;
    }
}

static void
begin_write(trace_t *t, uintptr_t address, pid_t tid)
{
    write_t *w = &t->write;
    memset(w, 0, sizeof(*w));
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    w->time = (uint64_t)(now.tv_sec - t->start.tv_sec) * 1000000000u
              + (uint64_t)now.tv_nsec - (uint64_t)t->start.tv_nsec;
    w->address = address;
    w->tid = (uint32_t)tid;
    w->syscall = -1;
    t->type_name[0] = '\0';
}

static void
describe_write(trace_t *t, pid_t tid, uintptr_t pc, uintptr_t sp)
{
    write_t *w = &t->write;
    uintptr_t address = (uintptr_t)w->address;
    region_t *r = find_region(t, address);
    if (r != NULL) {
        w->kind = (uint8_t)r->kind;
    }
    describe_code(t, pc, sp);
    describe_thread(t, tid, address);
    if (r != NULL) {
        w->flags |= flags_of_page(t, r, address);
        if (t->exact) {
            w->flags |= WRITE_EXACT;
            if (w->kind != KIND_FRAMES && !look_in_chunk(t, address)
                && !look_in_pool(t, address, r))
            {
                look_back(t, address, r);
            }
        }
    }
    w->type_name = (uint16_t)strlen(t->type_name);
    struct iovec iov[5] = {
        {NULL, 0},
        {w, sizeof(*w)},
        {t->filename, w->filename},
        {t->function, w->function},
        {t->type_name, w->type_name},
    };
    emit(t, 'W', iov, 5);
}


/* userfaultfd */

#ifdef HAVE_UFFD

static int
has_threads(nlink_t n)
{
    struct stat st;
    return stat("/proc/self/task", &st) == 0 && st.st_nlink == n + 2;
}

/* Return true if all other threads have ended.  The first stays as a
   zombie. */
static int
is_left_alone(void)
{
    char text[128];
    if (!has_threads(2)) {
        return 0;
    }
    text[read_file("/proc/self/stat", text, sizeof(text) - 1)] = '\0';
    const char *p = strrchr(text, ')');
    return p != NULL && strncmp(p, ") Z", 3) == 0;
}

static char *
put_number(char *p, unsigned long n)
{
    char digits[24];
    int i = 0;
    do {
        digits[i++] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    while (i > 0) {
        *p++ = digits[--i];
    }
    return p;
}

/* Find out where the thread is that the monitor has to serve. */
static void
find_thread(trace_t *t, pid_t tid, uintptr_t *pc, uintptr_t *sp)
{
    char path[48] = "/proc/", text[256];
    int slot;
    for (slot = 0; slot < THREADS; slot++) {
        if (t->threads[slot].tid == tid) {
            break;
        }
    }
    if (slot == THREADS) {
        slot = t->next_thread++ % THREADS;
        if (t->threads[slot].tid != 0) {
            close(t->threads[slot].fd);
        }
        char *p = put_number(path + 6, (unsigned long)tid);
        memcpy(p, "/syscall", 9);
        t->threads[slot].fd = open(path, O_RDONLY | O_CLOEXEC);
        t->threads[slot].tid = tid;
        if (t->threads[slot].fd < 0) {
            t->threads[slot].tid = 0;
            return;
        }
    }
    for (int i = 0; i < 100; i++) {
        ssize_t n = pread(t->threads[slot].fd, text, sizeof(text) - 1, 0);
        if (n <= 0) {
            close(t->threads[slot].fd);
            t->threads[slot].tid = 0;
            return;
        }
        text[n] = '\0';
        if (text[0] == 'r') {       /* "running": it has yet to fall asleep */
            sched_yield();
            continue;
        }
        if (text[0] != '-') {
            int number = 0;
            for (char *p = text; *p >= '0' && *p <= '9'; p++) {
                number = number * 10 + (*p - '0');
            }
            t->write.syscall = number;
            t->write.flags |= WRITE_SYSTEM_CALL;
        }
        /* The last two numbers. */
        const char *end = text + n, *p = end;
        for (int words = 0; p > text && words < 2; p--) {
            words += p[-1] == 'x';
        }
        uintptr_t *values[2] = {sp, pc};
        for (int k = 0; k < 2 && p < end; k++) {
            while (p < end && *p != 'x') {
                p++;
            }
            if (p < end) {
                p = get_hex(p + 1, values[k]);
            }
        }
        return;
    }
}

static int
open_uffd(enum backend backend)
{
    int flags = O_CLOEXEC | O_NONBLOCK;
    if (backend == BACKEND_UFFD_USER) {
        flags |= UFFD_USER_MODE_ONLY;
    }
    int fd = (int)syscall(SYS_userfaultfd, flags);
    if (fd < 0 && backend == BACKEND_UFFD) {
        int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
        if (device >= 0) {
            fd = ioctl(device, USERFAULTFD_IOC_NEW, flags);
            close(device);
        }
    }
    return fd;
}

static int
connect_uffd(trace_t *t, enum backend backend)
{
    const uint64_t wanted = UFFD_FEATURE_PAGEFAULT_FLAG_WP
                            | UFFD_FEATURE_THREAD_ID;
    for (int exact = 1; exact >= 0; exact--) {
        int fd = open_uffd(backend);
        if (fd < 0) {
            return fail(t, "userfaultfd", errno);
        }
        struct uffdio_api api = {.api = UFFD_API, .features = wanted};
        if (exact) {
            api.features |= UFFD_FEATURE_EXACT_ADDRESS;
        }
        if (ioctl(fd, UFFDIO_API, &api) == 0) {
            t->uffd = fd;
            t->exact = exact;
            return 0;
        }
        close(fd);
    }
    return fail(t, "userfaultfd: no write protection in this kernel", EINVAL);
}

static int
protect_range(int uffd, uintptr_t start, uintptr_t end, int on)
{
    struct uffdio_writeprotect wp = {
        .range = {start, end - start},
        .mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
    };
    int result;
    do {
        result = ioctl(uffd, UFFDIO_WRITEPROTECT, &wp);
    } while (result < 0 && errno == EAGAIN);
    return result;
}

static int
register_range(int uffd, uintptr_t start, uintptr_t end)
{
    struct uffdio_register reg = {
        .range = {start, end - start},
        .mode = UFFDIO_REGISTER_MODE_WP,
    };
    return ioctl(uffd, UFFDIO_REGISTER, &reg);
}

/* Keep what is needed of the monitor's own table of descriptors, so that the
   program can close what it likes, and sees the end of its pipes. */
static void
close_others(trace_t *t)
{
    int keep[2] = {Py_MIN(t->uffd, t->file), Py_MAX(t->uffd, t->file)};
#ifdef SYS_close_range
    int low = 0, done = 1;
    for (int i = 0; i < 2; i++) {
        if (keep[i] > low && syscall(SYS_close_range, low, keep[i] - 1, 0)) {
            done = 0;
        }
        low = keep[i] + 1;
    }
    if (done && syscall(SYS_close_range, low, ~0U, 0) == 0) {
        return;
    }
#endif
    struct rlimit limit;
    int most = 1024;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536) {
        most = (int)limit.rlim_cur;
    }
    for (int fd = 0; fd < most; fd++) {
        if (fd != keep[0] && fd != keep[1]) {
            close(fd);
        }
    }
}

static void *
run_monitor(void *arg)
{
    trace_t *t = arg;
    if (syscall(SYS_unshare, CLONE_FILES) == 0) {
        close_others(t);
        t->own_table = 1;
    }
    __atomic_store_n(&t->ready, 1, __ATOMIC_RELEASE);
    for (;;) {
        struct uffd_msg msg;
        ssize_t n = read(t->uffd, &msg, sizeof(msg));
        if (n != sizeof(msg)) {
            if (n >= 0 || (errno != EINTR && errno != EAGAIN)) {
                break;
            }
            /* Nothing tells when the program's last thread has ended.  If it
               has, the C library ends the process after this one. */
            struct pollfd pfd = {.fd = t->uffd, .events = POLLIN};
            if (poll(&pfd, 1, ALONE_INTERVAL) == 0 && is_left_alone()) {
                break;
            }
            continue;
        }
        if (msg.event != UFFD_EVENT_PAGEFAULT) {
            continue;
        }
        uintptr_t address = (uintptr_t)msg.arg.pagefault.address;
        uintptr_t page = address & ~(uintptr_t)(t->page - 1);
        if (page == (uintptr_t)t->bell) {
            break;
        }
        pid_t tid = (pid_t)msg.arg.pagefault.feat.ptid;
        uintptr_t pc = 0, sp = 0;
        begin_write(t, address, tid);
        find_thread(t, tid, &pc, &sp);
        describe_write(t, tid, pc, sp);
        if (protect_range(t->uffd, page, page + t->page, 0) < 0) {
            struct uffdio_range range = {page, t->page};
            ioctl(t->uffd, UFFDIO_WAKE, &range);
        }
    }
    /* Closing it ends the protection, and wakes who waits. */
    for (int i = 0; i < THREADS; i++) {
        if (t->threads[i].tid != 0) {
            close(t->threads[i].fd);
        }
    }
    close(t->file);
    close(t->uffd);
    return NULL;
}

/* A private mapping of a file can't be watched; anonymous memory can.  Put a
   copy in its place. */
static int
make_anonymous(region_t *r)
{
    size_t size = r->end - r->start;
    char *copy = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED) {
        return -1;
    }
    memcpy(copy, (void *)(uintptr_t)r->start, size);
    if (mprotect(copy, size, (int)r->prot) < 0
        || (uintptr_t)syscall(SYS_mremap, copy, size, size,
                              MREMAP_MAYMOVE | MREMAP_FIXED,
                              (uintptr_t)r->start) != r->start)
    {
        munmap(copy, size);
        return -1;
    }
    return 0;
}

static int
start_monitor(trace_t *t)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstack(&attr, t->stack + t->page, STACK_SIZE);
    int error = pthread_create(&t->monitor, &attr, run_monitor, t);
    pthread_attr_destroy(&attr);
    if (error) {
        return fail(t, "the monitoring thread", error);
    }
    while (!__atomic_load_n(&t->ready, __ATOMIC_ACQUIRE)) {
        sched_yield();
    }
    return 0;
}

#endif  /* HAVE_UFFD */


/* mprotect */

static void
raise_protection(region_t *r)
{
    mprotect((void *)(uintptr_t)r->start, r->end - r->start, (int)r->prot);
}

static void
get_context(void *context, uintptr_t *pc, uintptr_t *sp)
{
    ucontext_t *uc = context;
#if defined(__x86_64__)
    *pc = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
    *sp = (uintptr_t)uc->uc_mcontext.gregs[REG_RSP];
#elif defined(__i386__)
    *pc = (uintptr_t)uc->uc_mcontext.gregs[REG_EIP];
    *sp = (uintptr_t)uc->uc_mcontext.gregs[REG_ESP];
#elif defined(__aarch64__)
    *pc = (uintptr_t)uc->uc_mcontext.pc;
    *sp = (uintptr_t)uc->uc_mcontext.sp;
#elif defined(__arm__)
    *pc = (uintptr_t)uc->uc_mcontext.arm_pc;
    *sp = (uintptr_t)uc->uc_mcontext.arm_sp;
#elif defined(__s390x__)
    *pc = (uintptr_t)uc->uc_mcontext.psw.addr;
    *sp = (uintptr_t)uc->uc_mcontext.gregs[15];
#else
    (void)uc, (void)pc, (void)sp;
#endif
}

static void
trap(int Py_UNUSED(signum), siginfo_t *info, void *context)
{
    trace_t *t = current;
    int saved = errno;
    uintptr_t address = (uintptr_t)info->si_addr;
    region_t *r = t ? find_region(t, address) : NULL;
    if (r == NULL || !r->traced || info->si_code != SEGV_ACCERR) {
        /* Not ours: to whom it belongs, by running the instruction again. */
        if (t != NULL) {
            sigaction(SIGSEGV, &t->old_action, NULL);
        }
        else {
            signal(SIGSEGV, SIG_DFL);
        }
        errno = saved;
        return;
    }
    uintptr_t page = address & ~(uintptr_t)(t->page - 1);
    pid_t tid = (pid_t)syscall(SYS_gettid);
    if (__atomic_load_n(&t->owner, __ATOMIC_RELAXED) != tid
        && getpid() == (pid_t)t->header.pid)
    {
        while (__atomic_exchange_n(&t->lock, 1, __ATOMIC_ACQUIRE)) {
            sched_yield();
        }
        __atomic_store_n(&t->owner, tid, __ATOMIC_RELAXED);
        /* A page that was never touched is new, not copied. */
        unsigned char present = 1;
        mincore((void *)page, t->page, &present);
        if (present & 1) {
            uintptr_t pc = 0, sp = 0;
            begin_write(t, address, tid);
            get_context(context, &pc, &sp);
            describe_write(t, tid, pc, sp);
        }
        __atomic_store_n(&t->owner, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&t->lock, 0, __ATOMIC_RELEASE);
    }
    if (mprotect((void *)page, t->page, (int)r->prot) < 0) {
        static const char note[] =
            "vm.max_map_count was reached; part of the memory was not traced";
        raise_protection(r);
        emit_one(t, 'N', note, sizeof(note) - 1);
    }
    errno = saved;
}

static int
start_trap(trace_t *t)
{
    stack_t stack = {.ss_sp = t->stack + t->page, .ss_size = STACK_SIZE};
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = trap;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigfillset(&action.sa_mask);
    sigdelset(&action.sa_mask, SIGSEGV);
    if (sigaltstack(&stack, &t->old_stack) < 0) {
        return fail(t, "sigaltstack", errno);
    }
    if (sigaction(SIGSEGV, &action, &t->old_action) < 0) {
        return fail(t, "sigaction", errno);
    }
    return 0;
}


/* Beginning and end */

static void
add_region(trace_t *t, uintptr_t start, uintptr_t end, const mapping_t *m,
           enum kind kind)
{
    for (int i = 0; i < t->nexcluded; i++) {
        range_t *x = &t->excluded[i];
        if (x->start < end && x->end > start) {
            if (x->start > start) {
                add_region(t, start, x->start, m, kind);
            }
            if (x->end < end) {
                add_region(t, x->end, end, m, kind);
            }
            return;
        }
    }
    if (t->nregions < REGIONS) {
        region_t *r = &t->regions[t->nregions++];
        r->start = start;
        r->end = end;
        r->kind = kind;
        r->file = (uint32_t)m->file;
        r->traced = 1;
        r->prot = PROT_READ | PROT_WRITE
                  | (m->perms[2] == 'x' ? PROT_EXEC : 0);
    }
}

static int
starts_with(const mapping_t *m, const char *text)
{
    return strncmp(m->path, text, strlen(text)) == 0;
}

static void
exclude(trace_t *t, uintptr_t start, uintptr_t end)
{
    uintptr_t mask = t->page - 1;
    range_t range = {start & ~mask, (end + mask) & ~mask};
    t->excluded[t->nexcluded++] = range;
}

/* The stack of a thread other than the main one. */
static void
exclude_stack(trace_t *t)
{
    pthread_attr_t attr;
    void *start;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        if (pthread_attr_getstack(&attr, &start, &size) == 0) {
            exclude(t, (uintptr_t)start, (uintptr_t)start + size);
        }
        pthread_attr_destroy(&attr);
    }
}

/* Return where the module ends whose first mapping begins here.  Its .bss has
   no name, and may adjoin other memory. */
static uintptr_t
module_end(uintptr_t start)
{
    ElfW(Ehdr) head;
    ElfW(Phdr) segment;
    uintptr_t end = 0;
    if (!read_exactly(start, &head, sizeof(head))
        || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
    {
        return 0;
    }
    for (size_t i = 0; i < head.e_phnum; i++) {
        if (read_exactly(start + head.e_phoff + i * head.e_phentsize,
                         &segment, sizeof(segment))
            && segment.p_type == PT_LOAD)
        {
            end = Py_MAX(end, segment.p_vaddr + segment.p_memsz);
        }
    }
    return head.e_type == ET_DYN ? start + end : end;
}

static void
find_regions(trace_t *t)
{
    uintptr_t sp = (uintptr_t)&sp;
    const char *python = NULL;
    size_t python_length = 0;
    mapping_t m;
    /* The executable, or libpython: the file of a function of ours. */
    for (const char *p = t->maps; *p != '\0';) {
        p = parse_mapping(p, &m);
        uintptr_t function = (uintptr_t)&PyObject_Free;
        if (function >= m.start && function < m.end) {
            python = m.path;
            python_length = m.path_length;
        }
        if (sp >= m.start && sp < m.end && !starts_with(&m, "[stack")) {
            exclude_stack(t);
        }
    }
    t->regions = take(t, REGIONS * sizeof(region_t));
    enum kind last = KIND_OTHER;    /* of the module whose .bss comes next */
    uintptr_t last_end = 0;
    const char *path = NULL;
    size_t path_length = 0;
    for (const char *p = t->maps; *p != '\0';) {
        p = parse_mapping(p, &m);
        enum kind kind = KIND_OTHER;
        if (m.file && m.path_length > 0) {
            if (path == NULL || m.path_length != path_length
                || strncmp(m.path, path, path_length) != 0)
            {
                path = m.path;
                path_length = m.path_length;
                last_end = module_end(m.start);
                last = python != NULL && path_length == python_length
                       && strncmp(path, python, python_length) == 0
                       ? KIND_PYTHON : KIND_LIBRARY;
            }
            kind = last_end != 0 ? last : KIND_OTHER;
        }
        else if (starts_with(&m, "[heap]")) {
            kind = KIND_HEAP;
        }
        if (m.perms[1] != 'w' || m.perms[3] != 'p'
            || starts_with(&m, "[stack") || starts_with(&m, "[v"))
        {
            continue;
        }
        uintptr_t bss_end = (last_end + t->page - 1) & ~(t->page - 1);
        if (kind == KIND_OTHER && m.path_length == 0 && m.start < bss_end) {
            uintptr_t middle = Py_MIN(m.end, bss_end);
            add_region(t, m.start, middle, &m, last);
            m.start = middle;
        }
        if (m.start < m.end) {
            add_region(t, m.start, m.end, &m, kind);
        }
    }
}

/* Open the file, and describe the process. */
static int
prepare(trace_t *t, const char *path, int forked)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(t, path, errno);
    }
    /* Where the descriptors of a program never are. */
    struct rlimit limit;
    int high = 64;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        high = (int)Py_MIN(limit.rlim_cur, 4096) - 16;
    }
    t->file = fcntl(fd, F_DUPFD_CLOEXEC, Py_MAX(high, 0));
    if (t->file < 0) {
        t->file = fd;
    }
    else {
        close(fd);
    }
    if (fstat(t->file, &t->file_stat) < 0) {
        return fail(t, path, errno);
    }
    header_t *h = &t->header;
    h->format = FORMAT;
    h->page_size = (uint32_t)t->page;
    h->pid = (uint32_t)getpid();
    h->ppid = (uint32_t)getppid();
    h->backend = t->backend;
    h->forked = (uint32_t)forked;
    h->preheader = GC_HEAD;
    h->typeoffset = offsetof(PyObject, ob_type);
    h->python = (uintptr_t)&PyObject_Free;
    char text[128] = "";
    text[read_file("/proc/self/statm", text, sizeof(text) - 1)] = '\0';
    char *p = strchr(text, ' ');
    h->resident = p ? strtoul(p, NULL, 10) : 0;
    emit_one(t, 'H', h, sizeof(*h));

    t->code = take(t, CODE * sizeof(range_t));
    t->chunks = take(t, CHUNKS * sizeof(range_t));
    t->types_mask = TYPES - 1;
    t->types = take(t, TYPES * sizeof(type_t));
    t->maps_room = (size_t)4 << 20;
    t->maps = take(t, t->maps_room);
    if (read_maps(t) == 0) {
        return fail(t, "/proc/thread-self/maps", ENOENT);
    }
    size_t used = 0;
    collect_types(t, &PyBaseObject_Type, t->window, &used);
    emit_one(t, 'T', t->window, used);
    if (safe_read((uintptr_t)h, text, 1) != 1) {
        return fail(t, "process_vm_readv", errno);
    }
    return 0;
}

/* Find out what there is; tell the reader of the trace. */
static int
survey(trace_t *t, int immortal)
{
    size_t pages = 0;
    for (size_t i = 0; i < t->nregions; i++) {
        pages += (t->regions[i].end - t->regions[i].start) / t->page;
    }
    if (immortal) {
        size_t size = pages / 8 + 1;
        uint8_t *bits = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (bits == MAP_FAILED) {
            return fail(t, "mmap", errno);
        }
        t->immortal = bits;
        t->immortal_code = bits + size;
        t->immortal_bytes = 2 * size;
    }
    count_pages(t, immortal);
    emit_one(t, 'R', t->regions, t->nregions * sizeof(region_t));
    return 0;
}

#ifdef HAVE_UFFD
static int
protect_by_uffd(trace_t *t, int immortal)
{
    uintptr_t bell = (uintptr_t)t->bell;
    int alone = has_threads(1);
    for (size_t i = 0; i < t->nregions; i++) {
        region_t *r = &t->regions[i];
        if (r->file) {
            /* Another thread might write in the meantime. */
            r->traced = alone && r->end - r->start <= FILE_MAX
                        && make_anonymous(r) == 0;
        }
        if (r->traced && register_range(t->uffd, r->start, r->end) < 0) {
            r->traced = 0;
        }
    }
    t->bell[0] = 1;                 /* only what is there can be protected */
    if (survey(t, immortal) < 0) {
        return -1;
    }
    if (register_range(t->uffd, bell, bell + t->page) < 0
        || protect_range(t->uffd, bell, bell + t->page, 1) < 0)
    {
        return fail(t, "userfaultfd", errno);
    }
    if (start_monitor(t) < 0) {
        return -1;
    }
    for (size_t i = 0; i < t->nregions; i++) {
        region_t *r = &t->regions[i];
        if (r->traced) {
            protect_range(t->uffd, r->start, r->end, 1);
        }
    }
    if (t->own_table) {
        close(t->uffd);
        close(t->file);
    }
    return 0;
}
#endif

static int
protect_by_mprotect(trace_t *t, int immortal)
{
    if (survey(t, immortal) < 0 || start_trap(t) < 0) {
        return -1;
    }
    current = t;
    for (size_t i = 0; i < t->nregions; i++) {
        region_t *r = &t->regions[i];
        mprotect((void *)(uintptr_t)r->start, r->end - r->start,
                 (int)r->prot & ~PROT_WRITE);
    }
    return 0;
}

static int
protect(trace_t *t, int immortal)
{
    find_regions(t);
#ifdef HAVE_UFFD
    if (t->backend != BACKEND_MPROTECT) {
        return protect_by_uffd(t, immortal);
    }
#endif
    return protect_by_mprotect(t, immortal);
}

static void
dispose(trace_t *t)
{
    if (t->stack != NULL) {
        munmap(t->stack, STACK_SIZE + 2 * t->page);
    }
    if (t->immortal != NULL) {
        munmap(t->immortal, t->immortal_bytes);
    }
    munmap(t, BLOCK_BYTES);
}

static int
choose_backend(trace_t *t, enum backend wanted)
{
#ifdef HAVE_UFFD
    for (int b = BACKEND_UFFD; b <= BACKEND_UFFD_USER; b++) {
        if ((wanted == BACKEND_AUTO || wanted == (enum backend)b)
            && connect_uffd(t, (enum backend)b) == 0)
        {
            t->error[0] = '\0';
            t->backend = (enum backend)b;
            return 0;
        }
    }
#endif
    if (wanted == BACKEND_AUTO || wanted == BACKEND_MPROTECT) {
        t->error[0] = '\0';
        t->exact = 1;
        t->backend = BACKEND_MPROTECT;
        return 0;
    }
    return fail(t, backend_names[wanted], ENOSYS);
}

/* Trace this process from now on.  On failure put a text in *error*, of 256
   bytes, and return -1. */
static int
begin(const char *path, enum backend backend, int immortal, int forked,
      char *error)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int result = -1;
    trace_t *t = mmap(NULL, BLOCK_BYTES, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (t == MAP_FAILED) {
        PyOS_snprintf(error, 256, "mmap: %s", strerror(errno));
        goto done;
    }
    t->used = (sizeof(*t) + 63) & ~(size_t)63;
    t->page = (size_t)sysconf(_SC_PAGESIZE);
    t->uffd = t->file = -1;
    t->main_tid = (pid_t)syscall(SYS_gettid);
    t->main_tstate = running_thread();
    clock_gettime(CLOCK_MONOTONIC, &t->start);
    /* Two pages more: one below as a guard, one above to ring. */
    t->stack = mmap(NULL, STACK_SIZE + 2 * t->page, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (t->stack == MAP_FAILED) {
        t->stack = NULL;
        fail(t, "mmap", errno);
        goto error;
    }
    mprotect(t->stack, t->page, PROT_NONE);
    t->bell = t->stack + t->page + STACK_SIZE;
    exclude(t, (uintptr_t)t->stack, (uintptr_t)t->bell + t->page);
    uintptr_t tls = (uintptr_t)&errno, self = (uintptr_t)pthread_self();
    exclude(t, tls, tls + 1);
    exclude(t, self, self + 4096);
    stack_t stack;
    if (sigaltstack(NULL, &stack) == 0 && !(stack.ss_flags & SS_DISABLE)) {
        exclude(t, (uintptr_t)stack.ss_sp,
                (uintptr_t)stack.ss_sp + stack.ss_size);
    }
    if (choose_backend(t, backend) < 0 || prepare(t, path, forked) < 0) {
        goto error;
    }
    current = t;
    if (protect(t, immortal) < 0) {
        current = NULL;
        goto error;
    }
    result = 0;
    goto done;

error:
    if (t->file >= 0) {
        emit_one(t, 'E', t->error, strlen(t->error));
        close(t->file);
    }
    if (t->uffd >= 0) {
        close(t->uffd);
    }
    PyOS_snprintf(error, 256, "%s", t->error);
    dispose(t);
done:
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return result;
}

static void
end(void)
{
    trace_t *t = current;
#ifdef HAVE_UFFD
    if (t->backend != BACKEND_MPROTECT) {
        t->bell[0] = 1;             /* ends the monitor */
        pthread_join(t->monitor, NULL);
    }
    else
#endif
    {
        for (size_t i = 0; i < t->nregions; i++) {
            if (t->regions[i].traced) {
                raise_protection(&t->regions[i]);
            }
        }
        sigaction(SIGSEGV, &t->old_action, NULL);
        sigaltstack(&t->old_stack, NULL);
        if (file_is_ours(t)) {
            close(t->file);
        }
    }
    current = NULL;
    dispose(t);
}

/* In a child, before anything else runs there. */
static void
after_fork_in_child(void)
{
    trace_t *t = current;
    if (t != NULL) {
        /* The parent is traced, not this process. */
        if (t->backend == BACKEND_MPROTECT) {
            for (size_t i = 0; i < t->nregions; i++) {
                if (t->regions[i].traced) {
                    raise_protection(&t->regions[i]);
                }
            }
            sigaction(SIGSEGV, &t->old_action, NULL);
            sigaltstack(&t->old_stack, NULL);
        }
        if (!t->own_table) {
            if (file_is_ours(t)) {
                close(t->file);
            }
            if (t->uffd >= 0) {
                close(t->uffd);
            }
        }
        current = NULL;
        dispose(t);
    }
    int armed = follow.armed && pthread_equal(follow.thread, pthread_self());
    follow.armed = 0;
    if (armed) {
        char path[PATH_MAX], error[256];
        PyOS_snprintf(path, sizeof(path), "%s/%ld", follow.directory,
                      (long)getpid());
        begin(path, follow.backend, follow.immortal, 1, error);
    }
}

static PyObject *
cowtrace_arm(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    if (follow.directory[0] != '\0'
        && (follow.only == 0
            || (getpid() == follow.root && ++follow.count == follow.only)))
    {
        follow.thread = pthread_self();
        follow.armed = 1;
    }
    Py_RETURN_NONE;
}

static PyObject *
cowtrace_disarm(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    follow.armed = 0;
    Py_RETURN_NONE;
}

static int
parse_backend(const char *name, enum backend *backend)
{
    for (int i = 0; i < BACKENDS; i++) {
        if (strcmp(name, backend_names[i]) == 0) {
            *backend = (enum backend)i;
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError, "no such backend: %s", name);
    return -1;
}

PyDoc_STRVAR(follow_doc,
"follow(directory, backend, immortal, only)\n\
--\n\
\n\
Trace every process forked from now on, or only child number *only*.");

static PyObject *
cowtrace_follow(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *directory;
    const char *name;
    int immortal, only;
    enum backend backend;
    if (!PyArg_ParseTuple(args, "O&spi:follow", PyUnicode_FSConverter,
                          &directory, &name, &immortal, &only))
    {
        return NULL;
    }
    if (parse_backend(name, &backend) < 0) {
        Py_DECREF(directory);
        return NULL;
    }
    if ((size_t)PyBytes_GET_SIZE(directory) >= sizeof(follow.directory)) {
        Py_DECREF(directory);
        PyErr_SetString(PyExc_ValueError, "directory name too long");
        return NULL;
    }
    struct stat st;
    int error = stat(PyBytes_AS_STRING(directory), &st) < 0 ? errno
                : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    if (error) {
        errno = error;
        PyErr_SetFromErrnoWithFilename(PyExc_OSError,
                                       PyBytes_AS_STRING(directory));
        Py_DECREF(directory);
        return NULL;
    }
    strcpy(follow.directory, PyBytes_AS_STRING(directory));
    Py_DECREF(directory);
    follow.backend = backend;
    follow.immortal = immortal;
    follow.only = only;
    follow.count = 0;
    follow.root = getpid();
    Py_RETURN_NONE;
}

PyDoc_STRVAR(start_doc,
"start(path, backend, immortal)\n\
--\n\
\n\
Trace this process, into the file *path*.");

static PyObject *
cowtrace_start(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *path;
    const char *name;
    int immortal;
    enum backend backend;
    if (!PyArg_ParseTuple(args, "O&sp:start", PyUnicode_FSConverter, &path,
                          &name, &immortal))
    {
        return NULL;
    }
    char error[256];
    int result = -1;
    if (parse_backend(name, &backend) == 0) {
        if (current != NULL) {
            PyErr_SetString(PyExc_RuntimeError,
                            "this process is being traced already");
        }
        else {
            result = begin(PyBytes_AS_STRING(path), backend, immortal, 0,
                           error);
            if (result < 0) {
                PyErr_SetString(PyExc_OSError, error);
            }
        }
    }
    Py_DECREF(path);
    if (result < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(stop_doc,
"stop()\n\
--\n\
\n\
Stop tracing this process.");

static PyObject *
cowtrace_stop(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    if (current == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "this process is not being traced");
        return NULL;
    }
    end();
    Py_RETURN_NONE;
}

PyDoc_STRVAR(backends_doc,
"backends()\n\
--\n\
\n\
Return the names of the backends permitted here, the best first.");

static PyObject *
cowtrace_backends(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    PyObject *list = PyList_New(0);
    for (int b = BACKEND_UFFD; list != NULL && b < BACKENDS; b++) {
        trace_t t;
        t.error[0] = '\0';
        t.uffd = -1;
        if (choose_backend(&t, (enum backend)b) < 0) {
            continue;
        }
        if (t.uffd >= 0) {
            close(t.uffd);
        }
        PyObject *name = PyUnicode_FromString(backend_names[b]);
        if (name == NULL || PyList_Append(list, name) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(name);
    }
    return list;
}

_Py_COMP_DIAG_PUSH
_Py_COMP_DIAG_IGNORE_DEPR_DECLS

#define FIELD(TYPE, STRUCT, MEMBER) \
    {TYPE, offsetof(STRUCT, MEMBER), sizeof(((STRUCT *)0)->MEMBER), #MEMBER}

static const struct {
    const char *type;
    size_t offset;
    size_t size;
    const char *name;
} fields[] = {
    FIELDS_OF_ALL_VERSIONS,
    FIELDS_OF_THIS_VERSION,
    {"list", offsetof(PyVarObject, ob_size), sizeof(Py_ssize_t), "ob_size"},
    {"code", offsetof(PyCodeObject, co_code_adaptive), INT_MAX,
     "co_code_adaptive"},
};

_Py_COMP_DIAG_POP

PyDoc_STRVAR(fields_doc,
"fields()\n\
--\n\
\n\
Return a list of (name of type, offset, size, name of field).");

static PyObject *
cowtrace_fields(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < Py_ARRAY_LENGTH(fields); i++) {
        PyObject *item = Py_BuildValue(
            "snns", fields[i].type, (Py_ssize_t)fields[i].offset,
            (Py_ssize_t)fields[i].size, fields[i].name);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    return list;
}

PyDoc_STRVAR(is_immortal_doc,
"is_immortal(obj)\n\
--\n\
\n\
Tell whether obj has the count of an immortal object.");

static PyObject *
cowtrace_is_immortal(PyObject *Py_UNUSED(module), PyObject *obj)
{
    return PyBool_FromLong(is_immortal(obj));
}

static PyMethodDef cowtrace_methods[] = {
    {"arm", cowtrace_arm, METH_NOARGS, PyDoc_STR("Expect a fork.")},
    {"disarm", cowtrace_disarm, METH_NOARGS, PyDoc_STR("Expect none.")},
    {"follow", cowtrace_follow, METH_VARARGS, follow_doc},
    {"start", cowtrace_start, METH_VARARGS, start_doc},
    {"stop", cowtrace_stop, METH_NOARGS, stop_doc},
    {"is_immortal", cowtrace_is_immortal, METH_O, is_immortal_doc},
    {"fields", cowtrace_fields, METH_NOARGS, fields_doc},
    {"backends", cowtrace_backends, METH_NOARGS, backends_doc},
    {NULL, NULL, 0, NULL},
};

static int
cowtrace_exec(PyObject *Py_UNUSED(module))
{
    /* Layouts are those of one release. */
    if ((Py_Version ^ PY_VERSION_HEX) >> 8 != 0) {
        PyErr_Format(PyExc_ImportError,
                     "cowtrace was installed for CPython " PY_VERSION
                     ", and this is %.20s: install it again",
                     Py_GetVersion());
        return -1;
    }
    /* Once for each process: neither can be undone. */
    if (str_module == NULL) {
        int error = pthread_atfork(NULL, NULL, after_fork_in_child);
        if (error) {
            errno = error;
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
        str_module = PyUnicode_InternFromString("__module__");
        if (str_module == NULL || PyObject_Hash(str_module) == -1) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot cowtrace_slots[] = {
    {Py_mod_exec, cowtrace_exec},
    {0, NULL},
};

static struct PyModuleDef cowtrace_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_cowtrace",
    .m_doc = PyDoc_STR("Trap writes to shared memory; see cowtrace."),
    .m_methods = cowtrace_methods,
    .m_slots = cowtrace_slots,
};

PyMODINIT_FUNC
PyInit__cowtrace(void)
{
    return PyModuleDef_Init(&cowtrace_module);
}

/* Memory of the immortal objects: new ones are to lie in other pages.

   pymalloc takes blocks from the pools that have free ones.  A pool that is
   taken out of its list of such pools is used no more: blocks are given back
   to it as before, and when the last one is, the pool goes back to its arena
   and is as good as any.  So nothing is lost for good, no block is taken for
   this, and allocation takes as long as ever. */

#include "core.h"

#ifdef __GLIBC__
#  include <malloc.h>
#endif

/* Give memory of malloc() back that nobody has: what a child takes of it would
   be a copy of it.  Its holes in pages that are in use stay as they are. */
static void
trim_malloc(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

#ifdef HAVE_POOLS

/* Does it hold so much that its pages are worth keeping?  One that is nearly
   empty goes on to be used: that costs a child its four pages at most, and
   leaves the memory usable of a program that has let most of it go. */
static bool
is_worth_it(poolp pool, unsigned int size_class)
{
    return pool->ref.count * 2 >= NUMBLOCKS(size_class);
}

/* A list is linked through a pool of which the table has two members alone. */
static poolp
list_head(struct _obmalloc_state *state, unsigned int size_class)
{
    char *first = (char *)&state->pools.used[2 * size_class];
    return (poolp)(first - offsetof(struct pool_header, nextpool));
}

static void
retire_size_class(poolp head, unsigned int size_class)
{
    poolp next;
    for (poolp pool = head->nextpool; pool != head; pool = next) {
        next = pool->nextpool;
        if (is_worth_it(pool, size_class)) {
            pool->prevpool->nextpool = pool->nextpool;
            pool->nextpool->prevpool = pool->prevpool;
            // When it gets empty, it is taken out of the list again.
            pool->nextpool = pool->prevpool = pool;
        }
    }
}

void
retire_pools(void)
{
    trim_malloc();
    struct _obmalloc_state *state = POOLS(PyInterpreterState_Get());
    if (state == NULL) {
        return;
    }
    for (unsigned int i = 0; i < NB_SMALL_SIZE_CLASSES; i++) {
        // Without pymalloc the table is as it was at the start, or zeros.
        if (state->pools.used[i + i] != NULL) {
            retire_size_class(list_head(state, i), i);
        }
    }
}

/* How much memory for small objects there is, in arenas */
size_t
count_arenas(void)
{
    struct _obmalloc_state *state = POOLS(PyInterpreterState_Get());
    return state == NULL ? 0 : state->mgmt.narenas_currently_allocated;
}

#else

void
retire_pools(void)
{
    trim_malloc();
}

size_t
count_arenas(void)
{
    return 0;
}

#endif

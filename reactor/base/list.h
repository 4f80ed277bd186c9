/* A doubly linked ring: the links are embedded in what is listed, so nothing is allocated
 * and a member leaves its list without knowing which one it is. */
#ifndef UVD_BASE_LIST_H
#define UVD_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

/* An empty list, or a link that is in none. */
static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_append(struct list *l, struct list *link)
{
    link->next = l;
    link->prev = l->prev;
    l->prev->next = link;
    l->prev = link;
}

/* Afterwards the link is in no list; harmless when it was in none. */
static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

#endif

/* One message that came in: the library's natsMsg under a name of our own.
 *
 * It belongs to no session, so it stays good when the one it came through is gone. What can
 * go wrong: a header is written in another case than asked for (all names are looked
 * through), or there is no memory for that list (the header counts as absent). */
#include "io/bus_message.h"

#include <nats/nats.h>
#include <stdlib.h>
#include <strings.h>

static natsMsg *raw(const struct bus_message *m)
{
    union {
        const struct bus_message *ours;
        natsMsg *theirs;
    } u = {.ours = m};
    return u.theirs;
}

const char *bus_message_subject(const struct bus_message *m)
{
    return natsMsg_GetSubject(raw(m));
}

const char *bus_message_reply(const struct bus_message *m)
{
    return natsMsg_GetReply(raw(m));
}

const uint8_t *bus_message_data(const struct bus_message *m)
{
    return (const uint8_t *)natsMsg_GetData(raw(m));
}

size_t bus_message_len(const struct bus_message *m)
{
    return (size_t)natsMsg_GetDataLength(raw(m));
}

const char *bus_message_header(const struct bus_message *m, const char *name)
{
    const char **keys = NULL;
    const char *value = NULL;
    int n = 0;
    if (natsMsgHeader_Get(raw(m), name, &value) == NATS_OK)
        return value;
    /* The library compares exactly; senders write names as they like. */
    if (natsMsgHeader_Keys(raw(m), &keys, &n) != NATS_OK)
        return NULL;
    value = NULL;
    for (int i = 0; i < n && value == NULL; i++) {
        if (strcasecmp(keys[i], name) == 0 &&
            natsMsgHeader_Get(raw(m), keys[i], &value) != NATS_OK)
            value = NULL;
    }
    free((void *)(uintptr_t)keys);
    return value;
}

void bus_message_free(struct bus_message *m)
{
    natsMsg_Destroy(raw(m));
}

/* One message that came in from the bus. */
#ifndef UVD_IO_BUS_MESSAGE_H
#define UVD_IO_BUS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/* Whoever gets it owns it and frees it. It stays good when the session it came through is
 * gone. */
struct bus_message;

const char *bus_message_subject(const struct bus_message *m);
const char *bus_message_reply(const struct bus_message *m); /* NULL: none */
const uint8_t *bus_message_data(const struct bus_message *m);
size_t bus_message_len(const struct bus_message *m);
/* First value of a header, found without regard to case; NULL: absent. Borrowed. */
const char *bus_message_header(const struct bus_message *m, const char *name);
void bus_message_free(struct bus_message *m);

#endif

/* From the fields of one account event, as they stood in the message, to a plain event or
 * the reason against it. Private to account_event.c and event_reader.c. */
#ifndef UVD_PROTO_EVENT_FIELDS_H
#define UVD_PROTO_EVENT_FIELDS_H

#include <stddef.h>

#include "base/status.h"
#include "proto/account_event.h"
#include "proto/scratch.h"
#include "proto/value.h"

enum event_field {
    FIELD_ACCOUNT,
    FIELD_EMAIL,
    FIELD_TIME,
    FIELD_MFA,
    FIELD_OTHER_VERIFIED,
    FIELD_COUNT
};

/* What was found. A field that is absent is VALUE_END. Text is borrowed. */
struct event_fields {
    struct value at[FIELD_COUNT];
};

void event_fields_clear(struct event_fields *f);

/* What is wrong with one event, in numbers: texts are only made for the first of many. */
struct event_problem {
    enum event_fault fault;
    enum value_kind got; /* of the value at fault */
    size_t len;          /* of its text */
};

/* Build an event of `type`. Fields the type does not have are not looked at.
 *   arena    for the digits of an account that is an integer
 *   out      borrows text from `f` and the arena; only meaningful when the fault is none
 *   return   ST_OK: `problem` says how it went; ST_NOMEM */
enum status event_from_fields(enum account_event_type type, const struct event_fields *f,
                              struct suffix_list *suffixes, struct scratch *arena,
                              struct account_event *out, struct event_problem *problem);

/* Describe a problem: what, where, what is allowed. `place` comes first: "" or where the
 * event stands in the message. Never quotes input. */
void event_problem_describe(const struct event_problem *p,
                            const struct event_schema *schema, const char *place, char *out,
                            size_t size);

#endif

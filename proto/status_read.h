/* Shared by the readers of the status providers' answers (status_<provider>.c). */
#ifndef UVD_PROTO_STATUS_READ_H
#define UVD_PROTO_STATUS_READ_H

#include "proto/status_reply.h"

/* Fill in what the HTTP code alone says. True: it was 200, `outcome` is still to be set
 * from the body. False: `out` is complete. */
bool status_reply_begin(const struct http_answer *a, struct status_reply *out);

/* End with an outcome other than STATUS_ANSWERED; `detail` is copied and cut. */
void status_reply_fault(struct status_reply *out, enum status_outcome outcome,
                        const char *detail);

#endif

/* The answer of a stream to a publish: whatever comes, it is confirmed only with a
 * sequence, and refused only with a reason. */
#include <string.h>

#include "base/must.h"
#include "proto/pub_ack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pub_ack ack;
    pub_ack_parse(data, size, &ack);
    MUST(!ack.is_confirmed || ack.seq > 0);
    MUST(!ack.is_duplicate || ack.is_confirmed);
    MUST(ack.is_confirmed == (ack.error[0] == '\0'));
    MUST(memchr(ack.error, '\0', sizeof ack.error) != NULL);
    return 0;
}

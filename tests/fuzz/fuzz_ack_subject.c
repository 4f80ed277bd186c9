/* Two reply subjects, a line each: the second is read alike whether the first left its
 * prefix or not, if it is read at all. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "proto/ack_subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    MUST(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    char *second = strchr(text, '\n');
    if (second != NULL)
        *second++ = '\0';
    struct ack_prefix kept = {.len = 0}, fresh = {.len = 0};
    struct ack_subject a, b;
    bool is_first = ack_subject_parse(&kept, text, &a);
    MUST(!is_first || (a.stream_seq > 0 && a.consumer_seq > 0));
    if (second != NULL && ack_subject_parse(&fresh, second, &a) &&
        ack_subject_parse(&kept, second, &b) && strlen(second) < ACK_PREFIX_SIZE &&
        is_first && strncmp(text, second, kept.len) != 0)
        MUST(a.stream_seq == b.stream_seq && a.consumer_seq == b.consumer_seq);
    free(text);
    return 0;
}

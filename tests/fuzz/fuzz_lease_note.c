/* The note of a lease: whatever comes, its texts end and are visible, and what is read can
 * be written and read again. */
#include <string.h>

#include "base/must.h"
#include "proto/lease_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
    MUST(memchr(text, '\0', size) != NULL);
    for (; *text != '\0'; text++)
        MUST(*text > ' ' && *text <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lease_note n, back;
    struct buf text = {0};
    if (lease_note_parse(data, size, &n) != ST_OK)
        return 0;
    check_text(n.holder, sizeof n.holder);
    check_text(n.place, sizeof n.place);
    MUST(n.holder[0] != '\0' && n.pid >= 0);
    MUST(lease_note_write(&n, &text) == ST_OK);
    MUST(lease_note_parse(text.data, text.len, &back) == ST_OK);
    MUST(strcmp(n.holder, back.holder) == 0 && n.pid == back.pid &&
         n.started == back.started && n.released == back.released);
    buf_free(&text);
    return 0;
}

/* Fastly's answers. */
#include "fuzz/status_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_status_reader(status_reply_fastly, data, size);
    return 0;
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "io/dns_ids.h"

static struct dns_ids ids;
static struct dns_copy copies[DNS_IDS_MAX];

/* As many as there may be; each found by its id, and no longer once it is given back. */
static void no_two_alike(void **state)
{
    static uint8_t seen[65536];
    uint32_t others = 0;
    (void)state;
    for (uint32_t i = 0; i < DNS_IDS_MAX; i++) {
        dns_ids_bind(&ids, &copies[i]);
        assert_int_equal(seen[copies[i].id]++, 0);
    }
    assert_int_equal(ids.n, DNS_IDS_MAX);
    for (uint32_t i = 0; i < DNS_IDS_MAX; i++)
        assert_ptr_equal(dns_ids_find(&ids, copies[i].id), &copies[i]);
    for (uint32_t id = 0; id < 65536; id++)
        others += dns_ids_find(&ids, (uint16_t)id) == NULL;
    assert_int_equal(others, 65536 - DNS_IDS_MAX);
    for (uint32_t i = 0; i < DNS_IDS_MAX; i += 2)
        dns_ids_unbind(&ids, &copies[i]);
    for (uint32_t i = 0; i < DNS_IDS_MAX; i++)
        assert_ptr_equal(dns_ids_find(&ids, copies[i].id), i % 2 == 0 ? NULL : &copies[i]);
    for (uint32_t i = 1; i < DNS_IDS_MAX; i += 2)
        dns_ids_unbind(&ids, &copies[i]);
    assert_int_equal(ids.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_two_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

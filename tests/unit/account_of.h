/* Account events from plain text: the account "alice" is text, "#7" is the integer 7. The
 * address goes through the real parser, so that names are what they are in service. */
#ifndef UVD_TESTS_ACCOUNT_OF_H
#define UVD_TESTS_ACCOUNT_OF_H

#include "unit/unit.h"

#include "proto/account_event.h"

static inline struct suffix_list *test_suffixes(void)
{
    static struct suffix_list *list;
    if (list == NULL)
        list = suffix_list_new();
    assert_non_null(list);
    return list;
}

/* Group teardown of every test that parses an address. */
static inline int free_test_suffixes(void **state)
{
    (void)state;
    suffix_list_free(test_suffixes());
    return 0;
}

static inline struct account_id account_of(const char *text)
{
    bool is_int = text[0] == '#';
    text += is_int;
    return (struct account_id){
        .text = text, .len = (uint8_t)strlen(text), .is_int = is_int};
}

/* `account` and `email` are borrowed. `email` may be NULL. */
static inline struct account_event event_of(enum account_event_type type,
                                            const char *account, const char *email)
{
    struct account_event ev = {.type = type, .account = account_of(account)};
    if (email != NULL &&
        address_parse(test_suffixes(), email, strlen(email), &ev.address) != ADDRESS_OK)
        fail_msg("no usable address: %s", email);
    return ev;
}

#endif

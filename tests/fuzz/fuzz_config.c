/* The configuration file. Beyond not crashing: a refusal is one line of printable text, and
 * what is accepted prints to a file that is accepted and prints to the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *line)
{
    MUST(*line != '\0');
    for (; *line != '\0'; line++)
        MUST((unsigned char)*line >= 0x20 && *line != 0x7f);
}

static char *print(const struct config *c, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    MUST(out != NULL);
    config_print(c, out);
    fclose(out);
    return text;
}

/* Left out of what is printed, and so are the checks of what goes with them. */
static int has_secret(const struct config *c)
{
    return c->nats.password != NULL || c->nats.token != NULL || c->status.key != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[CONFIG_ERROR_SIZE] = "";
    struct config *c = NULL;
    struct config *again = NULL;
    enum status st = config_load_text("t", (const char *)data, size, &c, error);
    MUST(st == ST_OK || st == ST_INVALID);
    if (st == ST_INVALID) {
        check_line(error);
        return 0;
    }
    MUST(c->nats.url != NULL && c->policy.exempt != NULL && c->dns.tries >= 1);
    MUST(c->status.rate_per_s > 0 && c->policy.max_unverify_share <= 1);
    MUST(config_idle_keys(c) != NULL);
    if (!has_secret(c)) {
        size_t first_len = 0;
        size_t second_len = 0;
        char *first = print(c, &first_len);
        MUST(config_load_text("t", first, first_len, &again, error) == ST_OK);
        char *second = print(again, &second_len);
        MUST(strcmp(first, second) == 0);
        free(first);
        free(second);
        config_free(again);
    }
    config_free(c);
    return 0;
}

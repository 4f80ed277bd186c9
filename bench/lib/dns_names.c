#include "lib/dns_names.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static char *read_all(size_t *len)
{
    size_t room = 1U << 20;
    char *text = malloc(room);
    *len = 0;
    while (text != NULL) {
        size_t n = fread(text + *len, 1, room - *len - 1, stdin);
        *len += n;
        if (n == 0)
            break;
        if (*len + 1 == room)
            text = realloc(text, room *= 2);
    }
    if (text == NULL || ferror(stdin))
        fail("names");
    text[*len] = '\0';
    return text;
}

struct dns_names dns_names_read(void)
{
    struct dns_names names = {.n = 0};
    size_t len, lines = 1;
    char *text = read_all(&len);
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    names.at = malloc(lines * sizeof *names.at);
    if (names.at == NULL)
        fail("names");
    for (char *s = text; *s != '\0';) {
        char *end = s + strcspn(s, "\n");
        bool is_last = *end == '\0';
        *end = '\0';
        if (end > s)
            names.at[names.n++] = s;
        s = is_last ? end : end + 1;
    }
    return names;
}

size_t dns_query(const char *name, uint16_t id, uint8_t out[DNS_QUERY_MAX])
{
    static const uint8_t head[12] = {[2] = 1 /* RD */, [5] = 1 /* one question */};
    size_t n = sizeof head;
    memcpy(out, head, sizeof head);
    out[0] = (uint8_t)(id >> 8);
    out[1] = (uint8_t)id;
    for (const char *s = name; *s != '\0';) {
        size_t len = strcspn(s, ".");
        if (len == 0 || len > 63 || n + len + 1 + 5 > DNS_QUERY_MAX)
            return 0;
        out[n++] = (uint8_t)len;
        memcpy(out + n, s, len);
        n += len;
        s += len + (s[len] == '.');
    }
    memcpy(out + n, (const uint8_t[]){0, 0, 2, 0, 1}, 5);
    return n + 5;
}

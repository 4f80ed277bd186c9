#include "config/config.h"

#include <unistd.h>

#include "base/must.h"
#include "config/settings.h"

enum status config_load(const struct config_sources *src, struct config **out,
                        char error[CONFIG_ERROR_SIZE])
{
    struct settings *s = NULL;
    enum status st = settings_new(error, &s);
    /* Only a default file that isn't there is passed over; one that can't be read is a
     * mistake like any other. */
    if (st == ST_OK && src->file != NULL)
        st = settings_read_file(s, src->file);
    else if (st == ST_OK && access(CONFIG_DEFAULT_FILE, F_OK) == 0)
        st = settings_read_file(s, CONFIG_DEFAULT_FILE);
    if (st == ST_OK)
        st = settings_read_env(s, src->env);
    for (size_t i = 0; st == ST_OK && i < src->n_sets; i++)
        st = settings_read_flag(s, src->sets[i]);
    if (st == ST_OK)
        st = settings_settle(s, true);
    if (st == ST_OK)
        *out = &s->config;
    else
        settings_free(s);
    return st;
}

enum status config_load_text(const char *name, const char *text, size_t len,
                             struct config **out, char error[CONFIG_ERROR_SIZE])
{
    struct settings *s = NULL;
    enum status st = settings_new(error, &s);
    if (st == ST_OK)
        st = settings_read_text(s, name, text, len);
    if (st == ST_OK)
        st = settings_settle(s, false);
    if (st == ST_OK)
        *out = &s->config;
    else
        settings_free(s);
    return st;
}

void config_free(struct config *c)
{
    if (c != NULL)
        settings_free(container_of(c, struct settings, config));
}

const char *config_idle_keys(const struct config *c)
{
    /* `config` is the first member */
    return ((const struct settings *)(const void *)c)->idle_keys;
}

/* The bus's settings: the variables every NATS client knows, contexts, authentication. */
#include "config_fixture.h"

/* Writes $XDG/nats/context/NAME.json and fills the variable that leads there. */
static char xdg[128];

static void write_context(const char *name, const char *json)
{
    char path[200];
    snprintf(xdg, sizeof xdg, "XDG_CONFIG_HOME=%s", fixture_dir);
    mkdir(fixture_path("nats"), 0700);
    mkdir(fixture_path("nats/context"), 0700);
    snprintf(path, sizeof path, "nats/context/%s.json", name);
    fixture_write(path, json);
}

static void test_variables(void **state)
{
    (void)state;
    struct config *c = fixture_good(&(struct fixture){
        .env = {"NATS_URL=nats://a:1,tls://b", "NATS_CREDS=/dev/null", "NATS_CA=/dev/null",
                "NATS_CERT=/dev/null", "NATS_KEY=/dev/null", "NATS_TOKEN="}});
    assert_string_equal(c->nats.url, "nats://a:1,tls://b");
    assert_string_equal(c->nats.creds, "/dev/null");
    assert_string_equal(c->nats.ca, "/dev/null");
    assert_string_equal(c->nats.cert, "/dev/null");
    assert_string_equal(c->nats.key, "/dev/null");
    assert_null(c->nats.token);
    config_free(c);
    c = fixture_good(&(struct fixture){.env = {"NATS_NKEY=/dev/null"}});
    assert_string_equal(c->nats.nkey, "/dev/null");
    config_free(c);
    fixture_bad(&(struct fixture){.env = {"NATS_CREDS=/nonexistent"}},
                "NATS_CREDS: nats.creds: /nonexistent cannot be read: No such file or "
                "directory");
    fixture_bad(&(struct fixture){.env = {"NATS_CREDS=/tmp"}},
                "NATS_CREDS: nats.creds: /tmp cannot be read: Is a directory");
}

static void test_precedence(void **state)
{
    (void)state;
    const char *file = fixture_write("u.conf", "[nats]\nurl = nats://file\n");
    write_context("one", "{\"url\":\"nats://context\"}");
    struct fixture f = {.file = file};
    static const char *const env[] = {"NATS_CONTEXT=one", "NATS_URL=nats://nats",
                                      "UNVERIFYD_NATS_URL=nats://own"};
    static const char *const want[] = {"nats://context", "nats://nats", "nats://own"};
    struct config *c = fixture_good(&f);
    assert_string_equal(c->nats.url, "nats://file");
    config_free(c);
    f.env[0] = xdg;
    for (size_t i = 0; i < ARRAY_LEN(env); i++) {
        f.env[i + 1] = env[i];
        c = fixture_good(&f);
        assert_string_equal(c->nats.url, want[i]);
        config_free(c);
    }
    f.sets[0] = "nats.url=nats://flag";
    c = fixture_good(&f);
    assert_string_equal(c->nats.url, "nats://flag");
    config_free(c);
}

static void test_context_fields(void **state)
{
    (void)state;
    write_context("all", "{\"description\":\"x\",\"url\":\"nats://a:1,nats://b:2\","
                         "\"user\":\"u\",\"password\":\"p\",\"token\":\"\",\"creds\":\"\","
                         "\"nkey\":\"\",\"cert\":\"/dev/null\",\"key\":\"/dev/null\","
                         "\"ca\":\"/dev/null\",\"nsc\":\"\",\"user_jwt\":\"\","
                         "\"socks_proxy\":\"\",\"color_scheme\":\"blue\","
                         "\"jetstream_event_prefix\":\"e\",\"tls_first\":false,"
                         "\"something_new\":{\"a\":[1]}}");
    struct fixture f = {.env = {"NATS_CONTEXT=all", xdg}};
    struct config *c = fixture_good(&f);
    assert_string_equal(c->nats.url, "nats://a:1,nats://b:2");
    assert_string_equal(c->nats.user, "u");
    assert_string_equal(c->nats.password, "p");
    assert_string_equal(c->nats.cert, "/dev/null");
    assert_null(c->nats.token);
    config_free(c);
    /* a context is a whole: what the file says of the bus is set aside */
    write_context("empty", "{}");
    f.env[0] = "NATS_CONTEXT=empty";
    f.file = fixture_write("u.conf", "[nats]\nurl = nats://file\ntoken = t\n[dns]\n"
                                     "tries = 9\n");
    c = fixture_good(&f);
    assert_string_equal(c->nats.url, "nats://127.0.0.1:4222");
    assert_null(c->nats.token);
    assert_int_equal(c->dns.tries, 9);
    config_free(c);
}

/* `nats context select` writes a file of its own; a service doesn't follow it. */
static void test_selected_context_is_not_read(void **state)
{
    (void)state;
    write_context("one", "{\"url\":\"nats://context\"}");
    fixture_write("nats/context.txt", "one");
    struct config *c = fixture_good(&(struct fixture){.env = {xdg}});
    assert_string_equal(c->nats.url, "nats://127.0.0.1:4222");
    config_free(c);
    c = fixture_good(&(struct fixture){.env = {xdg, "NATS_CONTEXT="}});
    assert_string_equal(c->nats.url, "nats://127.0.0.1:4222");
    config_free(c);
}

static void test_context_paths(void **state)
{
    (void)state;
    char home[128];
    char dir[128];
    char line[500];
    char creds[256];
    snprintf(creds, sizeof creds, "%s", fixture_write("my.creds", "x"));
    snprintf(home, sizeof home, "HOME=%s", fixture_dir);
    snprintf(dir, sizeof dir, "KEYS=%s", fixture_dir);
    static const char *const good[] = {"~/my.creds", "$KEYS/my.creds", "${KEYS}/my.creds",
                                       "$HOME/my.creds"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        char json[128];
        snprintf(json, sizeof json, "{\"creds\":\"%s\"}", good[i]);
        write_context("p", json);
        struct config *c =
            fixture_good(&(struct fixture){.env = {"NATS_CONTEXT=p", home, dir, xdg}});
        assert_string_equal(c->nats.creds, creds);
        config_free(c);
    }
    static const struct {
        const char *text, *wrong;
    } bad[] = {
        {"$NOT_SET/x", "\"creds\" names a variable that is not set"},
        {"${KEYS/x", "\"creds\" names a variable that is not set"},
        {"a$", "\"creds\" names a variable that is not set"},
        {"op://vault/x", "\"creds\" refers to another store, allowed: a path"},
        {"data:;base64,AAAA", "\"creds\" refers to another store, allowed: a path"},
        {"~other/x", "~other/x cannot be read: No such file or directory"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char json[128];
        snprintf(json, sizeof json, "{\"creds\":\"%s\"}", bad[i].text);
        write_context("p", json);
        snprintf(line, sizeof line, "%s: nats.creds: %s",
                 fixture_path("nats/context/p.json"), bad[i].wrong);
        fixture_bad(&(struct fixture){.env = {"NATS_CONTEXT=p", home, dir, xdg}}, line);
    }
}

static void test_context_in_home(void **state)
{
    (void)state;
    char home[128];
    snprintf(home, sizeof home, "HOME=%s", fixture_dir);
    mkdir(fixture_path(".config"), 0700);
    mkdir(fixture_path(".config/nats"), 0700);
    mkdir(fixture_path(".config/nats/context"), 0700);
    fixture_write(".config/nats/context/h.json", "{\"url\":\"nats://home\"}");
    struct config *c = fixture_good(&(struct fixture){.env = {"NATS_CONTEXT=h", home}});
    assert_string_equal(c->nats.url, "nats://home");
    config_free(c);
}

static void test_context_errors(void **state)
{
    (void)state;
    static const struct {
        const char *json, *wrong;
    } rows[] = {
        {"{\"url\":\"nats://a\"", ":1: is not valid JSON"},
        {"{\n\"password\":\"s3cret\n\"}", ":2: is not valid JSON"},
        {"", ":1: is not valid JSON"},
        {"[]", ": is not a context: no JSON object"},
        {"{\"url\":7}", ": nats.url: \"url\" is not a text"},
        {"{\"token\":\"a\\u0000b\"}", ":1: is not valid JSON"},
        {"{\"nsc\":\"nsc://o/a/u\"}",
         ": \"nsc\" is not supported, allowed: url, user, password, token, creds, nkey, "
         "cert, key, ca"},
        {"{\"user_jwt\":\"x\"}",
         ": \"user_jwt\" is not supported, allowed: url, user, password, token, creds, "
         "nkey, cert, key, ca"},
        {"{\"tls_first\":true}",
         ": \"tls_first\" is not supported, allowed: url, user, password, token, creds, "
         "nkey, cert, key, ca"},
        {"{\"socks_proxy\":\"x\"}",
         ": \"socks_proxy\" is not supported, allowed: url, user, password, token, creds, "
         "nkey, cert, key, ca"},
        {"{\"url\":\"ws://a\"}",
         ": nats.url: the value has a scheme other than nats:// and tls://, allowed: "
         "nats://[USER:PASSWORD@]HOST[:PORT] or tls://..., comma-separated"},
        {"{\"token\":\"env://NAME\"}",
         ": nats.token: \"token\" refers to another store, allowed: a text"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char line[500];
        write_context("bad", rows[i].json);
        snprintf(line, sizeof line, "%s%s", fixture_path("nats/context/bad.json"),
                 rows[i].wrong);
        fixture_bad(&(struct fixture){.env = {"NATS_CONTEXT=bad", xdg}}, line);
        assert_null(strstr(line, "s3cret"));
    }
    char line[500];
    snprintf(line, sizeof line,
             "NATS_CONTEXT: %s cannot be read: No such file or directory",
             fixture_path("nats/context/nope.json"));
    fixture_bad(&(struct fixture){.env = {"NATS_CONTEXT=nope", xdg}}, line);
    fixture_bad(&(struct fixture){.env = {"NATS_CONTEXT=../x", xdg}},
                "NATS_CONTEXT: is not a context's name, allowed: no / and no ..");
    fixture_bad(&(struct fixture){.env = {"NATS_CONTEXT=a/b", xdg}},
                "NATS_CONTEXT: is not a context's name, allowed: no / and no ..");
    fixture_bad(&(struct fixture){.env = {"NATS_CONTEXT=a"}},
                "NATS_CONTEXT: neither XDG_CONFIG_HOME nor HOME is set");
}

static void test_user_without_password(void **state)
{
    (void)state;
    struct config *c = fixture_good(&(struct fixture){.env = {"NATS_USER=t0ken"}});
    assert_null(c->nats.user);
    assert_string_equal(c->nats.token, "t0ken");
    char *printed = fixture_print(c);
    assert_null(strstr(printed, "t0ken")); /* it is a secret now */
    free(printed);
    config_free(c);
    c = fixture_good(&(struct fixture){.env = {"NATS_USER=u", "NATS_PASSWORD=p"}});
    assert_string_equal(c->nats.user, "u");
    assert_string_equal(c->nats.password, "p");
    assert_null(c->nats.token);
    config_free(c);
    /* the two may come from two places */
    const char *file = fixture_write("u.conf", "[nats]\nuser = u\n");
    c = fixture_good(&(struct fixture){.file = file, .env = {"NATS_PASSWORD=p"}});
    assert_string_equal(c->nats.user, "u");
    assert_null(c->nats.token);
    config_free(c);
    fixture_bad(&(struct fixture){.env = {"NATS_PASSWORD=p"}},
                "NATS_PASSWORD: nats.password: is set without a user, allowed: together "
                "with nats.user");
}

#define ONE_WAY ", allowed: one way to authenticate; an empty value takes one back"

static void test_one_way_to_authenticate(void **state)
{
    (void)state;
    static const struct {
        struct fixture f;
        const char *line;
    } rows[] = {
        {{.env = {"NATS_TOKEN=t", "NATS_CREDS=/dev/null"}},
         "NATS_CREDS: nats.creds: is set besides nats.token (NATS_TOKEN)" ONE_WAY},
        {{.env = {"NATS_USER=u", "NATS_PASSWORD=p"}, .sets = {"nats.token=t"}},
         "--set: nats.token: is set besides nats.user (NATS_USER)" ONE_WAY},
        {{.env = {"NATS_USER=u", "NATS_TOKEN=t"}},
         "NATS_TOKEN: nats.token: is set besides nats.user (NATS_USER)" ONE_WAY},
        {{.sets = {"nats.creds=/dev/null", "nats.nkey=/dev/null"}},
         "--set: nats.nkey: is set besides nats.creds (--set)" ONE_WAY},
        {{.env = {"NATS_URL=nats://u:s3cret@a"}, .sets = {"nats.token=t"}},
         "NATS_URL: nats.url with a user: is set besides nats.token (--set)" ONE_WAY},
        {{.sets = {"nats.cert=/dev/null"}},
         "--set: nats.cert: is set without its key, allowed: together with nats.key"},
        {{.sets = {"nats.key=/dev/null"}},
         "--set: nats.key: is set without its certificate, allowed: together with "
         "nats.cert"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        fixture_bad(&rows[i].f, rows[i].line);
    struct config *c = fixture_good(&(struct fixture){
        .env = {"NATS_TOKEN=t", "UNVERIFYD_NATS_TOKEN="}, .sets = {"nats.nkey=/dev/null"}});
    assert_null(c->nats.token);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_context_fields),
        cmocka_unit_test(test_selected_context_is_not_read),
        cmocka_unit_test(test_context_paths),
        cmocka_unit_test(test_context_in_home),
        cmocka_unit_test(test_context_errors),
        cmocka_unit_test(test_user_without_password),
        cmocka_unit_test(test_one_way_to_authenticate),
    };
    return cmocka_run_group_tests(tests, fixture_make_dir, fixture_remove_dir);
}

#include "io/bus_auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVERS_MAX 32

natsStatus bus_auth_set_servers(natsOptions *opts, const char *urls)
{
    char *text = strdup(urls);
    const char *list[SERVERS_MAX];
    int n = 0;
    if (text == NULL)
        return NATS_NO_MEMORY;
    char *save = NULL;
    for (char *u = strtok_r(text, ", ", &save); u != NULL && n < SERVERS_MAX;
         u = strtok_r(NULL, ", ", &save))
        list[n++] = u;
    natsStatus st = n > 0 ? natsOptions_SetServers(opts, list, n) : NATS_INVALID_ARG;
    free(text);
    return st;
}

/* nkeys
 * ------------------------------------------------------------------------------------ */

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* Returns the number of bytes, or 0 when a character is not of the alphabet. */
static size_t base32_decode(const char *text, size_t len, unsigned char *out, size_t max)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        const char *at = memchr(base32, text[i], sizeof base32 - 1);
        if (at == NULL)
            return 0;
        bits = bits << 5 | (uint32_t)(at - base32);
        have += 5;
        if (have >= 8) {
            if (n == max)
                return 0;
            have -= 8;
            out[n++] = (unsigned char)(bits >> have);
        }
    }
    return n;
}

static void base32_encode(const unsigned char *data, size_t len, char *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | data[i];
        have += 8;
        while (have >= 5) {
            have -= 5;
            *out++ = base32[bits >> have & 31U];
        }
    }
    if (have > 0)
        *out++ = base32[bits << (5 - have) & 31U];
    *out = '\0';
}

static uint16_t crc16(const unsigned char *data, size_t len)
{
    uint16_t crc = 0;
    for (size_t i = 0; i < len; i++) {
        crc = (uint16_t)(crc ^ (uint16_t)(data[i] << 8));
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

#define SEED_LEN 58
#define SEED_BYTES 36 /* two prefix bytes, 32 of seed, two of checksum */
#define PREFIX_SEED (18 << 3)
#define PREFIX_USER (20 << 3)

bool nkey_public_of_seed(const char *seed, char out[NKEY_PUBLIC_SIZE])
{
    unsigned char raw[SEED_BYTES + 1];
    unsigned char key[1 + 32 + 2];
    size_t key_len = 32;
    bool ok = false;
    if (strlen(seed) != SEED_LEN ||
        base32_decode(seed, SEED_LEN, raw, sizeof raw) != SEED_BYTES)
        return false;
    uint16_t crc = crc16(raw, SEED_BYTES - 2);
    unsigned kind = (raw[0] & 7U) << 5 | raw[1] >> 3;
    if ((raw[0] & 0xf8U) != PREFIX_SEED || kind != PREFIX_USER ||
        raw[SEED_BYTES - 2] != (crc & 0xff) || raw[SEED_BYTES - 1] != crc >> 8)
        return false;
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw + 2, 32);
    key[0] = PREFIX_USER;
    if (pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, key + 1, &key_len) == 1) {
        crc = crc16(key, 33);
        key[33] = (unsigned char)(crc & 0xff);
        key[34] = (unsigned char)(crc >> 8);
        base32_encode(key, sizeof key, out);
        ok = true;
    }
    EVP_PKEY_free(pkey);
    OPENSSL_cleanse(raw, sizeof raw);
    return ok;
}

static natsStatus set_nkey(natsOptions *opts, const char *seed_file)
{
    char line[256];
    char public_key[NKEY_PUBLIC_SIZE];
    bool found = false;
    FILE *f = fopen(seed_file, "re");
    if (f == NULL)
        return NATS_INVALID_ARG;
    /* The file may be bare or have the seed between marker lines. */
    while (!found && fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, " \t\r\n")] = '\0';
        found = nkey_public_of_seed(line, public_key);
    }
    fclose(f);
    OPENSSL_cleanse(line, sizeof line);
    return found ? natsOptions_SetNKeyFromSeed(opts, public_key, seed_file)
                 : NATS_INVALID_ARG;
}

natsStatus bus_auth_set(natsOptions *opts, const struct bus_options *o)
{
    natsStatus st = NATS_OK;
    if (o->creds != NULL)
        st = natsOptions_SetUserCredentialsFromFiles(opts, o->creds, NULL);
    if (st == NATS_OK && o->nkey != NULL)
        st = set_nkey(opts, o->nkey);
    if (st == NATS_OK && o->user != NULL)
        st = natsOptions_SetUserInfo(opts, o->user, o->password != NULL ? o->password : "");
    if (st == NATS_OK && o->token != NULL)
        st = natsOptions_SetToken(opts, o->token);
    if (st == NATS_OK && (o->ca != NULL || o->cert != NULL))
        st = natsOptions_SetSecure(opts, true);
    if (st == NATS_OK && o->ca != NULL)
        st = natsOptions_LoadCATrustedCertificates(opts, o->ca);
    if (st == NATS_OK && o->cert != NULL)
        st = natsOptions_LoadCertificatesChain(opts, o->cert, o->key);
    return st;
}

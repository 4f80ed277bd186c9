/* How this client proves who it is: the options of the NATS command line, told to the
 * library. Called on a worker thread: it reads key files. */
#ifndef UVD_IO_BUS_AUTH_H
#define UVD_IO_BUS_AUTH_H

#include <nats/nats.h>

#include "io/bus.h"

/* Split a comma-separated list of URLs. */
natsStatus bus_auth_set_servers(natsOptions *opts, const char *urls);

/* User and password, token, credentials file, nkey seed file, TLS files. */
natsStatus bus_auth_set(natsOptions *opts, const struct bus_options *o);

/* The public key that belongs to an nkey seed ("SU..."): 56 characters and the NUL.
 * false: not a seed. (nats-io/nkeys: base32 of prefix bytes, 32 bytes, CRC-16/XMODEM.) */
#define NKEY_PUBLIC_SIZE 57
bool nkey_public_of_seed(const char *seed, char out[NKEY_PUBLIC_SIZE]);

#endif

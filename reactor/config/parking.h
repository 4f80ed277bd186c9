/* The built-in list of dns.parked_nameservers. */
#ifndef UVD_CONFIG_PARKING_H
#define UVD_CONFIG_PARKING_H

/* Suffixes of name servers that mark an expired registration, comma-separated; static. */
const char *parking_suffixes(void);

#endif

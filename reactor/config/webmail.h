/* The built-in value of policy.exempt. */
#ifndef UVD_CONFIG_WEBMAIL_H
#define UVD_CONFIG_WEBMAIL_H

/* Comma-separated, lower case, no blanks; static. */
const char *webmail_domains(void);

#endif

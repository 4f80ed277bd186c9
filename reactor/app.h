/* The service as a whole. */
#ifndef UVD_APP_H
#define UVD_APP_H

#include "config/config.h"

/* Runs the service until it is told to stop. Returns the exit code. */
int app_run(const struct config *c);

#endif

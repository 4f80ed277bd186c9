/* The comparison as a picture: one SVG file that needs nothing else, and looks the same on
 * light and dark ground. */
#ifndef UVD_BENCH_SIM_PLOT_H
#define UVD_BENCH_SIM_PLOT_H

#include <stddef.h>
#include <stdint.h>

#include "sim/table.h"

/* false: the file can't be written; errno says why. */
bool plot_write(const char *path, const struct comparison *c, size_t n, uint32_t domains,
                uint32_t days);

#endif

/* How registries differ in what happens to a name that lapses, as far as it matters to how
 * often it is looked at. */
#ifndef UVD_CORE_LIFECYCLE_H
#define UVD_CORE_LIFECYCLE_H

#include <stdint.h>

/* For a registrable name: the longest time between two looks, in seconds, that its registry
 * leaves us. UINT32_MAX: any rhythm of a day or so will do. */
uint32_t lifecycle_look_s(const char *name);

#endif

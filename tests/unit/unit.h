/* What every unit test includes. cmocka.h wants the four headers before it. */
#ifndef UVD_TESTS_UNIT_H
#define UVD_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/status.h"

#endif

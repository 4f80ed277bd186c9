/* Shares: those of 1,148 domains of commit authors (com 36 %, org 10 %, net 8 %, fr 6 %,
 * io 4 %, de 3 %), without the domains of universities, made up to a whole.
 *
 * Periods: ICANN Expired Registration Recovery Policy 3.1 (30 days of redemption in every
 * gTLD) and the registries' custom of up to 45 days of grace before and 5 days of pending
 * delete behind it; .eu and .nl 40 days of quarantine; .uk resolves for about 30 days, is
 * suspended to day 90 and then deleted; .au 30 days of "expired hold" and one day of
 * pending delete; .de 30 days; .ws and .name have no redemption. */
#include "sim/tlds.h"

const struct tld tlds[TLDS] = {
    {"com", 430, 45, 0, 30, 5, true, false, true, true},
    {"org", 120, 45, 0, 30, 5, true, false, true, true},
    {"net", 90, 45, 0, 30, 5, true, false, true, true},
    {"dev", 60, 45, 0, 30, 5, true, false, true, true},
    {"io", 45, 30, 0, 30, 5, true, false, true, true},
    {"fr", 65, 0, 0, 30, 0, false, false, true, true},
    {"de", 80, 0, 0, 30, 0, false, false, false, false},
    {"eu", 30, 0, 0, 40, 0, false, false, false, false},
    {"nl", 30, 0, 0, 40, 0, false, false, true, false},
    {"co.uk", 30, 30, 60, 0, 0, false, false, true, true},
    {"com.au", 14, 0, 0, 30, 1, false, false, true, false},
    {"ws", 3, 30, 0, 0, 0, false, true, false, false},
    {"name", 3, 30, 0, 0, 5, false, false, true, true},
};

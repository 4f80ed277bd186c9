/* Name servers to which a registrar moves a registration that has expired, for as long as
 * its holder may renew it: the name goes on resolving, so DNS shows no absence.
 *
 * What is on the list: servers that serve expired names and nothing else, by their own name
 * or by what the registrar says. What is not:
 *   - servers of names for sale or parked by their holder (sedoparking.com, bodis.com,
 *     afternic.com ...): these are paid for and in order;
 *   - servers that a registrar gives to new customers (domaincontrol.com,
 *     registrar-servers.com, namebrightdns.com itself), whatever other lists say. So
 *     expirationwarning.net, which has its name from reminders by mail, is not on it: a
 *     registrar of that group gives it to names that are paid for and not in use;
 *   - servers of names whose holder has not confirmed a mail address
 *     (registrant-verification.ispapi.net): that is no expiry.
 *
 * Being on it wrongly costs a question to the status API a week for each domain that is
 * there; being off it wrongly means that a lapse is seen when it leaves DNS, some weeks
 * later. Neither ever unverifies anybody: that takes the registry's word. */
#include "config/parking.h"

static const char suffixes[] =
    /* Network Solutions, Register.com and others of Web.com: expired, until it is renewed
     * or deleted (field reports of lapsed names, 2026) */
    "pendingrenewaldeletion.com,renewyourname.net,"
    /* NameBright: expired names only; its customers have other hosts of the same domain
     * (lists of several watchers of domain sales agree) */
    "expired1.namebrightdns.com,expired2.namebrightdns.com,"
    /* Onamae.com of GMO, Japan (field report of a lapsed name) */
    "onamae-expired.com,"
    /* Alibaba Cloud: its help, "Domain name expiration and renewal" */
    "expirens3.hichina.com,expirens4.hichina.com,"
    /* DomainName: its help, "What happens if I don't renew my domain in time?" */
    "renewyourdomain.at.domainname.com";

const char *parking_suffixes(void)
{
    return suffixes;
}

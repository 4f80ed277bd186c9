#include "core/resurrection.h"

#include "core/proof.h"

bool resurrection_concerns(const struct watch *w, const struct address_record *a)
{
    return w->phase != PHASE_RESURRECTED ||
           resurrection_voids(w->registered, address_verified_ms(a));
}

bool resurrection_is(const struct registry *r, const struct watch *w, uint32_t registered)
{
    if (registered == 0)
        return false;
    for (uint32_t h = w->first; h != 0; h = registry_address(r, h)->next) {
        if (resurrection_voids(registered, address_verified_ms(registry_address(r, h))))
            return true;
    }
    return false;
}

/* No decision without the evidence it is told with. */
static bool has_evidence(const struct registry *r, const struct watch *w)
{
    struct proof_view proof;
    return proof_view(r, w, &proof) && proof.rdap.at != 0 &&
           proof.rdap.registered == w->registered;
}

struct verdict resurrection_judge(const struct registry *r, const struct watch *w,
                                  const struct verdict *v)
{
    if (v->kind != VERDICT_PHASE || (v->phase != PHASE_ACTIVE && v->phase != PHASE_HELD) ||
        w->registered == 0 || !has_evidence(r, w) || !resurrection_is(r, w, w->registered))
        return *v;
    return (struct verdict){.kind = VERDICT_PHASE,
                            .phase = PHASE_RESURRECTED,
                            .unverify = true,
                            .block_reset = true,
                            .reason = REASON_REREGISTERED};
}

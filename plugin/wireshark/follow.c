#include "wireshark/follow.h"

#include "wireshark/compat.h"
#include <epan/packet.h>

#include <epan/conversation_filter.h> /* which needs packet.h before it */

#include "wireshark/capture.h"

static void take_first(const struct rr_exchange *x, const struct rr_message *m _U_, bool fresh _U_,
                       void *found)
{
    const struct rr_exchange **first = found;
    if (!*first)
        *first = x;
}

/* NULL where the frame carries nothing of any. */
static const struct rr_exchange *exchange_of(uint32_t frame)
{
    const struct rr_exchange *found = NULL;
    struct rr_verdicts verdicts = rr_capture_verdicts(frame);
    for (size_t i = 0; i < verdicts.count && !found; i++)
        if (verdicts.first[i].len)
            rr_verdict_messages(&verdicts.first[i], take_first, &found);
    return found;
}

static rr_bool is_valid(packet_info *pinfo RR_CONVERSATION_USER)
{
    return exchange_of(pinfo->num) != NULL;
}

static char *build(packet_info *pinfo RR_CONVERSATION_USER)
{
    const struct rr_exchange *x = exchange_of(pinfo->num);
    if (!x)
        return NULL;
    if (x->number)
        return g_strdup_printf("reqresp.exchange == %u", x->number);
    return g_strdup_printf("reqresp.id == \"%016" PRIx64 "\"", rr_exchange_id(x));
}

void rr_follow_register(void)
{
    register_conversation_filter("reqresp", "Request/Response", is_valid, build RR_CONVERSATION_NONE);
}

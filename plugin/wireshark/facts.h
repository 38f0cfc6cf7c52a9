/* What a message shows of the fields that the active rules name, while it is read. */
#ifndef RR_FACTS_H
#define RR_FACTS_H

#include "wireshark/rule_table.h"

/* The rules are other ones; and a frame, whose memory `pool` is. */
void rr_facts_begin(void);
void rr_facts_read(wmem_allocator_t *pool);

/* The message has the field of that slot, which for its rule is of that kind (RR_KIND_FACT and so on); it has
 * one of those that were announced; it is over. */
void rr_facts_note(uint8_t kind, uint16_t slot, const field_info *fi);
void rr_facts_count(void);
void rr_facts_forget(void);

static inline bool rr_rule_says(const struct rr_active_rule *rule, enum rr_rule_part part)
{
    return rule->rule->part[part].count > 0;
}

/* The condition holds, which the rule says. */
bool rr_facts_pass(const struct rr_active_rule *rule, enum rr_rule_part part);

/* The same where it may say nothing: that does not hold. */
static inline bool rr_facts_hold(const struct rr_active_rule *rule, enum rr_rule_part part)
{
    return rr_rule_says(rule, part) && rr_facts_pass(rule, part);
}

/* What is there of the first of the lists that any field is there of, and NULL behind it; good as long as the
 * frame.  NULL where there is none. */
const field_info **rr_facts_of(const struct rr_active_rule *rule, enum rr_rule_part part);

/* The key, by such a list; false where there is none. */
bool rr_facts_mix(const struct rr_active_rule *rule, enum rr_rule_part part, uint64_t *key);

/* The same, where the rule may say nothing of it: then it is the message's own. */
static inline bool rr_facts_mix_or_own(const struct rr_active_rule *rule, enum rr_rule_part part,
                                       uint64_t *key)
{
    if (!rr_rule_says(rule, part))
        part = RR_RULE_KEY;
    return rr_rule_says(rule, part) && rr_facts_mix(rule, part, key);
}

/* That of a message which a side (enum rr_side) sent; and of the request that it takes back, if it does. */
static inline bool rr_facts_key(const struct rr_active_rule *rule, int side, uint64_t *key)
{
    return rr_facts_mix_or_own(rule, side == RR_SERVER ? RR_RULE_RESPONSE_KEY : RR_RULE_KEY, key);
}

static inline bool rr_facts_cancel(const struct rr_active_rule *rule, uint64_t *key)
{
    return rr_facts_hold(rule, RR_RULE_CANCEL) && rr_facts_mix_or_own(rule, RR_RULE_CANCEL_KEY, key);
}

/* How many of those that were announced are not there. */
uint32_t rr_facts_owed(void);

/* A later message shows this one whole. */
bool rr_facts_are_partial(const struct rr_active_rule *rule);

#endif

#include "wireshark/facts.h"

#include "wireshark/values.h"

static struct {
    wmem_allocator_t *pool;
    const field_info **first;  /* by slot: of its kind */
    const char **texts;        /* of those whose text was asked for */
    const field_info **before; /* by slot of one among others: what it stands behind */
    bool stands_behind;        /* any of these */
    uint16_t *touched;         /* slots: those in `first` */
    guint count;               /* of these */
    int64_t announced, counted;
} facts;

static void release(void)
{
    g_free(facts.first);
    g_free(facts.texts);
    g_free(facts.before);
    g_free(facts.touched);
}

void rr_facts_begin(void)
{
    if (facts.touched)
        release();
    else
        register_shutdown_routine(release);
    facts.touched = g_new(uint16_t, rr_rule_table_slots());
    facts.count = 0;
    facts.first = g_new0(const field_info *, rr_rule_table_slots());
    facts.before = g_new0(const field_info *, rr_rule_table_slots());
    facts.texts = g_new0(const char *, rr_rule_table_slots());
    facts.announced = facts.counted = 0;
}

void rr_facts_read(wmem_allocator_t *pool)
{
    facts.pool = pool;
}

static void note_first(uint16_t slot, const field_info *fi)
{
    if (facts.first[slot])
        return;
    facts.first[slot] = fi;
    facts.touched[facts.count++] = slot;
}

/* And for a field among others of its kind, where it stands behind what the rule says. */
static void note_among(uint16_t slot, const field_info *fi)
{
    const struct rr_among *a;
    for (guint i = 0; (a = rr_rule_table_among(i)); i++) {
        if (slot == a->where) {
            facts.before[a->slot] = strcmp(rr_value_text(facts.pool, fi), a->is) == 0 ? fi : NULL;
            facts.stands_behind = true;
        } else if (slot == a->field && facts.before[a->slot]) {
            note_first(a->slot, fi);
            facts.before[a->slot] = NULL;
        }
    }
}

void rr_facts_note(uint8_t kind, uint16_t slot, const field_info *fi)
{
    if (kind & RR_KIND_COUNT)
        facts.announced += rr_value_count(fi);
    if (kind & RR_KIND_FACT)
        note_first(slot, fi);
    if (kind & RR_KIND_AMONG)
        note_among(slot, fi);
}

void rr_facts_count(void)
{
    facts.counted++;
}

void rr_facts_forget(void)
{
    while (facts.count) {
        uint16_t slot = facts.touched[--facts.count];
        facts.first[slot] = NULL;
        facts.texts[slot] = NULL;
    }
    for (guint i = 0; facts.stands_behind && rr_rule_table_among(i); i++)
        facts.before[rr_rule_table_among(i)->slot] = NULL;
    facts.stands_behind = false;
    facts.announced = facts.counted = 0;
}

bool rr_facts_pass(const struct rr_active_rule *rule, enum rr_rule_part part)
{
    const struct rr_condition *c = &rule->rule->part[part];
    for (size_t i = 0; i < c->count; i++) {
        const struct rr_tests *all = &rule->clauses[part][i];
        size_t k = 0;
        while (k < all->count) {
            const struct rr_test *test = &all->test[k];
            const field_info *fi = facts.first[test->slot];
            if ((fi && rr_value_passes(test, fi, facts.pool, &facts.texts[test->slot])) == test->negated)
                break;
            k++;
        }
        if (k == all->count)
            return true;
    }
    return false;
}

/* One of the lists for a key; false where none of its fields is there. */
static bool mix_list(const struct rr_tests *list, uint64_t *key)
{
    bool found = false;
    *key = 0;
    for (size_t i = 0; i < list->count; i++) {
        const field_info *fi = facts.first[list->test[i].slot];
        *key = rr_value_mix(*key, fi);
        found |= fi != NULL;
    }
    return found;
}

bool rr_facts_mix(const struct rr_active_rule *rule, enum rr_rule_part part, uint64_t *key)
{
    for (size_t i = 0; i < rule->rule->part[part].count; i++)
        if (mix_list(&rule->clauses[part][i], key))
            return true;
    return false;
}

/* What is there of the list, and NULL behind it; NULL where that is nothing. */
static const field_info **there_of(const struct rr_tests *list)
{
    const field_info **there = NULL;
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const field_info *fi = facts.first[list->test[i].slot];
        if (!fi)
            continue;
        if (!there)
            there = wmem_alloc0_array(facts.pool, const field_info *, list->count + 1);
        there[count++] = fi;
    }
    return there;
}

const field_info **rr_facts_of(const struct rr_active_rule *rule, enum rr_rule_part part)
{
    const field_info **there = NULL;
    for (size_t i = 0; i < rule->rule->part[part].count && !there; i++)
        there = there_of(&rule->clauses[part][i]);
    return there;
}

uint32_t rr_facts_owed(void)
{
    return (uint32_t)CLAMP(facts.announced - facts.counted, 0, INT32_MAX);
}

bool rr_facts_are_partial(const struct rr_active_rule *rule)
{
    return rr_facts_hold(rule, RR_RULE_PARTIAL) ||
           (rule->rule->none_counted && rr_facts_owed() && !facts.counted);
}

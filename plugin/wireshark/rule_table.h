/* The rules that are active, in terms of this Wireshark's fields. */
#ifndef RR_RULE_TABLE_H
#define RR_RULE_TABLE_H

#include "wireshark/compat.h"
#include <epan/packet.h>
#include <epan/prefs.h>

#include "rules/rules.h"

struct rr_test {
    uint16_t slot; /* of the field: its place, from 1 on, among those that rules name */
    bool negated;
    bool less;        /* than `number`, instead of equal */
    const char *text; /* NULL: it is there */
    uint64_t number;  /* where the field is one */
};

struct rr_tests {
    struct rr_test *test;
    size_t count;
};

/* What a field is for a rule. */
enum { RR_KIND_PDU = 1, RR_KIND_COUNT = 2, RR_KIND_COUNTED = 4, RR_KIND_FACT = 8, RR_KIND_AMONG = 16 };

struct rr_active_rule {
    const struct rr_rule *rule;
    const uint8_t *kinds;         /* by slot */
    const char *protocol, *title; /* its names: live as long as the program */
    uint16_t slot;                /* of the protocol */
    struct rr_tests *clauses[RR_RULE_PART_COUNT];
};

/* A field that is told from others of its kind by what stands before it. */
struct rr_among {
    uint16_t slot; /* its own */
    uint16_t field, where;
    const char *is;
};

void rr_rule_table_register(module_t *module);

/* Whether the user wants any. */
bool rr_rule_table_wanted(void);

/* Reads the rules anew, and says which of them cannot be used. */
void rr_rule_table_begin(void);
bool rr_rule_table_active(void);

/* Whether there is a rule for the protocol with that title. */
bool rr_rule_table_covers(const char *title);

/* All fields that the rules name: to be freed. */
GArray *rr_rule_table_fields(void);

/* 0 where no rule names the field. */
uint16_t rr_rule_table_slot(int field);
uint16_t rr_rule_table_slots(void); /* all are below */

/* NULL where there is none of that number. */
const struct rr_among *rr_rule_table_among(guint i);

/* The rule for the protocol at `slot`. */
const struct rr_active_rule *rr_rule_table_rule(uint16_t slot);

#endif

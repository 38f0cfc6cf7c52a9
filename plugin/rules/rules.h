/* Rules: how a protocol's messages are told apart and tied together, as text.
 *
 * They name fields of Wireshark's dissectors and know nothing of them: whether
 * a field exists is for the room that can ask.  doc/rules.md tells how to
 * write one.
 */
#ifndef RR_RULES_H
#define RR_RULES_H

#include <glib.h>
#include <stdbool.h>

#include "exchange/exchange.h"

enum rr_rule_part {
    RR_RULE_PDU,          /* fields that each are a message of their own within the protocol's layer */
    RR_RULE_REQUEST,      /* a message of the client that begins a request ... */
    RR_RULE_REQUEST_END,  /* ... and the one that ends it */
    RR_RULE_RESPONSE,     /* a message of the server that begins a response ... */
    RR_RULE_RESPONSE_END, /* ... and the one that ends it */
    RR_RULE_INTERIM,      /* a message of the server that comes before the response proper */
    RR_RULE_ONEWAY,       /* a message of the client that no answer is owed to */
    RR_RULE_PUSH,         /* a message of the server that answers none */
    RR_RULE_IGNORE,       /* a message that is neither */
    RR_RULE_KEY,          /* fields that tie a response to its request ... */
    RR_RULE_RESPONSE_KEY, /* ... where those of the response are others */
    RR_RULE_SUMMARY,      /* fields that tell what the message is about */
    RR_RULE_SUMMARY_END,  /* fields of its last part that tell more of that */
    RR_RULE_QUIET,        /* a message of the client that perhaps no answer is owed to */
    RR_RULE_ONEWAY_END,   /* a message that no answer is owed to ends ... */
    RR_RULE_ONLY,         /* the messages that the rule is for */
    RR_RULE_PUSH_END,     /* ... and one that answers none: these can only be `open` */
    RR_RULE_PARTIAL,      /* what is seen of a message that a later one shows whole */
    RR_RULE_COUNT,        /* numbers in a message: of how many further ones ... */
    RR_RULE_COUNTED,      /* ... of these fields in it, or of messages behind it, it consists */
    RR_RULE_CANCEL,       /* a message of the client that takes a request back ... */
    RR_RULE_CANCEL_KEY,   /* ... with this key, where its own is another */
    RR_RULE_UNDECIDED,    /* a message after which all that follows may be encrypted */
    RR_RULE_OPEN,         /* a response that goes on until the next begins */
    RR_RULE_PART_COUNT
};

struct rr_term {
    char *field;
    char *where, *is; /* NULL, or: of those fields the one behind a field `where` that has this text */
    char *value;      /* that it has; NULL: any */
    bool less;        /* ... or that it is less than */
    bool negated;
};

/* All of its terms hold. */
struct rr_clause {
    struct rr_term *term;
    size_t count;
};

/* One of its clauses holds. */
struct rr_condition {
    struct rr_clause *clause;
    size_t count; /* 0: nothing is said */
};

/* A list of fields is a clause; where there are several, the first that any field is there of counts. */
struct rr_rule {
    char *protocol;
    enum rr_pairing pairing;
    struct rr_condition part[RR_RULE_PART_COUNT];
    bool open[RR_RULE_PART_COUNT]; /* of an end: there is none before the next begins */
    bool newest;                   /* a request takes the place of those that wait with the same key */
    bool none_counted;             /* what announces fields and has none of them is partial, too */
};

/* What a part of a rule is for. */
const char *rr_rule_part_help(enum rr_rule_part part);

struct rr_rule *rr_rule_new(const char *protocol);
void rr_rule_free(struct rr_rule *rule);

/* Sets what `name` names: a part, or "pair".  Empty values say nothing.  Where it cannot, the reason is in
 * *error, to be freed, and false returned. */
bool rr_rule_set(struct rr_rule *rule, const char *name, const char *value, char **error);

/* What must be there is there: else false, and the reason in *error. */
bool rr_rule_check(const struct rr_rule *rule, char **error);

/* Appends the rules of `text` to `rules`; a rule that cannot be read is skipped, with a line in `errors`. */
void rr_rules_parse(const char *text, GPtrArray *rules, GPtrArray *errors);

/* Both arrays with the function that frees what they hold. */
GPtrArray *rr_rules_new(void);

/* Those that this plugin brings along. */
extern const char rr_rules_builtin[];

#endif

#ifndef SUAN_POLICY_RULE_H
#define SUAN_POLICY_RULE_H

/* The parts of a programme that decide: ratios, predicates, caps, tiers. Arrays belong to the programme. */
#include "field.h"

struct suan_ratio {
    int64_t num, den; /* 0 <= num <= den, 1 <= den <= 1,000,000 */
};

enum suan_op { SUAN_OP_EQ, SUAN_OP_NE, SUAN_OP_IN, SUAN_OP_GE, SUAN_OP_LE, SUAN_OP_WITHIN_ONE_YEAR };

struct suan_predicate {
    struct suan_span id, why;
    enum suan_field field;
    enum suan_op op;
    struct suan_value *values; /* one; for SUAN_OP_IN at least one; of the field's type */
    uint32_t value_count;
    int32_t source; /* resolved: always an index into the programme's sources */
};

enum suan_truth { SUAN_FALSE, SUAN_TRUE, SUAN_UNKNOWN };

enum suan_scope { SUAN_SCOPE_CLAIM, SUAN_SCOPE_CONTRACT, SUAN_SCOPE_PROJECT, SUAN_SCOPE_ENTERPRISE };
/* NONE and PROGRAMME count whatever was ever issued within the scope (a claim's scope: nothing but itself).
 */
enum suan_period { SUAN_PERIOD_NONE, SUAN_PERIOD_CALENDAR_YEAR, SUAN_PERIOD_PROGRAMME };
enum suan_measure { SUAN_MEASURE_ISSUED, SUAN_MEASURE_REDEEMED };

struct suan_cap {
    struct suan_span id;
    enum suan_scope scope;
    enum suan_period period;
    enum suan_measure measure;
    int64_t amount_fen;
    struct suan_predicate *when;
    uint32_t when_count;
    int32_t source;
};

enum suan_component { SUAN_COMPONENT_NONE, SUAN_COMPONENT_LOCAL, SUAN_COMPONENT_NONLOCAL };

struct suan_tier {
    struct suan_span id;
    enum suan_component component;
    bool has_rate; /* false: a reviewer sets the amount */
    struct suan_ratio rate;
    struct suan_predicate *when;
    uint32_t when_count;
    struct suan_cap *caps;
    uint32_t cap_count;
    int32_t source;
};

/* `have` against the predicate. An absent value is SUAN_UNKNOWN, but SUAN_OP_NE is true of it. */
enum suan_truth suan_predicate_test(const struct suan_predicate *predicate, const struct suan_value *have);
bool suan_value_equal(const struct suan_value *a, const struct suan_value *b);
const char *suan_op_name(enum suan_op op);
const char *suan_scope_name(enum suan_scope scope);
const char *suan_period_name(enum suan_period period);
const char *suan_measure_name(enum suan_measure measure);

#endif

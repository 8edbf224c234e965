/* Traces as text: one line a step, in English or Chinese. */
#include "base/text.h"
#include "decision.h"

enum { DATE_COLUMN = 58, WHY_COLUMN = 56, LABEL_COLUMNS = 6 };

enum word {
    WORD_PASS,
    WORD_FAIL,
    WORD_UNKNOWN,
    WORD_BASE,
    WORD_OUTSIDE,
    WORD_LIMIT,
    WORD_AWARD,
    WORD_TIER,
    WORD_BINDS,
    WORD_NOT_KNOWN,
    WORD_SKIPPED,
    WORD_REGISTRY,
    WORD_MISSING,
    WORD_THIS_YEAR,
    WORD_PART,
    WORD_OTHER,
    WORD_EFFICIENT,
    WORD_KNOWN,
};

static const char *word(enum word which, enum suan_language language)
{
    static const char *const words[][2] = {
        [WORD_PASS] = {"pass", "通過"},
        [WORD_FAIL] = {"fail", "不符"},
        [WORD_UNKNOWN] = {"open", "待明"},
        [WORD_BASE] = {"base", "基數"},
        [WORD_OUTSIDE] = {"outside it", "不計入"},
        [WORD_LIMIT] = {"limit", "上限"},
        [WORD_AWARD] = {"award", "核定"},
        [WORD_TIER] = {"tier", "檔次"},
        [WORD_BINDS] = {"binds", "起限制"},
        [WORD_NOT_KNOWN] = {"UNKNOWN", "UNKNOWN"},
        [WORD_SKIPPED] = {"does not apply", "不適用"},
        [WORD_REGISTRY] = {"by the registry", "登記庫所知"},
        [WORD_MISSING] = {"missing", "尚缺"},
        [WORD_THIS_YEAR] = {"year", "全年"},
        [WORD_PART] = {"part", "分項"},
        [WORD_OTHER] = {"other", "他補"},
        [WORD_EFFICIENT] = {"held to the best vetted algorithm", "按最佳審定算法計"},
        [WORD_KNOWN] = {"known", "已知"},
    };
    return words[which][language];
}

struct writer {
    struct suan_buffer *out;
    enum suan_language language;
    const struct suan_decision *decision;
    size_t line; /* where the current line begins */
};

static void put(struct writer *w, enum word which)
{
    suan_buffer_append_text(w->out, word(which, w->language));
}

static size_t width_of_line(const struct writer *w)
{
    return w->out->failed ? 0 : suan_text_width(suan_span(w->out->data + w->line, w->out->size - w->line));
}

static void pad_to(struct writer *w, size_t column)
{
    for (size_t width = width_of_line(w); width < column; width++)
        suan_buffer_append_u8(w->out, ' ');
}

static void begin_line(struct writer *w, enum word label)
{
    w->line = w->out->size;
    suan_buffer_append_text(w->out, "  ");
    put(w, label);
    pad_to(w, 2 + LABEL_COLUMNS);
}

static void end_line(struct writer *w)
{
    suan_buffer_append_u8(w->out, '\n');
}

static void put_value(struct writer *w, const struct suan_value *value)
{
    char day[11], end[11];
    switch (value->type) {
    case SUAN_VALUE_ABSENT: suan_buffer_append_text(w->out, "?"); break;
    case SUAN_VALUE_TEXT: suan_buffer_append_span(w->out, value->text); break;
    case SUAN_VALUE_INTEGER: suan_buffer_printf(w->out, "%lld", (long long)value->integer); break;
    case SUAN_VALUE_BOOLEAN: suan_buffer_append_text(w->out, value->integer != 0 ? "true" : "false"); break;
    case SUAN_VALUE_DAY:
        suan_day_format((int32_t)value->integer, day);
        suan_buffer_append_text(w->out, day);
        break;
    case SUAN_VALUE_TERM:
        suan_day_format((int32_t)value->integer, day);
        suan_day_format((int32_t)value->end, end);
        suan_buffer_printf(w->out, "%s … %s", day, end);
        break;
    }
}

static void put_wanted(struct writer *w, const struct suan_predicate *predicate)
{
    static const char *const signs[] = {" = ", " ≠ ", " ∈ ", " ≥ ", " ≤ ", " ≤ 1 y "};
    suan_buffer_append_text(w->out, signs[predicate->op]);
    for (uint32_t i = 0; predicate->op != SUAN_OP_WITHIN_ONE_YEAR && i < predicate->value_count; i++) {
        if (i > 0)
            suan_buffer_append_text(w->out, ", ");
        put_value(w, &predicate->values[i]);
    }
}

static void put_result_line(struct writer *w, const struct suan_trace_step *step)
{
    begin_line(w, step->result == SUAN_RESULT_PASS   ? WORD_PASS
                  : step->result == SUAN_RESULT_FAIL ? WORD_FAIL
                                                     : WORD_UNKNOWN);
    suan_buffer_append_span(w->out, step->id);
    if (step->predicate != NULL) {
        suan_buffer_printf(w->out, "  %s", suan_field_name(step->predicate->field));
        put_wanted(w, step->predicate);
    }
    if (step->have.type != SUAN_VALUE_ABSENT &&
        (step->predicate == NULL || step->result != SUAN_RESULT_PASS)) {
        suan_buffer_append_text(w->out, step->predicate == NULL ? "  " : "; ");
        put_value(w, &step->have);
    }
    if (step->amount_fen != SUAN_STEP_NO_AMOUNT) {
        suan_buffer_append_text(w->out, "  ");
        suan_text_yuan(w->out, step->amount_fen);
    }
    if (step->predicate != NULL && step->predicate->why.size > 0) {
        suan_buffer_append_text(w->out, "  ");
        pad_to(w, WHY_COLUMN);
        suan_buffer_append_span(w->out, step->predicate->why);
    }
    end_line(w);
}

static bool is_binding(const struct writer *w, const struct suan_trace_step *step)
{
    struct suan_span binding = suan_span_text(w->decision->binding);
    if (suan_span_equal(binding, suan_span_text("ZERO_AWARD")))
        binding = suan_span_text("RATE");
    return w->decision->outcome != SUAN_OUTCOME_REVIEW && suan_span_equal(step->id, binding);
}

static void put_ratio(struct writer *w, const struct suan_trace_step *step)
{
    suan_buffer_append_text(w->out, "floor(");
    suan_text_yuan(w->out, step->base_fen);
    suan_buffer_printf(w->out, " × %lld/%lld)", (long long)step->ratio.num, (long long)step->ratio.den);
}

static void put_clause(struct writer *w, const struct suan_trace_step *step)
{
    if (step->source < 0 || w->decision->programme == NULL)
        return;
    suan_buffer_append_text(w->out, "        「");
    suan_buffer_append_span(w->out, suan_programme_clause(w->decision->programme, step->source));
    suan_buffer_append_text(w->out, "」\n");
}

static void put_limit_line(struct writer *w, const struct suan_trace_step *step)
{
    begin_line(w, step->kind == SUAN_STEP_PART ? WORD_PART : WORD_LIMIT);
    suan_buffer_append_span(w->out, step->id);
    suan_buffer_append_u8(w->out, ' ');
    suan_text_yuan(w->out, step->amount_fen);
    if (step->ratio.den != 0) {
        suan_buffer_append_text(w->out, " = ");
        put_ratio(w, step);
    } else if (step->ceiling_fen != SUAN_STEP_NO_AMOUNT) {
        suan_buffer_append_text(w->out, " = ");
        suan_text_yuan(w->out, step->ceiling_fen);
    }
    if (step->ceiling_fen != SUAN_STEP_NO_AMOUNT) {
        suan_buffer_append_text(w->out, " − ");
        suan_text_yuan(w->out, step->used_fen);
    }
    bool binds = step->kind == SUAN_STEP_LIMIT && is_binding(w, step);
    if (binds) {
        suan_buffer_append_text(w->out, "   ← ");
        put(w, WORD_BINDS);
    }
    end_line(w);
    if (binds)
        put_clause(w, step);
}

static void put_base_line(struct writer *w, const struct suan_trace_step *step)
{
    begin_line(w, WORD_BASE);
    suan_text_yuan(w->out, step->amount_fen);
    const char *between = " (";
    for (int kind = 0; kind < SUAN_LINE_KINDS; kind++) {
        if (!w->decision->programme->includes[kind])
            continue;
        suan_buffer_printf(w->out, "%s%s", between, suan_line_kind_name((enum suan_line_kind)kind));
        between = ", ";
    }
    suan_buffer_append_text(w->out, between[0] == ',' ? ")\n" : "\n");
}

static void put_amount_line(struct writer *w, const struct suan_trace_step *step, enum word label)
{
    begin_line(w, label);
    if (step->kind == SUAN_STEP_OUTSIDE) {
        put(w, WORD_OUTSIDE);
        suan_buffer_append_text(w->out, ": ");
        suan_buffer_append_span(w->out, step->id);
        suan_buffer_append_u8(w->out, ' ');
    }
    suan_text_yuan(w->out, step->amount_fen);
    if (step->kind == SUAN_STEP_EFFICIENT) {
        suan_buffer_append_text(w->out, "  ");
        put(w, WORD_EFFICIENT);
        suan_buffer_append_text(w->out, ": ");
        suan_text_yuan(w->out, step->base_fen);
        suan_buffer_printf(w->out, " × (1 + %lld/%lld)", (long long)step->ratio.num,
                           (long long)step->ratio.den);
    }
    end_line(w);
}

static void put_known_line(struct writer *w, const struct suan_trace_step *step)
{
    begin_line(w, WORD_KNOWN);
    suan_buffer_append_span(w->out, step->id);
    suan_buffer_append_text(w->out, " = ");
    put_value(w, &step->have);
    suan_buffer_append_text(w->out, "  (");
    put(w, WORD_REGISTRY);
    suan_buffer_append_text(w->out, ")\n");
}

static void put_tier_line(struct writer *w, const struct suan_trace_step *step)
{
    static const enum word results[] = {WORD_PASS, WORD_PASS, WORD_FAIL, WORD_UNKNOWN};
    begin_line(w, WORD_TIER);
    suan_buffer_append_span(w->out, step->id);
    suan_buffer_append_text(w->out, "  ");
    put(w, results[step->result]);
    end_line(w);
}

static void put_skipped_line(struct writer *w, const struct suan_trace_step *step)
{
    begin_line(w, WORD_LIMIT);
    suan_buffer_append_span(w->out, step->id);
    suan_buffer_append_text(w->out, "  ");
    put(w, WORD_SKIPPED);
    end_line(w);
}

static void put_step(struct writer *w, const struct suan_trace_step *step)
{
    switch (step->kind) {
    case SUAN_STEP_FORCE:
    case SUAN_STEP_CLASS:
    case SUAN_STEP_PREDICATE:
    case SUAN_STEP_DUPLICATE:
    case SUAN_STEP_OTHER: put_result_line(w, step); break;
    case SUAN_STEP_KNOWN: put_known_line(w, step); break;
    case SUAN_STEP_BASE: put_base_line(w, step); break;
    case SUAN_STEP_OUTSIDE:
    case SUAN_STEP_EFFICIENT: put_amount_line(w, step, WORD_BASE); break;
    case SUAN_STEP_CUMULATIVE: put_amount_line(w, step, WORD_THIS_YEAR); break;
    case SUAN_STEP_TIER: put_tier_line(w, step); break;
    case SUAN_STEP_PART:
    case SUAN_STEP_LIMIT: put_limit_line(w, step); break;
    case SUAN_STEP_SKIPPED: put_skipped_line(w, step); break;
    case SUAN_STEP_AWARD: break;
    }
}

static void put_head(struct writer *w)
{
    char day[11], digest[9];
    const struct suan_programme *p = w->decision->programme;
    w->line = w->out->size;
    if (p != NULL) {
        suan_hex(p->sha256, 4, digest);
        suan_buffer_append_span(w->out, p->id);
        suan_buffer_printf(w->out, " v%lld (sha256 %s…)", (long long)p->version, digest);
    } else {
        suan_buffer_append_text(w->out, "-");
    }
    suan_buffer_append_text(w->out, "  ");
    pad_to(w, DATE_COLUMN);
    suan_day_format(w->decision->day, day);
    suan_buffer_append_text(w->out, day);
    end_line(w);
}

static void put_foot(struct writer *w)
{
    const struct suan_decision *d = w->decision;
    begin_line(w, WORD_AWARD);
    if (d->outcome == SUAN_OUTCOME_REVIEW)
        put(w, WORD_NOT_KNOWN);
    else
        suan_text_yuan(w->out, d->award_fen);
    suan_buffer_printf(w->out, "   %s %s", suan_policy_outcome_name(d->outcome), d->binding);
    end_line(w);
    for (uint32_t i = 0; i < d->missing_count; i++) {
        begin_line(w, WORD_MISSING);
        suan_buffer_append_u8(w->out, ' ');
        suan_buffer_append_span(w->out, d->missing[i]);
        end_line(w);
    }
}

enum suan_status suan_trace_explain(const struct suan_trace *trace, const struct suan_decision *decision,
                                    enum suan_language language, struct suan_buffer *out,
                                    struct suan_error *error)
{
    struct writer w = {.out = out, .language = language, .decision = decision};
    if (trace->failed)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory while tracing a decision");
    put_head(&w);
    for (size_t i = 0; i < trace->count; i++)
        put_step(&w, &trace->steps[i]);
    put_foot(&w);
    return suan_buffer_check(out, error);
}

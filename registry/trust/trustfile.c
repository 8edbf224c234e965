/*
 * The trust file. It is the root of every judgement of a host, so nothing in it may be counted twice: no
 * witness, body or key appears under two names.
 */
#include "trustfile.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"

static const char schema[] = "suan.trust/1";
static const char code_format[] = "trust.format";

enum { AGE_MAX_S = 315360000 }; /* ten years */

struct suan_trust *suan_trust_new(void)
{
    struct suan_trust *trust = calloc(1, sizeof *trust);
    if (trust != NULL)
        trust->max_age_s = SUAN_TRUST_AGE_DEFAULT_S;
    return trust;
}

void suan_trust_free(struct suan_trust *trust)
{
    free(trust);
}

void suan_trust_freep(struct suan_trust **trust)
{
    suan_trust_free(*trust);
}

static enum suan_status refuse(struct suan_error *error, const char *where, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "%s: %s", where, what);
}

/* --- small fields ------------------------------------------------------------------------------------- */

/* A required text of 1 to `max` bytes into `out`, which has room for a NUL. */
static enum suan_status get_text(const struct suan_json *object, const char *key, size_t max, char *out,
                                 const char *where, struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    enum suan_status status = suan_json_get_text(object, key, SUAN_JSON_REQUIRED, max, &text, where, error);
    if (status != SUAN_OK)
        return status;
    if (text.size == 0)
        return refuse(error, key, "must not be empty");
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return SUAN_OK;
}

/* Which of two words an optional field says: 0 if it is absent. */
static enum suan_status get_choice(const struct suan_json *object, const char *key,
                                   const char *const words[2], unsigned *out, struct suan_error *error)
{
    struct suan_span text = suan_span_text(words[0]);
    enum suan_status status = suan_json_get_text(object, key, SUAN_JSON_OPTIONAL, 32, &text, "", error);
    if (status != SUAN_OK)
        return status;
    for (unsigned i = 0; i < 2; i++) {
        if (suan_span_equal(text, suan_span_text(words[i]))) {
            *out = i;
            return SUAN_OK;
        }
    }
    return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "%s: must be '%s' or '%s'", key, words[0],
                          words[1]);
}

static const char *const stale_words[2] = {"warn", "deny"};
static const char *const in_process_words[2] = {"never", "vetted"};

/* --- keys --------------------------------------------------------------------------------------------- */

static enum suan_status parse_note_key(struct suan_span text, enum suan_note_type type,
                                       struct suan_note_key *out, const char *where, struct suan_error *error)
{
    enum suan_status status = suan_note_key_parse(text, out, error);
    if (status != SUAN_OK) {
        suan_error_prefix(error, where);
        return status;
    }
    if (out->type == type)
        return SUAN_OK;
    return refuse(error, where,
                  type == SUAN_NOTE_ED25519 ? "must be an Ed25519 note key, type 1"
                                            : "must be a cosignature key, type 4");
}

/* True for the two names that the logs of this origin have. */
static bool is_log_of(const struct suan_trust *trust, const char *key_name)
{
    size_t size = strlen(trust->origin);
    return strncmp(key_name, trust->origin, size) == 0 &&
           (strcmp(key_name + size, "/registry") == 0 || strcmp(key_name + size, "/ledger") == 0);
}

static bool has_note_point(const struct suan_note_key *keys, size_t count, const struct suan_note_key *key)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(keys[i].point, key->point, sizeof key->point) == 0 && strcmp(keys[i].name, key->name) == 0)
            return true;
    }
    return false;
}

static enum suan_status parse_log_keys(const struct suan_json *root, struct suan_trust *trust,
                                       struct suan_error *error)
{
    const struct suan_json *list = NULL;
    enum suan_status status =
        suan_json_get_array(root, "log_keys", SUAN_JSON_REQUIRED, SUAN_TRUST_LOG_KEYS_MAX, &list, "", error);
    if (status != SUAN_OK)
        return status;
    if (suan_json_count(list) == 0)
        return refuse(error, "log_keys", "at least one is needed");
    for (size_t i = 0; i < suan_json_count(list); i++) {
        struct suan_note_key *key = &trust->log_keys[i];
        status =
            parse_note_key(suan_json_text(suan_json_at(list, i)), SUAN_NOTE_ED25519, key, "log_keys", error);
        if (status != SUAN_OK)
            return status;
        if (!is_log_of(trust, key->name))
            return refuse(error, "log_keys", "a key's name must be ORIGIN/registry or ORIGIN/ledger");
        if (has_note_point(trust->log_keys, i, key))
            return refuse(error, "log_keys", "the same key stands there twice");
        trust->log_key_count++;
    }
    return SUAN_OK;
}

/* Two names for one key, and two keys for one name, would each make one witness count twice. */
static bool repeats_witness(const struct suan_trust *trust, const struct suan_note_key *key)
{
    for (size_t i = 0; i < trust->witness_count; i++) {
        const struct suan_note_key *other = &trust->witnesses[i];
        if (memcmp(other->point, key->point, sizeof key->point) == 0 || strcmp(other->name, key->name) == 0)
            return true;
    }
    return false;
}

static enum suan_status parse_witness(const struct suan_json *item, struct suan_trust *trust,
                                      struct suan_error *error)
{
    static const char *const known[] = {"name", "key", NULL};
    static const char where[] = "witnesses";
    struct suan_note_key *key = &trust->witnesses[trust->witness_count];
    struct suan_span name = {NULL, 0}, text = {NULL, 0};
    enum suan_status status = suan_json_only(item, known, where, error);
    if (status == SUAN_OK)
        status =
            suan_json_get_text(item, "name", SUAN_JSON_REQUIRED, SUAN_NOTE_NAME_MAX, &name, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(item, "key", SUAN_JSON_REQUIRED, SUAN_KEY_TEXT_MAX, &text, where, error);
    if (status == SUAN_OK)
        status = parse_note_key(text, SUAN_NOTE_COSIGNATURE, key, where, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_span_equal(name, suan_span_text(key->name)))
        return refuse(error, where, "a witness's name is not the one in its key");
    if (repeats_witness(trust, key))
        return refuse(error, where, "a name or key stands there twice");
    trust->witness_count++;
    return SUAN_OK;
}

static enum suan_status parse_witnesses(const struct suan_json *root, struct suan_trust *trust,
                                        struct suan_error *error)
{
    const struct suan_json *list = NULL;
    int64_t quorum = 0;
    enum suan_status status = suan_json_get_array(root, "witnesses", SUAN_JSON_REQUIRED,
                                                  SUAN_TRUST_WITNESSES_MAX, &list, "", error);
    for (size_t i = 0; status == SUAN_OK && i < suan_json_count(list); i++)
        status = parse_witness(suan_json_at(list, i), trust, error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(root, "quorum", SUAN_JSON_REQUIRED, 0, (int64_t)trust->witness_count,
                                       &quorum, "", error);
    trust->quorum = (size_t)quorum;
    return status;
}

/* --- policy ------------------------------------------------------------------------------------------- */

static enum suan_status parse_body(const struct suan_json *item, struct suan_trust *trust,
                                   struct suan_error *error)
{
    static const char *const known[] = {"id", "keys", NULL};
    static const char where[] = "policy.bodies";
    struct suan_trust_body *body = &trust->bodies[trust->body_count];
    const struct suan_json *list = NULL;
    enum suan_status status = suan_json_only(item, known, where, error);
    if (status == SUAN_OK)
        status = get_text(item, "id", SUAN_TRUST_ID_MAX, body->id, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_array(item, "keys", SUAN_JSON_REQUIRED, SUAN_TRUST_BODY_KEYS_MAX, &list, where,
                                     error);
    if (status != SUAN_OK)
        return status;
    for (size_t i = 0; i < trust->body_count; i++) {
        if (strcmp(trust->bodies[i].id, body->id) == 0)
            return refuse(error, where, "a body stands there twice");
    }
    trust->body_count++;
    for (size_t i = 0; i < suan_json_count(list); i++) {
        struct suan_public_key key;
        status = suan_public_key_parse(suan_json_text(suan_json_at(list, i)), &key, error);
        if (status != SUAN_OK) {
            suan_error_prefix(error, where);
            return status;
        }
        if (suan_trust_body_of(trust, &key) != NULL)
            return refuse(error, where, "a key stands there twice");
        body->keys[body->key_count++] = key;
    }
    return body->key_count > 0 ? SUAN_OK : refuse(error, where, "a body has no key");
}

static enum suan_status parse_policy(const struct suan_json *root, struct suan_trust *trust,
                                     struct suan_error *error)
{
    static const char *const known[] = {"id", "k", "n", "bodies", NULL};
    static const char where[] = "policy";
    const struct suan_json *policy = NULL, *list = NULL;
    int64_t k = 0, n = 0;
    enum suan_status status = suan_json_get_object(root, "policy", SUAN_JSON_REQUIRED, &policy, "", error);
    if (status == SUAN_OK)
        status = suan_json_only(policy, known, where, error);
    if (status == SUAN_OK)
        status = get_text(policy, "id", SUAN_TRUST_ID_MAX, trust->policy, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(policy, "n", SUAN_JSON_REQUIRED, 1, SUAN_TRUST_BODIES_MAX, &n, where,
                                       error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(policy, "k", SUAN_JSON_REQUIRED, n / 2 + 1, n, &k, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_array(policy, "bodies", SUAN_JSON_REQUIRED, (size_t)n, &list, where, error);
    for (size_t i = 0; status == SUAN_OK && i < suan_json_count(list); i++)
        status = parse_body(suan_json_at(list, i), trust, error);
    if (status != SUAN_OK)
        return status;
    if (trust->body_count != (size_t)n)
        return refuse(error, where, "n must be the number of its bodies");
    trust->k = (size_t)k;
    return SUAN_OK;
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static enum suan_status parse_head(const struct suan_json *root, struct suan_trust *trust,
                                   struct suan_error *error)
{
    static const char *const known[] = {"schema", "origin",    "log_keys", "witnesses",  "quorum",
                                        "policy", "max_age_s", "on_stale", "in_process", NULL};
    static const char longest[] = "/registry";
    char said[sizeof schema] = "";
    unsigned on_stale = 0, in_process = 0;
    int64_t age = SUAN_TRUST_AGE_DEFAULT_S;
    enum suan_status status = suan_json_only(root, known, "", error);
    if (status == SUAN_OK)
        status = get_text(root, "schema", sizeof said - 1, said, "", error);
    if (status == SUAN_OK && strcmp(said, schema) != 0)
        status = refuse(error, "schema", "must be suan.trust/1");
    if (status == SUAN_OK)
        status =
            get_text(root, "origin", SUAN_NOTE_NAME_MAX - (sizeof longest - 1), trust->origin, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(root, "max_age_s", SUAN_JSON_OPTIONAL, 1, AGE_MAX_S, &age, "", error);
    if (status == SUAN_OK)
        status = get_choice(root, "on_stale", stale_words, &on_stale, error);
    if (status == SUAN_OK)
        status = get_choice(root, "in_process", in_process_words, &in_process, error);
    trust->max_age_s = (uint64_t)age;
    trust->on_stale = (enum suan_trust_stale)on_stale;
    trust->in_process = (enum suan_trust_in_process)in_process;
    return status;
}

enum suan_status suan_trust_parse(struct suan_span text, const char *name, struct suan_trust **out_trust,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *trust = suan_trust_new();
    if (trust == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "%s: out of memory", name);
    enum suan_status status = suan_json_parse(text, SUAN_TRUST_SIZE_MAX, 0, name, &document, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_json *root = suan_json_root(document);
    status = parse_head(root, trust, error);
    if (status == SUAN_OK)
        status = parse_log_keys(root, trust, error);
    if (status == SUAN_OK)
        status = parse_witnesses(root, trust, error);
    if (status == SUAN_OK)
        status = parse_policy(root, trust, error);
    if (status != SUAN_OK) {
        suan_error_prefix(error, name);
        return status;
    }
    *out_trust = suan_take(&trust);
    return SUAN_OK;
}

enum suan_status suan_trust_load(const char *path, struct suan_trust **out_trust, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    enum suan_status status = suan_file_read(path, SUAN_TRUST_SIZE_MAX, &text, error);
    return status != SUAN_OK ? status : suan_trust_parse(suan_buffer_span(&text), path, out_trust, error);
}

/* --- writing ------------------------------------------------------------------------------------------ */

static void add_note_key(struct suan_json *array, const struct suan_note_key *key)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    suan_note_key_format(key, &text);
    suan_json_add_span(array, suan_buffer_span(&text));
}

static void add_witness(struct suan_json *array, const struct suan_note_key *key)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_json *item = suan_json_new_object();
    suan_note_key_format(key, &text);
    suan_json_set_text(item, "name", key->name);
    suan_json_set_span(item, "key", suan_buffer_span(&text));
    suan_json_add(array, item);
}

static void add_body(struct suan_json *array, const struct suan_trust_body *body)
{
    struct suan_json *item = suan_json_new_object(), *keys = suan_json_new_array();
    for (size_t i = 0; i < body->key_count; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
        suan_public_key_format(&body->keys[i], &text);
        suan_json_add_span(keys, suan_buffer_span(&text));
    }
    suan_json_set_text(item, "id", body->id);
    suan_json_set(item, "keys", keys);
    suan_json_add(array, item);
}

static struct suan_json *new_policy(const struct suan_trust *trust)
{
    struct suan_json *policy = suan_json_new_object(), *bodies = suan_json_new_array();
    for (size_t i = 0; i < trust->body_count; i++)
        add_body(bodies, &trust->bodies[i]);
    suan_json_set_text(policy, "id", trust->policy);
    suan_json_set_integer(policy, "k", (int64_t)trust->k);
    suan_json_set_integer(policy, "n", (int64_t)trust->body_count);
    suan_json_set(policy, "bodies", bodies);
    return policy;
}

enum suan_status suan_trust_format(const struct suan_trust *trust, struct suan_buffer *out,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *root = suan_json_new_object();
    struct suan_json *log_keys = suan_json_new_array(), *witnesses = suan_json_new_array();

    for (size_t i = 0; i < trust->log_key_count; i++)
        add_note_key(log_keys, &trust->log_keys[i]);
    for (size_t i = 0; i < trust->witness_count; i++)
        add_witness(witnesses, &trust->witnesses[i]);
    suan_json_set_text(root, "schema", schema);
    suan_json_set_text(root, "origin", trust->origin);
    suan_json_set(root, "log_keys", log_keys);
    suan_json_set(root, "witnesses", witnesses);
    suan_json_set_integer(root, "quorum", (int64_t)trust->quorum);
    suan_json_set(root, "policy", new_policy(trust));
    suan_json_set_integer(root, "max_age_s", (int64_t)trust->max_age_s);
    suan_json_set_text(root, "on_stale", stale_words[trust->on_stale]);
    suan_json_set_text(root, "in_process", in_process_words[trust->in_process]);
    enum suan_status status = suan_json_format(root, SUAN_JSON_STYLE_INDENTED, out, error);
    if (status != SUAN_OK)
        return status;
    suan_buffer_append_u8(out, '\n');
    return suan_buffer_check(out, error);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bench_decl.h"

#define ID_MAX 256

static const char *const insn_kind_names[NR_INSN_KINDS] = {
	[INSN_ALU] = "alu",	  [INSN_LOAD] = "load", [INSN_STORE] = "store",
	[INSN_ATOMIC] = "atomic", [INSN_CALL] = "call", [INSN_CALL_PC] = "call_pc",
	[INSN_JUMP] = "jump",
};

const char *insn_kind_name(enum insn_kind k)
{
	return insn_kind_names[k];
}

static char *dup_or_null(const char *s, bool *nomem)
{
	char *copy = s ? strdup(s) : NULL;

	if (s && !copy)
		*nomem = true;
	return copy;
}

static void bench_free(struct bench *b)
{
	int i;

	free(b->id);
	free(b->family);
	free(b->name);
	free(b->description);
	free(b->baseline);
	free(b->trigger);
	free(b->time_only);
	for (i = 0; i < b->nr_params; i++)
		free(b->params[i].name);
	for (i = 0; i < b->nr_needs; i++)
		free(b->needs[i]);
	for (i = 0; i < b->nr_notes; i++)
		free(b->notes[i]);
	memset(b, 0, sizeof(*b));
}

/* Deep copy; on -ENOMEM nothing of @to needs freeing. */
static int bench_copy(struct bench *to, const struct bench *from)
{
	bool nomem = false;
	int i;

	*to = *from;
	to->id = dup_or_null(from->id, &nomem);
	to->family = dup_or_null(from->family, &nomem);
	to->name = dup_or_null(from->name, &nomem);
	to->description = dup_or_null(from->description, &nomem);
	to->baseline = dup_or_null(from->baseline, &nomem);
	to->trigger = dup_or_null(from->trigger, &nomem);
	to->time_only = dup_or_null(from->time_only, &nomem);
	for (i = 0; i < from->nr_params; i++)
		to->params[i].name = dup_or_null(from->params[i].name, &nomem);
	for (i = 0; i < from->nr_needs; i++)
		to->needs[i] = dup_or_null(from->needs[i], &nomem);
	for (i = 0; i < from->nr_notes; i++)
		to->notes[i] = dup_or_null(from->notes[i], &nomem);
	if (!nomem)
		return 0;
	bench_free(to);
	return -ENOMEM;
}

static int list_append(struct bench_list *list, const struct bench *b)
{
	struct bench *v;
	size_t cap;
	int err;

	if (list->nr == list->cap) {
		cap = list->cap ? list->cap * 2 : 32;
		v = realloc(list->v, cap * sizeof(*v));
		if (!v)
			return -ENOMEM;
		list->v = v;
		list->cap = cap;
	}
	err = bench_copy(&list->v[list->nr], b);
	if (!err)
		list->nr++;
	return err;
}

bool bench_has_loop(const struct bench *b)
{
	return b->driver == DRIVER_LOOP;
}

bool bench_has_run(const struct bench *b)
{
	return b->driver == DRIVER_ATTACH || b->driver == DRIVER_USER;
}

const struct param *bench_param(const struct bench *b, const char *name)
{
	int i;

	for (i = 0; i < b->nr_params; i++)
		if (!strcmp(b->params[i].name, name))
			return &b->params[i];
	return NULL;
}

/* A number, the name of a parameter, or "parameter/number". */
static int bench_value(const struct bench *b, const char *s, long long *v)
{
	const char *slash = strchr(s, '/');
	const struct param *p;
	long long divisor = 1;
	char name[64];
	size_t len;

	if (slash && (decl_number(slash + 1, &divisor) || divisor < 1))
		return -EINVAL;
	len = slash ? (size_t)(slash - s) : strlen(s);
	snprintf(name, sizeof(name), "%.*s", (int)len, s);
	p = len < sizeof(name) ? bench_param(b, name) : NULL;
	if (!p)
		return slash ? -EINVAL : decl_number(s, v);
	*v = p->value / divisor;
	return 0;
}

static int bench_parse_check(const struct bench *b, const char *s, struct bench_check *c)
{
	const char *plus = strchr(s, '+');
	int k;

	for (k = 0; k < NR_INSN_KINDS; k++) {
		const char *name = insn_kind_names[k];

		if (strlen(name) == (size_t)(plus - s) && !strncmp(s, name, plus - s)) {
			c->kind = k;
			return bench_value(b, plus + 1, &c->at_least) ?:
			       c->at_least < 0 ? -EINVAL : 0;
		}
	}
	return -EINVAL;
}

/* Operations in one run, in the smallest batch, CPUs at once. */
static int decl_fill_numbers(const struct decl *d, struct bench *b, char *err, size_t err_sz)
{
	/* What BENCH() repeats comes in chunks; user space can do one operation. */
	const unsigned int min_batch = bench_has_run(b) ? 1 : BENCH_MIN_BATCH;
	long long v = 1;

	if (d->ops && (bench_value(b, d->ops, &v) || v < 1 || v > 1 << 20))
		return decl_fail(err, err_sz, "program %s: bad __ops(\"%s\")", b->name, d->ops);
	b->ops = v;
	v = min_batch;
	if (d->batch && (bench_value(b, d->batch, &v) || v < 1 || v > BENCH_MAX_BATCH ||
			 (v & (v - 1))))
		return decl_fail(err, err_sz,
				 "program %s: bad __batch(\"%s\"): a power of two up to %d",
				 b->name, d->batch, BENCH_MAX_BATCH);
	b->min_batch = v < min_batch ? min_batch : v;
	v = 1;
	if (d->workers && (bench_value(b, d->workers, &v) || v < 1 || v > BENCH_MAX_WORKERS))
		return decl_fail(err, err_sz, "program %s: bad __workers(\"%s\"): 1 to %d", b->name,
				 d->workers, BENCH_MAX_WORKERS);
	b->workers = v;
	return 0;
}

/* Parameters are fixed: fill in what depends on them, name the bench, add it. */
static int decl_add_one(struct bench_list *list, const struct decl *d, struct bench *b, char *err,
			size_t err_sz)
{
	char id[ID_MAX];
	int i, len, rc;

	len = snprintf(id, sizeof(id), "%s/%s", b->family, b->name);
	for (i = 0; i < b->nr_params && len < (int)sizeof(id); i++)
		len += snprintf(id + len, sizeof(id) - len, "%c%s=%lld", i ? ',' : ':',
				b->params[i].name, b->params[i].value);
	if (len > (int)DOC_MAX_NAME)
		return decl_fail(err, err_sz, "program %s: ID longer than %u", b->name,
				 DOC_MAX_NAME);
	b->id = id;
	for (i = 0; i < b->nr_checks; i++)
		if (bench_parse_check(b, d->checks[i], &b->checks[i]))
			return decl_fail(err, err_sz, "program %s: bad __xlated(\"%s\")", b->name,
				    d->checks[i]);
	rc = decl_fill_numbers(d, b, err, err_sz);
	if (rc)
		return rc;
	if (d->net_insn) {
		if (bench_value(b, d->net_insn, &b->net_insn))
			return decl_fail(err, err_sz, "program %s: bad __net_insn(\"%s\")", b->name,
				    d->net_insn);
		b->has_net_insn = true;
	}
	return list_append(list, b);
}

/* Multiplies out parameter @at and those behind it. */
static int decl_expand(struct bench_list *list, const struct decl *d, struct bench *b, int at,
		       char *err, size_t err_sz)
{
	char buf[256], *rest = buf, *value;
	int rc, nr = 0;

	if (at == b->nr_params)
		return decl_add_one(list, d, b, err, err_sz);
	if (snprintf(buf, sizeof(buf), "%s", d->values[at]) >= (int)sizeof(buf))
		return decl_fail(err, err_sz, "program %s: parameter list too long", b->name);
	while ((value = strsep(&rest, ","))) {
		if (++nr > BENCH_MAX_VALUES || decl_number(value, &b->params[at].value))
			return decl_fail(err, err_sz,
					 "program %s: bad value \"%s\" of parameter %s",
					 b->name, value, b->params[at].name);
		rc = decl_expand(list, d, b, at + 1, err, err_sz);
		if (rc)
			return rc;
	}
	return 0;
}

int bench_list_add(struct bench_list *list, const char *family, const char *prog,
		   const char *const *tags, size_t nr_tags, char *err, size_t err_sz)
{
	char names[RESULT_MAX_PARAMS][64];
	struct decl d;
	struct bench b;
	int i, len, rc;

	rc = decl_parse(&d, prog, tags, nr_tags, err, err_sz);
	if (rc || !d.is_bench)
		return rc;
	if (!decl_name_is_plain(family))
		return decl_fail(err, err_sz, "program %s: bad family name \"%s\"", prog, family);
	b = d.proto;
	b.family = (char *)family;
	b.name = (char *)prog;
	for (i = 0; i < b.nr_params; i++) {
		len = strchr(b.params[i].name, '=') - b.params[i].name;
		if (len >= (int)sizeof(names[i]))
			return decl_fail(err, err_sz, "program %s: parameter name too long", prog);
		memcpy(names[i], b.params[i].name, len);
		names[i][len] = '\0';
		b.params[i].name = names[i];
		if (!decl_name_is_plain(names[i]) || bench_param(&b, names[i]) != &b.params[i])
			return decl_fail(err, err_sz,
					 "program %s: bad or repeated parameter \"%s\"",
					 prog, names[i]);
	}
	if (b.trigger && b.driver != DRIVER_LOOP)
		return decl_fail(err, err_sz, "program %s: __trigger() is a loop of BENCH() and "
				 "excludes __driver()", prog);
	if (b.is_exclusive && (!d.proto.baseline || d.proto.base_kind != BASE_BENCH))
		return decl_fail(err, err_sz,
				 "program %s: __exclusive needs a bench as its baseline", prog);
	if ((d.ops || d.has_retval) && b.driver != DRIVER_TEST_RUN)
		return decl_fail(err, err_sz, "program %s: __ops() and __retval() need "
				 "__driver(\"test_run\")", prog);
	if ((b.base_kind == BASE_ONCE || b.base_kind == BASE_REFUSED) &&
	    b.driver != DRIVER_TEST_RUN)
		return decl_fail(err, err_sz,
				 "program %s: baseline \"%s\" needs __driver(\"test_run\")",
				 prog, b.baseline);
	return decl_expand(list, &d, &b, 0, err, err_sz);
}

int bench_list_add_derived(struct bench_list *list, const char *family, const char *name,
			   const char *description, char *err, size_t err_sz)
{
	struct bench b = {
		.family = (char *)family,
		.name = (char *)name,
		.description = (char *)description,
		.driver = DRIVER_DERIVED,
	};
	struct decl d = {};

	if (!decl_name_is_plain(family) || !decl_name_is_plain(name) || !*description)
		return decl_fail(err, err_sz,
				 "derived bench \"%s\" of %s: bad name or no description",
				 name, family);
	return decl_add_one(list, &d, &b, err, err_sz);
}

const struct bench *bench_list_find(const struct bench_list *list, const char *id)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		if (!strcmp(list->v[i].id, id))
			return &list->v[i];
	return NULL;
}

/* "p=1,q=2" behind the name of a baseline, into the parameters of @given; NULL: none. */
static int parse_given(struct bench *given, char *text)
{
	struct param *p;
	char *item, *eq;

	while ((item = strsep(&text, ","))) {
		eq = strchr(item, '=');
		if (!eq || given->nr_params == RESULT_MAX_PARAMS)
			return -EINVAL;
		*eq = '\0';
		p = &given->params[given->nr_params];
		if (bench_param(given, item) || decl_number(eq + 1, &p->value))
			return -EINVAL;
		p->name = item;
		given->nr_params++;
	}
	return 0;
}

/* Has @b all that is @given, and else the values of @of? */
static bool base_params_match(const struct bench *b, const struct bench *given,
			      const struct bench *of)
{
	const struct param *p;
	int i;

	for (i = 0; i < given->nr_params; i++)
		if (!bench_param(b, given->params[i].name))
			return false;
	for (i = 0; i < b->nr_params; i++) {
		p = bench_param(given, b->params[i].name) ?: bench_param(of, b->params[i].name);
		if (!p || p->value != b->params[i].value)
			return false;
	}
	return true;
}

/* What run() does without a program is the baseline of what it does with one. */
static bool drivers_match(const struct bench *base, const struct bench *b)
{
	return base->driver == b->driver || (bench_has_run(base) && bench_has_run(b));
}

static int resolve_baseline(struct bench_list *list, size_t i, char *err, size_t err_sz)
{
	struct bench *b = &list->v[i], given = {};
	const char *family = b->family, *name;
	char want[ID_MAX], *params, *slash;
	size_t j;
	int len;

	len = snprintf(want, sizeof(want), "%s", b->baseline);
	params = strchr(want, ':');
	if (params)
		*params++ = '\0';
	if (len >= (int)sizeof(want) || parse_given(&given, params))
		return decl_fail(err, err_sz, "%s: bad baseline \"%s\"", b->id, b->baseline);
	name = want;
	slash = strchr(want, '/');
	if (slash) {
		*slash = '\0';
		family = want;
		name = slash + 1;
	}
	for (j = 0; j < list->nr; j++) {
		if (strcmp(list->v[j].name, name) || strcmp(list->v[j].family, family) ||
		    !base_params_match(&list->v[j], &given, b))
			continue;
		/* "alu:n=0" of alu:n=0 is an A/A, "alu" of alu a slip. */
		if (j == i && !given.nr_params)
			return decl_fail(err, err_sz, "%s: is its own baseline", b->id);
		if (!drivers_match(&list->v[j], b) || list->v[j].workers != b->workers)
			return decl_fail(err, err_sz, "%s: baseline %s has another driver or "
					 "number of workers", b->id, list->v[j].id);
		b->base = j;
		return 0;
	}
	return decl_fail(err, err_sz, "%s: baseline \"%s\" does not exist", b->id, b->baseline);
}

int bench_list_resolve(struct bench_list *list, char *err, size_t err_sz)
{
	size_t i;
	int rc;

	for (i = 0; i < list->nr; i++) {
		if (bench_list_find(list, list->v[i].id) != &list->v[i])
			return decl_fail(err, err_sz, "%s: declared twice", list->v[i].id);
		if (list->v[i].base_kind != BASE_BENCH)
			continue;
		rc = resolve_baseline(list, i, err, err_sz);
		if (rc)
			return rc;
	}
	return 0;
}

void bench_list_free(struct bench_list *list)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		bench_free(&list->v[i]);
	free(list->v);
	memset(list, 0, sizeof(*list));
}

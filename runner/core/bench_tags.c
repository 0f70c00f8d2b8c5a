// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bench_decl.h"

int decl_fail(char *err, size_t err_sz, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, err_sz, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

bool decl_name_is_plain(const char *s)
{
	return *s && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(s);
}

int decl_number(const char *s, long long *v)
{
	char *end;

	errno = 0;
	*v = strtoll(s, &end, 0);
	return errno || end == s || *end ? -EINVAL : 0;
}

static int tag_description(struct decl *d, const char *v)
{
	if (!*v)
		return -EINVAL;
	d->is_bench = true;
	d->proto.description = (char *)v;
	return 0;
}

static int tag_baseline(struct decl *d, const char *v)
{
	if (!*v)
		return -EINVAL;
	d->proto.baseline = (char *)v;
	d->proto.base_kind = !strcmp(v, "once") ? BASE_ONCE :
			     !strcmp(v, "refused") ? BASE_REFUSED : BASE_BENCH;
	return 0;
}

static int tag_needs(struct decl *d, const char *v)
{
	if (d->proto.nr_needs == BENCH_MAX_NEEDS || !*v)
		return -EINVAL;
	d->proto.needs[d->proto.nr_needs++] = (char *)v;
	return 0;
}

/* "name=1,2,3" */
static int tag_param(struct decl *d, const char *v)
{
	const char *eq = strchr(v, '=');

	if (!eq || eq == v || !eq[1] || d->proto.nr_params == RESULT_MAX_PARAMS)
		return -EINVAL;
	d->proto.params[d->proto.nr_params].name = (char *)v;
	d->values[d->proto.nr_params++] = eq + 1;
	return 0;
}

/* "kind+count", count as bench_value() reads it */
static int tag_xlated(struct decl *d, const char *v)
{
	if (d->proto.nr_checks == BENCH_MAX_CHECKS || !strchr(v, '+'))
		return -EINVAL;
	d->checks[d->proto.nr_checks++] = v;
	return 0;
}

static int tag_note(struct decl *d, const char *v)
{
	if (d->proto.nr_notes == RESULT_MAX_NOTES || !*v)
		return -EINVAL;
	d->proto.notes[d->proto.nr_notes++] = (char *)v;
	return 0;
}

static int tag_ops(struct decl *d, const char *v)
{
	d->ops = v;
	return *v ? 0 : -EINVAL;
}

static int tag_batch(struct decl *d, const char *v)
{
	d->batch = v;
	return *v ? 0 : -EINVAL;
}

static int tag_net_insn(struct decl *d, const char *v)
{
	d->net_insn = v;
	return *v ? 0 : -EINVAL;
}

static int tag_workers(struct decl *d, const char *v)
{
	d->workers = v;
	return *v ? 0 : -EINVAL;
}

static int tag_loads(struct decl *d, const char *v)
{
	long long n;

	if (decl_number(v, &n) || n < 1 || n > 1000)
		return -EINVAL;
	d->proto.max_loads = n;
	return 0;
}

static int tag_rounds(struct decl *d, const char *v)
{
	long long n;

	if (decl_number(v, &n) || n < 4 || n > 1000)
		return -EINVAL;
	d->proto.max_rounds = n;
	return 0;
}

static int tag_trigger(struct decl *d, const char *v)
{
	d->proto.trigger = (char *)v;
	return *v ? 0 : -EINVAL;
}

static int tag_exclusive(struct decl *d, const char *v)
{
	d->proto.is_exclusive = true;
	return *v ? -EINVAL : 0;
}

static int tag_unrehearsed(struct decl *d, const char *v)
{
	d->proto.is_unrehearsed = true;
	return *v ? -EINVAL : 0;
}

static int tag_retval(struct decl *d, const char *v)
{
	long long n;

	if (decl_number(v, &n) || n < 0 || n > 0x7fffffff)
		return -EINVAL;
	d->proto.retval = n;
	d->has_retval = true;
	return 0;
}

static int tag_driver(struct decl *d, const char *v)
{
	static const struct {
		const char *name;
		enum bench_driver driver;
	} drivers[] = {
		{ "test_run", DRIVER_TEST_RUN },
		{ "attach", DRIVER_ATTACH },
		{ "user", DRIVER_USER },
	};
	size_t i;

	for (i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strcmp(v, drivers[i].name))
			continue;
		d->proto.driver = drivers[i].driver;
		return 0;
	}
	return -EINVAL;
}

static int tag_time_only(struct decl *d, const char *v)
{
	d->proto.time_only = (char *)v;
	return *v ? 0 : -EINVAL;
}

static const struct {
	const char *name;
	int (*parse)(struct decl *d, const char *value);
	bool repeats;
} tags_known[] = {
	{ "description", tag_description, false },
	{ "baseline", tag_baseline, false },
	{ "needs", tag_needs, true },
	{ "param", tag_param, true },
	{ "xlated", tag_xlated, true },
	{ "note", tag_note, true },
	{ "ops", tag_ops, false },
	{ "batch", tag_batch, false },
	{ "net_insn", tag_net_insn, false },
	{ "workers", tag_workers, false },
	{ "loads", tag_loads, false },
	{ "rounds", tag_rounds, false },
	{ "trigger", tag_trigger, false },
	{ "exclusive", tag_exclusive, false },
	{ "unrehearsed", tag_unrehearsed, false },
	{ "driver", tag_driver, false },
	{ "retval", tag_retval, false },
	{ "time_only", tag_time_only, false },
};

static int decl_parse_tag(struct decl *d, const char *tag)
{
	size_t i, len;

	for (i = 0; i < sizeof(tags_known) / sizeof(tags_known[0]); i++) {
		len = strlen(tags_known[i].name);
		if (strncmp(tag, tags_known[i].name, len) || tag[len] != '=')
			continue;
		if (!tags_known[i].repeats && d->seen & 1u << i)
			return -EINVAL;
		d->seen |= 1u << i;
		return tags_known[i].parse(d, tag + len + 1);
	}
	return -EINVAL;
}

int decl_parse(struct decl *d, const char *prog, const char *const *tags, size_t nr_tags,
		      char *err, size_t err_sz)
{
	const size_t prefix = strlen(BENCH_TAG_PREFIX);
	bool any = false;
	size_t i;

	memset(d, 0, sizeof(*d));
	for (i = 0; i < nr_tags; i++) {
		if (strncmp(tags[i], BENCH_TAG_PREFIX, prefix))
			continue;
		any = true;
		if (decl_parse_tag(d, tags[i] + prefix))
			return decl_fail(err, err_sz, "program %s: bad or repeated tag \"%s\"",
					 prog, tags[i]);
	}
	if (any && !d->is_bench)
		return decl_fail(err, err_sz,
				 "program %s: has tags but no __bench(\"description\")", prog);
	if (any && !decl_name_is_plain(prog))
		return decl_fail(err, err_sz, "program %s: a name has only a-z, 0-9 and _", prog);
	return 0;
}

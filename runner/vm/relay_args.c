// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay_args.h"

void relay_args_free(struct relay_args *a)
{
	while (a->argc)
		free(a->argv[--a->argc]);
	free(a->argv);
	a->argv = NULL;
}

static int push(struct relay *r, const char *arg)
{
	struct relay_args *a = &r->args;
	char **argv = realloc(a->argv, (a->argc + 2) * sizeof(*argv));

	if (!argv)
		return -ENOMEM;
	a->argv = argv;
	argv[a->argc] = strdup(arg);
	if (!argv[a->argc])
		return -ENOMEM;
	argv[++a->argc] = NULL;
	return 0;
}

static int push_number(struct relay *r, const char *option, unsigned long long v)
{
	char text[64];

	snprintf(text, sizeof(text), "%s=%llu", option, v);
	return push(r, text);
}

static int push_settings(struct relay *r)
{
	const struct options *o = &r->o;
	int i, err = 0;

	if (o->quick)
		err = push(r, "-q");
	for (i = 0; i < o->verbose && !err; i++)
		err = push(r, "-v");
	if (!err && !o->clock_auto) {
		err = push(r, "--clock");
		err = err ?: push(r, clock_kind_name(o->clock));
	}
	if (!err && o->has_seed)
		err = push_number(r, "--seed", o->seed);
	if (!err && o->loads)
		err = push_number(r, "--loads", o->loads);
	if (!err && o->rounds)
		err = push_number(r, "--rounds", o->rounds);
	if (!err && o->timeout)
		err = push_number(r, "--timeout", o->timeout);
	if (!err && strcmp(o->exec, "kernel")) {
		err = push(r, "--exec");
		err = err ?: push(r, o->exec);
	}
	return err;
}

bool relay_case_is_left(const struct relay *r, size_t i)
{
	return i >= r->first && i < r->end_case && !r->cases[i].is_done;
}

static bool is_same_family(const char *id, const char *other)
{
	return !strncmp(id, other, strcspn(id, "/") + 1);
}

/*
 * What is left, and of what is done, in a guest that is gone, the figures that something left is
 * derived from: a runner derives from its own.
 */
static bool is_to_run(const struct relay *r, size_t i)
{
	size_t k;

	if (i < r->first || i >= r->end_case || relay_case_is_left(r, i))
		return relay_case_is_left(r, i);
	for (k = i + 1; k < r->end_case && is_same_family(r->cases[i].id, r->cases[k].id); k++)
		if (r->cases[k].is_derived && relay_case_is_left(r, k))
			return !r->cases[i].is_lost;
	return false;
}

size_t relay_cut(const struct relay *r, size_t at)
{
	const char *id = r->cases[at].id;
	size_t from = at, to = at;
	bool has_derived = false;

	while (from && is_same_family(id, r->cases[from - 1].id))
		from--;
	for (; to < r->nr_cases && is_same_family(id, r->cases[to].id); to++)
		has_derived |= r->cases[to].is_derived;
	if (!has_derived)
		return at;
	return from && (to == r->nr_cases || at - from <= to - at) ? from : to;
}

/* As the runner's -n takes them, "3,5-9". */
static char *left_numbers(const struct relay *r)
{
	char *numbers = NULL;
	size_t sz = 0, i, last;
	FILE *out = open_memstream(&numbers, &sz);

	if (!out)
		return NULL;
	for (i = r->first; i < r->end_case; i = last + 1) {
		last = i;
		if (!is_to_run(r, i))
			continue;
		while (is_to_run(r, last + 1) &&
		       r->cases[last + 1].nr == r->cases[last].nr + 1)
			last++;
		fprintf(out, "%s%u", ftell(out) ? "," : "", r->cases[i].nr);
		if (last > i)
			fprintf(out, "-%u", r->cases[last].nr);
	}
	if (!fclose(out))
		return numbers;
	free(numbers);
	return NULL;
}

int relay_args_build(struct relay *r)
{
	char *numbers;
	int err;

	relay_args_free(&r->args);
	err = push_settings(r);
	/* Everything needs no selection. */
	if (err || (!r->o.nr_choices && !r->is_resumed && !r->is_part))
		return err;
	numbers = left_numbers(r);
	err = numbers ? push(r, "-n") : -ENOMEM;
	err = err ?: push(r, numbers);
	free(numbers);
	return err;
}

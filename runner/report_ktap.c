// SPDX-License-Identifier: GPL-2.0-only
/*
 * KTAP (Documentation/dev-tools/ktap.rst): a family is a test, its cases are its subtests. The
 * plans come from the header, so that the reader of a run cut short misses the rest of it.
 * A document without a plan becomes a flat list without one.
 */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DIRECTIVE 512	/* bytes of a reason in a result line */

struct ktap {
	char family[DOC_MAX_NAME + 1];	/* "": none is open */
	unsigned int nr_families;	/* opened */
	unsigned int planned, nr, nr_failed;	/* of the open family */
};

static size_t family_sz(const char *id)
{
	return strcspn(id, "/");
}

static bool same_family(const char *id_a, const char *id_b)
{
	return family_sz(id_a) == family_sz(id_b) && !strncmp(id_a, id_b, family_sz(id_a));
}

/* How many planned tests share the run of neighbours of one family that @id is in; 0: none. */
static unsigned int planned_beside(const struct doc_header *h, const char *id)
{
	unsigned int nr = 0;
	bool is_here = false;

	for (int i = 0; i < h->nr_plan; i++) {
		if (i && !same_family(h->plan[i - 1], h->plan[i])) {
			if (is_here)
				return nr;
			nr = 0;
		}
		nr++;
		is_here |= !strcmp(h->plan[i], id);
	}
	return is_here ? nr : 0;
}

static int ktap_begin(struct report_out *o, const struct doc_header *h)
{
	unsigned int nr = 0;

	o->priv = calloc(1, sizeof(struct ktap));
	if (!o->priv)
		return -ENOMEM;
	for (int i = 0; i < h->nr_plan; i++)
		nr += !i || !same_family(h->plan[i - 1], h->plan[i]);
	fputs("KTAP version 1\n", o->out);
	if (nr)
		fprintf(o->out, "1..%u\n", nr);
	fputs("# bench_progs ", o->out);
	report_put_text(o->out, h->version);
	fprintf(o->out, ", %s clock, kernel ", clock_kind_name(h->clock));
	report_put_text(o->out, json_string_value(json_object_get(h->env, "kernel")));
	putc('\n', o->out);
	return 0;
}

static void family_close(struct report_out *o, struct ktap *k)
{
	unsigned int nr_missing = k->planned > k->nr ? k->planned - k->nr : 0;

	if (!k->family[0])
		return;
	if (nr_missing)
		fprintf(o->out, "# %u of %u tests did not run\n", nr_missing, k->planned);
	fprintf(o->out, "%s %u %s%s\n", k->nr_failed || nr_missing ? "not ok" : "ok",
		k->nr_families, k->family, nr_missing ? " # ERROR cut short" : "");
	k->family[0] = 0;
}

static void family_open(struct report_out *o, struct ktap *k, const struct result *r)
{
	k->nr_families++;
	k->nr = k->nr_failed = 0;
	k->planned = planned_beside(o->header, r->id);
	snprintf(k->family, sizeof(k->family), "%s", r->family);
	fprintf(o->out, "  KTAP version 1\n  # Subtest: %s\n", k->family);
	if (k->planned)
		fprintf(o->out, "  1..%u\n", k->planned);
}

static void put_metric(FILE *out, const char *indent, const struct metric *m, enum clock_kind clock)
{
	const struct estimate *e = &m->est;

	fprintf(out, "%s# metric=%s value=%.10g lo=%.10g hi=%.10g level=%.6g n=%u", indent,
		m->def->name, e->value, e->lo, e->hi, e->level, e->n);
	fprintf(out, " unit=%s quality=%s\n", metric_unit(m->def, clock), quality_name(e->quality));
}

static void put_reason(FILE *out, const char *reason)
{
	char text[MAX_DIRECTIVE];

	snprintf(text, sizeof(text), "%s", reason ? reason : "no reason given");
	doc_end_text(text);
	report_put_text(out, text);
}

static const char *directive(enum status s)
{
	switch (s) {
	case STATUS_SKIP:
		return " # SKIP ";
	case STATUS_TIMEOUT:
		return " # TIMEOUT ";
	case STATUS_CRASH:
		return " # ERROR ";
	default:
		return NULL;
	}
}

static int ktap_result(struct report_out *o, const struct result *r)
{
	const char *indent = o->header->nr_plan ? "  " : "";
	const char *why = directive(r->status);
	struct ktap *k = o->priv;
	const char *name = r->id;

	if (o->header->nr_plan) {
		if (strcmp(k->family, r->family)) {
			family_close(o, k);
			family_open(o, k, r);
		}
		name += strlen(r->family) + 1;	/* result_id_is_valid() */
	}
	k->nr++;
	k->nr_failed += status_is_failure(r->status);
	for (int i = 0; i < r->nr_metrics; i++)
		put_metric(o->out, indent, &r->metrics[i], o->header->clock);
	for (int i = 0; i < r->nr_notes; i++) {
		fprintf(o->out, "%s# note: ", indent);
		report_put_text(o->out, r->notes[i]);
		putc('\n', o->out);
	}
	if (r->status == STATUS_FAIL) {
		fprintf(o->out, "%s# reason: ", indent);
		put_reason(o->out, r->reason);
		putc('\n', o->out);
	}
	fprintf(o->out, "%s%s %u %s", indent, status_is_failure(r->status) ? "not ok" : "ok", k->nr,
		name);
	if (why) {
		fputs(why, o->out);
		put_reason(o->out, r->reason);
	}
	putc('\n', o->out);
	return 0;
}

static int ktap_end(struct report_out *o, const struct doc_end *e)
{
	family_close(o, o->priv);
	if (e)
		fprintf(o->out, "# %u passed, %u failed, %u skipped in %.1f s\n", e->passed,
			e->failed, e->skipped, e->seconds);
	else
		fputs("# the run was cut short\n", o->out);
	return 0;
}

const struct reporter report_ktap = {
	.name = "ktap",
	.help = "KTAP version 1, for the kernel's own tools and CI",
	.begin = ktap_begin,
	.result = ktap_result,
	.end = ktap_end,
};

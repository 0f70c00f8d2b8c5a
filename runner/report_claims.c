// SPDX-License-Identifier: GPL-2.0-only
/* The table of claims: a row for each, below it the figures it rests on. For people. */
#include "report.h"

#include <string.h>

static void put_figures(struct report_out *o, const struct claim_report *c,
			const struct claim_result *r)
{
	char text[128];

	for (int i = 0; i < r->nr_figures; i++) {
		const struct claim_figure *f = &r->figures[i];

		if (!f->metric && o->verbose <= 0)
			continue;
		fprintf(o->out, "      %-44s ", f->id);
		if (f->metric) {
			report_figure(text, sizeof(text), f->metric, c->header->clock);
			fprintf(o->out, "%s %s\n", f->metric->def->name, text);
		} else {
			fputs("no figure\n", o->out);
		}
	}
}

static void put_claim(FILE *out, const struct claim_result *r)
{
	const struct claim *c = r->claim;

	fprintf(out, "%-24s %-2s %s%s%s: %s", c->id, c->paper, c->section,
		c->section[0] ? ": " : "", c->statement, claim_verdict_name(r->verdict));
	if (r->why[0]) {
		fputs(" (", out);
		report_put_text(out, r->why);
		putc(')', out);
	}
	putc('\n', out);
}

int report_claims_table(struct report_out *o, const struct claim_report *c)
{
	static const enum claim_verdict order[] = {
		CLAIM_HOLDS, CLAIM_CONTRADICTED, CLAIM_UNTESTED,
	};
	const char *kernel = json_string_value(json_object_get(c->header->env, "kernel"));
	unsigned int nr[NR_CLAIM_VERDICTS] = { 0 };

	for (size_t i = 0; i < c->nr; i++) {
		nr[c->v[i].verdict]++;
		put_claim(o->out, &c->v[i]);
		put_figures(o, c, &c->v[i]);
	}
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		fprintf(o->out, "%s%s: %u", i ? ", " : "\n", claim_verdict_name(order[i]),
			nr[order[i]]);
	fprintf(o->out, " (%s clock%s", clock_kind_name(c->header->clock),
		kernel ? ", kernel " : "");
	report_put_text(o->out, kernel);
	fputs(")\n", o->out);
	return 0;
}

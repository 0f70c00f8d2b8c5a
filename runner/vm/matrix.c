// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "baseline.h"
#include "campaign.h"
#include "core/compare.h"
#include "kernel.h"
#include "matrix.h"
#include "report.h"

#define EXIT_FAIL	1
#define EXIT_USAGE	2
#define EXIT_NOTHING	4
#define KEY		"run_key"	/* in the environment: what a document is the result of */
#define RUNNER_MAX	(64u << 20)
#define CELL_SZ		32

struct column {
	char name[64];		/* of its files, and its heading */
	uint64_t key;
	struct run_doc doc;
	bool has_doc, is_reused;
	/* From the column before to this one; empty in the first and where one has no document. */
	struct comparison_table change;
};

struct matrix {
	struct scratch s;
	const struct vm_options *o;
	const char *dir;
	struct boot *boots;
	struct column *columns;
	size_t nr, nr_ended;
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "bench_vm: %s: %s\n", what, strerror(-err));
	return err;
}

/* A list of patterns, or a module, may hold something else by now; a module's mere name is no file. */
static void hash_files(const struct vm_options *o, uint64_t *hash)
{
	const char *list;

	for (int i = 0; i < o->nr_args; i++) {
		list = strchr(o->args[i], '@');
		if (list)
			hash_add_file(hash, list + 1);
	}
	for (size_t i = 0; i < o->cfg.nr_modules; i++)
		hash_add_file(hash, o->cfg.modules[i]);
}

/* What every boot has in common: the runner and what it is told. */
static int hash_common(const struct vm_options *o, uint64_t *hash)
{
	char path[PATH_MAX], *data;
	size_t len;
	int i, err;

	err = vm_find_runner(&o->cfg, path, sizeof(path));
	if (err)
		return fail("the runner", err);
	err = file_read(path, RUNNER_MAX, &data, &len);
	if (err) {
		fprintf(stderr, "bench_vm: cannot read the runner %s: %s (\"make\" builds it, of guests "
			"of another architecture \"make ARCH=...\")\n", path, strerror(-err));
		return err;
	}
	*hash = hash_add(HASH_INIT, data, len);
	free(data);
	for (i = 0; i < o->nr_args; i++)
		*hash = hash_add(*hash, o->args[i], strlen(o->args[i]) + 1);
	for (i = 0; i < o->nr_boot_args; i++)
		*hash = hash_add(*hash, o->boot_args[i], strlen(o->boot_args[i]) + 1);
	hash_files(o, hash);
	return 0;
}

static void column_read(struct column *c, const struct boot *b)
{
	char err[512];

	if (access(b->doc, F_OK))
		return;
	if (run_doc_read(b->doc, &c->doc, err, sizeof(err)))
		fprintf(stderr, "bench_vm: %s\n", err);
	else
		c->has_doc = true;
}

static bool column_is_done(const struct column *c)
{
	char key[32];
	const char *was = json_string_value(json_object_get(c->doc.header.env, KEY));

	snprintf(key, sizeof(key), "k%016llx", (unsigned long long)c->key);
	return c->doc.complete && was && !strcmp(was, key);
}

/* Finds or fetches the kernel, and the document of an earlier boot of just this. */
static int column_prepare(struct matrix *m, size_t i, uint64_t common)
{
	struct column *c = &m->columns[i];
	struct boot *b = &m->boots[i];
	struct kernel k;
	int err;

	b->kernel = m->o->kernels[i];
	b->status = -1;
	err = campaign_file_name(m->o->cfg.arch, b->kernel, c->name, sizeof(c->name));
	err = err ?: text_format(b->doc, sizeof(b->doc), "%s/%s.jsonl", m->dir, c->name);
	err = err ?: text_format(b->log, sizeof(b->log), "%s/%s.log", m->dir, c->name);
	if (err)
		return fail(b->kernel, err);
	for (size_t k = 0; k < i; k++) {
		if (strcmp(m->columns[k].name, c->name))
			continue;
		if (!strcmp(m->boots[k].kernel, b->kernel))
			fprintf(stderr, "bench_vm: -k %s is given twice\n", b->kernel);
		else
			fprintf(stderr, "bench_vm: -k %s and -k %s would have the same file name: "
				"%s\n", m->boots[k].kernel, b->kernel, c->name);
		return -EEXIST;
	}
	err = kernel_resolve(&m->s, b->kernel, &k);
	c->key = common;
	err = err ?: kernel_hash_add(&k, &c->key);
	if (err) {
		b->status = EXIT_USAGE;
		snprintf(b->reason, sizeof(b->reason), "%.255s", m->s.reason[0] ? m->s.reason :
			 strerror(-err));
		m->s.reason[0] = '\0';
		return m->s.signal ? -EINTR : 0;
	}
	column_read(c, b);
	c->is_reused = c->has_doc && column_is_done(c);
	if (c->is_reused) {
		b->status = c->doc.end.failed ? EXIT_FAIL : 0;
		return 0;
	}
	if (m->o->baseline && baseline_is(m->o->baseline, b->doc)) {
		fprintf(stderr, "bench_vm: the boot of %s would write over the baseline %s: copy it, "
			"or name another --results\n", b->kernel, b->doc);
		return -EEXIST;
	}
	run_doc_free(&c->doc);
	c->has_doc = false;
	snprintf(b->words[0], sizeof(b->words[0]), "--env");
	snprintf(b->words[1], sizeof(b->words[1]), KEY "=k%016llx", (unsigned long long)c->key);
	return 0;
}

static void report_boot(void *ctx, const struct boot *b)
{
	struct matrix *m = ctx;

	m->nr_ended++;
	if (m->o->cfg.notes)
		fprintf(stderr, "bench_vm: %zu of %zu: %s: %s (%.0f s)\n", m->nr_ended, m->nr,
			b->kernel, b->reason[0] ? b->reason : "no word", b->wall_s);
}

static int run_boots(struct matrix *m)
{
	struct campaign c = { .s = &m->s, .o = m->o, .ended = report_boot, .ctx = m };
	uint64_t common;
	size_t i;
	int err;

	err = dir_make_all(m->dir);
	if (err)
		return fail(m->dir, err);
	err = hash_common(m->o, &common);
	for (i = 0; i < m->nr && !err; i++)
		err = column_prepare(m, i, common);
	for (i = 0; i < m->nr && !err; i++) {
		if (m->columns[i].is_reused)
			snprintf(m->boots[i].reason, sizeof(m->boots[i].reason), "done before");
		if (m->boots[i].status >= 0)
			report_boot(m, &m->boots[i]);
	}
	if (err)
		return err;
	c.jobs = campaign_jobs(&m->s, m->o);
	err = campaign_run(&c, m->boots, m->nr);
	for (i = 0; i < m->nr && !err; i++)
		if (!m->columns[i].is_reused)
			column_read(&m->columns[i], &m->boots[i]);
	return err;
}

/* A table of texts: the first row is the heading, the first column stands left. */
struct grid {
	char **cells;
	size_t nr_columns, nr, cap;
	int err;
};

static void grid_add(struct grid *g, const char *text)
{
	char **cells;

	if (g->nr == g->cap && !g->err) {
		cells = realloc(g->cells, (2 * g->cap + 64) * sizeof(*cells));
		if (!cells) {
			g->err = -ENOMEM;
			return;
		}
		g->cells = cells;
		g->cap = 2 * g->cap + 64;
	}
	if (g->err)
		return;
	g->cells[g->nr] = strdup(text);
	g->err = g->cells[g->nr++] ? 0 : -ENOMEM;
}

static void grid_print(const struct grid *g)
{
	size_t widths[g->nr_columns], i, column;

	memset(widths, 0, sizeof(widths));
	for (i = 0; i < g->nr; i++) {
		size_t len = strlen(g->cells[i]);

		column = i % g->nr_columns;
		widths[column] = len > widths[column] ? len : widths[column];
	}
	for (i = 0; i < g->nr; i++) {
		column = i % g->nr_columns;
		printf(column ? "  %*s" : "%-*s", (int)widths[column], g->cells[i]);
		if (column + 1 == g->nr_columns)
			putchar('\n');
	}
}

static void grid_free(struct grid *g)
{
	while (g->nr)
		free(g->cells[--g->nr]);
	free(g->cells);
}

static void grid_heading(struct grid *g, const struct matrix *m, const char *first)
{
	size_t i;

	g->nr_columns = m->nr + 1;
	grid_add(g, first);
	for (i = 0; i < m->nr; i++)
		grid_add(g, m->boots[i].kernel);
}

static void add_counts(struct grid *g, const struct run_doc *doc, const char *family)
{
	unsigned int passed = 0, failed = 0, skipped = 0;
	char cell[CELL_SZ];
	size_t i;

	for (i = 0; i < doc->nr_results; i++) {
		const struct result *r = &doc->results[i];

		if (family && strcmp(r->family, family))
			continue;
		passed += r->status == STATUS_OK;
		skipped += r->status == STATUS_SKIP;
		failed += status_is_failure(r->status);
	}
	snprintf(cell, sizeof(cell), "%u/%u/%u", passed, failed, skipped);
	grid_add(g, passed + failed + skipped ? cell : "-");
}

/* Names in the order in which the documents first have them; @name tells one of a result. */
struct names {
	const char **v;
	size_t nr;
};

static int names_collect(const struct matrix *m, const char *(*name)(const struct result *),
			 struct names *names)
{
	size_t i, k, n, cap = 0;

	for (i = 0; i < m->nr; i++)
		cap += m->columns[i].doc.nr_results;
	names->nr = 0;
	names->v = calloc(cap + 1, sizeof(*names->v));
	if (!names->v)
		return -ENOMEM;
	for (i = 0; i < m->nr; i++) {
		for (k = 0; k < m->columns[i].doc.nr_results; k++) {
			const char *s = name(&m->columns[i].doc.results[k]);

			for (n = 0; n < names->nr && strcmp(names->v[n], s); n++)
				;
			if (n == names->nr)
				names->v[names->nr++] = s;
		}
	}
	return 0;
}

static const char *family_of(const struct result *r)
{
	return r->family;
}

static const char *id_of(const struct result *r)
{
	return r->id;
}

static int print_families(const struct matrix *m)
{
	struct grid g = {};
	struct names families;
	size_t i, k;
	int err;

	err = names_collect(m, family_of, &families);
	if (err)
		return err;
	grid_heading(&g, m, "passed/failed/skipped");
	for (k = 0; k <= families.nr; k++) {
		grid_add(&g, k < families.nr ? families.v[k] : "all");
		for (i = 0; i < m->nr; i++)
			add_counts(&g, &m->columns[i].doc, k < families.nr ? families.v[k] : NULL);
	}
	err = g.err;
	if (!err)
		grid_print(&g);
	grid_free(&g);
	free(families.v);
	for (i = 0; i < m->nr; i++)
		if (m->boots[i].status > EXIT_FAIL || !m->columns[i].doc.complete)
			printf("%s: %s%s\n", m->boots[i].kernel, m->boots[i].reason,
			       m->columns[i].has_doc && !m->columns[i].doc.complete ?
			       " (its document was cut short)" : "");
	return err;
}

static int print_failures(const struct matrix *m)
{
	size_t i, k;

	for (i = 0; i < m->nr; i++) {
		const struct run_doc *doc = &m->columns[i].doc;

		for (k = 0; k < doc->nr_results; k++) {
			const struct result *r = &doc->results[k];

			if (!status_is_failure(r->status))
				continue;
			printf("%s: %s: %s: ", m->boots[i].kernel, r->id, status_name(r->status));
			report_put_text(stdout, r->reason);
			putchar('\n');
		}
	}
	return 0;
}

/* From the nearest column in front of it that has a document. */
static int compare_neighbours(struct matrix *m)
{
	const struct run_doc *before = NULL;
	char err[256];
	size_t i;
	int rc;

	for (i = 0; i < m->nr; i++) {
		struct column *c = &m->columns[i];

		if (!c->doc.nr_results)
			continue;
		if (before) {
			rc = compare_docs(before, &c->doc, &c->change, err, sizeof(err));
			if (rc == -ENOMEM)
				return rc;
			if (rc)
				printf("%s: no changes: %s\n", m->boots[i].kernel, err);
		}
		before = &c->doc;
	}
	return 0;
}

/* '+' slower, '-' faster, '?' unresolved, ' ' no change or nothing to compare with. */
static char change_mark(const struct comparison_table *t, const char *id)
{
	size_t i;

	for (i = 0; i < t->nr; i++) {
		if (strcmp(t->v[i].id, id) || !t->v[i].metric ||
		    t->v[i].metric->better == BETTER_NEITHER)
			continue;
		switch (t->v[i].verdict) {
		case VERDICT_SLOWER:
			return '+';
		case VERDICT_FASTER:
			return '-';
		case VERDICT_UNRESOLVED:
			return '?';
		default:
			return ' ';
		}
	}
	return ' ';
}

static void figure(char *cell, const struct run_doc *doc, const char *id, char mark)
{
	const struct result *r = run_doc_find(doc, id);
	const struct metric *m = r ? result_headline(r) : NULL;
	char *end;

	/* What is derived, and what has a rate, has another first figure. */
	if (r && !m && r->nr_metrics)
		m = &r->metrics[0];
	if (!r || r->status != STATUS_OK || !m) {
		snprintf(cell, CELL_SZ, "%s ", r ? status_name(r->status) : "");
		return;
	}
	snprintf(cell, CELL_SZ - 2, "%.*f", fabs(m->est.value) < 1000 ? 2 : 0, m->est.value);
	end = cell + strlen(cell);
	if (strchr(cell, '.')) {
		while (end[-1] == '0')
			end--;
		if (end[-1] == '.')
			end--;
	}
	*end++ = mark;
	*end = '\0';
}

static int print_figures(const struct matrix *m)
{
	char cell[CELL_SZ], marks[NR_KERNELS_MAX];
	size_t i, k, nr_same = 0;
	struct grid g = {};
	struct names ids;
	bool is_changed;
	int err;

	err = names_collect(m, id_of, &ids);
	if (err)
		return err;
	grid_heading(&g, m, "figure (+ slower, - faster, ? unresolved)");
	for (k = 0; k < ids.nr; k++) {
		for (i = 0, is_changed = false; i < m->nr; i++) {
			marks[i] = change_mark(&m->columns[i].change, ids.v[k]);
			is_changed |= marks[i] == '+' || marks[i] == '-';
		}
		nr_same += !is_changed;
		if (!is_changed && !m->o->is_verbose)
			continue;
		grid_add(&g, ids.v[k]);
		for (i = 0; i < m->nr; i++) {
			figure(cell, &m->columns[i].doc, ids.v[k], marks[i]);
			grid_add(&g, cell);
		}
	}
	err = g.err;
	if (!err && g.nr > g.nr_columns) {
		putchar('\n');
		grid_print(&g);
	}
	if (!err && ids.nr && !m->o->is_verbose)
		printf("%zu cases without a change are not shown (-v shows them)\n", nr_same);
	grid_free(&g);
	free(ids.v);
	return err;
}

/* The document is that of a run that came to its end: read, compared, saved as behind a run. */
static int judge_baseline(struct matrix *m, size_t i, const struct options *o)
{
	const struct run_doc *doc = &m->columns[i].doc;
	struct boot *b = &m->boots[i];
	struct baseline bl = { .tool = "bench_vm", .o = o, .doc = fopen(b->doc, "re") };
	struct reports rs = {};
	int status;

	if (!bl.doc)
		return fail(b->doc, -errno);
	if (o->baseline)
		printf("\n%s and its baseline:\n", b->kernel);
	status = baseline_read(&bl, &doc->header) ? EXIT_USAGE :
		 baseline_finish(&bl, &rs, !doc->end.failed);
	if (!b->status)
		b->status = status;
	reports_close(&rs);
	fclose(bl.doc);
	baseline_close(&bl);
	return 0;
}

static int judge_baselines(struct matrix *m)
{
	const struct options o = {
		.baseline = (char *)m->o->baseline, .save_baseline = (char *)m->o->save_baseline,
		.gate = m->o->gate,
	};
	size_t i;
	int err = 0;

	if (!o.baseline && !o.save_baseline)
		return 0;
	for (i = 0; i < m->nr && !err; i++)
		if (m->columns[i].doc.complete)
			err = judge_baseline(m, i, &o);
	return err;
}

static int print_tables(struct matrix *m)
{
	int err;

	err = print_families(m);
	err = err ?: print_failures(m);
	err = err ?: compare_neighbours(m);
	err = err ?: print_figures(m);
	err = err ?: judge_baselines(m);
	return err ?: fflush(stdout) ? -errno : 0;
}

static int status_of(const struct matrix *m)
{
	bool has_passed = false;
	int worst = 0;
	size_t i;

	for (i = 0; i < m->nr; i++) {
		int status = m->boots[i].status;

		has_passed |= !status;
		if (status && status != EXIT_NOTHING)
			worst = status == EXIT_USAGE && worst != EXIT_FAIL ? EXIT_USAGE : EXIT_FAIL;
	}
	return worst ?: has_passed ? 0 : EXIT_NOTHING;
}

int matrix(const struct vm_options *o)
{
	struct matrix m = { .o = o, .nr = o->nr_kernels };
	int err, status = EXIT_FAIL;
	size_t i;

	const struct options baselines = { .baseline = (char *)o->baseline,
					   .save_baseline = (char *)o->save_baseline };

	if (campaign_check_args(o, NULL) || baseline_check("bench_vm", &baselines))
		return EXIT_USAGE;
	m.dir = o->results ? o->results : "results/matrix";
	m.boots = calloc(m.nr, sizeof(*m.boots));
	m.columns = calloc(m.nr, sizeof(*m.columns));
	err = m.boots && m.columns ? scratch_open(&m.s, &o->cfg) : -ENOMEM;
	if (!err)
		err = run_boots(&m);
	if (!err)
		err = print_tables(&m);
	if (!err)
		status = status_of(&m);
	else if (m.s.reason[0])
		fprintf(stderr, "bench_vm: %s\n", m.s.reason);
	/* Of files, which are in the way or missing; said where it was seen. */
	if (err == -EEXIST || err == -ENOENT)
		status = EXIT_USAGE;
	if (m.s.signal)
		status = 128 + m.s.signal;
	if (m.boots && m.columns)
		scratch_close(&m.s);
	for (i = 0; m.columns && i < m.nr; i++) {
		comparison_table_free(&m.columns[i].change);
		run_doc_free(&m.columns[i].doc);
	}
	free(m.boots);
	free(m.columns);
	return status;
}

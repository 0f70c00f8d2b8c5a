// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "baseline.h"
#include "doc_set.h"
#include "env.h"
#include "feature.h"
#include "registry.h"
#include "report.h"
#include "report_code.h"
#include "run.h"
#include "vm/guest.h"
#include "workers.h"

static int verbosity;

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (verbosity < 1 || (level == LIBBPF_DEBUG && verbosity < 2))
		return 0;
	return vfprintf(stderr, format, args);
}

static int list_benches(const struct options *o, const struct bench_list *list)
{
	bool *selected = calloc(list->nr + 1, sizeof(*selected));
	char err[512] = "out of memory";
	const struct bench *b;
	size_t i;
	int k;

	if (!selected || selector_apply(&o->selector, list, selected, err, sizeof(err))) {
		fprintf(stderr, "bench_progs: %s\n", err);
		free(selected);
		return EXIT_USAGE;
	}
	for (i = 0; i < list->nr; i++) {
		b = &list->v[i];
		if (!selected[i])
			continue;
		printf("%3zu %s\n", i + 1, b->id);
		if (!o->verbose)
			continue;
		printf("      %s\n", b->description);
		if (b->baseline)
			printf("      baseline: %s\n", b->base_kind == BASE_BENCH ?
			       list->v[b->base].id : b->baseline);
		for (k = 0; k < b->nr_needs; k++)
			printf("      needs: %s\n", b->needs[k]);
		if (b->driver == DRIVER_DERIVED)
			printf("      derived: from figures of the family in the same run\n");
		if (b->workers > 1)
			printf("      workers: %u CPUs at once\n", b->workers);
		for (k = 0; k < b->nr_notes; k++)
			printf("      note: %s\n", b->notes[k]);
	}
	free(selected);
	return fflush(stdout) ? EXIT_FAIL : EXIT_PASS;
}

/* Whether @path is the document @in, or one of those in the directory (doc_set_read()). */
static bool is_read(const char *in, const char *path)
{
	const char *suffix = strrchr(path, '.');
	char dir[PATH_MAX];

	if (baseline_is(in, path))
		return true;
	if (!suffix || strcmp(suffix, ".jsonl") ||
	    (size_t)snprintf(dir, sizeof(dir), "%s", path) >= sizeof(dir))
		return false;
	return baseline_is(in, dirname(dir));
}

/* An output that is opened is empty: none may be a document that it is made of. */
static int check_outputs(const struct options *o)
{
	const char *path;

	for (int i = 0; i < o->nr_outputs; i++) {
		path = strchr(o->outputs[i], ':');
		for (int k = 0; path && k < o->nr_files; k++) {
			if (!is_read(o->files[k], path + 1))
				continue;
			fprintf(stderr, "bench_progs: -o %s would write over %s: name another "
				"file\n", o->outputs[i], o->files[k]);
			return -EINVAL;
		}
	}
	return 0;
}

static int open_outputs(struct reports *rs, const struct options *o)
{
	int i, err = check_outputs(o);

	if (err)
		return err;
	for (i = 0; i < o->nr_outputs && !err; i++)
		err = reports_open(rs, o->outputs[i], o->verbose);
	return i ? err : reports_open(rs, "table", o->verbose);
}

/* The cases shown, as a run of them alone would be. */
static int show_cases(struct reports *rs, const struct options *o, const struct run_doc *doc)
{
	const struct result **shown = malloc((doc->nr_results + 1) * sizeof(*shown));
	char **plan = malloc((doc->nr_results + 1) * sizeof(*plan));
	struct doc_header header = doc->header;
	struct doc_end end = doc->end;
	size_t i, nr = 0;
	int err = -ENOMEM;

	if (shown && plan)
		err = filter_results(&o->filter, doc, shown, &nr);
	if (!err && (o->filter.nr || o->filter.nr_keys)) {
		end.passed = end.skipped = end.failed = 0;
		for (i = 0; i < nr; i++) {
			plan[i] = shown[i]->id;
			end.passed += shown[i]->status == STATUS_OK;
			end.skipped += shown[i]->status == STATUS_SKIP;
			end.failed += status_is_failure(shown[i]->status);
		}
		header.plan = plan;
		header.nr_plan = (int)nr;
	}
	err = err ?: reports_begin(rs, &header);
	for (i = 0; i < nr && !err; i++)
		err = reports_result(rs, shown[i]);
	err = err ?: reports_end(rs, doc->complete ? &end : NULL);
	free(shown);
	free(plan);
	return err ? EXIT_FAIL : EXIT_PASS;
}

static int show_claims(struct reports *rs, const struct run_doc *doc)
{
	struct claim_report c = { .header = &doc->header };
	struct claim_result *v;
	bool is_tested = false;
	size_t i;
	int err;

	while (claim_at(c.nr))
		c.nr++;
	v = calloc(c.nr, sizeof(*v));
	if (!v) {
		fprintf(stderr, "bench_progs: out of memory\n");
		return EXIT_FAIL;
	}
	for (i = 0; i < c.nr; i++) {
		claim_evaluate(claim_at(i), doc, &v[i]);
		is_tested |= v[i].verdict != CLAIM_UNTESTED;
	}
	c.v = v;
	err = reports_claims(rs, &c);
	free(v);
	if (err)
		return err == -EOPNOTSUPP ? EXIT_USAGE : EXIT_FAIL;
	return is_tested ? EXIT_PASS : EXIT_NOTHING;
}

static int show(const struct options *o)
{
	struct reports rs = {};
	struct doc_set set = {};
	int rc = EXIT_USAGE;

	if (!doc_set_read("bench_progs", o->files[0], &set) && set.nr != 1)
		fprintf(stderr, "bench_progs: %s: a directory of %zu documents; show takes one\n",
			o->files[0], set.nr);
	else if (set.nr && !open_outputs(&rs, o))
		rc = o->claims ? show_claims(&rs, set.v) : show_cases(&rs, o, set.v);
	if (reports_close(&rs) && rc != EXIT_USAGE)
		rc = EXIT_FAIL;
	doc_set_free(&set);
	return rc;
}

static int compare(const struct options *o)
{
	struct doc_set a = {}, b = {};
	struct comparison_table t = {};
	struct reports rs = {};
	char err[512] = "out of memory";
	int rc = EXIT_USAGE;

	if (doc_set_read("bench_progs", o->files[0], &a) ||
	    doc_set_read("bench_progs", o->files[1], &b))
		goto out;
	if (compare_sets(a.v, a.nr, b.v, b.nr, &t, err, sizeof(err))) {
		fprintf(stderr, "bench_progs: %s and %s: %s\n", o->files[0], o->files[1], err);
		goto out;
	}
	if (filter_comparisons(&o->filter, &t) || open_outputs(&rs, o))
		goto out;
	rc = reports_compare(&rs, &t);
	rc = rc == -EOPNOTSUPP ? EXIT_USAGE : rc ? EXIT_FAIL : baseline_status(&t, o->gate);
out:
	if (reports_close(&rs) && rc == EXIT_PASS)
		rc = EXIT_FAIL;
	comparison_table_free(&t);
	doc_set_free(&a);
	doc_set_free(&b);
	return rc;
}

/* One line: what looks like @id, or how to see what there is. */
static void unknown_result(const struct options *o, const struct run_doc *doc)
{
	const char *id = o->files[1];
	size_t i, nr = 0, family_sz = strcspn(id, "/:");

	fprintf(stderr, "bench_progs: %s has no result \"%s\"", o->files[0], id);
	for (i = 0; i < doc->nr_results && nr < 5; i++) {
		const char *other = doc->results[i].id;

		if (!strstr(other, id) && (other[family_sz] != '/' || !id[family_sz] ||
					   strncmp(other, id, family_sz + 2)))
			continue;
		fprintf(stderr, "%s %s", nr++ ? "," : "; there is", other);
	}
	fprintf(stderr, " (\"show %s\" lists all)\n", o->files[0]);
}

static int disasm(const struct options *o)
{
	const struct result *r;
	struct doc_set set = {};
	struct run_doc *doc;
	int err, rc = EXIT_USAGE;

	if (doc_set_read("bench_progs", o->files[0], &set))
		goto out;
	/* Of a directory of boots the first: they have the code in common. */
	doc = &set.v[0];
	r = run_doc_find(doc, o->files[1]);
	if (!r) {
		unknown_result(o, doc);
		goto out;
	}
	if (!prog_code_resolve(r->code[SLOT_RAW]) && !prog_code_resolve(r->code[SLOT_BASE])) {
		fprintf(stderr, "bench_progs: %s: no code of %s: ", o->files[0], r->id);
		report_put_text(stderr, result_code_missing(r, SLOT_RAW));
		fputc('\n', stderr);
		rc = EXIT_NOTHING;
		goto out;
	}
	err = report_disasm(stdout, doc, r);
	if (err == -ENOMEM)
		fprintf(stderr, "bench_progs: out of memory\n");
	rc = err || doc_flush(stdout) ? EXIT_FAIL : EXIT_PASS;
out:
	doc_set_free(&set);
	return rc;
}

static int doctor(const struct options *o)
{
	char err[256], why[256], note[256];
	const char *cap = missing_capability();
	static const char *const states[] = { "unknown", "yes", "no" };
	enum feature_state state;
	enum clock_kind clock;
	int cpus[BENCH_MAX_WORKERS], nr_cpus;
	const char *key;
	json_t *env, *value;
	size_t i;

	env = env_read();
	json_object_foreach(env, key, value) {
		char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);

		printf("%-14s %s\n", key, text ? text : json_string_value(value));
		free(text);
	}
	json_decref(env);
	nr_cpus = pick_cpus(cpus, BENCH_MAX_WORKERS);
	printf("%-14s %d\n", "cores usable", nr_cpus);
	if (choose_clock(o, &clock, note, sizeof(note), err, sizeof(err)))
		clock = CLOCK_KIND_NONE;
	printf("%-14s %s%s%s\n", "clock", clock_kind_name(clock), note[0] ? ": " : "", note);
	printf("%-14s %s%s\n", "privilege", cap ? "missing: " : "enough", cap ? cap : "");
	for (i = 0; !cap && feature_at(i); i++) {
		why[0] = '\0';
		state = feature_check(feature_at(i)->name, why, sizeof(why));
		printf("%-14s %s%s%s\n", feature_at(i)->name, states[state], why[0] ? ": " : "",
		       why);
	}
	return cap ? EXIT_NOTHING : EXIT_PASS;
}

static int with_registry(const struct options *o, int argc, char **argv)
{
	struct bench_list list = {};
	char err[512] = "out of memory";
	int rc;

	if (registry_read(&list, err, sizeof(err))) {
		fprintf(stderr, "bench_progs: %s\n", err);
		rc = EXIT_FAIL;
	} else if (o->verb == VERB_LIST) {
		rc = list_benches(o, &list);
	} else {
		rc = run(o, &list, argc, argv);
	}
	bench_list_free(&list);
	return rc;
}

static int runner_main(int argc, char **argv)
{
	struct options o;
	char err[512] = "out of memory";
	int rc;

	if (options_parse(&o, argc, argv, err, sizeof(err))) {
		fprintf(stderr, "bench_progs: %s\n", err);
		options_free(&o);
		return EXIT_USAGE;
	}
	verbosity = o.verbose;
	libbpf_set_print(print_libbpf);
	switch (o.verb) {
	case VERB_HELP:
		options_help(stdout);
		rc = EXIT_PASS;
		break;
	case VERB_VERSION:
		printf("bench_progs %s\n", BENCH_VERSION);
		rc = EXIT_PASS;
		break;
	case VERB_SHOW:
		rc = show(&o);
		break;
	case VERB_COMPARE:
		rc = compare(&o);
		break;
	case VERB_DISASM:
		rc = disasm(&o);
		break;
	case VERB_DOCTOR:
		rc = doctor(&o);
		break;
	default:
		rc = with_registry(&o, argc, argv);
	}
	options_free(&o);
	return rc;
}

int main(int argc, char **argv)
{
	/* Some start their children with it ignored: how ours end would then be lost. */
	signal(SIGCHLD, SIG_DFL);
	if (guest_is_init(argc, argv))
		return guest_main(runner_main);
	return runner_main(argc, argv);
}

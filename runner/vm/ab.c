// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two kernels. Counted guests repeat to the byte: one boot a side, and some more with other seeds of
 * what changed so little that it may be where memory lies. In time mode the boot is the unit: boots
 * in the order A B B A A B B A ..., each with another seed, and a look at the table at the numbers of
 * boots that compare_next_look() gives, until every row is settled.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ab.h"
#include "campaign.h"
#include "core/compare.h"
#include "report.h"

#define EXIT_FAIL	1
#define EXIT_USAGE	2
#define EXIT_NOTHING	4
#define NR_SIDES	2
#define SIDE_NAMES	"ab"

struct ab {
	struct scratch s;
	const struct vm_options *o;
	const char *dir;
	struct campaign campaign;
	struct boot *boots;		/* in the order they run, @max on each side */
	struct run_doc *docs[NR_SIDES];	/* of the first @nr boots of the side */
	unsigned int nr, max;
	uint64_t seed;			/* of the first boot of a side */
	char settled[PATH_MAX];		/* a list of the cases that counted boots leave out */
	bool leaves_out;
	int late_status;		/* of what failed behind a table that is good: 0, or its status */
	struct reports reports;
};

/* The boot @i of a side: A B, B A, A B, ... */
static struct boot *boot_at(const struct ab *ab, unsigned int side, unsigned int i)
{
	return &ab->boots[2 * i + (i % 2 ? !side : side)];
}

static int boot_plan(const struct ab *ab, unsigned int side, unsigned int i)
{
	struct boot *b = boot_at(ab, side, i);
	int err;

	err = text_format(b->doc, sizeof(b->doc), "%s/%c/%u.jsonl", ab->dir, SIDE_NAMES[side],
			  i + 1);
	err = err ?: text_format(b->log, sizeof(b->log), "%s/%c/%u.log", ab->dir,
				 SIDE_NAMES[side], i + 1);
	if (err)
		return err;
	b->kernel = ab->o->kernels[side];
	b->deny = ab->leaves_out ? ab->settled : NULL;
	b->status = -1;
	if (ab->max == 1)
		return 0;
	/* Every boot knows of the looks to come: they share the error rate. */
	snprintf(b->words[0], sizeof(b->words[0]), "--env");
	snprintf(b->words[1], sizeof(b->words[1]), COMPARE_LOOKS_KEY "=%u",
		 compare_nr_looks(ab->max));
	return 0;
}

/* Documents of an earlier ab are not of these kernels: nothing may be left of them. */
static int make_dirs(struct ab *ab)
{
	char dir[PATH_MAX];
	unsigned int side;
	int err = text_format(ab->settled, sizeof(ab->settled), "%s/settled", ab->dir);

	for (side = 0; side < NR_SIDES && !err; side++) {
		err = text_format(dir, sizeof(dir), "%s/%c", ab->dir, SIDE_NAMES[side]);
		err = err ?: dir_remove_all(dir);
		err = err ?: dir_make_all(dir);
	}
	if (err)
		fprintf(stderr, "bench_vm: cannot make %s: %s\n", ab->dir, strerror(-err));
	else
		unlink(ab->settled);
	return err;
}

static void report_boot(void *ctx, const struct boot *b)
{
	const struct ab *ab = ctx;

	if (ab->o->cfg.notes)
		fprintf(stderr, "bench_vm: %s: %s (%.0f s)\n", b->kernel, b->reason, b->wall_s);
}

/* Only the figures of several boots are looked at, not their samples. */
static void drop_samples(struct run_doc *doc)
{
	size_t i;
	int s;

	for (i = 0; i < doc->nr_results; i++)
		for (s = 0; s < NR_SLOTS; s++)
			sample_set__free(&doc->results[i].samples[s]);
}

/* A boot without a document ends it all: 1 and a line on stderr. */
static int read_boot(struct ab *ab, unsigned int side, unsigned int i)
{
	struct boot *b = boot_at(ab, side, i);
	char err[512] = "it gave no document";

	if (!access(b->doc, F_OK) &&
	    !run_doc_read(b->doc, &ab->docs[side][i], err, sizeof(err)) &&
	    ab->docs[side][i].complete)
		return 0;
	fprintf(stderr, "bench_vm: boot %u of %s: %s: %s\n", i + 1, b->kernel, err, b->reason);
	return b->status > 0 ? b->status : EXIT_FAIL;
}

/* Until each side has @nr boots. 0, an exit status, or -errno. */
static int boot_up_to(struct ab *ab, unsigned int nr)
{
	unsigned int side, i;
	int err = 0;

	for (i = ab->nr; i < nr && !err; i++)
		for (side = 0; side < NR_SIDES && !err; side++)
			err = boot_plan(ab, side, i);
	err = err ?: campaign_run(&ab->campaign, ab->boots, 2 * nr);
	for (i = ab->nr; i < nr && !err; i++)
		for (side = 0; side < NR_SIDES && !err; side++)
			err = read_boot(ab, side, i);
	if (!err)
		ab->nr = nr;
	return err;
}

static void use_seeds(struct ab *ab)
{
	unsigned int side, i;

	for (i = 1; i < ab->max; i++)
		for (side = 0; side < NR_SIDES; side++)
			snprintf(boot_at(ab, side, i)->args[0],
				 sizeof(boot_at(ab, side, i)->args[0]), "--seed=%" PRIu64,
				 ab->seed + i);
}

/* An open slope takes its points along. */
static bool is_open(const struct comparison_table *t, const struct comparison *c)
{
	for (size_t i = 0; i < t->nr; i++)
		if (t->v[i].is_open &&
		    (!strcmp(t->v[i].id, c->id) || (c->a && result_is_point_of(c->a, t->v[i].a))))
			return true;
	return false;
}

/* 1 if there are any, 0, or -errno with a line on stderr. */
static int write_settled(const struct ab *ab, const struct comparison_table *t)
{
	FILE *f = fopen(ab->settled, "we");
	int err = f ? 0 : -errno, any = 0;

	for (size_t i = 0; i < t->nr && f; i++) {
		if (is_open(t, &t->v[i]))
			continue;
		fprintf(f, "%s\n", t->v[i].id);
		any = 1;
	}
	if (f && (ferror(f) | fclose(f)))
		err = errno ? -errno : -EIO;
	if (err)
		fprintf(stderr, "bench_vm: cannot write %s: %s\n", ab->settled, strerror(-err));
	return err ?: any;
}

static int look(struct ab *ab, struct comparison_table *t)
{
	char err[512];
	int rc = compare_sets(ab->docs[0], ab->nr, ab->docs[1], ab->nr, t, err, sizeof(err));

	if (rc)
		fprintf(stderr, "bench_vm: %s and %s: %s\n", ab->o->kernels[0],
			ab->o->kernels[1], rc == -ENOMEM ? strerror(ENOMEM) : err);
	return rc;
}

/*
 * As many boots as were asked for, else more of those cases only that the first left open. If one of
 * these fails, what the first have told remains.
 */
static int measure_counts(struct ab *ab, struct comparison_table *t)
{
	struct comparison_table more;
	int err = ab->o->runs ? boot_up_to(ab, ab->o->runs) : 0, left_out;

	err = err ?: look(ab, t);
	if (err || ab->o->runs || comparison_table_is_settled(t))
		return err;
	left_out = write_settled(ab, t);
	ab->leaves_out = left_out > 0;
	err = left_out < 0 ? EXIT_FAIL : boot_up_to(ab, COMPARE_MIN_BOOTS);
	err = err ?: look(ab, &more);
	if (err > 0)
		ab->late_status = err;
	if (err)
		return err < 0 ? err : 0;
	comparison_table_free(t);
	*t = more;
	return 0;
}

/* The first pair tells the clock. */
static int measure(struct ab *ab, struct comparison_table *t)
{
	unsigned int nr, i;
	int err = boot_up_to(ab, 1);

	if (err)
		return err;
	use_seeds(ab);
	if (ab->docs[0][0].header.clock != CLOCK_KIND_NS)
		return measure_counts(ab, t);
	for (nr = compare_next_look(0, ab->max); ; nr = compare_next_look(nr, ab->max)) {
		err = boot_up_to(ab, nr);
		for (i = 0; i < nr && !err && ab->max > 1; i++) {
			drop_samples(&ab->docs[0][i]);
			drop_samples(&ab->docs[1][i]);
		}
		err = err ?: look(ab, t);
		if (err || nr == ab->max || comparison_table_is_settled(t))
			return err;
		comparison_table_free(t);
	}
}

/* Before anything boots, which would be for nothing. */
static int open_outputs(struct ab *ab)
{
	size_t i;
	int err = 0;

	for (i = 0; i < ab->o->nr_outputs && !err; i++) {
		err = reports_open(&ab->reports, ab->o->outputs[i], ab->o->is_verbose);
		if (err || ab->reports.out[i].ops->compare)
			continue;
		fprintf(stderr, "bench_vm: -o %s: this format has no comparison\n",
			ab->o->outputs[i]);
		err = -EINVAL;
	}
	return i ? err : reports_open(&ab->reports, "table", ab->o->is_verbose);
}

static int status_of(const struct ab *ab, const struct comparison_table *t)
{
	unsigned int i;

	if (ab->late_status)
		return ab->late_status;
	for (i = 0; i < 2 * ab->nr; i++)
		if (ab->boots[i].status == EXIT_FAIL)
			return EXIT_FAIL;
	if (!t->nr || t->nr_verdicts[VERDICT_NA] == t->nr)
		return EXIT_NOTHING;
	return ab->o->gate && t->nr_verdicts[VERDICT_SLOWER] ? EXIT_FAIL : 0;
}

static int run(struct ab *ab)
{
	struct comparison_table t = {};
	int err, status = EXIT_FAIL;

	ab->campaign = (struct campaign){ .s = &ab->s, .o = ab->o, .ended = report_boot, .ctx = ab,
					  .jobs = campaign_jobs(&ab->s, ab->o) };
	err = make_dirs(ab);
	err = err ?: measure(ab, &t);
	if (err > 0)
		status = err;
	else if (!err)
		status = reports_compare(&ab->reports, &t) ? EXIT_FAIL : status_of(ab, &t);
	if (ab->s.reason[0])
		fprintf(stderr, "bench_vm: %s\n", ab->s.reason);
	comparison_table_free(&t);
	return ab->s.signal ? 128 + ab->s.signal : status;
}

int ab(const struct vm_options *o)
{
	struct ab *ab = calloc(1, sizeof(*ab));
	int status = EXIT_FAIL;
	unsigned int side, i;

	uint64_t seed;

	if (campaign_check_args(o, &seed)) {
		free(ab);
		return EXIT_USAGE;
	}
	if (!ab)
		return EXIT_FAIL;
	ab->seed = seed;
	ab->o = o;
	ab->dir = o->results ? o->results : "results/ab";
	ab->max = o->runs ? o->runs : COMPARE_BOOTS;
	ab->boots = calloc(2 * ab->max, sizeof(*ab->boots));
	for (side = 0; side < NR_SIDES; side++)
		ab->docs[side] = calloc(ab->max, sizeof(*ab->docs[side]));
	if (open_outputs(ab)) {
		status = EXIT_USAGE;
	} else if (ab->boots && ab->docs[0] && ab->docs[1]) {
		if (!scratch_open(&ab->s, &o->cfg))
			status = run(ab);
		else
			fprintf(stderr, "bench_vm: %s\n", ab->s.reason);
		scratch_close(&ab->s);
		for (i = 0; i < ab->max; i++)
			for (side = 0; side < NR_SIDES; side++)
				run_doc_free(&ab->docs[side][i]);
	}
	if (reports_close(&ab->reports) && !status)
		status = EXIT_FAIL;
	for (side = 0; side < NR_SIDES; side++)
		free(ab->docs[side]);
	free(ab->boots);
	free(ab);
	return status;
}

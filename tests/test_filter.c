// SPDX-License-Identifier: GPL-2.0-only
/* Filters and sort keys. Allocations fail by the __wrap_ functions of doc_fixture.h. */
#include <errno.h>

#include "core/filter.h"
#include "doc_fixture.h"
#include "kselftest_harness.h"

char *__real_strdup(const char *s) __attribute__((weak));
char *__wrap_strdup(const char *s);

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

static char err_buf[512], *err = err_buf;

FIXTURE(rows) {
	struct run_doc a, b;
	struct comparison_table t;
	struct filter f;
	char shown[256];
};

static void put(struct result *r, const char *metric, double value)
{
	struct estimate e = estimate_exact(value);

	result_add_metric(r, metric, &e);
}

static void add(struct run_doc *doc, const char *id, double net, double jited)
{
	struct result *r = doc_add(doc, id, STATUS_OK);

	put(r, "net", net);
	put(r, "jited", jited);
}

/* Counted: what differs is slower or faster. */
FIXTURE_SETUP(rows)
{
	(void)_metadata;
	memset(self, 0, sizeof(*self));
	doc_init(&self->a, CLOCK_KIND_INSN);
	doc_init(&self->b, CLOCK_KIND_INSN);
	add(&self->a, "map_lookup/hash:entries=8,cpus=2", 100, 300);
	add(&self->b, "map_lookup/hash:entries=8,cpus=2", 110, 300);
	add(&self->a, "map_lookup/array", 20, 100);
	add(&self->b, "map_lookup/array", 18, 100);
	add(&self->a, "hook_run/xdp", 50, 200);
	add(&self->b, "hook_run/xdp", 50, 200);
	add(&self->a, "hook_run/zero", 0, 10);
	add(&self->b, "hook_run/zero", 4, 10);
	doc_add(&self->a, "hook_run/skip", STATUS_SKIP);
	doc_add(&self->b, "hook_run/skip", STATUS_SKIP);
	add(&self->a, "gone/only_a", 7, 70);
	put(doc_add(&self->b, "new/sizes", STATUS_OK), "xlated", 8);
}

FIXTURE_TEARDOWN(rows)
{
	(void)_metadata;
	fail_after = -1;
	comparison_table_free(&self->t);
	filter_free(&self->f);
	run_doc_free(&self->a);
	run_doc_free(&self->b);
}

static void note(char *shown, const char *id)
{
	const char *name = strchr(id, '/') + 1;
	size_t n = strlen(shown);

	snprintf(shown + n, 256 - n, "%s%.*s", n ? " " : "", (int)strcspn(name, ":"), name);
}

/* The names of the rows that a filter and keys (or NULL) leave, or the error. */
static const char *rows_of(FIXTURE_DATA(rows) *self, const char *expression, const char *keys)
{
	int rc = 0;

	comparison_table_free(&self->t);
	filter_free(&self->f);
	self->f.rows = FILTER_COMPARISONS;
	self->shown[0] = '\0';
	if (expression)
		rc = filter_add(&self->f, expression, 0, false, err, sizeof(err_buf));
	if (!rc && keys)
		rc = filter_add_keys(&self->f, keys, err, sizeof(err_buf));
	if (rc)
		return err;
	if (compare_docs(&self->a, &self->b, &self->t, err, sizeof(err_buf)) ||
	    filter_comparisons(&self->f, &self->t))
		return "no memory";
	for (size_t i = 0; i < self->t.nr; i++)
		note(self->shown, self->t.v[i].id);
	return self->shown;
}

static const char *results_of(FIXTURE_DATA(rows) *self, const char *expression, const char *keys)
{
	const struct result *shown[16];
	size_t nr;
	int rc = 0;

	filter_free(&self->f);
	self->f.rows = FILTER_RESULTS;
	self->shown[0] = '\0';
	if (expression)
		rc = filter_add(&self->f, expression, 0, false, err, sizeof(err_buf));
	if (!rc && keys)
		rc = filter_add_keys(&self->f, keys, err, sizeof(err_buf));
	if (rc)
		return err;
	if (filter_results(&self->f, &self->b, shown, &nr))
		return "no memory";
	for (size_t i = 0; i < nr; i++)
		note(self->shown, shown[i]->id);
	return self->shown;
}

TEST_F(rows, comparisons)
{
	static const struct {
		const char *expression, *rows;
	} cases[] = {
		{ NULL, "hash array xdp zero skip only_a sizes" },
		{ "verdict=slower", "hash zero" },
		{ "!verdict=slower", "array xdp skip only_a sizes" },
		{ "verdict!=slower", "array xdp skip only_a sizes" },
		{ "verdict=s*", "hash xdp zero" },
		{ "verdict==n/a", "skip only_a sizes" },
		{ "family=map*,change>0", "hash" },
		{ "change<0", "array" },
		{ "change<=-2", "array" },
		{ "change=0", "xdp" },
		{ "change!=0", "hash array zero" },
		{ "|change|>=4", "hash zero" },
		{ "change%>9", "hash" },
		{ "|change%|>9.5", "hash array" },
		{ "!change%>9", "array xdp zero skip only_a sizes" },
		{ "a>=100", "hash" },
		{ "b=50", "xdp" },
		{ "lo>=4,hi<5", "zero" },
		{ "delta=0,p=1", "hash array xdp zero" },
		{ "metric=net", "hash array xdp zero" },
		{ "metric=raw", "" },
		{ "net>40", "hash xdp" },
		{ "net_a=7", "only_a" },
		{ "net_b=18", "array" },
		{ "net_diff=10", "hash" },
		{ "net_pct=10", "hash" },
		{ "net_pct!=1e9", "hash array xdp" },
		{ "jited_diff=0", "hash array xdp zero" },
		{ "xlated=8", "sizes" },
		{ "xlated_diff=0", "" },
		{ "case=x*", "xdp" },
		{ "hook_run", "xdp zero skip" },
		{ "!hook_run", "hash array only_a sizes" },
		{ "map_lookup/*", "hash array" },
		{ "id=map_lookup/hash:entries=8,cpus=2", "hash" },
		{ "map_lookup/hash:entries=8,cpus=2", "hash" },
		{ "map_lookup/hash:entries=8*,net>200", "" },
		{ "map_lookup/hash:*,verdict=slower", "hash" },
		{ "map_lookup/hash:*,!gone", "hash" },
		{ "map_lookup/hash:entries=8,*us=2", "" },
		{ "*:*=2,net>5", "hash" },
		{ "*:*,hook_run", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_STREQ(cases[i].rows, rows_of(self, cases[i].expression, NULL));
		EXPECT_EQ(7, self->t.nr + self->t.nr_filtered);
		/* Counted all the same. */
		EXPECT_EQ(2, self->t.nr_verdicts[VERDICT_SLOWER]);
	}
}

TEST_F(rows, sorting)
{
	static const struct {
		const char *keys, *rows;
	} cases[] = {
		{ "change", "hash zero xdp array skip only_a sizes" },
		{ "change:asc", "array xdp zero hash skip only_a sizes" },
		{ "|change|", "hash zero array xdp skip only_a sizes" },
		{ "verdict", "hash zero array xdp skip only_a sizes" },
		{ "verdict:desc", "skip only_a sizes xdp array hash zero" },
		{ "verdict,change%", "hash zero array xdp skip only_a sizes" },
		{ "family,case", "only_a skip xdp zero array hash sizes" },
		{ "family:desc,b:asc", "sizes array hash zero xdp skip only_a" },
		{ "net_a", "hash xdp array only_a zero skip sizes" },
		{ "metric", "hash array xdp zero skip only_a sizes" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		EXPECT_STREQ(cases[i].rows, rows_of(self, NULL, cases[i].keys));
	EXPECT_STREQ("zero hash", rows_of(self, "verdict=slower", "b:asc"));
}

TEST_F(rows, results)
{
	static const struct {
		const char *expression, *keys, *rows;
	} cases[] = {
		{ NULL, NULL, "hash array xdp zero skip sizes" },
		{ "status=skip", NULL, "skip" },
		{ "quality=exact", "value", "hash xdp array sizes zero" },
		{ "metric=xlated", NULL, "sizes" },
		{ "metric=*", NULL, "hash array xdp zero sizes" },
		{ "value>5", NULL, "hash array xdp sizes" },
		{ "net>5", "net:asc", "array xdp hash" },
		{ "jited<150", NULL, "array zero" },
		{ NULL, "id:desc", "sizes hash array zero xdp skip" },
		{ NULL, "quality,status", "hash array xdp zero sizes skip" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		EXPECT_STREQ(cases[i].rows,
			     results_of(self, cases[i].expression, cases[i].keys));
}

TEST_F(rows, errors)
{
	static const struct {
		const char *expression, *says;
	} cases[] = {
		{ "nett>5", "\"nett>5\": there is no column \"nett\" (id family case metric a b "
			    "change change% lo hi delta p verdict, or a metric)" },
		{ ">5", "\">5\": there is no column \"\" (" },
		{ "|id|=x", "\"|id|=x\": there is no column \"|id|\" (" },
		{ "|net>1", "\"|net>1\": there is no column \"|net\" (" },
		{ "||>1", "\"||>1\": there is no column \"||\" (" },
		{ "status=ok", "\"status=ok\": there is no column \"status\" (" },
		{ "net_x>5", "\"net_x>5\": there is no column \"net_x\" (" },
		{ "net>five", "\"net>five\": \"five\" is no number" },
		{ "net>", "\"net>\": \"\" is no number" },
		{ "net>5x", "\"net>5x\": \"5x\" is no number" },
		{ "net>>5", "\"net>>5\": \">5\" is no number" },
		{ "net>inf", "\"net>inf\": \"inf\" is no number" },
		{ "id>x", "\"id>x\": a text has only = and !=" },
		{ "verdict<same", "\"verdict<same\": a text has only = and !=" },
		{ "id=", "\"id=\": nothing to compare with" },
		{ "", "\"\": an empty term" },
		{ "!", "\"!\": an empty term" },
		{ "net>5,,p<1", "\"\": an empty term" },
		{ "net>5,nett>5", "\"nett>5\": there is no column \"nett\"" },
	};
	static const struct {
		const char *key, *says;
	} keys[] = {
		{ "nett", "there is no column \"nett\" (id family" },
		{ "", "there is no column \"\" (" },
		{ "|verdict|", "there is no column \"|verdict|\" (" },
		{ "net:up", "\"net:up\": \":up\" is neither :asc nor :desc" },
		{ "net:", "\"net:\": \":\" is neither :asc nor :desc" },
		{ "net,,a", "there is no column \"\" (" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rows_of(self, cases[i].expression, NULL);
		err_buf[strlen(cases[i].says)] = '\0';
		EXPECT_STREQ(cases[i].says, err);
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		rows_of(self, NULL, keys[i].key);
		err_buf[strlen(keys[i].says)] = '\0';
		EXPECT_STREQ(keys[i].says, err);
	}
	/* Not a column, and no word either: a glob that matches nothing. */
	EXPECT_STREQ("", rows_of(self, "hash:x=8", NULL));
	EXPECT_STREQ("", rows_of(self, "a!b", NULL));
	results_of(self, "change>1", NULL);
	EXPECT_EQ(0, strncmp(err, "\"change>1\": there is no column \"change\" (id family case "
			     "metric status quality value, or a metric)", 90));
	results_of(self, "net_a>1", NULL);
	EXPECT_NE(NULL, strstr(err, "no column \"net_a\""));
}

TEST_F(rows, lists)
{
	struct filter *f = &self->f;

	f->rows = FILTER_COMPARISONS;
	ASSERT_EQ(0, compare_docs(&self->a, &self->b, &self->t, err, sizeof(err_buf)));
	/* One of the first list, which may need several terms each ... */
	ASSERT_EQ(0, filter_add(f, "hook_run,net>40", 1, false, err, sizeof(err_buf)));
	ASSERT_EQ(0, filter_add(f, "map_lookup/*", 1, false, err, sizeof(err_buf)));
	ASSERT_EQ(0, filter_add(f, "gone", 1, false, err, sizeof(err_buf)));
	/* ... and none of the second, and this. */
	ASSERT_EQ(0, filter_add(f, "*/array", 2, true, err, sizeof(err_buf)));
	ASSERT_EQ(0, filter_add(f, "case=nothing", 2, true, err, sizeof(err_buf)));
	ASSERT_EQ(0, filter_add(f, "!verdict=n/a", 0, false, err, sizeof(err_buf)));
	ASSERT_EQ(0, filter_add(f, "p=1", 0, false, err, sizeof(err_buf)));
	ASSERT_EQ(0, filter_comparisons(f, &self->t));
	for (size_t i = 0; i < self->t.nr; i++)
		note(self->shown, self->t.v[i].id);
	EXPECT_STREQ("hash xdp", &self->shown[0] + 0);
	EXPECT_EQ(5, self->t.nr_filtered);
	/* A list of nothing that is there. */
	ASSERT_EQ(0, filter_add(f, "nothing", 3, false, err, sizeof(err_buf)));
	ASSERT_EQ(0, filter_comparisons(f, &self->t));
	EXPECT_EQ(0, self->t.nr);
	EXPECT_EQ(7, self->t.nr_filtered);
}

TEST_F(rows, names)
{
	char buf[8], all[256];

	filter_columns(FILTER_RESULTS, all, sizeof(all));
	EXPECT_EQ(0, strcmp(all, "id family case metric status quality value"));
	filter_columns(FILTER_RESULTS, buf, sizeof(buf));
	EXPECT_EQ(0, strcmp(buf, "id fami"));
}

TEST_F(rows, every_allocation_fails)
{
	const struct result *shown[16];
	long n = 0, last = -1;
	size_t nr;
	int rc;

	if (!can_fail())
		SKIP(return, "needs -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc");
	ASSERT_EQ(0, compare_docs(&self->a, &self->b, &self->t, err, sizeof(err_buf)));
	do {
		filter_free(&self->f);
		self->f.rows = FILTER_COMPARISONS;
		fail_after = n;
		rc = filter_add(&self->f, "net>5,hook_run", 0, false, err, sizeof(err_buf));
		if (!rc)
			rc = filter_add_keys(&self->f, "net,id", err, sizeof(err_buf));
		if (!rc)
			rc = filter_comparisons(&self->f, &self->t);
		if (!rc)
			rc = filter_results(&self->f, &self->b, shown, &nr);
		last = fail_after;
		fail_after = -1;
		ASSERT_TRUE(!rc || rc == -ENOMEM);
	} while (rc && n++ < 100);
	EXPECT_EQ(0, rc);
	EXPECT_LT(4, n);
	EXPECT_LE(0, last);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/* Markdown, and what all formats say of several boots. */
#include <errno.h>
#include <sys/stat.h>

#include "doc_fixture.h"
#include "kselftest_harness.h"
#include "report.h"

#define NR_BOOTS 8

static char path[] = "/tmp/bench_progs_md_XXXXXX", text[1 << 16];
static struct run_doc a[NR_BOOTS], b[NR_BOOTS];
static struct comparison_table t;

#define EXPECT_IN(text, part) do {						\
	if (!strstr(text, part))						\
		TH_LOG("in:\n%s", text);					\
	EXPECT_NE(NULL, strstr(text, part));					\
} while (0)

static void put(struct run_doc *doc, const char *id, const char *metric, double value, bool exact)
{
	struct result *r = (struct result *)run_doc_find(doc, id);
	struct estimate e = exact ? estimate_exact(value) : estimate_ns(value, 0.1);

	result_add_metric(r ? r : doc_add(doc, id, STATUS_OK), metric, &e);
}

static void docs_free(void)
{
	comparison_table_free(&t);
	for (int i = 0; i < NR_BOOTS; i++) {
		run_doc_free(&a[i]);
		run_doc_free(&b[i]);
	}
	unlink(path);
}

/* What was written by reports_* calls of @rs since it was opened. */
static const char *written(struct reports *rs)
{
	FILE *f;
	size_t n;

	reports_close(rs);
	f = fopen(path, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f)
		fclose(f);
	return text;
}

static void open_file(struct reports *rs, const char *format, int verbose)
{
	static bool is_made;
	char spec[96];

	if (!is_made)
		close(mkstemp(path));
	is_made = true;
	snprintf(spec, sizeof(spec), "%s:%s", format, path);
	if (reports_open(rs, spec, verbose))
		abort();
}

static const char *comparison(const char *format, int verbose)
{
	struct reports rs = { 0 };

	open_file(&rs, format, verbose);
	reports_compare(&rs, &t);
	return written(&rs);
}

static bool has_wide_line(const char *s, size_t max)
{
	for (size_t n; *s; s += n + (s[n] == '\n')) {
		n = strcspn(s, "\n");
		if (n > max)
			return true;
	}
	return false;
}

/* One boot against one, counted: a hostile case among them. */
static void make_counted(void)
{
	char err[128];

	for (int i = 0; i < NR_BOOTS; i++) {
		doc_init(&a[i], CLOCK_KIND_INSN);
		doc_init(&b[i], CLOCK_KIND_INSN);
	}
	for (int i = 0; i < 2; i++) {
		struct run_doc *doc = i ? b : a;

		put(doc, "map_lookup/hash:entries=1024", "net", i ? 151.6406 : 153.6406, true);
		put(doc, "map_lookup/hash:entries=1024", "jited", 312, true);
		put(doc, "hook_run/xdp", "net", i ? 92.0059 : 85.0059, true);
		put(doc, "hook_run/xdp", "jited", 300 + 12 * i, true);
		put(doc, "f/same", "net", 7, true);
		put(doc, "f/a|b<i>", "throughput", 10 + i, true);
		doc_add(doc, "f/skip", STATUS_SKIP);
	}
	json_object_set_new(b[0].header.env, "kernel", json_string("7.2.12"));
	json_object_set_new(a[0].header.env, "kernel_cc",
			    json_string("gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0 with "
					"<b>|many</b> words"));
	json_object_set_new(b[0].header.env, "kernel_cc",
			    json_string("gcc-15 (Debian 15.2.0-1) 15.2.0 [x](y) and a\nline"));
	if (compare_docs(a, b, &t, err, sizeof(err)))
		abort();
}

TEST(changed_rows)
{
	make_counted();
	comparison("md", 0);
	EXPECT_EQ(0, strncmp(text, "- A: kernel 6.12.95, 1 boot, seed 1\n"
			     "- B: kernel 7.2.12, 1 boot, seed 1\n"
			     "- clock: insn, exact: counted guests\n- kernel_cc: ", 110));
	EXPECT_IN(text, "\\<b>\\|many\\</b>");
	EXPECT_IN(text, "[x]\\(y)");
	EXPECT_EQ(NULL, strstr(text, "- kernel: "));
	EXPECT_IN(text, "\n\n"
		  "| insn/op                      |        A |        B |     change | verdict |\n"
		  "| ---------------------------- | -------: | -------: | ---------: | --- |\n"
		  "| map_lookup/hash:entries=1024 | 153.6406 | 151.6406 | -2 (-1.3%) | faster |\n"
		  "| hook_run/xdp                 |  85.0059 |  92.0059 | +7 (+8.2%) | slower |\n"
		  "| f/a\\|b\\<i> (throughput op/s) |       10 |       11 |  +1 (+10%) | faster |\n"
			"\n1 slower, 2 faster; not shown: 1 same, 0 unresolved, 1 n/a\n");
	EXPECT_FALSE(has_wide_line(text, 82));
	*strstr(text, "\n\n|") = '\0';
	EXPECT_FALSE(has_wide_line(text, 75));
	docs_free();
}

TEST(all_rows)
{
	make_counted();
	comparison("md", 1);
	EXPECT_IN(text, "| f/same  ");
	EXPECT_IN(text, "| hook_run/xdp (jited bytes)   |      300 |      312 |  +12 (+4%) | n/a: "
			"changed, which is neither faster nor slower |\n");
	EXPECT_IN(text, "n/a: skip in A, skip in B: needs bpf_loop |\n");
	EXPECT_IN(text, "1 slower, 2 faster, 1 same, 0 unresolved, 1 n/a\n");
	docs_free();
}

TEST(nothing_changed)
{
	char err[128];

	make_counted();
	comparison_table_free(&t);
	ASSERT_EQ(0, compare_docs(a, a, &t, err, sizeof(err)));
	comparison("md", 0);
	EXPECT_EQ(NULL, strchr(text, '|'));
	EXPECT_IN(text, "\n\n0 slower, 0 faster; not shown: 4 same, 0 unresolved, 1 n/a\n");
	docs_free();
}

/* Seven boots of eight, and more looks than one. */
static void make_boots(int nr_a, int nr_b)
{
	char err[128];

	for (int i = 0; i < NR_BOOTS; i++) {
		doc_init(&a[i], CLOCK_KIND_NS);
		doc_init(&b[i], CLOCK_KIND_NS);
		b[i].header.seed = i;
		put(&a[i], "f/slower", "raw", 20 + 0.01 * i, false);
		put(&b[i], "f/slower", "raw", 22 + 0.01 * i, false);
		put(&a[i], "f/slower", "ref", 5, false);
		put(&b[i], "f/slower", "ref", 5, false);
		put(&a[i], "f/open", "raw", 20, false);
		put(&b[i], "f/open", "raw", i % 2 ? 20 : 21, false);
	}
	a[3].results[0].status = STATUS_FAIL;
	b[0].results[0].metrics[0].est.quality = QUALITY_UNSTABLE;
	b[1].results[1].metrics[0].est.quality = QUALITY_UNSTABLE;
	json_object_set_new(a[0].header.env, COMPARE_LOOKS_KEY, json_integer(2));
	comparison_table_free(&t);
	if (compare_sets(a, nr_a, b, nr_b, &t, err, sizeof(err)))
		abort();
}

TEST(boots)
{
	char why[160];

	make_boots(8, 8);
	comparison("table", 0);
	EXPECT_EQ(0, strncmp(text, "boots: 8 of A, 8 of B\n\nid  ", 27));
	EXPECT_IN(text, "slower: 7 of 8 boots of A, 7 of 8 boots of B\n");
	EXPECT_IN(text, "unresolved: the interval reaches across delta; 7 of 8 boots of B\n");
	EXPECT_IN(text, "(5 % over the table and 2 looks, 97.5 % intervals, by boots)\n");
	comparison("md", 0);
	EXPECT_IN(text, "- A: kernel 6.12.95, 8 boots, seed 1\n"
			"- B: kernel 6.12.95, 8 boots, seeds 0 1 2 3 4 5 6 7\n"
			"- clock: ns, 5 % over the table and 2 looks, 97.5 % intervals, by boots;\n"
			"  noise 0 ns/op (A/A), 0 % of gross (reference loop)\n\n"
			"| ns/op    |     A |     B |       change |     interval | verdict |\n");
	EXPECT_IN(text, "| slower: 7 of 8 boots of A, 7 of 8 boots of B |\n");
	comparison("jsonl", 0);
	EXPECT_IN(text, "\"exact\":false,\"boots\":[8,8],\"looks\":2,");
	EXPECT_IN(text, ",\"boots\":[7,7]}\n");
	/* A long reason leaves no room. */
	memset(t.v[0].why, 'x', sizeof(t.v[0].why) - 1);
	for (size_t sz = 90; sz < sizeof(why); sz++) {
		report_why(why, sz, &t.v[0], &t);
		EXPECT_LT(strlen(why), sz);
	}
	docs_free();
	make_boots(7, 7);
	EXPECT_IN(comparison("table", 0), "(5 % over the table and 2 looks");
	json_object_del(a[0].header.env, COMPARE_LOOKS_KEY);
	docs_free();
}

TEST(boots_of_one_look)
{
	char err[128];

	make_boots(8, 8);
	comparison_table_free(&t);
	json_object_del(a[0].header.env, COMPARE_LOOKS_KEY);
	ASSERT_EQ(0, compare_sets(a, 8, b, 8, &t, err, sizeof(err)));
	EXPECT_IN(comparison("table", 0), "(5 % over the table, 95 % intervals, by boots)\n");
	docs_free();
}

TEST(a_run)
{
	struct reports rs = { 0 };
	struct result *r;

	make_counted();
	r = (struct result *)run_doc_find(a, "f/same");
	r->status = STATUS_FAIL;
	result_set_reason(r, "value 7 | 8\n\x1b[31m");
	doc_add(a, "f/bare", STATUS_OK);
	open_file(&rs, "md", 0);
	reports_begin(&rs, &a->header);
	for (size_t i = 0; i < a->nr_results; i++)
		reports_result(&rs, &a->results[i]);
	a->end = (struct doc_end){ .passed = 4, .failed = 1, .skipped = 1, .seconds = 2 };
	reports_end(&rs, &a->end);
	written(&rs);
	EXPECT_EQ(0, strncmp(text, "- bench_progs 0.1, kernel 6.12.95, tcg-icount, insn clock, "
			     "seed 1\n\n| case ", 70));
	EXPECT_IN(text, "| hook_run/xdp                 "
			"|  85.0059 insn/op exact |   - |    - | exact   | ok |\n");
	EXPECT_IN(text, "| fail: value 7 \\| 8  [31m |\n");
	EXPECT_IN(text, "| f/bare                       "
			"|                      - |   - |    - | -       | ok |\n");
	EXPECT_IN(text, "\n4 passed, 1 failed, 1 skipped in 2.0 s.\n");
	/* Cut short; and a document that says nothing of itself. */
	json_object_clear(a->header.env);
	a->header.nr_plan = 0;
	open_file(&rs, "md", 0);
	reports_begin(&rs, &a->header);
	reports_result(&rs, &a->results[0]);
	reports_end(&rs, NULL);
	written(&rs);
	EXPECT_IN(text, "kernel ?, ?, insn clock");
	EXPECT_IN(text, "\nCut short: 1 of 0 results.\n");
	docs_free();
}

/* Behind a run: in what people read, never in the document, and never a second time on stdout. */
TEST(comparison_behind_a_run)
{
	struct reports rs = { 0 };
	FILE *hidden = tmpfile();
	struct stat st;
	off_t sz;

	ASSERT_NE(NULL, hidden);
	make_counted();
	open_file(&rs, "md", 0);
	reports_add_hidden(&rs, &report_jsonl, hidden);
	ASSERT_EQ(0, reports_begin(&rs, &a->header));
	ASSERT_EQ(0, reports_result(&rs, &a->results[0]));
	ASSERT_EQ(0, reports_end(&rs, &a->end));
	ASSERT_EQ(0, fstat(fileno(hidden), &st));
	sz = st.st_size;
	EXPECT_LT(0, sz);
	ASSERT_EQ(0, reports_compare_behind(&rs, &t, "base/\x1b.jsonl"));
	ASSERT_EQ(0, fstat(fileno(hidden), &st));
	EXPECT_EQ(sz, st.st_size);
	written(&rs);
	EXPECT_IN(text, "\n\nA is the baseline base/ .jsonl, B this run.\n\n- A: kernel ");
	/* Nothing for people, and stdout taken: stderr. */
	ASSERT_NE(NULL, freopen(path, "w", stderr));
	ASSERT_EQ(0, reports_open(&rs, "ktap", 0));
	rs.out[0].err = -ENOSPC;
	ASSERT_EQ(0, reports_compare_behind(&rs, &t, "x"));
	fflush(stderr);
	EXPECT_IN(written(&rs), "\nA is the baseline x, B this run.\n\nthe environments differ:\n");
	/* An output that is broken stays so. */
	ASSERT_EQ(0, reports_open(&rs, "md", 0));
	rs.out[0].err = -ENOSPC;
	EXPECT_EQ(-ENOSPC, reports_compare_behind(&rs, &t, "x"));
	EXPECT_EQ(-ENOSPC, reports_close(&rs));
	docs_free();
}

TEST(no_memory)
{
	struct reports rs = { 0 };
	int failures = 0;

	if (!can_fail())
		SKIP(return, "needs -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc");
	make_counted();
	ASSERT_NE(NULL, freopen("/dev/null", "w", stderr));
	for (long n = 0; n < 200; n++) {
		int err;

		open_file(&rs, "md", 0);
		fail_after = n;
		err = reports_begin(&rs, &a->header);
		err = reports_result(&rs, &a->results[0]) || err;
		err = reports_compare(&rs, &t) || err;
		fail_after = -1;
		failures += err != 0;
		EXPECT_EQ(err != 0, reports_close(&rs) != 0);
	}
	EXPECT_LT(10, failures);
	EXPECT_LT(failures, 200);
	docs_free();
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/* Allocations fail by __wrap_malloc, __wrap_calloc and __wrap_realloc of doc_fixture.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "doc_fixture.h"
#include "kselftest_harness.h"
#include "report.h"

#define CASE "map_lookup/hash:entries=1024"

static char dir[] = "/tmp/bench_progs_test_XXXXXX", path[64], spec[96];

/* A document with a row of every kind. */
static void make_doc(struct run_doc *doc, enum clock_kind clock)
{
	bool is_ns = clock == CLOCK_KIND_NS;
	struct estimate net = is_ns ? estimate_ns(12.3, 0.25) : estimate_exact(41);
	struct estimate raw = is_ns ? estimate_ns(13.9, 0.2) : estimate_exact(56.25);
	struct estimate base = is_ns ? estimate_ns(1.6, 0.02) : estimate_exact(15.25);
	struct estimate jited = estimate_exact(312);
	struct estimate floor = is_ns ? estimate_ns(0.01, 0.02) : estimate_exact(0);
	struct result *r;

	doc_init(doc, clock);
	r = doc_add(doc, "selfcheck/empty", STATUS_OK);
	result_add_metric(r, "net", &floor);
	result_add_metric(r, "raw", &base);
	r = doc_add(doc, CASE, STATUS_OK);
	result_add_metric(r, "net", &net);
	result_add_metric(r, "raw", &raw);
	result_add_metric(r, "base", &base);
	result_add_metric(r, "jited", &jited);
	r->notes[r->nr_notes++] = strdup("rep movsb counts once per byte");
	r = doc_add(doc, "map_lookup/array", STATUS_OK);
	result_add_metric(r, "raw", &raw);
	r->notes[r->nr_notes++] = strdup("another note");
	r->notes[r->nr_notes++] = strdup("rep movsb counts once per byte");
	r = doc_add(doc, "map_lookup/wrong", STATUS_FAIL);
	result_set_reason(r, "value 7, expected\n8 # \x1b[31m");
	doc_add(doc, "map_lookup/lru", STATUS_SKIP);
	doc_add(doc, "map_lookup/stuck", STATUS_TIMEOUT);
	doc_add(doc, "verifier/insns", STATUS_CRASH);
	r = doc_add(doc, "verifier/size", STATUS_OK);
	result_add_metric(r, "jited", &jited);
	doc_add(doc, "verifier/bare", STATUS_OK);
	for (size_t i = 0; i < doc->nr_results; i++)
		doc_plan(&doc->header, doc->results[i].id);
	doc->end = (struct doc_end){ .passed = 5, .failed = 3, .skipped = 1, .seconds = 12.34 };
	doc->complete = true;
}

static char *slurp(const char *name)
{
	static char text[1 << 16];
	FILE *f = fopen(name, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = 0;
	if (f)
		fclose(f);
	return text;
}

static const char *out_spec(const char *format)
{
	if (!path[0] && mkdtemp(dir))
		snprintf(path, sizeof(path), "%s/out", dir);
	snprintf(spec, sizeof(spec), "%s:%s", format, path);
	return spec;
}

static void out_remove(void)
{
	unlink(path);
	rmdir(dir);
}

/* What a format makes of a document; "" on an error. */
static char *report(const struct run_doc *doc, const char *format, int verbose)
{
	struct reports rs = { 0 };
	int err;

	err = reports_open(&rs, out_spec(format), verbose);
	err = err ? err : reports_begin(&rs, &doc->header);
	for (size_t i = 0; i < doc->nr_results && !err; i++)
		err = reports_result(&rs, &doc->results[i]);
	err = err ? err : reports_end(&rs, doc->complete ? &doc->end : NULL);
	err = reports_close(&rs) || err;
	return err ? "" : slurp(path);
}

static char *report_comparison(const struct comparison_table *t, const char *format, int verbose)
{
	struct reports rs = { 0 };
	int err;

	err = reports_open(&rs, out_spec(format), verbose);
	err = err ? err : reports_compare(&rs, t);
	err = reports_close(&rs) || err;
	return err ? "" : slurp(path);
}

#define EXPECT_IN(text, part) do {						\
	if (!strstr(text, part))						\
		TH_LOG("in:\n%s", text);					\
	EXPECT_NE(NULL, strstr(text, part));					\
} while (0)

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((*text < ' ' && *text != '\n') || *text == 0x7f)
			return false;
	return true;
}

TEST(formats)
{
	EXPECT_TRUE(reporter_find("table") == &report_table);
	EXPECT_TRUE(reporter_find("md") == &report_md);
	EXPECT_TRUE(reporter_find("ktap") == &report_ktap);
	EXPECT_TRUE(reporter_find("jsonl") == &report_jsonl);
	EXPECT_EQ(NULL, reporter_find("xml"));
	for (size_t i = 0; reporter_at(i); i++) {
		EXPECT_TRUE(reporter_find(reporter_at(i)->name) == reporter_at(i));
		EXPECT_NE(NULL, reporter_at(i)->help);
	}
}

TEST(bad_outputs)
{
	struct reports rs = { 0 };

	ASSERT_NE(NULL, freopen("/dev/null", "w", stderr));
	EXPECT_EQ(-EINVAL, reports_open(&rs, "xml", 0));
	EXPECT_EQ(-EINVAL, reports_open(&rs, "", 0));
	EXPECT_EQ(-EINVAL, reports_open(&rs, "table_with_a_name_longer_than_any_format:x", 0));
	EXPECT_EQ(-EINVAL, reports_open(&rs, "table:", 0));
	EXPECT_EQ(-ENOENT, reports_open(&rs, "table:/nonexistent/no/file", 0));
	EXPECT_EQ(-EISDIR, reports_open(&rs, "table:/tmp", 0));
	EXPECT_EQ(0, rs.nr);
	EXPECT_EQ(0, reports_open(&rs, "table:-", 0));
	EXPECT_EQ(-EINVAL, reports_open(&rs, "ktap", 0));
	EXPECT_EQ(0, reports_open(&rs, "ktap:/dev/null", 0));
	EXPECT_EQ(-EINVAL, reports_open(&rs, "jsonl:/dev/null", 0));
	for (int i = rs.nr; i < REPORT_MAX_OUT; i++) {
		snprintf(spec, sizeof(spec), "jsonl:/dev/%.*snull", i * 2, "./././././././././");
		EXPECT_EQ(0, reports_open(&rs, spec, 0));
	}
	EXPECT_EQ(-EINVAL, reports_open(&rs, "jsonl:/dev/zero", 0));
	EXPECT_EQ(0, reports_close(&rs));
	EXPECT_EQ(0, rs.nr);
}

TEST(two_outputs_of_one_file)
{
	char dir[] = "/tmp/test_report.XXXXXX", file[64], other[128], link_path[64];
	struct reports rs = { 0 };

	ASSERT_NE(NULL, freopen("/dev/null", "w", stderr));
	ASSERT_NE(NULL, mkdtemp(dir));
	snprintf(file, sizeof(file), "jsonl:%s/doc", dir);
	snprintf(other, sizeof(other), "table:%s/./doc", dir);
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
	EXPECT_EQ(0, symlink("doc", link_path));
	EXPECT_EQ(0, reports_open(&rs, file, 0));
	EXPECT_EQ(-EINVAL, reports_open(&rs, other, 0));
	snprintf(other, sizeof(other), "table:%s", link_path);
	EXPECT_EQ(-EINVAL, reports_open(&rs, other, 0));
	EXPECT_EQ(1, rs.nr);
	EXPECT_EQ(0, reports_close(&rs));
	unlink(link_path);
	unlink(file + strlen("jsonl:"));
	EXPECT_EQ(0, rmdir(dir));
}

TEST(full_disk)
{
	static const char *const formats[] = {
		"jsonl:/dev/full", "table:/dev/full", "ktap:/dev/full",
	};
	char name[] = "/tmp/bench_progs_stderr_XXXXXX";
	int fd = mkstemp(name);
	struct run_doc doc;

	make_doc(&doc, CLOCK_KIND_NS);
	for (int i = 0; i < 3; i++) {
		struct reports rs = { 0 };

		ASSERT_NE(NULL, freopen(name, "w", stderr));
		ASSERT_EQ(0, reports_open(&rs, formats[i], 0));
		ASSERT_EQ(0, reports_open(&rs, out_spec("jsonl"), 0));
		EXPECT_EQ(-ENOSPC, reports_begin(&rs, &doc.header));
		/* Said once; the other output goes on. */
		EXPECT_EQ(0, reports_result(&rs, &doc.results[0]));
		EXPECT_EQ(0, reports_end(&rs, &doc.end));
		EXPECT_EQ(-ENOSPC, reports_close(&rs));
		fflush(stderr);
		EXPECT_STREQ("/dev/full: No space left on device\n", slurp(name));
		EXPECT_IN(slurp(path), "\"type\":\"end\"");
	}
	run_doc_free(&doc);
	close(fd);
	unlink(name);
	out_remove();
}

TEST(jsonl_is_the_document)
{
	struct run_doc doc, back;
	char err[128];

	make_doc(&doc, CLOCK_KIND_NS);
	ASSERT_EQ(0, strncmp("{\"type\":\"header\"", report(&doc, "jsonl", 0), 16));
	ASSERT_EQ(0, run_doc_read(path, &back, err, sizeof(err)));
	EXPECT_TRUE(back.complete);
	EXPECT_EQ(doc.nr_results, back.nr_results);
	run_doc_free(&back);
	doc.complete = false;
	report(&doc, "jsonl", 0);
	ASSERT_EQ(0, run_doc_read(path, &back, err, sizeof(err)));
	EXPECT_FALSE(back.complete);
	run_doc_free(&back);
	run_doc_free(&doc);
	out_remove();
}

TEST(table)
{
	struct run_doc doc;
	char *text;

	make_doc(&doc, CLOCK_KIND_NS);
	text = report(&doc, "table", 0);
	EXPECT_TRUE(is_plain(text));
	EXPECT_IN(text, "kernel 6.12.95, x86_64\ncpu test\naccel metal\n");
	EXPECT_IN(text, "\nmap_lookup\n  hash:entries=1024     12.3 ns/op [12.1, 12.6] 97.9%");
	EXPECT_IN(text, "13.9      1.60    312  ok         ok [1]\n");
	EXPECT_IN(text, "ok [2] [1]\n");
	EXPECT_IN(text, "fail: value 7, expected 8 #  [31m\n");
	EXPECT_IN(text, "skip: needs bpf_loop\n");
	EXPECT_IN(text, "timeout: needs bpf_loop\n");
	EXPECT_IN(text, "312 bytes exact jited");
	EXPECT_IN(text, "[1] rep movsb counts once per byte\n[2] another note\n");
	EXPECT_IN(text, "A/A noise floor: 0.0100 ns/op [-0.0100, 0.0300] 97.9%, "
			"up to 1.9 % of raw\n");
	EXPECT_IN(text, "5 passed, 3 failed, 1 skipped in 12.3 s (ns clock, kernel 6.12.95)\n");
	text = report(&doc, "table", 1);
	EXPECT_IN(text, "      jited          312 bytes exact, n 1, excluded 0");
	doc.complete = false;
	json_object_clear(doc.header.env);
	text = report(&doc, "table", 0);
	EXPECT_IN(text, "cut short: 5 passed, 3 failed, 1 skipped of 9 planned (ns clock)\n");
	run_doc_free(&doc);
	out_remove();
}

TEST(table_of_counts)
{
	struct estimate e = estimate_exact(171.23381);
	struct run_doc doc;
	char *text;

	make_doc(&doc, CLOCK_KIND_INSN);
	doc.results[2].metrics[0].est = e;
	doc.header.nr_plan = 0;
	text = report(&doc, "table", 0);
	doc.header.nr_plan = 9;
	EXPECT_IN(text, "41 insn/op exact");
	EXPECT_IN(text, "    56.25     15.25    312  exact      ok [1]\n");
	EXPECT_IN(text, "171.2338 insn/op exact");
	EXPECT_IN(text, "A/A noise floor: 0 insn/op exact");
	run_doc_free(&doc);
	out_remove();
}

TEST(odd_documents)
{
	char long_id[] =
		"map_lookup/a_case_with_a_name_that_is_longer_than_the_column_may_be_wide"
		":entries=65536";
	struct estimate e = estimate_ns(0, 1);
	struct comparison_table t;
	struct run_doc doc;
	char err[128];

	doc_init(&doc, CLOCK_KIND_NS);
	json_decref(doc.header.env);
	doc.header.env = NULL;
	doc_plan(&doc.header, "no_slash");
	doc_plan(&doc.header, "no");
	doc_plan(&doc.header, long_id);
	doc_add(&doc, long_id, STATUS_SKIP);
	free(doc.results[0].reason);
	doc.results[0].reason = NULL;
	doc_add(&doc, "selfcheck/empty_twin", STATUS_OK);
	result_add_metric(&doc.results[1], "net", &e);
	doc_add(&doc, "selfcheck/empty:x=1", STATUS_OK);
	result_add_metric(&doc.results[2], "net", &e);
	EXPECT_IN(report(&doc, "ktap", 0), "  # Subtest: map_lookup\n  1..1\n  ok 1 a_case_with");
	EXPECT_IN(report(&doc, "ktap", 0), " # SKIP no reason given\n");
	EXPECT_IN(report(&doc, "table", 0), ":entries=65536  skip\n");
	EXPECT_IN(report(&doc, "table", 0), "A/A noise floor: 0.00 ns/op [-1.00, 1.00] 97.9%\n");
	result_add_metric(&doc.results[2], "raw", &e);
	EXPECT_IN(report(&doc, "table", 0), "A/A noise floor: 0.00 ns/op [-1.00, 1.00] 97.9%\n");
	/* With itself, and with nothing. */
	ASSERT_EQ(0, compare_docs(&doc, &doc, &t, err, sizeof(err)));
	EXPECT_EQ(0, strncmp("id ", report_comparison(&t, "table", 0), 3));
	comparison_table_free(&t);
	ASSERT_EQ(0, compare_docs(&doc, &(struct run_doc){ .header = doc.header }, &t, err,
				  sizeof(err)));
	EXPECT_IN(report_comparison(&t, "table", 0), "n/a: only in A\n");
	comparison_table_free(&t);
	ASSERT_EQ(0, compare_docs(&(struct run_doc){ .header = doc.header }, &doc, &t, err,
				  sizeof(err)));
	EXPECT_IN(report_comparison(&t, "table", 0), "n/a: only in B\n");
	comparison_table_free(&t);
	run_doc_free(&doc);
	out_remove();
}

TEST(digits)
{
	static const struct {
		double value, half;
		const char *text;
	} cases[] = {
		{ 1234.5, 3, " 1234 ns/op [1232, 1238]" },
		{ 0.0123, 0.0004, " 0.0123 ns/op [0.0119, 0.0127]" },
		{ 5, 0.5, " 5.00 ns/op [4.50, 5.50]" },
		{ 5, 1e-7, " 5.0000000 ns/op [4.9999999, 5.0000001]" },
		{ 0, 0.25, " 0.000 ns/op [-0.250, 0.250]" }, { 3e15, 1e13, " 3e+15 ns/op [" },
		{ 7, 0, " 7 ns/op [7, 7]" }, { 1e-6, 0, " 1e-06 ns/op [" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run_doc doc;

		doc_init(&doc, CLOCK_KIND_NS);
		doc_add(&doc, "f/c", STATUS_OK);
		result_add_metric(&doc.results[0], "raw",
				  &(struct estimate){ .value = cases[i].value, .level = 0.97,
						      .n = 8,
						      .lo = cases[i].value - cases[i].half,
						      .hi = cases[i].value + cases[i].half });
		EXPECT_IN(report(&doc, "table", 0), cases[i].text);
		doc.results[0].metrics[0].est.level = 0;
		EXPECT_IN(report(&doc, "table", 0), " ns/op, one load");
		run_doc_free(&doc);
	}
	out_remove();
}

TEST(progress_on_a_terminal)
{
	struct reports rs = { 0 };
	struct run_doc doc;
	char *text;

	make_doc(&doc, CLOCK_KIND_NS);
	ASSERT_EQ(0, reports_open(&rs, out_spec("table"), 0));
	rs.out[0].is_tty = true;
	EXPECT_EQ(0, reports_begin(&rs, &doc.header));
	for (size_t i = 0; i < doc.nr_results - 1; i++)
		EXPECT_EQ(0, reports_result(&rs, &doc.results[i]));
	text = slurp(path);
	EXPECT_IN(text, "[  1/9] selfcheck/empty\r\033[Kselfcheck\n  empty");
	EXPECT_IN(text, "[  2/9] " CASE " 00:00 left\r\033[Kmap_lookup\n");
	EXPECT_STREQ("left", text + strlen(text) - 4);
	/* Killed here: the line goes. */
	EXPECT_EQ(0, reports_close(&rs));
	text = slurp(path);
	EXPECT_STREQ("left\r\033[K", text + strlen(text) - 8);
	run_doc_free(&doc);
	out_remove();
}

TEST(ktap)
{
	struct run_doc doc;
	char *text;

	make_doc(&doc, CLOCK_KIND_NS);
	text = report(&doc, "ktap", 0);
	EXPECT_TRUE(is_plain(text));
	EXPECT_EQ(0, strncmp(text, "KTAP version 1\n1..3\n", 20));
	EXPECT_IN(text, "\n  KTAP version 1\n  # Subtest: map_lookup\n  1..5\n");
	EXPECT_IN(text, "  # metric=net value=12.3 lo=12.05 hi=12.55 level=0.979 n=16"
			" unit=ns/op quality=ok\n");
	EXPECT_IN(text, "  # note: rep movsb counts once per byte\n  ok 1 hash:entries=1024\n");
	EXPECT_IN(text, "  # reason: value 7, expected 8 #  [31m\n  not ok 3 wrong\n");
	EXPECT_IN(text, "\n  ok 4 lru # SKIP needs bpf_loop\n"
			"  not ok 5 stuck # TIMEOUT needs bpf_loop\n");
	EXPECT_IN(text, "\nnot ok 2 map_lookup\n  KTAP version 1\n");
	EXPECT_IN(text, "\n  not ok 1 insns # ERROR needs bpf_loop\n");
	EXPECT_IN(text, "\nok 1 selfcheck\n");
	EXPECT_IN(text, "\nnot ok 3 verifier\n# 5 passed, 3 failed, 1 skipped in 12.3 s\n");
	run_doc_free(&doc);
	out_remove();
}

TEST(ktap_cut_short)
{
	struct run_doc doc;
	char *text, reason[700];

	make_doc(&doc, CLOCK_KIND_NS);
	memset(reason, 'r', sizeof(reason));
	reason[sizeof(reason) - 1] = 0;
	result_set_reason(&doc.results[5], "%s", reason);
	doc.complete = false;
	doc.nr_results = 6;
	text = report(&doc, "ktap", 0);
	EXPECT_IN(text, "\nnot ok 2 map_lookup\n# the run was cut short\n");
	doc.nr_results = 3;
	text = report(&doc, "ktap", 0);
	EXPECT_IN(text, "\n# 3 of 5 tests did not run\nnot ok 2 map_lookup # ERROR cut short\n");
	doc.nr_results = 0;
	EXPECT_IN(report(&doc, "ktap", 0), "1..3\n");
	doc.nr_results = 9;
	/* A row that no plan has, and a document without a plan. */
	strcpy(doc.header.plan[8], "verifier/b");
	EXPECT_IN(report(&doc, "ktap", 0), "\n  ok 3 bare\n");
	doc.header.nr_plan = 0;
	text = report(&doc, "ktap", 0);
	EXPECT_IN(text, "\nok 2 " CASE "\n");
	doc.header.nr_plan = 1;
	EXPECT_IN(report(&doc, "ktap", 0), "\n  # Subtest: map_lookup\n  # metric=net");
	doc.header.nr_plan = 9;
	run_doc_free(&doc);
	out_remove();
}

static void make_comparison(struct run_doc *a, struct run_doc *b, enum clock_kind clock,
			    struct comparison_table *t)
{
	struct estimate e = clock == CLOCK_KIND_NS ? estimate_ns(14.5, 0.2) : estimate_exact(43);
	struct estimate jited = estimate_exact(300);
	char err[128];

	make_doc(a, clock);
	make_doc(b, clock);
	b->results[1].metrics[0].est = e;
	b->results[1].metrics[3].est = jited;
	json_object_set_new(b->header.env, "kernel", json_string("7.2.12"));
	json_object_set_new(b->header.env, "kernel_cc", json_string("gcc 16"));
	if (compare_docs(a, b, t, err, sizeof(err)))
		abort();
}

TEST(comparisons_in_time)
{
	struct comparison_table t;
	struct run_doc a, b;
	char *text;

	make_comparison(&a, &b, CLOCK_KIND_NS, &t);
	text = report_comparison(&t, "table", 0);
	EXPECT_TRUE(is_plain(text));
	EXPECT_IN(text, "the environments differ:\n  kernel: 6.12.95 -> 7.2.12\n"
			"  kernel_cc: not rec");
	EXPECT_IN(text, "net ns/op                  12.3       14.5  +2.20 [1.75, 2.65] +18%");
	EXPECT_IN(text, "  slower\n");
	EXPECT_EQ(NULL, strstr(text, "jited bytes"));
	EXPECT_IN(text, "1 sizes and verifier figures that differ are not shown (-v shows them)\n");
	EXPECT_IN(report_comparison(&t, "table", 1),
		  "jited bytes                 312        300  -12 -3.8%");
	EXPECT_IN(report_comparison(&t, "table", 1),
		  "n/a: changed, which is neither faster nor slower\n");
	text = report_comparison(&t, "table", 0);
	EXPECT_IN(text, "n/a: fail in A, fail in B: value 7");
	EXPECT_EQ(NULL, strstr(text, "map_lookup/lru"));
	EXPECT_IN(text, "1 skipped in both are not shown (-v shows them)\n");
	EXPECT_IN(text, "noise: 0.03 ns/op (A/A), 0 % of gross (reference loop)");
	EXPECT_IN(text, " same, 1 slower, 0 faster, ");
	EXPECT_IN(report_comparison(&t, "table", 1), "map_lookup/lru");
	text = report_comparison(&t, "jsonl", 0);
	EXPECT_IN(text, "{\"type\":\"comparison\",\"id\":\"" CASE "\",\"verdict\":\"slower\","
			"\"metric\":");
	EXPECT_IN(text, "\"env_diffs\":[\"kernel: 6.12.95 -> 7.2.12\",\"kernel_cc");
	EXPECT_IN(text, "{\"type\":\"comparison_end\",\"same\":");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		json_t *obj = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		EXPECT_NE(NULL, obj);
		json_decref(obj);
	}
	comparison_table_free(&t);
	run_doc_free(&a);
	run_doc_free(&b);
	out_remove();
}

TEST(comparisons_of_counts)
{
	struct reports rs = { 0 };
	struct comparison_table t;
	struct run_doc a, b;
	char *text;

	make_comparison(&a, &b, CLOCK_KIND_INSN, &t);
	text = report_comparison(&t, "table", 0);
	EXPECT_IN(text, "net insn/op                  41         43  +2 +4.9%");
	EXPECT_IN(text, "2 same, 1 slower, 0 faster, 0 unresolved, 6 n/a "
			"(exact: counted guests)\n");
	EXPECT_IN(report_comparison(&t, "jsonl", 0), "\"exact\":true");
	ASSERT_NE(NULL, freopen("/dev/null", "w", stderr));
	ASSERT_EQ(0, reports_open(&rs, out_spec("ktap"), 0));
	EXPECT_EQ(-EOPNOTSUPP, reports_compare(&rs, &t));
	EXPECT_EQ(-EOPNOTSUPP, reports_close(&rs));
	comparison_table_free(&t);
	comparison_table_free(&t);
	run_doc_free(&a);
	run_doc_free(&b);
	out_remove();
}

TEST(no_memory)
{
	static const char *const formats[] = { "table", "ktap" };
	struct reports rs = { 0 };
	struct run_doc doc;

	if (!can_fail())
		SKIP(return, "needs -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc");
	make_doc(&doc, CLOCK_KIND_NS);
	ASSERT_NE(NULL, freopen("/dev/null", "w", stderr));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, reports_open(&rs, out_spec(formats[i]), 0));
		fail_after = 0;
		EXPECT_EQ(-ENOMEM, reports_begin(&rs, &doc.header));
		fail_after = -1;
		EXPECT_EQ(-ENOMEM, reports_close(&rs));
	}
	ASSERT_EQ(0, reports_open(&rs, out_spec("table"), 0));
	ASSERT_EQ(0, reports_begin(&rs, &doc.header));
	fail_after = 0;
	EXPECT_EQ(-ENOMEM, reports_result(&rs, &doc.results[1]));
	fail_after = -1;
	EXPECT_EQ(-ENOMEM, reports_close(&rs));
	run_doc_free(&doc);
	out_remove();
}

TEST(texts_for_people)
{
	struct memory m;

	memory_open(&m);
	report_put_text(m.out, NULL);
	report_put_text(m.out, "a\x1b[31m\tb\x7f\xc2\x9b|\xc2\xa0\xc3\xa9\xc2");
	fflush(m.out);
	EXPECT_STREQ("a [31m b  |\xc2\xa0\xc3\xa9\xc2", m.text);
	memory_close(&m);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole documents, good and hostile. A good one that is cut, changed or read without memory:
 * test_doc_broken.c.
 */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "doc_fixture.h"
#include "kselftest_harness.h"

#define H "{\"type\":\"header\",\"schema\":1,\"tool\":\"bench_progs\",\"version\":\"0.1\"," \
	  "\"clock\":\"ns\",\"started\":\"2026\",\"seed\":1,\"env\":{\"kernel\":\"6.1\"}}\n"
#define R(rest) "{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\",\"case\":\"c\"," \
		"\"status\":\"ok\"" rest "}\n"
#define E "{\"type\":\"end\",\"passed\":1,\"failed\":0,\"skipped\":0,\"seconds\":0.5}\n"
#define M(unit, value, lo, hi, level, n, mad, quality)						\
	"{\"unit\":" unit ",\"value\":" value ",\"lo\":" lo ",\"hi\":" hi ",\"level\":" level	\
	",\"n\":" n ",\"mad\":" mad ",\"quality\":" quality "}"
#define RAW(...) R(",\"metrics\":{\"raw\":" M(__VA_ARGS__) "}")
#define S(sample) R(",\"samples\":{\"raw\":[" sample "]}")

static char err_buf[512], *err = err_buf;

static int read_string(const char *text, struct run_doc *doc)
{
	memset(err, 0, sizeof(err_buf));
	return read_text(text, strlen(text), doc, err, sizeof(err_buf));
}

/* The clause behind "FILE:LINE: ". */
static const char *clause(int line)
{
	char where[16];
	const char *at;

	snprintf(where, sizeof(where), ":%d: ", line);
	at = strstr(err, where);
	return at ? at + strlen(where) : err;
}

TEST(nul)
{
	static const char text[] = H " \0\n";
	struct run_doc doc;

	memset(err, 0, sizeof(err_buf));
	EXPECT_EQ(-EINVAL, read_text(text, sizeof(text) - 1, &doc, err, sizeof(err_buf)));
	EXPECT_STREQ("a NUL byte", clause(2));
}

TEST(a_good_document)
{
	struct run_doc doc;

	ASSERT_EQ(0, read_string("\n" H "{\"type\":\"en\",\"x\":[1]}\n \t\r\n"
				 R(",\"metrics\":{\"later\":{},\"raw\":"
				   M("\"ns/op\"", "1", "1", "1", "1", "1", "0", "\"exact\"")
				   "},\"unknown\":null") E "\n", &doc));
	EXPECT_TRUE(doc.complete);
	EXPECT_EQ(1, doc.nr_results);
	EXPECT_EQ(1, doc.results[0].nr_metrics);
	EXPECT_EQ(1, doc.end.passed);
	EXPECT_TRUE(run_doc_find(&doc, "f/c") == doc.results);
	EXPECT_EQ(NULL, run_doc_find(&doc, "f/d"));
	run_doc_free(&doc);

	ASSERT_EQ(0, read_string(H R(""), &doc));
	EXPECT_FALSE(doc.complete);
	run_doc_free(&doc);
}

struct refused {
	const char *text, *clause;
};

static const struct refused headers[] = {
	{ "{\"type\":\"header\"}", "no bench_progs document: tool is not bench_progs" },
	{ "{\"type\":\"header\",\"tool\":\"other\"}", "no bench_progs document: tool" },
	{ "{\"type\":\"header\",\"tool\":\"bench_progs\"}", "schema is missing" },
	{ "{\"type\":\"header\",\"tool\":\"bench_progs\",\"schema\":\"1\"}",
	  "schema is not an int" },
	{ "{\"type\":\"header\",\"tool\":\"bench_progs\",\"schema\":2}", "schema 2, but this" },
};

#define HEAD "{\"type\":\"header\",\"tool\":\"bench_progs\",\"schema\":1"
#define CLOCK ",\"clock\":\"ns\",\"version\":\"1\",\"started\":\"1\""
static const struct refused header_fields[] = {
	{ HEAD "}", "clock is missing" },
	{ HEAD ",\"clock\":1}", "clock is not a string" },
	{ HEAD ",\"clock\":\"tsc\"}", "clock is neither" },
	{ HEAD ",\"clock\":\"ns\"}", "version is missing" },
	{ HEAD ",\"clock\":\"ns\",\"version\":1}", "version is not a string" },
	{ HEAD ",\"clock\":\"ns\",\"version\":\"\\u001b[31m\"}", "version holds a control" },
	{ HEAD ",\"clock\":\"ns\",\"version\":\"1\"}", "started is missing" },
	{ HEAD CLOCK "}", "seed is missing" },
	{ HEAD CLOCK ",\"seed\":-1}", "seed is no unsigned" },
	{ HEAD CLOCK ",\"seed\":\"-1\"}", "seed is no unsigned" },
	{ HEAD CLOCK ",\"seed\":\"x\"}", "seed is no unsigned" },
	{ HEAD CLOCK ",\"seed\":\"1x\"}", "seed is no unsigned" },
	{ HEAD CLOCK ",\"seed\":\"18446744073709551616\"}", "seed is no unsigned" },
	{ HEAD CLOCK ",\"seed\":18446744073709551616}",
	  "no bench_progs document: not JSON: too big integer" },
	{ HEAD CLOCK ",\"seed\":1}", "env is missing" },
	{ HEAD CLOCK ",\"seed\":1,\"env\":[]}", "env is not an object" },
	{ HEAD CLOCK ",\"seed\":1,\"env\":{\"a b\":1}}", "env has a key that is no name" },
	{ HEAD CLOCK ",\"seed\":1,\"env\":{\"a\":null}}", "env.a is neither" },
	{ HEAD CLOCK ",\"seed\":1,\"env\":{\"a\":\"\\u009b\"}}", "env.a holds a control" },
	{ HEAD CLOCK ",\"seed\":1,\"argv\":{}}", "argv is not an array" },
	{ HEAD CLOCK ",\"seed\":1,\"argv\":[1]}", "argv[0] is not a string" },
	{ HEAD CLOCK ",\"seed\":1,\"argv\":[\"a\",\"\\n\"]}", "argv[1] is no text" },
	{ HEAD CLOCK ",\"seed\":1,\"plan\":[\"a\",\"b#\"]}", "plan[1] is no name" },
	{ HEAD CLOCK ",\"seed\":1,\"seed\":1}", "no bench_progs document: not JSON: duplicate" },
};

static const struct refused results[] = {
	{ "{\"type\":\"result\"}", "id is missing" },
	{ "{\"type\":\"result\",\"id\":1}", "id is not a string" },
	{ "{\"type\":\"result\",\"id\":\"a\\nb\"}", "id is no name" },
	{ "{\"type\":\"result\",\"id\":\"a#b\"}", "id is no name" },
	{ "{\"type\":\"result\",\"id\":\"f/c\"}", "family is missing" },
	{ "{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\"}", "case is missing" },
	{ "{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\",\"case\":\"c\"}",
	  "status is missing" },
	{ "{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\",\"case\":\"c\",\"status\":0}",
	  "status is not a string" },
	{ "{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\",\"case\":\"c\","
	  "\"status\":\"good\"}",
	  "status is unknown" },
	{ "{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\",\"case\":\"d\",\"status\":\"ok\"}",
	  "id is not family/case" },
	{ "{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\",\"case\":\"c\","
	  "\"status\":\"skip\"}",
	  "reason is missing" },
	{ R(",\"loop\":1"), "loop is not a string" },
	{ R(",\"loop\":\"kernel\""), "loop is unknown" },
	{ R(",\"reason\":\"\\u0007\""), "reason holds a control" },
	{ R(",\"reason\":\"\\u0000\""), "not JSON: \\u0000 is not allowed" },
	{ R(",\"notes\":1"), "notes is not an array" },
	{ R(",\"notes\":[\"\",\"\",\"\",\"\",\"\"]"), "notes has more than 4" },
	{ R(",\"params\":[]"), "params is not an object" },
	{ R(",\"params\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1}"), "params has more than 4" },
	{ R(",\"params\":{\"a b\":1}"), "params has a key that is no name" },
	{ R(",\"params\":{\"a\":1.5}"), "params.a is not an integer" },
	{ R(",\"metrics\":[]"), "metrics is not an object" },
	{ R(",\"metrics\":{\"\\u001b[1m\":{}}"), "metrics has a key that is no name" },
	{ R(",\"metrics\":{\"raw\":1}"), "metrics.raw is not an object" },
	{ R(",\"metrics\":{\"raw\":{}}"), "metrics.raw.unit is missing" },
	{ R(",\"metrics\":{\"raw\":{\"unit\":\"ns/op\"}}"), "metrics.raw.quality is missing" },
	{ R(",\"metrics\":{\"raw\":{\"unit\":\"ns/op\",\"quality\":\"ok\"}}"),
	  "metrics.raw.value is mis" },
	{ R(",\"metrics\":{\"raw\":{\"unit\":\"\",\"quality\":\"\",\"value\":1}}"),
	  "metrics.raw.lo is mis" },
	{ RAW("\"ns/op\"", "\"1\"", "1", "1", "1", "1", "0", "\"ok\""),
	  "metrics.raw.value is not a" },
	{ RAW("\"ns/op\"", "NaN", "1", "1", "1", "1", "0", "\"ok\""), "not JSON: invalid token" },
	{ RAW("\"ns/op\"", "Infinity", "1", "1", "1", "1", "0", "\"ok\""),
	  "not JSON: invalid token" },
	{ RAW("\"ns/op\"", "1e999", "1", "1", "1", "1", "0", "\"ok\""),
	  "not JSON: real number over" },
	{ RAW("\"ns/op\"", "1", "[]", "1", "1", "1", "0", "\"ok\""),
	  "metrics.raw.lo is not a number" },
	{ RAW("\"ns/op\"", "1", "1", "{}", "1", "1", "0", "\"ok\""),
	  "metrics.raw.hi is not a number" },
	{ RAW("\"ns/op\"", "1", "2", "1", "1", "1", "0", "\"ok\""), "metrics.raw.lo is above" },
	{ RAW("\"ns/op\"", "1", "1", "1", "1.1", "1", "0", "\"ok\""),
	  "metrics.raw.level is out of" },
	{ RAW("\"ns/op\"", "1", "1", "1", "-0.1", "1", "0", "\"ok\""),
	  "metrics.raw.level is out of" },
	{ RAW("\"ns/op\"", "1", "1", "1", "1", "-1", "0", "\"ok\""),
	  "metrics.raw.n is out of range" },
	{ RAW("\"ns/op\"", "1", "1", "1", "1", "4294967296", "0", "\"ok\""),
	  "metrics.raw.n is out" },
	{ RAW("\"ns/op\"", "1", "1", "1", "1", "1.5", "0", "\"ok\""),
	  "metrics.raw.n is not an int" },
	{ R(",\"metrics\":{\"raw\":{\"unit\":\"ns/op\",\"quality\":\"ok\","
	    "\"value\":1,\"lo\":1,\"hi\":1,"
	    "\"level\":1,\"mad\":0}}"), "metrics.raw.n is missing" },
	{ RAW("\"ns/op\"", "1", "1", "1", "1", "1", "-1", "\"ok\""), "metrics.raw.mad is out of" },
	{ RAW("\"ns/op\"", "1", "1", "1", "1", "1", "0", "\"good\""),
	  "metrics.raw.quality is unk" },
	{ RAW("\"insn/op\"", "1", "1", "1", "1", "1", "0", "\"ok\""),
	  "metrics.raw.unit is not that" },
	{ RAW("\"ns/op\"", "1", "1", "1", "1", "1", "0,\"mad_within\":-1", "\"ok\""),
	  "metrics.raw.mad_within is out" },
	{ RAW("\"ns/op\"", "1", "1", "1", "1", "1", "0,\"excluded\":-1", "\"ok\""),
	  "metrics.raw.excluded is out" },
	{ R(",\"samples\":[]"), "samples is not an object" },
	{ R(",\"samples\":{\"ref\":{}}"), "samples.ref is not an array" },
	{ S("1"), "samples.raw[0] is no array of 6" },
	{ S("[0,0,0,1,1,0],[0,0,0,1,1]"), "samples.raw[1] is no array of 6" },
	{ S("[0,0,0,1,1,0.5]"), "samples.raw[0][5] is not an integer" },
	{ S("[0,0,0,1,0,0]"), "samples.raw[0]: no operation done" },
	{ S("[-1,0,0,1,1,0]"), "samples.raw[0][0] is out of range" },
	{ S("[4194304,0,0,1,1,0]"), "samples.raw[0][0] is out of range" },
	{ S("[0,4194304,0,1,1,0]"), "samples.raw[0][1] is out of range" },
	{ S("[0,0,3,1,1,0]"), "samples.raw[0][2] is out of range" },
	{ S("[0,0,0,-1,1,0]"), "samples.raw[0][3] is out of range" },
	{ S("[0,0,0,1,1,64]"), "samples.raw[0][5] is out of range" },
	{ "{\"type\":\"end\"}", "passed is missing" },
	{ "{\"type\":\"end\",\"passed\":1}", "failed is missing" },
	{ "{\"type\":\"end\",\"passed\":1,\"failed\":0}", "skipped is missing" },
	{ "{\"type\":\"end\",\"passed\":1,\"failed\":0,\"skipped\":0}", "seconds is missing" },
	{ "{\"type\":\"end\",\"passed\":1,\"failed\":0,\"skipped\":0,\"seconds\":-1}",
	  "seconds is out" },
	{ "{\"type\":1}", "no object with a type" },
	{ "[1]", "no object with a type" },
	{ "{\"type\":\"end\"", "not JSON: '}' expected" },
	{ "\x1b]0;title\x07", "not JSON: '[' or '{' expected near '?" },
	{ "{\"type\":\"\xff\"}", "not JSON: unable to decode byte 0xff" },
	{ "{\"a\":\"\\", "not JSON: invalid escape" },
	{ H, "a second header" },
	{ R("") R(""), NULL },
	{ E E, NULL },
};

static void try_refused(struct __test_metadata *_metadata, const struct refused *v, size_t nr,
			const char *before, int line)
{
	for (size_t i = 0; i < nr; i++) {
		struct run_doc doc;
		char text[4096];

		snprintf(text, sizeof(text), "%s%s\n", before, v[i].text);
		EXPECT_EQ(-EINVAL, read_string(text, &doc));
		EXPECT_EQ(0, doc.nr_results);
		if (v[i].clause && strncmp(v[i].clause, clause(line), strlen(v[i].clause)))
			EXPECT_STREQ(v[i].clause, clause(line));
		for (const char *p = err; *p; p++)
			EXPECT_TRUE(*p >= ' ' && *p <= '~');
	}
}

TEST(refused_lines)
{
	try_refused(_metadata, headers, sizeof(headers) / sizeof(headers[0]), "", 1);
	try_refused(_metadata, header_fields, sizeof(header_fields) / sizeof(headers[0]), "", 1);
	try_refused(_metadata, results, sizeof(results) / sizeof(results[0]), H, 2);
}

TEST(refused_order)
{
	struct run_doc doc;

	EXPECT_EQ(-EINVAL, read_string("", &doc));
	EXPECT_STREQ("no bench_progs document: empty", clause(1));
	EXPECT_EQ(-EINVAL, read_string(R("") H, &doc));
	EXPECT_STREQ("a result before the header", clause(1));
	EXPECT_EQ(-EINVAL, read_string(E, &doc));
	EXPECT_STREQ("an end before the header", clause(1));
	EXPECT_EQ(-EINVAL, read_string("{\"type\":\"feature\"}\n", &doc));
	EXPECT_STREQ("no bench_progs document: the first line is no header", clause(1));
	EXPECT_EQ(-EINVAL, read_string("{\n  \"name\": \"x\"\n}\n", &doc));
	EXPECT_EQ(0, strncmp("no bench_progs document: not JSON", clause(1), 33));
	EXPECT_EQ(-EINVAL, read_string("{\"name\":\"x\"}\n", &doc));
	EXPECT_STREQ("no bench_progs document: no object with a type", clause(1));
	EXPECT_EQ(-EINVAL, read_string("{\"type\":\"head", &doc));
	EXPECT_EQ(-EINVAL, read_string(H R("") R(""), &doc));
	EXPECT_STREQ("a second result of the same id", clause(3));
	EXPECT_EQ(-EINVAL, read_string(H E R(""), &doc));
	EXPECT_STREQ("a line after the end", clause(3));
	EXPECT_EQ(-EINVAL, read_string(H R("") E "x", &doc));
	EXPECT_STREQ("a line after the end", clause(4));
}

TEST(refused_files)
{
	char self[] = "/tmp/bench_progs_unreadable_XXXXXX";
	int fd = mkstemp(self);
	struct run_doc doc;

	EXPECT_EQ(-ENOENT, run_doc_read("/nonexistent", &doc, err, sizeof(err_buf)));
	EXPECT_STREQ("/nonexistent: No such file or directory", err);
	EXPECT_EQ(-EISDIR, run_doc_read("/tmp", &doc, err, sizeof(err_buf)));
	EXPECT_STREQ("/tmp: Is a directory", err);
	EXPECT_EQ(-EINVAL, run_doc_read("/dev/zero", &doc, err, sizeof(err_buf)));
	EXPECT_STREQ("/dev/zero:1: the line is longer than 16 MiB", err);
	ASSERT_LE(0, fd);
	fchmod(fd, 0);
	if (geteuid()) {
		EXPECT_EQ(-EACCES, run_doc_read(self, &doc, err, sizeof(err_buf)));
		EXPECT_NE(NULL, strstr(err, "Permission denied"));
	}
	unlink(self);
	close(fd);
}

TEST(standard_input)
{
	struct run_doc doc;
	FILE *file;

	ASSERT_NE(NULL, freopen(text_path(H R("") E, strlen(H R("") E), &file), "r", stdin));
	EXPECT_EQ(0, run_doc_read("-", &doc, err, sizeof(err_buf)));
	EXPECT_TRUE(doc.complete);
	run_doc_free(&doc);
	fclose(file);
	ASSERT_NE(NULL, freopen(text_path("[]\n", 3, &file), "r", stdin));
	EXPECT_EQ(-EINVAL, run_doc_read("-", &doc, err, sizeof(err_buf)));
	EXPECT_EQ(0, strncmp("stdin:1: no bench_progs", err, 23));
	fclose(file);
	/* The error is of an earlier call, which took its errno along. */
	ASSERT_NE(NULL, freopen(text_path(H R("") E, strlen(H R("") E), &file), "r", stdin));
	EXPECT_EQ(EOF, putc('x', stdin));
	EXPECT_EQ(-EIO, run_doc_read("-", &doc, err, sizeof(err_buf)));
	EXPECT_STREQ("stdin: Input/output error", err);
	EXPECT_EQ(0, doc.nr_results);
	fclose(file);
}

/* @nr copies of @unit between two texts, as a line of its own behind a header. */
static int read_repeated(const char *from, const char *unit, size_t nr, const char *to,
			 struct run_doc *doc)
{
	size_t sz = strlen(H) + strlen(from) + nr * strlen(unit) + strlen(to) + 1, n;
	char *text = malloc(sz);
	int ret;

	n = sprintf(text, "%s%s", H, from);
	for (size_t i = 0; i < nr; i++, n += strlen(unit))
		memcpy(text + n, unit, strlen(unit));
	strcpy(text + n, to);
	memset(err, 0, sizeof(err_buf));
	ret = read_text(text, n + strlen(to), doc, err, sizeof(err_buf));
	free(text);
	return ret;
}

TEST(bombs)
{
	static const char samples[] = "{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\","
				      "\"case\":\"c\",\"status\":\"ok\",\"samples\":{\"raw\":[";
	struct run_doc doc;

	EXPECT_EQ(-EINVAL, read_repeated("", "[", 10000000, "\n", &doc));
	EXPECT_STREQ("nested deeper than 16", clause(2));
	EXPECT_EQ(-EINVAL, read_repeated("", "{\"a\":", 1000000, "\n", &doc));
	EXPECT_STREQ("nested deeper than 16", clause(2));
	EXPECT_EQ(-EINVAL, read_repeated("[", "{},", 5000, "0]\n", &doc));
	EXPECT_STREQ("too many arrays or objects", clause(2));
	EXPECT_EQ(-EINVAL, read_repeated("[", "[],", 1200000, "0]\n", &doc));
	EXPECT_STREQ("too many arrays or objects", clause(2));
	EXPECT_EQ(-EINVAL, read_repeated("\"", "x", DOC_MAX_LINE, "\"\n", &doc));
	EXPECT_STREQ("the line is longer than 16 MiB", clause(2));
	EXPECT_EQ(-EINVAL, read_repeated(samples, "[0,0,0,1,1,0],", DOC_MAX_SAMPLES,
					 "[0,0,0,1,1,0]]}}\n", &doc));
	EXPECT_STREQ("samples.raw has more than 1000000 entries", clause(2));
	/* Brackets in strings nest nothing, nor does a quote behind a backslash end one. */
	EXPECT_EQ(0, read_repeated("{\"type\":\"x\",\"x\":\"\\\"", "[", 100, "\"}\n", &doc));
	run_doc_free(&doc);
}

TEST(more_bombs)
{
	struct run_doc doc;
	struct doc_item item;
	char text[32], *line;

	EXPECT_EQ(-EINVAL, read_text(H "{\"type\":\0\"end\"}\n", strlen(H) + 16, &doc, err,
				     sizeof(err_buf)));
	EXPECT_STREQ("a NUL byte", clause(2));
	EXPECT_EQ(-EINVAL, read_text(H "\"\\\0\"\n", strlen(H) + 5, &doc, err, sizeof(err_buf)));
	EXPECT_STREQ("a NUL byte", clause(2));
	EXPECT_EQ(-EINVAL, doc_parse_line("\"\\", 2, &item, err, sizeof(err_buf)));
	line = malloc(DOC_MAX_LINE + 1);
	memset(line, ' ', DOC_MAX_LINE + 1);
	EXPECT_EQ(-EINVAL, doc_parse_line(line, DOC_MAX_LINE + 1, &item, err, sizeof(err_buf)));
	EXPECT_STREQ("the line is longer than 16777216 bytes", err);
	free(line);
	snprintf(text, sizeof(text), "%s", "{\"type\":\"new\"}");
	EXPECT_EQ(DOC_LINE_IGNORED,
		  doc_parse_line(text, strlen(text), &item, err, sizeof(err_buf)));
}

/* Lists longer than their bound: parameters' bounds are in the table above. */
TEST(long_lists)
{
	char *text = malloc(4 << 20);
	struct doc_item item;
	size_t n;

	n = sprintf(text, HEAD CLOCK ",\"seed\":1,\"argv\":[\"\"");
	for (unsigned int i = 0; i < DOC_MAX_RESULTS; i++)
		n += sprintf(text + n, ",\"\"");
	n += sprintf(text + n, "]}");
	EXPECT_EQ(-EINVAL, doc_parse_line(text, n, &item, err, sizeof(err_buf)));
	EXPECT_STREQ("argv has more than 65536 entries", err);
	n = sprintf(text, HEAD CLOCK ",\"seed\":1,\"env\":{\"\":0");
	for (int i = 0; i < 1024; i++)
		n += sprintf(text + n, ",\"k%d\":0", i);
	n += sprintf(text + n, "}}");
	EXPECT_EQ(-EINVAL, doc_parse_line(text, n, &item, err, sizeof(err_buf)));
	EXPECT_STREQ("env has more than 1024 entries", err);
	n = sprintf(text, "{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\",\"case\":\"c\","
		    "\"status\":\"ok\",\"metrics\":{\"k\":{}");
	for (int i = 0; i < RESULT_MAX_METRICS; i++)
		n += sprintf(text + n, ",\"k%d\":{}", i);
	n += sprintf(text + n, "}}");
	EXPECT_EQ(-EINVAL, doc_parse_line(text, n, &item, err, sizeof(err_buf)));
	EXPECT_STREQ("metrics has more than 32 entries", err);
	free(text);
}

TEST(many_results)
{
	char *text = malloc(16 << 20);
	size_t n = sprintf(text, H), last = 0;
	struct run_doc doc;

	for (unsigned int i = 0; i <= DOC_MAX_RESULTS; i++) {
		last = n;
		n += sprintf(text + n, "{\"type\":\"result\",\"id\":\"f/c:n=%u\",\"family\":\"f\","
			     "\"case\":\"c\",\"status\":\"ok\"}\n", i);
	}
	EXPECT_EQ(-EINVAL, read_text(text, n, &doc, err, sizeof(err_buf)));
	EXPECT_STREQ("more than 65536 results", clause(DOC_MAX_RESULTS + 2));
	ASSERT_EQ(0, read_text(text, last, &doc, err, sizeof(err_buf)));
	EXPECT_EQ(DOC_MAX_RESULTS, doc.nr_results);
	run_doc_free(&doc);
	free(text);
}

/* A pipe that does not end is bounded too. Blank lines cost no memory. */
TEST(endless_document)
{
	static char blank[1 << 16];
	struct run_doc doc;
	char path[32];
	int fds[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (!pid) {
		signal(SIGPIPE, SIG_DFL);
		close(fds[0]);
		memset(blank, '\n', sizeof(blank));
		while (write(fds[1], blank, sizeof(blank)) > 0)
			;
		_exit(0);
	}
	close(fds[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	EXPECT_EQ(-EINVAL, run_doc_read(path, &doc, err, sizeof(err_buf)));
	EXPECT_NE(NULL, strstr(err, "the document is longer than 512 MiB"));
	close(fds[0]);
	waitpid(pid, NULL, 0);
}

static size_t fail_from, fail_to;

static void *picky_malloc(size_t size)
{
	return size >= fail_from && size <= fail_to ? NULL : malloc(size);
}

TEST(allocations_of_jansson_fail)
{
	char text[4096];
	struct run_doc doc;

	json_set_alloc_funcs(picky_malloc, free);
	fail_to = SIZE_MAX;
	EXPECT_EQ(-ENOMEM, read_string(H, &doc));
	EXPECT_STREQ("out of memory", clause(0));
	/* The key of an object: 50 bytes or more beside the text. */
	fail_from = 160;
	fail_to = 200;
	snprintf(text, sizeof(text),
		 H "{\"type\":\"result\",\"id\":\"f/%0120d\",\"family\":\"f\","
		 "\"case\":\"%0120d\",\"status\":\"ok\"}\n", 0, 0);
	EXPECT_EQ(-ENOMEM, read_string(text, &doc));
	EXPECT_STREQ("out of memory", clause(2));
	/* The first of a line: an error without a text. */
	fail_from = 0;
	fail_to = SIZE_MAX;
	EXPECT_EQ(-ENOMEM, doc_parse_line("[]", 2, &(struct doc_item){ 0 }, err, sizeof(err_buf)));
	EXPECT_STREQ("out of memory", err);
}

TEST_HARNESS_MAIN

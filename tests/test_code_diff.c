// SPDX-License-Identifier: GPL-2.0-only
/*
 * Differences of lines, and of machine code.
 * Allocations fail by __wrap_malloc, __wrap_calloc and __wrap_realloc of doc_fixture.h.
 */
#include <errno.h>

#include "core/code_diff.h"
#include "core/line_diff.h"
#include "doc_fixture.h"
#include "kselftest_harness.h"

/* Each letter of a text as a line. */
static size_t letters(const char *text, const char **lines)
{
	static char strings[128][2];
	size_t n = 0;

	for (; text[n]; n++) {
		strings[(int)text[n]][0] = text[n];
		lines[n] = strings[(int)text[n]];
	}
	return n;
}

/* Both sides again from the edits; the number of edits that are none of KEEP, or -1. */
static int check_edits(const char *a, const char *b, const struct edit *e, size_t nr)
{
	size_t at_a = 0, at_b = 0;
	int changed = 0;

	for (size_t i = 0; i < nr; i++) {
		changed += e[i].op != EDIT_KEEP;
		if ((e[i].op != EDIT_INSERT && e[i].a != at_a) ||
		    (e[i].op != EDIT_DELETE && e[i].b != at_b))
			return -1;
		if (e[i].op == EDIT_KEEP && a[at_a] != b[at_b])
			return -1;
		at_a += e[i].op != EDIT_INSERT;
		at_b += e[i].op != EDIT_DELETE;
	}
	return a[at_a] || b[at_b] ? -1 : changed;
}

static int nr_edits(const char *a, const char *b)
{
	const char *lines_a[4096], *lines_b[4096];
	struct edit *e;
	size_t nr;
	int ret;

	if (line_diff(lines_a, letters(a, lines_a), lines_b, letters(b, lines_b), &e, &nr))
		return -2;
	ret = check_edits(a, b, e, nr);
	free(e);
	return ret;
}

TEST(shortest)
{
	EXPECT_EQ(0, nr_edits("", ""));
	EXPECT_EQ(0, nr_edits("abc", "abc"));
	EXPECT_EQ(3, nr_edits("", "abc"));
	EXPECT_EQ(3, nr_edits("abc", ""));
	EXPECT_EQ(5, nr_edits("abcabba", "cbabac"));
	EXPECT_EQ(2, nr_edits("abc", "xbc"));
	EXPECT_EQ(2, nr_edits("abc", "abx"));
	EXPECT_EQ(1, nr_edits("abcd", "abxcd"));
	EXPECT_EQ(6, nr_edits("abc", "xyz"));
}

/* Length of the longest common subsequence, the slow way. */
static int lcs(const char *a, const char *b)
{
	static int t[64][64];
	int n = strlen(a), m = strlen(b);

	for (int i = n; i >= 0; i--)
		for (int k = m; k >= 0; k--)
			t[i][k] = i == n || k == m ? 0 : a[i] == b[k] ? t[i + 1][k + 1] + 1 :
				  t[i + 1][k] > t[i][k + 1] ? t[i + 1][k] : t[i][k + 1];
	return t[0][0];
}

TEST(random_lines)
{
	char a[41], b[41];
	struct rng rng;

	rng_seed(&rng, 1);
	for (int i = 0; i < 3000; i++) {
		size_t n = rng_below(&rng, 40), m = rng_below(&rng, 40);

		for (size_t k = 0; k < n; k++)
			a[k] = 'a' + rng_below(&rng, 3);
		for (size_t k = 0; k < m; k++)
			b[k] = 'a' + rng_below(&rng, 3);
		a[n] = b[m] = 0;
		ASSERT_EQ((int)(n + m) - 2 * lcs(a, b), nr_edits(a, b));
	}
}

/* Beyond the bound all of what differs is replaced; equal beginnings and ends stay. */
TEST(bound)
{
	char a[3000], b[3000];

	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	a[LINE_DIFF_MAX / 2] = b[LINE_DIFF_MAX / 2] = 0;
	EXPECT_EQ(LINE_DIFF_MAX, nr_edits(a, b));
	a[0] = b[0] = 'x';
	EXPECT_EQ(LINE_DIFF_MAX - 2, nr_edits(a, b));
	memset(a, 'a', 2000);
	memset(b, 'b', 2000);
	a[0] = b[0] = 'x';
	a[1999] = b[1999] = 'y';
	a[1000] = b[1000] = 'z';
	a[2000] = b[2000] = 0;
	EXPECT_EQ(2 * 1998, nr_edits(a, b));
	b[0] = 0;
	EXPECT_EQ(2000, nr_edits(a, b));
	b[0] = 'x';
	a[0] = 0;
	EXPECT_EQ(2000, nr_edits(a, b));
}

TEST(lines_no_memory)
{
	const char *lines[1] = { "a" };
	struct edit *e;
	size_t nr;

	ASSERT_TRUE(can_fail());
	for (int n = 0; n < 2; n++) {
		fail_after = n;
		EXPECT_EQ(-ENOMEM, line_diff(lines, 1, lines, 1, &e, &nr));
		fail_after = -1;
	}
	EXPECT_EQ(0, line_diff(lines, 1, lines, 1, &e, &nr));
	free(e);
}

/* "add rsi|jne >3|f:": one line each; ">n": to line n; ending in ":": a heading. */
static struct code_listing listing(const char *text)
{
	struct code_listing l = { 0 };
	char *copy = strdup(text), *save, *line;

	l.v = calloc(64, sizeof(*l.v));
	for (line = strtok_r(copy, "|", &save); line; line = strtok_r(NULL, "|", &save)) {
		char *to = strstr(line, " >");
		struct code_line *v = &l.v[l.nr];

		v->target = to ? atoi(to + 2) : -1;
		if (to)
			*to = 0;
		v->text = strdup(line);
		v->at = line[strlen(line) - 1] == ':' ? -1 : (int64_t)l.nr_insns++;
		l.nr++;
	}
	free(copy);
	return l;
}

static void listing_free(struct code_listing *l)
{
	for (size_t i = 0; i < l->nr; i++)
		free(l->v[i].text);
	free(l->v);
}

/* The difference as text, to be freed. */
static char *diff_text(const char *a, const char *b, const struct code_diff *but, size_t max)
{
	struct code_listing la = listing(a), lb = listing(b);
	struct code_diff *d;
	struct memory m;
	char *text;

	memory_open(&m);
	if (code_diff__new(&d, &la, &lb))
		abort();
	code_diff__print(d, but, m.out, max);
	fflush(m.out);
	text = strdup(m.text);
	memory_close(&m);
	code_diff__free(d);
	listing_free(&la);
	listing_free(&lb);
	return text;
}

#define EXPECT_DIFF(want, a, b) do { \
	char *got = diff_text(a, b, NULL, SIZE_MAX); \
	\
	EXPECT_STREQ(want, got); \
	free(got); \
} while (0)

TEST(code)
{
	EXPECT_DIFF("", "f:|a|b >1|ret", "f:|a|b >1|ret");
	EXPECT_DIFF("", "", "");
	EXPECT_DIFF("@@ -1,2 +1,3 @@\n"
		    "      f:\n"
		    "        a\n"
		    "+       b\n",
		    "f:|a", "f:|a|b");
	EXPECT_DIFF("@@ -0,0 +1,1 @@\n+     f:\n", "", "f:");
	EXPECT_DIFF("@@ -1,1 +0,0 @@\n-     f:\n", "f:", "");
	/* Equal lines of two changes: what goes, then what comes. */
	EXPECT_DIFF("@@ -1,4 +1,4 @@\n"
		    "        a\n"
		    "-       b\n"
		    "-       c\n"
		    "+       x\n"
		    "+       y\n"
		    "        d\n",
		    "a|b|c|d", "a|x|y|d");
}

/* A branch over new code is the same branch; one that goes elsewhere is not. */
TEST(branches)
{
	EXPECT_DIFF("@@ -1,3 +1,4 @@\n"
		    "        jne L1\n"
		    "        a\n"
		    "+       b\n"
		    " L1:    ret\n",
		    "jne >2|a|ret", "jne >3|a|b|ret");
	EXPECT_DIFF("@@ -1,3 +1,3 @@\n"
		    "-       jne L2\n"
		    "+       jne L1\n"
		    " L1:    a\n"
		    " L2:    ret\n",
		    "jne >2|a|ret", "jne >1|a|ret");
	/* One of them leaves the function, as its text would say. */
	EXPECT_DIFF("@@ -1,2 +1,2 @@\n"
		    "-       jmp L1\n"
		    "+       jmp\n"
		    " L1:    ret\n",
		    "jmp >1|ret", "jmp|ret");
	EXPECT_DIFF("@@ -1,2 +1,2 @@\n"
		    "-       jmp L1\n"
		    "-L1:    a\n"
		    "+       jmp L2\n"
		    "+L2:    b\n",
		    "jmp >1|a", "jmp >1|b");
}

TEST(hunks)
{
	EXPECT_DIFF("@@ -1,4 +1,4 @@\n"
		    "-       a\n+       x\n        1\n        2\n        3\n"
		    "@@ -6,5 +6,5 @@\n"
		    "        5\n        6\n        7\n-       b\n+       y\n        8\n",
		    "a|1|2|3|4|5|6|7|b|8", "x|1|2|3|4|5|6|7|y|8");
	/* Two changes six lines apart share theirs. */
	EXPECT_DIFF("@@ -1,8 +1,8 @@\n"
		    "-       a\n+       x\n        1\n        2\n        3\n        4\n        5\n"
		    "        6\n-       b\n+       y\n",
		    "a|1|2|3|4|5|6|b", "x|1|2|3|4|5|6|y");
}

TEST(bounded)
{
	char *got = diff_text("a|1|2|3", "x|1|2|3", NULL, 3);

	EXPECT_STREQ("@@ -1,4 +1,4 @@\n-       a\n+       x\n... 3 more lines\n", got);
	free(got);
	got = diff_text("a|1|2|3", "x|1|2|3", NULL, 0);
	EXPECT_STREQ("... 6 more lines\n", got);
	free(got);
}

/* What the baseline shares is counted. */
TEST(but)
{
	struct code_listing la = listing("a|jne >2|b"), lb = listing("x|jne >2|b");
	struct code_listing lc = listing("a|jne >0|b"), ld = listing("b|c"), le = listing("x|c");
	struct code_diff *but, *other;
	char *got;

	ASSERT_EQ(0, code_diff__new(&but, &la, &lb));
	EXPECT_FALSE(code_diff__is_empty(but));
	got = diff_text("0|a|1|2|3|4|5|6|7|b", "0|x|1|2|3|4|5|6|7|y", but, SIZE_MAX);
	EXPECT_STREQ("@@ -7,4 +7,4 @@\n"
		     "        5\n        6\n        7\n-       b\n+       y\n"
		     "... and in 1 places as its baseline\n", got);
	free(got);
	got = diff_text("a|c", "y|c", but, SIZE_MAX);
	EXPECT_EQ(NULL, strstr(got, "baseline"));
	free(got);
	got = diff_text("a|b|c", "c", but, SIZE_MAX);
	EXPECT_EQ(NULL, strstr(got, "baseline"));
	free(got);

	EXPECT_TRUE(code_diff__equals(but, but));
	ASSERT_EQ(0, code_diff__new(&other, &ld, &le));
	EXPECT_FALSE(code_diff__equals(but, other));
	code_diff__free(other);
	/* As many changes, others: another mark, another text, a branch and none. */
	ASSERT_EQ(0, code_diff__new(&other, &la, &lc));
	EXPECT_FALSE(code_diff__equals(but, other));
	EXPECT_FALSE(code_diff__is_empty(other));
	code_diff__free(other);
	ASSERT_EQ(0, code_diff__new(&other, &la, &la));
	EXPECT_FALSE(code_diff__equals(but, other));
	EXPECT_TRUE(code_diff__is_empty(other));
	code_diff__free(other);
	code_diff__free(but);
	code_diff__free(NULL);
	listing_free(&la);
	listing_free(&lb);
	listing_free(&lc);
	listing_free(&ld);
	listing_free(&le);
}

/* The same text with a branch and without one is not the same change. */
TEST(change_of_a_branch)
{
	struct code_listing none = listing("r"), jump = listing("r|jmp >0"),
			    plain = listing("r|jmp");
	struct code_diff *a, *b;

	ASSERT_EQ(0, code_diff__new(&a, &none, &jump));
	ASSERT_EQ(0, code_diff__new(&b, &none, &plain));
	EXPECT_FALSE(code_diff__equals(a, b));
	code_diff__free(b);
	ASSERT_EQ(0, code_diff__new(&b, &plain, &none));
	EXPECT_FALSE(code_diff__equals(a, b));
	code_diff__free(a);
	code_diff__free(b);
	listing_free(&none);
	listing_free(&jump);
	listing_free(&plain);
}

TEST(code_no_memory)
{
	struct code_listing a = listing("a|b"), b = listing("a|c");
	struct code_diff *d;
	long n = 0;
	int err;

	ASSERT_TRUE(can_fail());
	do {
		fail_after = n;
		err = code_diff__new(&d, &a, &b);
		fail_after = -1;
		ASSERT_TRUE(err ? err == -ENOMEM && !d : d != NULL);
		code_diff__free(d);
	} while (err && n++ < 20);
	EXPECT_EQ(0, err);
	EXPECT_EQ(8, n);
	listing_free(&a);
	listing_free(&b);
}

TEST_HARNESS_MAIN

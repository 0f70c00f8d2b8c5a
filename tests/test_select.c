// SPDX-License-Identifier: GPL-2.0-only
/* Which benches run. Allocations fail on demand. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/select.h"
#include "fail_alloc.h"
#include "kselftest_harness.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define NR_BENCHES 8

static char err_buf[512], *err = err_buf;

static struct bench benches[NR_BENCHES] = {
	{ .family = "hook_run", .id = "hook_run/xdp" },
	{ .family = "hook_run", .id = "hook_run/xdp_multi" },
	{ .family = "map_lookup", .id = "map_lookup/array:entries=1,size=8" },
	{ .family = "map_lookup", .id = "map_lookup/array:entries=1,size=64" },
	{ .family = "map_lookup", .id = "map_lookup/hash:entries=1,size=8" },
	{ .family = "map_lookup", .id = "map_lookup/lru_hash" },
	{ .family = "map_update", .id = "map_update/hash" },
	{ .family = "selfcheck", .id = "selfcheck/empty" },
};

static const struct bench_list list = { .v = benches, .nr = NR_BENCHES };

FIXTURE(selection) {
	struct selector s;
	bool selected[NR_BENCHES];
	char text[NR_BENCHES + 1];
};

FIXTURE_SETUP(selection)
{
	(void)_metadata;
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(selection)
{
	(void)_metadata;
	fail_after = -1;
	selector_free(&self->s);
}

static int add(struct selector *s, enum select_kind kind, const char *arg)
{
	err[0] = '\0';
	return selector_add(s, kind, arg, err, sizeof(err_buf));
}

static int add_numbers(struct selector *s, const char *arg)
{
	err[0] = '\0';
	return selector_add_numbers(s, arg, err, sizeof(err_buf));
}

/* What is selected, by its numbers: "35"; "refused" when the selector is. */
static const char *applied(FIXTURE_DATA(selection) *self)
{
	size_t at = 0;

	memset(self->selected, 0xff, sizeof(self->selected));
	err[0] = '\0';
	if (selector_apply(&self->s, &list, self->selected, err, sizeof(err_buf)))
		return "refused";
	for (size_t i = 0; i < NR_BENCHES; i++)
		if (self->selected[i])
			self->text[at++] = '1' + i;
	self->text[at] = '\0';
	return self->text;
}

TEST_F(selection, nothing_said_is_all)
{
	EXPECT_STREQ("12345678", applied(self));
}

/* What one argument of one kind selects. */
static const struct {
	enum select_kind kind;
	const char *arg, *want;
} cases[] = {
	/* -t: anywhere in the ID, the family included; globs. */
	{ SELECT_NAME, "hash", "567" },
	{ SELECT_NAME, "map_lookup", "3456" },
	{ SELECT_NAME, "p/h", "5" },
	{ SELECT_NAME, "hook_run/xdp", "12" },
	{ SELECT_NAME, "xdp,empty", "128" },
	{ SELECT_NAME, "x?p", "12" },
	{ SELECT_NAME, "map*hash", "567" },
	{ SELECT_NAME, "[lu]ash", "refused" },
	{ SELECT_NAME, "/[hl]", "567" },
	{ SELECT_NAME, "*", "12345678" },
	{ SELECT_NAME, "size=8", "35" },
	{ SELECT_NAME, "entries=1,size=8", "35" },
	{ SELECT_NAME, "XDP", "refused" },
	/* -a: the whole ID, or the whole family where there is no slash. */
	{ SELECT_ALLOW, "map_lookup", "3456" },
	{ SELECT_ALLOW, "map", "refused" },
	{ SELECT_ALLOW, "map_*", "34567" },
	{ SELECT_ALLOW, "*", "12345678" },
	{ SELECT_ALLOW, "hash", "refused" },
	{ SELECT_ALLOW, "*hash*", "567" },
	{ SELECT_ALLOW, "*/hash*", "57" },
	{ SELECT_ALLOW, "*/*hash*", "567" },
	{ SELECT_ALLOW, "hook_run/xdp", "1" },
	{ SELECT_ALLOW, "hook_run/", "refused" },
	{ SELECT_ALLOW, "hook_run/*", "12" },
	{ SELECT_ALLOW, "hook_run/xdp*", "12" },
	{ SELECT_ALLOW, "hook_run/xdp,selfcheck", "18" },
	/* A comma in front of "name=" belongs to an ID. */
	{ SELECT_ALLOW, "map_lookup/array:entries=1,size=8", "3" },
	{ SELECT_ALLOW, "map_lookup/array:entries=1,size=*", "34" },
	{ SELECT_ALLOW, "map_lookup/array:entries=1,size=8,map_update/hash", "37" },
	{ SELECT_ALLOW, "map_update/hash,map_lookup/array:entries=1,size=64,hook_run", "1247" },
	{ SELECT_ALLOW, "map_lookup/array:entries=1", "refused" },
	/* -d: the same, but not these. */
	{ SELECT_DENY, "map_lookup", "1278" },
	{ SELECT_DENY, "map_lookup,map_update,hook_run", "8" },
	{ SELECT_DENY, "*/*hash*", "12348" },
	{ SELECT_DENY, "map_lookup/array:entries=1,size=8,selfcheck", "124567" },
	{ SELECT_DENY, "*", "" },
	{ SELECT_DENY, "hash", "refused" },
};

TEST_F(selection, patterns)
{
	for (size_t i = 0; i < NR(cases); i++) {
		ASSERT_EQ(0, add(&self->s, cases[i].kind, cases[i].arg));
		EXPECT_STREQ(cases[i].want, applied(self)) {
			TH_LOG("kind %d, pattern %s: %s", cases[i].kind, cases[i].arg, err);
		}
		selector_free(&self->s);
	}
}

TEST_F(selection, where_patterns_part)
{
	static const char *const want[] = {
		"a/b:n=1,m=2", "c/d", "e/f:n_2=-3,m=*", "g", "=2", "N=3,h=4,x=", "n",
	};

	ASSERT_EQ(0, add(&self->s, SELECT_ALLOW,
			 "a/b:n=1,m=2,c/d,e/f:n_2=-3,m=*,g,=2,N=3,h=4,x=,n"));
	ASSERT_EQ(NR(want), self->s.nr);
	for (size_t i = 0; i < NR(want); i++) {
		EXPECT_EQ(SELECT_ALLOW, self->s.v[i].kind);
		EXPECT_STREQ(want[i], self->s.v[i].text);
	}
}

TEST_F(selection, empty_patterns)
{
	static const char *const bad[] = { "", ",", "a,", ",a", "a,,b", "a/b:n=1,,c" };

	for (size_t i = 0; i < NR(bad); i++) {
		EXPECT_EQ(-EINVAL, add(&self->s, SELECT_NAME, bad[i]));
		EXPECT_EQ(0, strncmp(err, "empty pattern in \"", 18));
		EXPECT_TRUE(strstr(err, bad[i]) != NULL);
		EXPECT_EQ(NULL, strchr(err, '\n'));
	}
}

TEST_F(selection, one_pattern_whole)
{
	EXPECT_EQ(0, selector_add_one(&self->s, SELECT_DENY, "a,b"));
	ASSERT_EQ(1, self->s.nr);
	EXPECT_EQ(SELECT_DENY, self->s.v[0].kind);
	EXPECT_STREQ("a,b", self->s.v[0].text);
	EXPECT_STREQ("refused", applied(self));
	EXPECT_STREQ("pattern \"a,b\" matches no bench (see: list)", err);
}

TEST_F(selection, kinds_combine)
{
	/* Any of -t and -a, none of -d, whatever the order. */
	ASSERT_EQ(0, add(&self->s, SELECT_DENY, "*/lru*"));
	ASSERT_EQ(0, add(&self->s, SELECT_NAME, "hash"));
	EXPECT_STREQ("57", applied(self));
	ASSERT_EQ(0, add(&self->s, SELECT_ALLOW, "selfcheck"));
	EXPECT_STREQ("578", applied(self));
	/* Denied wins over allowed by name. */
	ASSERT_EQ(0, add(&self->s, SELECT_DENY, "selfcheck/empty"));
	EXPECT_STREQ("57", applied(self));
	/* Of these, the numbers. */
	ASSERT_EQ(0, add_numbers(&self->s, "1-6"));
	EXPECT_STREQ("5", applied(self));
	ASSERT_EQ(0, add_numbers(&self->s, "7"));
	EXPECT_STREQ("57", applied(self));
	/* Nothing is left: that is no error here. */
	ASSERT_EQ(0, add(&self->s, SELECT_DENY, "*"));
	EXPECT_STREQ("", applied(self));
}

TEST_F(selection, every_pattern_must_match)
{
	ASSERT_EQ(0, add(&self->s, SELECT_NAME, "hash,hsah"));
	EXPECT_STREQ("refused", applied(self));
	EXPECT_STREQ("pattern \"hsah\" matches no bench (see: list)", err);
	selector_free(&self->s);
	ASSERT_EQ(0, add(&self->s, SELECT_NAME, "hash"));
	ASSERT_EQ(0, add(&self->s, SELECT_DENY, "map_insert"));
	EXPECT_STREQ("refused", applied(self));
	EXPECT_STREQ("pattern \"map_insert\" matches no bench (see: list)", err);
}

/* Cut at the end, all of these would match. */
TEST_F(selection, patterns_too_long)
{
	char text[2 * DOC_MAX_NAME + 100];

	for (size_t len = 2 * DOC_MAX_NAME - 10; len < 2 * DOC_MAX_NAME + 50; len++) {
		memset(text, '*', len);
		strcpy(text + len, "no_such");
		ASSERT_EQ(0, selector_add_one(&self->s, SELECT_NAME, text));
		EXPECT_STREQ("refused", applied(self));
		selector_free(&self->s);
	}
	/* One byte too long, and the longest that there is room for. */
	memset(text, '*', sizeof(text));
	strcpy(text + 2 * DOC_MAX_NAME - 2 - 3, "xdp");
	ASSERT_EQ(0, selector_add_one(&self->s, SELECT_NAME, text));
	EXPECT_STREQ("refused", applied(self));
	selector_free(&self->s);
	memset(text, '*', sizeof(text));
	strcpy(text + 2 * DOC_MAX_NAME - 3 - 3, "xdp");
	ASSERT_EQ(0, selector_add_one(&self->s, SELECT_NAME, text));
	EXPECT_STREQ("12", applied(self));
}

static const struct {
	const char *arg, *want;
} number_cases[] = {
	{ "1", "1" }, { "8", "8" }, { "1-8", "12345678" }, { "3-3", "3" }, { "1,3-5", "1345" },
	{ "5,1", "15" }, { "2,2,1-3", "123" }, { "007", "7" }, { "1-2,4-5,7", "12457" },
};

TEST_F(selection, numbers)
{
	for (size_t i = 0; i < NR(number_cases); i++) {
		ASSERT_EQ(0, add_numbers(&self->s, number_cases[i].arg));
		EXPECT_STREQ(number_cases[i].want, applied(self)) {
			TH_LOG("%s", number_cases[i].arg);
		}
		selector_free(&self->s);
	}
}

TEST_F(selection, no_numbers)
{
	static const char *const bad[] = {
		"", ",", "0", "0-2", "1-0", "3-2", "-1", "1-", "-", "1--2", "1-2-3", "1,", ",1",
		"1,,2", "x", "1x", "1,x", "1-x", " 1", "1 ", "1, 2", "+1", "0x1", "1.5", "1;2",
		"99999999", "1-99999999999999999999", "18446744073709551617",
	};

	for (size_t i = 0; i < NR(bad); i++) {
		EXPECT_EQ(-EINVAL, add_numbers(&self->s, bad[i])) {
			TH_LOG("taken: %s", bad[i]);
		}
		EXPECT_TRUE(err[0] == '"' && !strncmp(err + 1, bad[i], strlen(bad[i])));
		EXPECT_NE(NULL, strstr(err, "\" is no list of numbers like 1,3-5"));
		EXPECT_EQ(NULL, strchr(err, '\n'));
	}
}

TEST_F(selection, numbers_there_are_not)
{
	ASSERT_EQ(0, add_numbers(&self->s, "1,7-9,10000009"));
	EXPECT_STREQ("refused", applied(self));
	EXPECT_STREQ("there is no bench number 9 (1 to 8; see: list)", err);
}

TEST_F(selection, list_without_a_bench)
{
	static const struct bench_list none;

	EXPECT_EQ(0, selector_apply(&self->s, &none, NULL, err, sizeof(err_buf)));
	ASSERT_EQ(0, add_numbers(&self->s, "1"));
	EXPECT_EQ(-EINVAL, selector_apply(&self->s, &none, NULL, err, sizeof(err_buf)));
	selector_free(&self->s);
	ASSERT_EQ(0, add(&self->s, SELECT_NAME, "*"));
	EXPECT_EQ(-EINVAL, selector_apply(&self->s, &none, NULL, err, sizeof(err_buf)));
}

TEST_F(selection, every_allocation_fails)
{
	long n;

	for (n = 0;; n++) {
		fail_after = n;
		if (!add(&self->s, SELECT_NAME, "xdp,hash"))
			break;
		ASSERT_EQ(-1, fail_after);
		EXPECT_STREQ("", err);
		EXPECT_EQ(n > 2, self->s.nr);
		selector_free(&self->s);
		EXPECT_EQ(NULL, self->s.v);
	}
	/* The copy; an element and its text, twice. */
	EXPECT_EQ(5, n);
	fail_after = 0;
	EXPECT_EQ(-ENOMEM, add(&self->s, SELECT_NAME, "lru"));
	fail_after = 1;
	EXPECT_EQ(-ENOMEM, add_numbers(&self->s, "1-5,7"));
	EXPECT_STREQ("", err);
	fail_after = -1;
	/* What was added before holds. */
	EXPECT_EQ(1, self->s.nr_ranges);
	EXPECT_STREQ("125", applied(self));
	selector_free(&self->s);
	selector_free(&self->s);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/* The @FILE of options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"
#include "list_file.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define LINE_MAX_SZ 1022	/* bytes of a line of a list */

static char err_buf[256], *err = err_buf;
static char entries_buf[2 * LINE_MAX_SZ], *entries = entries_buf;	/* joined by ';' */

/* Refuses an entry "!". */
static int add(void *ctx, const char *entry)
{
	int *nr = ctx;
	size_t used = strlen(entries);

	if (!strcmp(entry, "!"))
		return -E2BIG;
	snprintf(entries + used, sizeof(entries_buf) - used, "%s%s", (*nr)++ ? ";" : "", entry);
	return 0;
}

/* @nr: of the entries that add() took */
static int read_list(const char *text, int *nr)
{
	FILE *f = tmpfile();
	char path[32];
	int ret;

	if (!f || fputs(text, f) < 0 || fflush(f))
		abort();
	snprintf(path, sizeof(path), "/dev/fd/%d", fileno(f));
	err[0] = entries[0] = '\0';
	*nr = 0;
	ret = list_file_read(path, "pattern", add, nr, err, sizeof(err_buf));
	fclose(f);
	return ret;
}

/* What stands in a list, and the entries that come of it. */
static const struct {
	const char *text, *want;
} good[] = {
	{ "a\n", "a" },
	{ "a", "a" },
	{ "a\nb/c*\nd:n=1,m=2\n", "a;b/c*;d:n=1,m=2" },
	{ "# all\n\n  \t\n a \nb# why\n  # more\n#\nc # d,e", "a;b;c" },
	{ "a\r\nb \r\n\r\n", "a;b" },
	{ "\n\n\na", "a" },
	{ "a b\n", "a b" },
	{ "a,b\n", "a,b" },	/* one entry a line */
	{ "@x\n-q\n", "@x;-q" },
};

TEST(lists)
{
	int nr;

	for (size_t i = 0; i < NR(good); i++) {
		EXPECT_EQ(0, read_list(good[i].text, &nr));
		EXPECT_STREQ(good[i].want, entries);
		EXPECT_STREQ("", err);
	}
}

TEST(a_list_of_nothing)
{
	static const char *const none[] = { "", "\n", "# none\n\n \n", " \t\r" };
	int nr;

	for (size_t i = 0; i < NR(none); i++) {
		EXPECT_EQ(-EINVAL, read_list(none[i], &nr));
		EXPECT_NE(NULL, strstr(err, ": holds no pattern"));
		EXPECT_EQ(0, strncmp(err, "list /dev/fd/", 13));
		EXPECT_EQ(0, nr);
	}
}

/* What @add says of an entry ends the reading, and is not explained. */
TEST(refused_entry)
{
	int nr;

	EXPECT_EQ(-E2BIG, read_list("a\n!\nb\n", &nr));
	EXPECT_EQ(1, nr);
	EXPECT_STREQ("", err);
}

TEST(no_such_file)
{
	int nr = 0;

	EXPECT_EQ(-EINVAL, list_file_read("/nonexistent/x", "kernel", add, &nr, err,
					  sizeof(err_buf)));
	EXPECT_STREQ("list /nonexistent/x: No such file or directory", err);
	EXPECT_EQ(-EINVAL, list_file_read("/", "kernel", add, &nr, err, sizeof(err_buf)));
	EXPECT_STREQ("list /: Is a directory", err);
	EXPECT_EQ(-EINVAL, list_file_read("/dev/null", "kernel", add, &nr, err,
					  sizeof(err_buf)));
	EXPECT_STREQ("list /dev/null: holds no kernel", err);
}

/* Cut in two it would be two entries. */
TEST(long_lines)
{
	char text[2 * LINE_MAX_SZ];
	int nr;

	for (int newline = 0; newline < 2; newline++) {
		memset(text, 'a', sizeof(text));
		strcpy(text + LINE_MAX_SZ, newline ? "\nb\n" : "");
		EXPECT_EQ(0, read_list(text, &nr));
		EXPECT_EQ(1 + newline, nr);
		EXPECT_EQ(LINE_MAX_SZ + 2 * newline, strlen(entries));

		text[LINE_MAX_SZ] = 'a';
		strcpy(text + LINE_MAX_SZ + 1, newline ? "\nb\n" : "");
		EXPECT_EQ(-EINVAL, read_list(text, &nr));
		EXPECT_EQ(0, nr);
		EXPECT_NE(NULL, strstr(err, ": a line longer than 1022"));
	}
	/* Also a comment. */
	memset(text, '#', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	EXPECT_EQ(-EINVAL, read_list(text, &nr));
}

TEST_HARNESS_MAIN

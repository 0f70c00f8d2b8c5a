/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface of the kernel's tools/testing/selftests/kselftest_harness.h, written from its
 * documentation. Tests that use it and nothing else of this file also build with the kernel's:
 * -include $KSFT_DIR/kselftest_harness.h, whose guard is the same (-I would not do: a quoted
 * #include looks beside the test first). There EXPECT_* is two statements, so it needs braces under
 * if and for, and prints floating-point values truncated; here comparing them does not compile.
 *
 * Every test runs in a child and a process group of its own, for at most 30 s (alarm(), so tests
 * cannot use SIGALRM), and leaves through exit(), so that coverage and leak checkers see it. A
 * failed ASSERT_* ends the child after the teardown. The arguments of a test program are globs for
 * `test` or `fixture.test`. Missing: variants, FIXTURE_TEARDOWN_PARENT, XFAIL_ADD.
 */
#ifndef __KSELFTEST_HARNESS_H
#define __KSELFTEST_HARNESS_H

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KSFT_PASS 0
#define KSFT_FAIL 1
#define KSFT_SKIP 4
#define TEST_TIMEOUT_DEFAULT 30	/* seconds */
#define TH_REASON_SZ 256
#define TH_UNUSED __attribute__((unused))
#ifdef __clang__
#pragma clang diagnostic ignored "-Wempty-body"	/* ASSERT_EQ(1, x); x = 2; on one line */
#endif

struct __test_metadata {
	const char *fixture, *name;
	void (*fn)(struct __test_metadata *md);
	void (*teardown)(struct __test_metadata *md);
	int termsig;			/* -1: none expected */
	int timeout;			/* seconds */
	bool is_set_up;			/* teardown is due */
	int exit_code;
	char *skip_reason;		/* shared with the parent */
	struct __test_metadata *next;
};

static struct __test_metadata *th_tests;

/* Appends: tests run in the order of the source. */
static inline void th_register(struct __test_metadata *md)
{
	struct __test_metadata **end = &th_tests;

	while (*end)
		end = &(*end)->next;
	*end = md;
}

#define TH_LOG(fmt, ...)							\
	printf("# %s:%d:%s: " fmt "\n", __FILE__, __LINE__, _metadata->name, ##__VA_ARGS__)

#define SKIP(statement, fmt, ...) do {						\
	snprintf(_metadata->skip_reason, TH_REASON_SZ, fmt, ##__VA_ARGS__);	\
	_metadata->exit_code = KSFT_SKIP;					\
	statement;								\
} while (0)

#define TH_REGISTER(id, fixture_, name_, fn_, teardown_, termsig_, timeout_)	\
	static void __attribute__((constructor)) th_register_##id(void)		\
	{									\
		static struct __test_metadata th_md = {				\
			.fixture = fixture_, .name = name_, .fn = fn_,		\
			.teardown = teardown_, .termsig = termsig_, .timeout = timeout_, \
		};								\
		th_register(&th_md);						\
	}

#define TH_TEST(test_name, termsig_)						\
	static void test_name(struct __test_metadata *_metadata);		\
	TH_REGISTER(test_name, "", #test_name, test_name, NULL, termsig_,	\
		    TEST_TIMEOUT_DEFAULT)					\
	static void test_name(struct __test_metadata *_metadata TH_UNUSED)

#define TEST(test_name) TH_TEST(test_name, -1)
#define TEST_SIGNAL(test_name, signal) TH_TEST(test_name, signal)

#define FIXTURE_DATA(fixture) struct th_data_##fixture
#define FIXTURE(fixture) FIXTURE_DATA(fixture)
#define TH_FIXTURE_ARGS(fixture)						\
	struct __test_metadata *_metadata TH_UNUSED, FIXTURE_DATA(fixture) *self TH_UNUSED
#define FIXTURE_SETUP(fixture) static void fixture##_setup(TH_FIXTURE_ARGS(fixture))
#define FIXTURE_TEARDOWN(fixture) static void fixture##_teardown(TH_FIXTURE_ARGS(fixture))

/* self is static: each test has a process, hence zeroed data, of its own. */
#define TH_TEST_F(fixture, test_name, termsig_, timeout_)			\
	static void fixture##_##test_name(TH_FIXTURE_ARGS(fixture));		\
	static FIXTURE_DATA(fixture) th_self_##fixture##_##test_name;		\
	static void th_run_##fixture##_##test_name(struct __test_metadata *md)	\
	{									\
		fixture##_setup(md, &th_self_##fixture##_##test_name);		\
		md->is_set_up = !md->exit_code;					\
		if (md->is_set_up)						\
			fixture##_##test_name(md, &th_self_##fixture##_##test_name); \
	}									\
	static void th_end_##fixture##_##test_name(struct __test_metadata *md)	\
	{									\
		fixture##_teardown(md, &th_self_##fixture##_##test_name);	\
	}									\
	TH_REGISTER(fixture##_##test_name, #fixture, #test_name,		\
		    th_run_##fixture##_##test_name, th_end_##fixture##_##test_name, \
		    termsig_, timeout_)						\
	static void fixture##_##test_name(TH_FIXTURE_ARGS(fixture))

#define TEST_F(fixture, test) TH_TEST_F(fixture, test, -1, TEST_TIMEOUT_DEFAULT)
#define TEST_F_SIGNAL(fixture, test, signal) TH_TEST_F(fixture, test, signal, TEST_TIMEOUT_DEFAULT)
#define TEST_F_TIMEOUT(fixture, test, timeout) TH_TEST_F(fixture, test, -1, timeout)

static inline void th_teardown(struct __test_metadata *md)
{
	if (!md->is_set_up)
		return;
	md->is_set_up = false;
	md->teardown(md);
}

/* Ends the child behind a failed ASSERT_*; false ends the handler's loop of an EXPECT_*. */
static inline bool th_bail(struct __test_metadata *md, bool is_fatal)
{
	if (!is_fatal)
		return false;
	th_teardown(md);
	fflush(stdout);
	_exit(KSFT_FAIL);
}

struct th_value {
	const char *text;
	bool is_signed;
	uintmax_t v;
};

static inline bool th_failed(struct __test_metadata *md, const char *file, int line,
			     struct th_value e, const char *op, struct th_value s)
{
	printf("# %s:%d:%s: Expected %s (", file, line, md->name, e.text);
	printf(e.is_signed ? "%jd" : "%ju", e.v);
	printf(") %s %s (", op, s.text);
	printf(s.is_signed ? "%jd)\n" : "%ju)\n", s.v);
	md->exit_code = KSFT_FAIL;
	return true;
}

#define TH_IS_FLOAT(x)								\
	(__builtin_types_compatible_p(__typeof__(x), double) ||			\
	 __builtin_types_compatible_p(__typeof__(x), float))
#define TH_VALUE(text_, x)							\
	(struct th_value){ text_, (__typeof__(x))-1 < (__typeof__(x))1, (uintmax_t)(x) }

/* A loop, so that a block or TH_LOG() behind the macro runs on failure, before an ASSERT_* ends. */
#define TH_CHECK(exp_text, expected, op, seen_text, seen, is_fatal)		\
	for (bool th_bad = ({							\
		_Pragma("GCC diagnostic push")					\
		_Pragma("GCC diagnostic ignored \"-Wsign-compare\"")		\
		__typeof__(expected) th_e = (expected);				\
		__typeof__(seen) th_s = (seen);					\
		_Static_assert(!TH_IS_FLOAT(th_e) && !TH_IS_FLOAT(th_s),	\
			       "compare floating-point values inside *_TRUE()"); \
		!(th_e op th_s) &&						\
			th_failed(_metadata, __FILE__, __LINE__,		\
				  TH_VALUE(exp_text, th_e), #op, TH_VALUE(seen_text, th_s)); \
		_Pragma("GCC diagnostic pop")					\
	}); th_bad; th_bad = th_bail(_metadata, is_fatal))

#define TH_CHECK_STR(expected, op, seen, is_fatal)				\
	for (bool th_bad = ({							\
		const char *th_e = (expected), *th_s = (seen);			\
		th_e = th_e ? th_e : "(null)";					\
		th_s = th_s ? th_s : "(null)";					\
		!(strcmp(th_e, th_s) op 0) &&					\
			(TH_LOG("Expected '%s' " #op " '%s'", th_e, th_s),	\
			 _metadata->exit_code = KSFT_FAIL);			\
	}); th_bad; th_bad = th_bail(_metadata, is_fatal))

#define EXPECT_EQ(expected, seen) TH_CHECK(#expected, expected, ==, #seen, seen, false)
#define EXPECT_NE(expected, seen) TH_CHECK(#expected, expected, !=, #seen, seen, false)
#define EXPECT_LT(expected, seen) TH_CHECK(#expected, expected, <, #seen, seen, false)
#define EXPECT_LE(expected, seen) TH_CHECK(#expected, expected, <=, #seen, seen, false)
#define EXPECT_GT(expected, seen) TH_CHECK(#expected, expected, >, #seen, seen, false)
#define EXPECT_GE(expected, seen) TH_CHECK(#expected, expected, >=, #seen, seen, false)
#define EXPECT_TRUE(seen) TH_CHECK("0", 0, !=, #seen, seen, false)
#define EXPECT_FALSE(seen) TH_CHECK("0", 0, ==, #seen, seen, false)
#define EXPECT_NULL(seen) TH_CHECK("NULL", NULL, ==, #seen, seen, false)
#define EXPECT_STREQ(expected, seen) TH_CHECK_STR(expected, ==, seen, false)
#define EXPECT_STRNE(expected, seen) TH_CHECK_STR(expected, !=, seen, false)

#define ASSERT_EQ(expected, seen) TH_CHECK(#expected, expected, ==, #seen, seen, true)
#define ASSERT_NE(expected, seen) TH_CHECK(#expected, expected, !=, #seen, seen, true)
#define ASSERT_LT(expected, seen) TH_CHECK(#expected, expected, <, #seen, seen, true)
#define ASSERT_LE(expected, seen) TH_CHECK(#expected, expected, <=, #seen, seen, true)
#define ASSERT_GT(expected, seen) TH_CHECK(#expected, expected, >, #seen, seen, true)
#define ASSERT_GE(expected, seen) TH_CHECK(#expected, expected, >=, #seen, seen, true)
#define ASSERT_TRUE(seen) TH_CHECK("0", 0, !=, #seen, seen, true)
#define ASSERT_FALSE(seen) TH_CHECK("0", 0, ==, #seen, seen, true)
#define ASSERT_NULL(seen) TH_CHECK("NULL", NULL, ==, #seen, seen, true)
#define ASSERT_STREQ(expected, seen) TH_CHECK_STR(expected, ==, seen, true)
#define ASSERT_STRNE(expected, seen) TH_CHECK_STR(expected, !=, seen, true)

static inline int th_verdict(const struct __test_metadata *md, int status)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : -1;

	if (sig == -1 && WEXITSTATUS(status) == KSFT_SKIP)
		return KSFT_SKIP;
	if (sig == md->termsig && (sig != -1 || WEXITSTATUS(status) == KSFT_PASS))
		return KSFT_PASS;
	if (sig == SIGALRM)
		printf("# %s: no end after %d s\n", md->name, md->timeout);
	else if (sig != -1)
		printf("# %s: ended by signal %d\n", md->name, sig);
	else
		printf("# %s: exit status %d\n", md->name, WEXITSTATUS(status));
	return KSFT_FAIL;
}

static inline int th_run(struct __test_metadata *md, char *reason)
{
	int status = 0;
	pid_t pid;

	md->skip_reason = reason;
	reason[0] = '\0';
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(md->timeout);
		md->fn(md);
		th_teardown(md);
		exit(md->exit_code);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		printf("# %s: fork or wait: %s\n", md->name, strerror(errno));
		return KSFT_FAIL;
	}
	kill(-pid, SIGKILL);	/* what the test left running */
	return th_verdict(md, status);
}

/* The name printed for a test, or NULL when the arguments select others. */
static inline const char *th_selected(const struct __test_metadata *md, int argc, char **argv,
				      char name[256])
{
	snprintf(name, 256, "%s%s%s", md->fixture, *md->fixture ? "." : "", md->name);
	for (int i = 1; i < argc; i++)
		if (!fnmatch(argv[i], name, 0))
			return name;
	return argc < 2 ? name : NULL;
}

static inline int th_main(int argc, char **argv)
{
	char name[256], *reason = mmap(NULL, TH_REASON_SZ, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int n[KSFT_SKIP + 1] = {}, nr = 0;

	if (reason == MAP_FAILED)
		return KSFT_FAIL;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct __test_metadata *md = th_tests; md; md = md->next)
		nr += !!th_selected(md, argc, argv, name);
	printf("%s1..%d\n", getenv("KSFT_TAP_LEVEL") ? "" : "TAP version 13\n", nr);
	nr = 0;
	for (struct __test_metadata *md = th_tests; md; md = md->next) {
		int ret;

		if (!th_selected(md, argc, argv, name))
			continue;
		ret = th_run(md, reason);
		n[ret]++;
		printf("%s %d %s%s%s\n", ret == KSFT_FAIL ? "not ok" : "ok", ++nr, name,
		       ret == KSFT_SKIP ? " # SKIP " : "", ret == KSFT_SKIP ? reason : "");
	}
	printf("# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:%d error:0\n", n[KSFT_PASS],
	       n[KSFT_FAIL], n[KSFT_SKIP]);
	if (n[KSFT_FAIL])
		return KSFT_FAIL;
	return n[KSFT_PASS] ? KSFT_PASS : KSFT_SKIP;
}

#define TEST_HARNESS_MAIN							\
	int main(int argc, char **argv)						\
	{									\
		return th_main(argc, argv);					\
	}

#endif

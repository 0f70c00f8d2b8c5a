// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "core/verifier_log.h"
#include "kselftest_harness.h"

/* From kernels: the same objects, loaded with log_level 4 unless said. */
static const char of_5_10[] =
	"verification time 327 usec\n"
	"stack depth 16+40+100+40\n"
	"processed 65 insns (limit 1000000) max_states_per_insn 0 total_states 3 "
	"peak_states 3 mark_read 1\n";

static const char of_6_18[] =
	"verification time 217 usec\n"
	"stack depth 16+40+104+40\n"
	"processed 65 insns (limit 1000000) max_states_per_insn 0 total_states 4 "
	"peak_states 4 mark_read 0\n";

static const char of_7_3[] =
	"verification time 7567 usec\n"
	"stack depth max 176\n"
	"subprog 0 (subs) main insns_self 24 insns_total 34 stack 16\n"
	"subprog 1 (sub) static insns_self 20 insns_total 20 stack 40\n"
	"subprog 2 (glob) global insns_self 12 insns_total 22 stack 104\n"
	"subprog 3 (glob2) global insns_self 9 insns_total 9 stack 40\n"
	"processed 65 insns (limit 1000000) max_states_per_insn 0 total_states 4 "
	"peak_states 4 mark_read 0\n";

/* 6.1, level 5, rejected. */
static const char rejected_6_1[] =
	"reg type unsupported for arg#0 function badctx#16\n"
	"0: R1=ctx(off=0,imm=0) R10=fp0\n"
	"; SEC(\"?socket\") int badctx(void *ctx){ char b[8]; return skb_load(...); }\n"
	"0: (85) call bpf_get_prandom_u32#7    ; R0_w=scalar()\n"
	"1: (bc) w1 = w0                       ; R0_w=scalar() R1_w=scalar(umax=4294967295)\n"
	"; \n"
	"6: (85) call bpf_skb_load_bytes#26\n"
	"R1 type=scalar expected=ctx\n"
	"verification time 105 usec\n"
	"stack depth 0\n"
	"processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 "
	"peak_states 0 mark_read 0\n";

/* 7.3, level 5, rejected, its report shortened. */
static const char rejected_7_3[] =
	"arg#0 reference type('UNKNOWN ') size cannot be determined: -22\n"
	"0: R1=ctx() R10=fp0\n"
	"0: (85) call bpf_get_prandom_u32#7    ; R0=scalar()\n"
	"6: (85) call bpf_skb_load_bytes#26\n"
	"R1 type=scalar expected=ctx\n"
	"\n"
	"Verification failed: Call Type Safety: Invalid call argument\n"
	"\n"
	"Reason:\n"
	"  The first argument (R1) to bpf_skb_load_bytes does not satisfy the verifier contract.\n"
	"\n"
	"At:\n"
	"  badctx @ p.bpf.c:16:57\n"
	"Suggestion:\n"
	"  Pass a value with one of the accepted pointer or scalar types for this call.\n"
	"\n"
	"verification time 524 usec\n"
	"stack depth max 0\n"
	"subprog 0 (badctx) main insns_self 7 insns_total 7 stack 0\n"
	"processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 "
	"peak_states 0 mark_read 0\n";

#define STATS "processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 " \
	      "peak_states 0 mark_read 0\n"

static const char *const samples[] = { of_5_10, of_6_18, of_7_3, rejected_6_1, rejected_7_3 };
#define NR_SAMPLES (sizeof(samples) / sizeof(samples[0]))

#define NR_STATS (sizeof(struct verifier_stats) / sizeof(struct verifier_stat))

/* All statistics in the order of the struct; -1: missing. */
#define EXPECT_STATS(s, ...) do {							\
	const int64_t th_want[NR_STATS] = { __VA_ARGS__ };				\
	const struct verifier_stat *th_stat = (const struct verifier_stat *)(s);	\
											\
	for (unsigned int th_i = 0; th_i < NR_STATS; th_i++) {				\
		EXPECT_EQ(th_want[th_i] >= 0, th_stat[th_i].has)			\
			TH_LOG("statistic %u", th_i);					\
		EXPECT_EQ(th_want[th_i] >= 0 ? (uint64_t)th_want[th_i] : 0,		\
			  th_stat[th_i].value)						\
			TH_LOG("statistic %u", th_i);					\
	}										\
} while (0)

static bool parse(const char *log, struct verifier_stats *s)
{
	return verifier_log_stats(log, strlen(log), s);
}

static const char *reason(const char *log)
{
	static char text[128];

	if (verifier_log_reason(log, strlen(log), text, sizeof(text)) == !text[0])
		return "(its result contradicts its text)";
	return text;
}

TEST(statistics_of_each_kernel)
{
	struct verifier_stats s;

	ASSERT_TRUE(parse(of_5_10, &s));
	EXPECT_STATS(&s, 327, 65, 1000000, 0, 3, 3, 1, 4, 196, -1);
	ASSERT_TRUE(parse(of_6_18, &s));
	EXPECT_STATS(&s, 217, 65, 1000000, 0, 4, 4, 0, 4, 200, -1);
	ASSERT_TRUE(parse(of_7_3, &s));
	EXPECT_STATS(&s, 7567, 65, 1000000, 0, 4, 4, 0, 4, 200, 176);
	ASSERT_TRUE(parse(rejected_6_1, &s));
	EXPECT_STATS(&s, 105, 7, 1000000, 0, 0, 0, 0, 1, 0, -1);
	ASSERT_TRUE(parse(rejected_7_3, &s));
	EXPECT_STATS(&s, 524, 7, 1000000, 0, 0, 0, 0, 1, 0, 0);
}

TEST(levels_without_statistics_have_one_line)
{
	struct verifier_stats s;

	ASSERT_TRUE(parse("0: (95) exit\n" STATS, &s));
	EXPECT_STATS(&s, -1, 7, 1000000, 0, 0, 0, 0, -1, -1, -1);
}

TEST(fields_that_are_unknown_or_gone)
{
	struct verifier_stats s;

	ASSERT_TRUE(parse("verification time 5 usec\n"
			  "insns processed 12+7\n"
			  "stack depth 8\n"
			  "verification memory 77 kB\n"
			  "processed 19 insns (limit 1000000) max_states_per_insn 1 jmp_peak 9 "
			  "total_states 2 peak_states 3\n", &s));
	EXPECT_STATS(&s, 5, 19, 1000000, 1, 2, 3, -1, 1, 8, -1);
	ASSERT_TRUE(parse("processed 19\n", &s));
	EXPECT_STATS(&s, -1, 19, -1, -1, -1, -1, -1, -1, -1, -1);
}

TEST(the_last_log_counts)
{
	struct verifier_stats s;
	char log[1024];

	snprintf(log, sizeof(log), "%s%s" "0: (95) exit\n" STATS, of_7_3, of_5_10);
	ASSERT_TRUE(parse(log, &s));
	EXPECT_STATS(&s, -1, 7, 1000000, 0, 0, 0, 0, -1, -1, -1);
	snprintf(log, sizeof(log), "%s%s", of_7_3, of_5_10);
	ASSERT_TRUE(parse(log, &s));
	EXPECT_STATS(&s, 327, 65, 1000000, 0, 3, 3, 1, 4, 196, -1);
}

/* What kernels left in buffers of 40 and 100 bytes. */
TEST(cut_at_the_front)
{
	struct verifier_stats s;

	ASSERT_FALSE(parse("tal_states 0 peak_states 0 mark_read 0\n", &s));
	EXPECT_STATS(&s, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	ASSERT_TRUE(parse("0\n" STATS, &s));
	EXPECT_STATS(&s, -1, 7, 1000000, 0, 0, 0, 0, -1, -1, -1);
	/* Subprograms are missing: those that are left are no sum. */
	ASSERT_TRUE(parse(strstr(of_7_3, "subprog 2"), &s));
	EXPECT_STATS(&s, -1, 65, 1000000, 0, 4, 4, 0, -1, -1, -1);
}

TEST(numbers_that_are_none)
{
	static const char *const logs[] = {
		"", "\n", "processed", "processed \n", "processed insns\n", "processed -5 insns\n",
		"processed 7x insns\n", "processed 1234567890123456789 insns\n",
		"processed 99999999999999999999999999999999999999999 insns\n",
		"Processed 7 insns\n", " processed 7 insns\n", "processed  7 insns\n",
		"processed 7 insns", "7 processed\n", "; processed 7 insns\n",
	};
	struct verifier_stats s;

	for (unsigned int i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		ASSERT_FALSE(parse(logs[i], &s)) TH_LOG("\"%s\"", logs[i]);
		EXPECT_STATS(&s, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	}
	ASSERT_TRUE(parse("verification time x usec\nstack depth 8+\n"
			  "processed 123456789012345678 insns (limit none) max_states_per_insn\n",
			  &s));
	EXPECT_STATS(&s, -1, 123456789012345678, -1, -1, -1, -1, -1, -1, -1, -1);
}

TEST(stacks_that_are_none)
{
	static const char *const stacks[] = {
		"", "x", "8+", "8+x", "8 bytes", "+8", "max", "max x", "1234567890123456789",
	};
	struct verifier_stats s;
	char log[256];

	for (unsigned int i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		snprintf(log, sizeof(log), "stack depth %s\nsubprog 0 (f) stack 8\n" STATS,
			 stacks[i]);
		ASSERT_TRUE(parse(log, &s));
		EXPECT_STATS(&s, -1, 7, 1000000, 0, 0, 0, 0, -1, -1, -1);
	}
	ASSERT_TRUE(parse("stack depth max 8\nsubprog 0 (f) stack 8\nsubprog 1 (g)\n" STATS, &s));
	EXPECT_STATS(&s, -1, 7, 1000000, 0, 0, 0, 0, 2, -1, 8);
}

TEST(ends_at_a_nul)
{
	static const char log[64] = "processed 1 insns\n\0\nprocessed 2 insns\n";
	struct verifier_stats s;

	ASSERT_TRUE(verifier_log_stats(log, sizeof(log), &s));
	ASSERT_EQ(1, s.insns.value);
}

static bool is_same_or_missing(const struct verifier_stats *a, const struct verifier_stats *full)
{
	const struct verifier_stat *x = (const void *)a, *y = (const void *)full;

	for (unsigned int i = 0; i < NR_STATS; i++)
		if (x[i].has && (!y[i].has || x[i].value != y[i].value))
			return false;
	return true;
}

/* Ends close to each other near both ends of the log, sparse between. */
static size_t next_end(size_t to, size_t from, size_t len)
{
	return to + (to > from + 40 && to + 40 < len ? 17 : 1);
}

/* Each cut is a buffer of its own, so that a sanitizer sees a read behind it. */
static void check_cut(struct __test_metadata *_metadata, const char *log, size_t from, size_t to)
{
	bool has_last_line = !log[to] && from <= (size_t)(strstr(log, "\nprocessed") + 1 - log);
	char text[32], *cut = malloc(to - from);
	struct verifier_stats full, s;

	parse(log, &full);
	memcpy(cut, log + from, to - from);
	ASSERT_EQ(has_last_line, verifier_log_stats(cut, to - from, &s));
	ASSERT_TRUE(is_same_or_missing(&s, &full)) TH_LOG("from %zu to %zu: %s", from, to, log);
	verifier_log_reason(cut, to - from, text, sizeof(text));
	ASSERT_LT(strlen(text), sizeof(text));
	free(cut);
}

TEST(every_cut_of_a_log)
{
	for (unsigned int i = 0; i < NR_SAMPLES; i++) {
		size_t len = strlen(samples[i]);

		for (size_t from = 0; from <= len; from++)
			for (size_t to = from; to <= len; to = next_end(to, from, len))
				check_cut(_metadata, samples[i], from, to);
	}
}

/* Every byte of a log replaced by ones that mean something. */
TEST(every_byte_of_a_log_changed)
{
	static const char bytes[] = "\n 9)+:\0x\xff";
	struct verifier_stats s;
	char text[32], *log;

	for (unsigned int i = 0; i < NR_SAMPLES; i++) {
		size_t len = strlen(samples[i]);

		for (size_t at = 0; at < len; at++)
			for (unsigned int b = 0; b < sizeof(bytes); b++) {
				log = malloc(len);
				memcpy(log, samples[i], len);
				log[at] = bytes[b];
				verifier_log_stats(log, len, &s);
				verifier_log_reason(log, len, text, sizeof(text));
				ASSERT_LT(strlen(text), sizeof(text));
				free(log);
			}
	}
}

TEST(reason_is_the_last_line_before_the_statistics)
{
	ASSERT_STREQ("R1 type=scalar expected=ctx", reason(rejected_6_1));
	ASSERT_STREQ("R1 type=scalar expected=ctx", reason(rejected_7_3));
	ASSERT_STREQ("BPF program is too large. Processed 1000001 insn",
		     reason("Unrecognized arg#0 type PTR\n"
			    "BPF program is too large. Processed 1000001 insn\n"
			    "verification time 5575525 usec\nstack depth 0\n" STATS));
	ASSERT_STREQ("back-edge from insn 3 to 2", reason("back-edge from insn 3 to 2\n" STATS));
	ASSERT_STREQ("infinite loop detected at insn 5",
		     reason("5: (05) goto pc-1\n"
			    "infinite loop detected at insn 5\n"
			    "cur state: R0=1 R10=fp0\nold state: R0=1 R10=fp0\n"
			    "mark_precise: frame0: last_idx 5 first_idx 5\n" STATS));
	ASSERT_STREQ("R0 !read_ok",
		     reason("R0 !read_ok\n"
			    "verification time 1 usec\nverification memory 7 kB\n" STATS));
}

TEST(reason_without_statistics_must_end_the_log)
{
	ASSERT_STREQ("in-kernel BTF is malformed", reason("in-kernel BTF is malformed\n"));
	ASSERT_STREQ("R0 !read_ok", reason("R0 !read_ok\n\nVerification failed: Register\nAt:\n"));
	ASSERT_STREQ("", reason("in-kernel BTF is mal"));
	ASSERT_STREQ("", reason("Unrecognized arg#0 type PTR\nR1 type=sc"));
	ASSERT_STREQ("", reason("Unrecognized arg#0 type PTR\n; int f(void)\n"));
}

TEST(reason_is_not_trace)
{
	ASSERT_STREQ("", reason(""));
	ASSERT_STREQ("", reason(of_5_10));
	ASSERT_STREQ("", reason(of_7_3));
	ASSERT_STREQ("", reason("Func#3 ('glob2') is safe for any args that match its prototype\n"
				STATS));
	/* Said before the trace, so it did not end it. */
	ASSERT_STREQ("", reason("Unrecognized arg#0 type PTR\n0: (b7) r0 = 0\n1: safe\n" STATS));
	/* Begins with a number, but is no instruction. */
	ASSERT_STREQ("64 bits are too many",
		     reason("0: (b7) r0 = 0\n64 bits are too many\n" STATS));
}

TEST(reason_of_the_last_log)
{
	char log[4096];

	snprintf(log, sizeof(log), "%s%s%s", rejected_7_3, rejected_6_1, of_7_3);
	ASSERT_STREQ("", reason(log));
	snprintf(log, sizeof(log), "%s%s" "R0 !read_ok\n" STATS, of_7_3, rejected_7_3);
	ASSERT_STREQ("R0 !read_ok", reason(log));
}

TEST(reason_is_cut_and_printable)
{
	static const char log[] = "R1\tis \033[31mbad\xc3\xa4\x7f\n" STATS;
	char text[128];

	ASSERT_TRUE(verifier_log_reason(log, sizeof(log), text, sizeof(text)));
	ASSERT_STREQ("R1?is ?[31mbad???", text);
	ASSERT_TRUE(verifier_log_reason(log, sizeof(log), text, 6));
	ASSERT_STREQ("R1?is", text);
	ASSERT_TRUE(verifier_log_reason(log, sizeof(log), text, 1));
	ASSERT_STREQ("", text);
}

TEST_HARNESS_MAIN

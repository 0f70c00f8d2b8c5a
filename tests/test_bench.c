// SPDX-License-Identifier: GPL-2.0-only
/* Tags in, benches out. Allocations fail on demand. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bench.h"
#include "fail_alloc.h"
#include "kselftest_harness.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_TAGS 12

#define RUN "bench:driver=test_run"
#define D "bench:description=d"

static char err_buf[512], *err = err_buf;

/* @tags ends with NULL. */
static int add_tags(struct bench_list *list, const char *family, const char *prog,
		    const char *const *tags)
{
	size_t nr = 0;

	while (tags[nr])
		nr++;
	err[0] = '\0';
	return bench_list_add(list, family, prog, tags, nr, err, sizeof(err_buf));
}

#define ADD_TO(list, family, prog, ...)							\
	add_tags(list, family, prog, (const char *const[]){ __VA_ARGS__, NULL })
#define ADD(list, prog, ...) ADD_TO(list, "fam", prog, __VA_ARGS__)

static int resolve(struct bench_list *list)
{
	err[0] = '\0';
	return bench_list_resolve(list, err, sizeof(err_buf));
}

FIXTURE(benches) {
	struct bench_list list;
};

FIXTURE_SETUP(benches)
{
	(void)_metadata;
	self->list = (struct bench_list){};
}

FIXTURE_TEARDOWN(benches)
{
	(void)_metadata;
	fail_after = -1;
	bench_list_free(&self->list);
}

TEST(kinds_have_names)
{
	static const char *const names[] = {
		"alu", "load", "store", "atomic", "call", "call_pc", "jump",
	};

	ASSERT_EQ(NR_INSN_KINDS, NR(names));
	for (int k = 0; k < NR_INSN_KINDS; k++) {
		EXPECT_STREQ(names[k], insn_kind_name(k));
	}
}

TEST_F(benches, without_a_bench_tag_adds_none)
{
	EXPECT_EQ(0, bench_list_add(&self->list, "fam", "p", NULL, 0, err, sizeof(err_buf)));
	EXPECT_EQ(0, ADD(&self->list, "p", "comment:x", "benchmark=1", "bench", ""));
	/* What declares nothing may be called anything. */
	EXPECT_EQ(0, ADD(&self->list, "Handler", "comment:x"));
	EXPECT_EQ(0, self->list.nr);
	EXPECT_STREQ("", err);
}

TEST_F(benches, defaults)
{
	const struct bench *b;

	ASSERT_EQ(0, ADD(&self->list, "lookup_2", "bench:description=a hash, 4=bytes"));
	ASSERT_EQ(1, self->list.nr);
	b = &self->list.v[0];
	EXPECT_STREQ("fam/lookup_2", b->id);
	EXPECT_STREQ("fam", b->family);
	EXPECT_STREQ("lookup_2", b->name);
	EXPECT_STREQ("a hash, 4=bytes", b->description);
	EXPECT_EQ(NULL, b->baseline);
	EXPECT_EQ(BASE_NONE, b->base_kind);
	EXPECT_EQ(DRIVER_LOOP, b->driver);
	EXPECT_EQ(0, b->nr_params + b->nr_needs + b->nr_checks + b->nr_notes);
	EXPECT_EQ(1, b->ops);
	EXPECT_EQ(1, b->workers);
	EXPECT_EQ(0, b->retval);
	EXPECT_EQ(NULL, b->time_only);
	EXPECT_FALSE(b->has_net_insn);
	EXPECT_EQ(0, resolve(&self->list));
}

TEST_F(benches, every_tag)
{
	const struct bench *b;

	ASSERT_EQ(0, ADD(&self->list, "p", "bench:retval=2147483647", "bench:note=warm",
			 "bench:needs=bpf_loop", "comment:between", D, "bench:ops=4096",
			 "bench:xlated=call_pc+1", "bench:baseline=once", "bench:driver=test_run",
			 "bench:net_insn=-3", "bench:needs=kfunc", "bench:time_only=why",
			 "bench:workers=64", "bench:xlated=call+0x10", "bench:note=small"));
	ASSERT_EQ(1, self->list.nr);
	b = &self->list.v[0];
	EXPECT_EQ(2147483647, b->retval);
	EXPECT_EQ(2, b->nr_notes);
	EXPECT_STREQ("warm", b->notes[0]);
	EXPECT_STREQ("small", b->notes[1]);
	EXPECT_EQ(2, b->nr_needs);
	EXPECT_STREQ("bpf_loop", b->needs[0]);
	EXPECT_STREQ("kfunc", b->needs[1]);
	EXPECT_EQ(4096, b->ops);
	EXPECT_EQ(2, b->nr_checks);
	EXPECT_EQ(INSN_CALL_PC, b->checks[0].kind);
	EXPECT_EQ(1, b->checks[0].at_least);
	EXPECT_EQ(INSN_CALL, b->checks[1].kind);
	EXPECT_EQ(16, b->checks[1].at_least);
	EXPECT_EQ(BASE_ONCE, b->base_kind);
	EXPECT_STREQ("once", b->baseline);
	EXPECT_EQ(DRIVER_TEST_RUN, b->driver);
	EXPECT_TRUE(b->has_net_insn);
	EXPECT_EQ(-3, b->net_insn);
	EXPECT_STREQ("why", b->time_only);
	EXPECT_EQ(64, b->workers);
}

TEST_F(benches, parameters_multiply_in_order)
{
	static const char *const ids[] = {
		"fam/p:size=1,n=-2", "fam/p:size=1,n=0", "fam/p:size=1,n=3",
		"fam/p:size=16,n=-2", "fam/p:size=16,n=0", "fam/p:size=16,n=3",
	};
	const struct bench *b;

	ASSERT_EQ(0, ADD(&self->list, "p", D, "bench:param=size=1,0x10",
			 "bench:param=n=-2,0, 3"));
	ASSERT_EQ(NR(ids), self->list.nr);
	for (size_t i = 0; i < NR(ids); i++) {
		b = &self->list.v[i];
		EXPECT_STREQ(ids[i], b->id);
		ASSERT_EQ(2, b->nr_params);
		EXPECT_STREQ("size", b->params[0].name);
		EXPECT_EQ(i < 3 ? 1 : 16, b->params[0].value);
		EXPECT_TRUE(bench_param(b, "n") == &b->params[1]);
		EXPECT_TRUE(bench_list_find(&self->list, ids[i]) == b);
	}
	EXPECT_EQ(NULL, bench_param(b, "siz"));
	EXPECT_EQ(NULL, bench_param(b, "sizes"));
	EXPECT_EQ(NULL, bench_list_find(&self->list, "fam/p"));
	EXPECT_EQ(0, resolve(&self->list));
}

TEST_F(benches, values_follow_parameters)
{
	const struct bench *b;

	ASSERT_EQ(0, ADD(&self->list, "p", D, "bench:param=n=7,64", RUN, "bench:ops=n",
			 "bench:net_insn=n/3", "bench:xlated=store+n/8", "bench:xlated=jump+n",
			 "bench:xlated=alu+0"));
	ASSERT_EQ(2, self->list.nr);
	for (int i = 0; i < 2; i++) {
		long long n = i ? 64 : 7;

		b = &self->list.v[i];
		EXPECT_EQ(n, b->ops);
		EXPECT_EQ(n / 3, b->net_insn);
		EXPECT_EQ(INSN_STORE, b->checks[0].kind);
		EXPECT_EQ(n / 8, b->checks[0].at_least);
		EXPECT_EQ(n, b->checks[1].at_least);
		EXPECT_EQ(0, b->checks[2].at_least);
	}
}

TEST_F(benches, strings_are_copies)
{
	char tags[][20] = { "bench:description=d", "bench:needs=x", "bench:note=y",
			    "bench:baseline=z", "bench:param=n=1" };
	const struct bench *b;

	ASSERT_EQ(0, ADD(&self->list, "p", tags[0], tags[1], tags[2], tags[3], tags[4]));
	memset(tags, '#', sizeof(tags));
	b = &self->list.v[0];
	EXPECT_STREQ("d", b->description);
	EXPECT_STREQ("x", b->needs[0]);
	EXPECT_STREQ("y", b->notes[0]);
	EXPECT_STREQ("z", b->baseline);
	EXPECT_STREQ("n", b->params[0].name);
}

struct refused {
	const char *tags[MAX_TAGS];
	const char *clause;	/* behind the place */
};

static void expect_refused(struct __test_metadata *_metadata, int ret, const char *place,
			   const struct refused *r)
{
	EXPECT_EQ(-EINVAL, ret) {
		TH_LOG("taken: %s %s", r->tags[0], r->tags[1]);
	}
	EXPECT_EQ(0, strncmp(err, place, strlen(place)));
	EXPECT_TRUE(strstr(err, r->clause) == err + strlen(place)) {
		TH_LOG("\"%s\" instead of \"%s\"", err, r->clause);
	}
	EXPECT_EQ(NULL, strchr(err, '\n'));
}

#define TAG_CLAUSE "program p: bad or repeated tag \""
static const char *const bad_tags[] = {
	"bench:", "bench:opps=1", "bench:ops", "bench:operations=1", "bench:Ops=1",
	"bench:needs=", "bench:note=",
	"bench:retval=-1", "bench:retval=2147483648", "bench:retval=99999999999999999999",
	"bench:driver=loop", "bench:xlated=alu", "bench:param=n", "bench:param==1",
	"bench:param=n=",
};

/* Of a bench with n=-8; the message has what stands behind the '='. */
static const char *const bad_values[] = {
	"bench:workers=0", "bench:workers=65", "bench:workers=2x", "bench:workers=n",
	"bench:ops=0", "bench:ops=1048577", "bench:ops=m", "bench:ops=n", "bench:ops=64/2",
	"bench:net_insn=m", "bench:net_insn=1.5", "bench:xlated=+1", "bench:xlated=al+1",
	"bench:xlated=alus+1", "bench:xlated=ALU+1", "bench:xlated=alu+", "bench:xlated=alu+-1",
	"bench:xlated=alu+m", "bench:xlated=alu+n", "bench:xlated=alu+n/8", "bench:xlated=alu+n/",
	"bench:xlated=alu+n/0", "bench:xlated=alu+n/-1", "bench:xlated=alu+n/n",
};

static const struct refused tag_rows[] = {
	{ { "bench:ops=1" }, "has tags but no __bench(" },
	{ { "bench:description=" }, "bad or repeated tag \"bench:description=\"" },
	{ { D, "bench:param=n=," }, "bad value \"\" of parameter n" },
	{ { D, "bench:param=n=1,,2" }, "bad value \"\" of parameter n" },
	{ { D, "bench:param=n=1," }, "bad value \"\" of parameter n" },
	{ { D, "bench:param=n=1,x" }, "bad value \"x\" of parameter n" },
	{ { D, "bench:param=n=1 2" }, "bad value \"1 2\" of parameter n" },
	{ { D, "bench:param=n=9223372036854775808" }, "bad value \"9223372036854775808\"" },
	{ { D, "bench:param=a=1", "bench:param=n=1,x" }, "bad value \"x\" of parameter n" },
	{ { D, "bench:param=N=1" }, "bad or repeated parameter \"N\"" },
	{ { D, "bench:param=a b=1" }, "bad or repeated parameter \"a b\"" },
	{ { D, "bench:param=n=1", "bench:param=n=2" }, "bad or repeated parameter \"n\"" },
	/* Baselines that only a driver in user space has. */
	{ { D, "bench:baseline=once" }, "baseline \"once\" needs __driver(\"test_run\")" },
	{ { D, "bench:baseline=refused" }, "baseline \"refused\" needs" },
	{ { D, "bench:ops=4" }, "__ops() and __retval() need __driver(\"test_run\")" },
	{ { D, "bench:retval=0" }, "__ops() and __retval() need" },
	{ { D, "bench:batch=" }, "bad or repeated tag" },
	{ { D, "bench:batch=0" }, "bad __batch(\"0\"): a power of two up to 4096" },
	{ { D, "bench:batch=96" }, "bad __batch(\"96\")" },
	{ { D, "bench:batch=8192" }, "bad __batch(\"8192\")" },
	{ { D, "bench:batch=m" }, "bad __batch(\"m\")" },
};

TEST_F(benches, bad_tags)
{
	for (size_t i = 0; i < NR(bad_tags); i++) {
		EXPECT_EQ(-EINVAL, ADD(&self->list, "p", D, bad_tags[i])) {
			TH_LOG("taken: %s", bad_tags[i]);
		}
		EXPECT_TRUE(strstr(err, bad_tags[i]) == err + strlen(TAG_CLAUSE));
	}
}

TEST_F(benches, bad_values)
{
	char clause[80];

	for (size_t i = 0; i < NR(bad_values); i++) {
		snprintf(clause, sizeof(clause), "(\"%s\")", strchr(bad_values[i], '=') + 1);
		EXPECT_EQ(-EINVAL,
			  ADD(&self->list, "p", D, RUN, "bench:param=n=-8", bad_values[i])) {
			TH_LOG("taken: %s", bad_values[i]);
		}
		EXPECT_EQ(0, strncmp(err, "program p: bad __", 17));
		EXPECT_NE(NULL, strstr(err, clause));
	}
}

TEST_F(benches, refused_tags)
{
	for (size_t i = 0; i < NR(tag_rows); i++) {
		expect_refused(_metadata, add_tags(&self->list, "fam", "p", tag_rows[i].tags),
			       "program p: ", &tag_rows[i]);
	}
}

/* Which of two values would hold? */
TEST_F(benches, some_tags_only_once)
{
	static const struct {
		const char *one, *two, *none;
	} rows[] = {
		{ "bench:description=d", "bench:description=e", "bench:description=" },
		{ "bench:baseline=a", "bench:baseline=b", "bench:baseline=" },
		{ "bench:ops=1", "bench:ops=2", "bench:ops=" },
		{ "bench:net_insn=1", "bench:net_insn=2", "bench:net_insn=" },
		{ "bench:workers=1", "bench:workers=1", "bench:workers=" },
		{ "bench:driver=test_run", "bench:driver=test_run", "bench:driver=" },
		{ "bench:retval=0", "bench:retval=1", "bench:retval=" },
		{ "bench:time_only=a", "bench:time_only=b", "bench:time_only=" },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		EXPECT_EQ(-EINVAL, ADD(&self->list, "p", rows[i].none, i ? D : NULL));
		EXPECT_NE(NULL, strstr(err, rows[i].none));
		EXPECT_EQ(-EINVAL, ADD(&self->list, "p", rows[i].one, rows[i].two, D));
		EXPECT_NE(NULL, strstr(err, rows[i].two));
	}
}

TEST_F(benches, names_are_plain)
{
	EXPECT_EQ(-EINVAL, ADD(&self->list, "Prog", D));
	EXPECT_STREQ("program Prog: a name has only a-z, 0-9 and _", err);
	EXPECT_EQ(-EINVAL, ADD(&self->list, "", D));
	EXPECT_EQ(-EINVAL, ADD(&self->list, "a/b", D));
	EXPECT_EQ(-EINVAL, ADD_TO(&self->list, "Fam", "p", D));
	EXPECT_STREQ("program p: bad family name \"Fam\"", err);
	EXPECT_EQ(-EINVAL, ADD_TO(&self->list, "", "p", D));
	EXPECT_EQ(0, self->list.nr);
}

/* Do @nr tags of this @format pass, and one more not? */
static bool is_limit(const char *format, size_t nr)
{
	const char *tags[MAX_TAGS + 1] = { D };
	char text[MAX_TAGS][40];
	struct bench_list list = {};
	bool refused, passed;

	for (size_t i = 0; i <= nr; i++) {
		snprintf(text[i], sizeof(text[i]), format, i);
		tags[i + 1] = text[i];
	}
	refused = add_tags(&list, "fam", "p", tags) == -EINVAL && strstr(err, text[nr]);
	tags[nr + 1] = NULL;
	passed = !add_tags(&list, "fam", "p", tags) && list.nr == 1;
	bench_list_free(&list);
	return passed && refused;
}

TEST(limits_of_repeated_tags)
{
	EXPECT_TRUE(is_limit("bench:needs=f%zu", BENCH_MAX_NEEDS));
	EXPECT_TRUE(is_limit("bench:xlated=alu+%zu", BENCH_MAX_CHECKS));
	EXPECT_TRUE(is_limit("bench:note=n%zu", RESULT_MAX_NOTES));
	EXPECT_TRUE(is_limit("bench:param=n%zu=1", RESULT_MAX_PARAMS));
}

TEST_F(benches, smallest_batch)
{
	ASSERT_EQ(0, ADD(&self->list, "p", D));
	ASSERT_EQ(0, ADD(&self->list, "q", D, "bench:batch=32"));
	ASSERT_EQ(0, ADD(&self->list, "r", D, "bench:param=n=4096", "bench:batch=n"));
	EXPECT_EQ(BENCH_MIN_BATCH, self->list.v[0].min_batch);
	EXPECT_EQ(BENCH_MIN_BATCH, self->list.v[1].min_batch);
	EXPECT_EQ(4096, self->list.v[2].min_batch);
}

TEST_F(benches, limits_of_values)
{
	char tag[400] = "bench:param=n=", name[80], check[120];
	size_t len = strlen(tag);

	EXPECT_EQ(0, ADD(&self->list, "o", D, RUN, "bench:ops=1048576",
			 "bench:net_insn=-0x8000000000000000"));
	EXPECT_EQ(1 << 20, self->list.v[0].ops);
	EXPECT_LT(self->list.v[0].net_insn, 0);
	bench_list_free(&self->list);

	/* 32 values */
	for (int i = 1; i <= BENCH_MAX_VALUES; i++) {
		sprintf(tag + strlen(tag), "%s%d", i > 1 ? "," : "", i);
	}
	EXPECT_EQ(0, ADD(&self->list, "p", D, tag));
	EXPECT_EQ(BENCH_MAX_VALUES, self->list.nr);
	strcat(tag, ",33");
	EXPECT_EQ(-EINVAL, ADD(&self->list, "q", D, tag));
	EXPECT_STREQ("program q: bad value \"33\" of parameter n", err);

	/* 255 bytes of values */
	snprintf(tag + len, sizeof(tag) - len, "%0255d", 7);
	EXPECT_EQ(0, ADD(&self->list, "r", D, tag));
	snprintf(tag + len, sizeof(tag) - len, "%0256d", 7);
	EXPECT_EQ(-EINVAL, ADD(&self->list, "r", D, tag));
	EXPECT_STREQ("program r: parameter list too long", err);

	/* 63 bytes of a name, and nothing is cut to such a one */
	memset(name, 'n', sizeof(name));
	snprintf(tag, sizeof(tag), "bench:param=%.63s=5", name);
	snprintf(check, sizeof(check), "bench:xlated=alu+%.63s", name);
	EXPECT_EQ(0, ADD(&self->list, "s", D, tag, check));
	EXPECT_EQ(5, self->list.v[self->list.nr - 1].checks[0].at_least);
	snprintf(check, sizeof(check), "bench:xlated=alu+%.64s", name);
	EXPECT_EQ(-EINVAL, ADD(&self->list, "t", D, tag, check));
	snprintf(tag, sizeof(tag), "bench:param=%.64s=5", name);
	EXPECT_EQ(-EINVAL, ADD(&self->list, "t", D, tag));
	EXPECT_STREQ("program t: parameter name too long", err);
}

TEST_F(benches, limits_of_ids)
{
	char prog[400];

	/* "fam/" and so many make 255 */
	memset(prog, 'p', sizeof(prog));
	prog[DOC_MAX_NAME - 4] = '\0';
	ASSERT_EQ(0, ADD(&self->list, prog, D));
	EXPECT_EQ(DOC_MAX_NAME, strlen(self->list.v[0].id));
	prog[DOC_MAX_NAME - 8] = '\0';
	ASSERT_EQ(0, ADD(&self->list, prog, D, "bench:param=n=1"));
	EXPECT_EQ(DOC_MAX_NAME, strlen(self->list.v[1].id));
	EXPECT_EQ(-EINVAL, ADD(&self->list, prog, D, "bench:param=n=1,10"));
	EXPECT_NE(NULL, strstr(err, "ID longer than 255"));
	EXPECT_EQ(-EINVAL, ADD(&self->list, prog, D, "bench:param=n=10", "bench:param=m=1"));
	memset(prog, 'p', DOC_MAX_NAME - 3);
	prog[DOC_MAX_NAME - 3] = '\0';
	EXPECT_EQ(-EINVAL, ADD(&self->list, prog, D));
	prog[DOC_MAX_NAME - 3] = 'p';
	prog[sizeof(prog) - 1] = '\0';
	EXPECT_EQ(-EINVAL, ADD(&self->list, prog, D, "bench:param=n=1"));
	EXPECT_EQ(-EINVAL, bench_list_add_derived(&self->list, "fam", prog, "d", err, 20));
	EXPECT_EQ(19, strlen(err));
}

TEST_F(benches, derived_and_declared_twice)
{
	const struct bench *b;

	ASSERT_EQ(0, bench_list_add_derived(&self->list, "fam", "ratio", "a to b", err,
					    sizeof(err_buf)));
	b = bench_list_find(&self->list, "fam/ratio");
	ASSERT_NE(NULL, b);
	EXPECT_STREQ("a to b", b->description);
	EXPECT_EQ(DRIVER_DERIVED, b->driver);
	EXPECT_EQ(1, b->ops);
	EXPECT_EQ(0, resolve(&self->list));
	EXPECT_EQ(-EINVAL, bench_list_add_derived(&self->list, "fam", "a b", "d", err, 64));
	EXPECT_STREQ("derived bench \"a b\" of fam: bad name or no description", err);
	EXPECT_EQ(-EINVAL, bench_list_add_derived(&self->list, "fam", "a", "", err, 64));
	EXPECT_EQ(-EINVAL, bench_list_add_derived(&self->list, "", "a", "d", err, 64));
	EXPECT_EQ(1, self->list.nr);
	EXPECT_EQ(0, ADD(&self->list, "ratio", D));
	EXPECT_EQ(-EINVAL, resolve(&self->list));
	EXPECT_STREQ("fam/ratio: declared twice", err);
	bench_list_free(&self->list);
	ASSERT_EQ(0, ADD(&self->list, "p", D, "bench:param=n=1,0x1"));
	EXPECT_EQ(-EINVAL, resolve(&self->list));
	EXPECT_STREQ("fam/p:n=1: declared twice", err);
}

/* Behind the first allocation of the list. */
TEST_F(benches, list_grows)
{
	char buf[64], *id = buf;

	ASSERT_EQ(0, ADD(&self->list, "p", D, "bench:param=a=0,1,2,3,4,5,6,7,8,9",
			 "bench:param=b=0,1,2,3,4,5,6,7,8,9", "bench:param=c=0,1,2"));
	ASSERT_EQ(300, self->list.nr);
	for (int i = 0; i < 300; i++) {
		snprintf(id, sizeof(buf), "fam/p:a=%d,b=%d,c=%d", i / 30, i / 3 % 10, i % 3);
		EXPECT_STREQ(id, self->list.v[i].id);
	}
	bench_list_free(&self->list);
	EXPECT_EQ(0, self->list.nr);
	EXPECT_EQ(NULL, self->list.v);
	bench_list_free(&self->list);
}

/* ID of the baseline of @id */
static const char *base_of(const struct bench_list *list, const char *id)
{
	const struct bench *b = bench_list_find(list, id);

	return b && b->base_kind == BASE_BENCH && b->base < list->nr ? list->v[b->base].id : "none";
}

TEST_F(benches, baselines)
{
	struct bench_list *list = &self->list;

	/* Named before it is there; in this family; in another; once and refused need none. */
	ASSERT_EQ(0, ADD(list, "p", D, "bench:baseline=empty", "bench:param=n=1,2"));
	ASSERT_EQ(0, ADD(list, "q", D, "bench:baseline=other/empty"));
	ASSERT_EQ(0, ADD(list, "r", D, "bench:baseline=refused", "bench:driver=test_run"));
	ASSERT_EQ(0, ADD_TO(list, "other", "empty", D));
	ASSERT_EQ(0, ADD(list, "empty", D));
	/* Parameters: of the bench, given, both; a bench without gives them all. */
	ASSERT_EQ(0, ADD(list, "floor", D, "bench:param=n=1,2", "bench:param=m=8,16"));
	ASSERT_EQ(0, ADD(list, "s", D, "bench:baseline=floor:m=8", "bench:param=n=1,2"));
	ASSERT_EQ(0, ADD(list, "t", D, "bench:baseline=fam/floor:m=0x10,n=2"));
	ASSERT_EQ(0, ADD(list, "u", D, "bench:baseline=floor", "bench:param=k=1",
			 "bench:param=m=16", "bench:param=n=2"));
	/* Zero additions are the baseline of n, and of themselves. */
	ASSERT_EQ(0, ADD(list, "alu", D, "bench:baseline=alu:n=0", "bench:param=n=0,64"));
	ASSERT_EQ(0, resolve(list));
	EXPECT_STREQ("fam/empty", base_of(list, "fam/p:n=2"));
	EXPECT_STREQ("other/empty", base_of(list, "fam/q"));
	EXPECT_STREQ("none", base_of(list, "fam/r"));
	EXPECT_STREQ("fam/floor:n=1,m=8", base_of(list, "fam/s:n=1"));
	EXPECT_STREQ("fam/floor:n=2,m=8", base_of(list, "fam/s:n=2"));
	EXPECT_STREQ("fam/floor:n=2,m=16", base_of(list, "fam/t"));
	EXPECT_STREQ("fam/floor:n=2,m=16", base_of(list, "fam/u:k=1,m=16,n=2"));
	EXPECT_STREQ("fam/alu:n=0", base_of(list, "fam/alu:n=64"));
	EXPECT_STREQ("fam/alu:n=0", base_of(list, "fam/alu:n=0"));
}

/* Against fam/floor with n=1,2 and fam/plain. */
static const char *const missing_baselines[] = {
	"bench:baseline=flor", "bench:baseline=fam/flor", "bench:baseline=other/plain",
	"bench:baseline=plain/", "bench:baseline=floor", "bench:baseline=floor:n=3",
	"bench:baseline=floor:m=1", "bench:baseline=floor:n=1,m=1", "bench:baseline=plain:n=1",
};

static const struct refused base_rows[] = {
	{ { D, "bench:baseline=floor:" }, "bad baseline \"floor:\"" },
	{ { D, "bench:baseline=floor:n" }, "bad baseline \"floor:n\"" },
	{ { D, "bench:baseline=floor:n=" }, "bad baseline \"floor:n=\"" },
	{ { D, "bench:baseline=floor:n=1x" }, "bad baseline \"floor:n=1x\"" },
	{ { D, "bench:baseline=floor:n=1," }, "bad baseline \"floor:n=1,\"" },
	{ { D, "bench:baseline=floor:n=1,n=1" }, "bad baseline \"floor:n=1,n=1\"" },
	{ { D, "bench:baseline=floor:a=1,b=1,c=1,d=1,n=1" }, "bad baseline \"floor:a=1,b=1" },
	{ { D, "bench:baseline=plain", "bench:workers=2" },
	  "baseline fam/plain has another driver or number of workers" },
	{ { D, "bench:baseline=plain", "bench:driver=test_run" },
	  "baseline fam/plain has another driver" },
	{ { D, "bench:baseline=p" }, "is its own baseline" },
	{ { D, "bench:baseline=fam/p" }, "is its own baseline" },
};

static void expect_unresolved(struct __test_metadata *_metadata, const struct refused *r)
{
	struct bench_list list = {};

	ASSERT_EQ(0, ADD(&list, "floor", D, "bench:param=n=1,2"));
	ASSERT_EQ(0, ADD(&list, "plain", D));
	ASSERT_EQ(0, add_tags(&list, "fam", "p", r->tags));
	expect_refused(_metadata, resolve(&list), "fam/p: ", r);
	bench_list_free(&list);
}

TEST(refused_baselines)
{
	char clause[80], tag[600];

	for (size_t i = 0; i < NR(base_rows); i++) {
		expect_unresolved(_metadata, &base_rows[i]);
	}
	for (size_t i = 0; i < NR(missing_baselines); i++) {
		struct refused r = { { D, missing_baselines[i] }, clause };

		snprintf(clause, sizeof(clause), "baseline \"%s\" does not exist",
			 strchr(missing_baselines[i], '=') + 1);
		expect_unresolved(_metadata, &r);
	}
	/* Cut, it would be another one. */
	snprintf(tag, sizeof(tag), "bench:baseline=floor:n=%0505d", 10);
	expect_unresolved(_metadata, &(struct refused){ { D, tag }, "bad baseline" });
}

/* Once each; the list grows on the way, what is in it can be freed. */
TEST_F(benches, every_allocation_fails)
{
	long n;
	int ret;

	for (n = 0;; n++) {
		ASSERT_EQ(0, ADD(&self->list, "p", D, "bench:param=n=0,1,2,3,4,5,6,7,8,9",
				 "bench:param=m=1,2,3"));
		fail_after = n;
		ret = ADD(&self->list, "q", D, "bench:param=n=1,2,3", "bench:needs=x",
			  "bench:note=y", "bench:baseline=p:m=1");
		if (!ret)
			break;
		ASSERT_EQ(-ENOMEM, ret);
		ASSERT_EQ(-1, fail_after);
		EXPECT_STREQ("", err);
		EXPECT_EQ(30 + (n >= 8) + (n >= 16), self->list.nr);
		bench_list_free(&self->list);
	}
	/* Eight strings of each of three benches, and the list before the third. */
	EXPECT_EQ(3 * 8 + 1, n);
	fail_after = 0;
	EXPECT_EQ(-ENOMEM, bench_list_add_derived(&self->list, "fam", "r", "d", err, 64));
	fail_after = -1;
	EXPECT_EQ(33, self->list.nr);
	EXPECT_EQ(0, resolve(&self->list));
}

TEST_HARNESS_MAIN

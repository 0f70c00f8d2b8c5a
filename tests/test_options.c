// SPDX-License-Identifier: GPL-2.0-only
/* Command lines. Allocations fail on demand. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail_alloc.h"
#include "kselftest_harness.h"
#include "options.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_ARGS 32

static char err_buf[512], *err = err_buf;

FIXTURE(line) {
	struct options o;
};

FIXTURE_SETUP(line)
{
	(void)_metadata;
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(line)
{
	(void)_metadata;
	fail_after = -1;
	options_free(&self->o);
}

/* @args ends with NULL and has no program name. What @o held is freed. */
static int parse(struct options *o, const char *const *args)
{
	char *argv[MAX_ARGS + 2] = { (char *)"bench_progs" };
	int argc;

	for (argc = 1; args[argc - 1]; argc++)
		argv[argc] = (char *)args[argc - 1];
	options_free(o);
	memset(o, 0xa5, sizeof(*o));	/* the caller's is not initialised either */
	err[0] = '\0';
	return options_parse(o, argc, argv, err, sizeof(err_buf));
}

#define PARSE(...) parse(&self->o, (const char *const[]){ __VA_ARGS__, NULL })

TEST_F(line, defaults)
{
	const struct options *o = &self->o;

	ASSERT_EQ(0, PARSE(NULL));
	EXPECT_EQ(VERB_RUN, o->verb);
	EXPECT_EQ(0, o->selector.nr + o->selector.nr_ranges);
	EXPECT_EQ(0, o->nr_choices);
	EXPECT_EQ(0, o->nr_outputs + o->nr_files);
	EXPECT_STREQ("kernel", o->exec);
	EXPECT_TRUE(o->clock_auto);
	EXPECT_FALSE(o->has_seed);
	EXPECT_EQ(0, o->loads + o->rounds + o->timeout);
	EXPECT_FALSE(o->quick || o->gate);
	EXPECT_EQ(0, o->verbose);
	EXPECT_STREQ("", err);
	options_free(&self->o);
	EXPECT_EQ(NULL, o->exec);
	options_free(&self->o);
}

TEST_F(line, no_argv)
{
	char *argv[] = { NULL };

	EXPECT_EQ(0, options_parse(&self->o, 0, argv, err, sizeof(err_buf)));
	EXPECT_EQ(VERB_RUN, self->o.verb);
}

TEST_F(line, verbs)
{
	static const char *const bad[] = { "", "ru", "runs", "Run", "version", "compare=", "a b" };

	EXPECT_EQ(0, PARSE("run"));
	EXPECT_EQ(VERB_RUN, self->o.verb);
	EXPECT_EQ(0, PARSE("list"));
	EXPECT_EQ(VERB_LIST, self->o.verb);
	EXPECT_EQ(0, PARSE("show", "a"));
	EXPECT_EQ(VERB_SHOW, self->o.verb);
	EXPECT_EQ(0, PARSE("compare", "a", "b"));
	EXPECT_EQ(VERB_COMPARE, self->o.verb);
	EXPECT_EQ(0, PARSE("disasm", "a", "f/c"));
	EXPECT_EQ(VERB_DISASM, self->o.verb);
	EXPECT_STREQ("f/c", self->o.files[1]);
	EXPECT_EQ(0, PARSE("doctor"));
	EXPECT_EQ(VERB_DOCTOR, self->o.verb);
	EXPECT_EQ(0, PARSE("help"));
	EXPECT_EQ(VERB_HELP, self->o.verb);
	for (size_t i = 0; i < NR(bad); i++) {
		char want[64];

		snprintf(want, sizeof(want), "unknown verb \"%s\" (", bad[i]);
		EXPECT_EQ(-EINVAL, PARSE(bad[i]));
		EXPECT_EQ(0, strncmp(err, want, strlen(want)));
	}
}

TEST_F(line, every_option)
{
	const struct options *o = &self->o;

	ASSERT_EQ(0, PARSE("run", "-t", "a,b", "-a", "c", "-d", "d/e", "-n", "1,3-5", "-q", "-v",
			   "-o", "table", "-o", "jsonl:x:y", "--clock", "insn", "--seed", "7",
			   "--loads", "4", "--rounds", "5", "--timeout", "6", "--exec", "fake"));
	EXPECT_EQ(4, o->selector.nr);
	EXPECT_EQ(SELECT_NAME, o->selector.v[1].kind);
	EXPECT_STREQ("b", o->selector.v[1].text);
	EXPECT_EQ(SELECT_ALLOW, o->selector.v[2].kind);
	EXPECT_EQ(SELECT_DENY, o->selector.v[3].kind);
	EXPECT_STREQ("d/e", o->selector.v[3].text);
	ASSERT_EQ(8, o->nr_choices);
	EXPECT_STREQ("-t", o->choices[0]);
	EXPECT_STREQ("a,b", o->choices[1]);
	EXPECT_STREQ("-n", o->choices[6]);
	EXPECT_STREQ("1,3-5", o->choices[7]);
	EXPECT_EQ(2, o->selector.nr_ranges);
	EXPECT_TRUE(o->quick);
	EXPECT_EQ(1, o->verbose);
	EXPECT_EQ(2, o->nr_outputs);
	EXPECT_STREQ("table", o->outputs[0]);
	EXPECT_STREQ("jsonl:x:y", o->outputs[1]);
	EXPECT_FALSE(o->clock_auto);
	EXPECT_EQ(CLOCK_KIND_INSN, o->clock);
	EXPECT_TRUE(o->has_seed);
	EXPECT_EQ(7, o->seed);
	EXPECT_EQ(4, o->loads);
	EXPECT_EQ(5, o->rounds);
	EXPECT_EQ(6, o->timeout);
	EXPECT_STREQ("fake", o->exec);
	EXPECT_EQ(VERB_RUN, o->verb);
}

TEST_F(line, long_names)
{
	const struct options *o = &self->o;

	ASSERT_EQ(0, PARSE("--name=a", "--allow", "b", "--deny=c", "--num", "2", "--quick",
			   "--verbose", "--verb", "--output=ktap", "--exec=fake:x1.05@a/b"));
	EXPECT_EQ(3, o->selector.nr);
	ASSERT_EQ(8, o->nr_choices);
	EXPECT_STREQ("2", o->choices[7]);
	EXPECT_TRUE(o->quick);
	EXPECT_EQ(2, o->verbose);
	EXPECT_STREQ("ktap", o->outputs[0]);
	EXPECT_STREQ("fake:x1.05@a/b", o->exec);
	ASSERT_EQ(0, PARSE("compare", "a", "--gate", "b"));
	EXPECT_TRUE(o->gate);
	ASSERT_EQ(0, PARSE("--list"));
	EXPECT_EQ(VERB_LIST, o->verb);
}

TEST_F(line, letters_together)
{
	ASSERT_EQ(0, PARSE("-qvvtxdp"));
	EXPECT_TRUE(self->o.quick);
	EXPECT_EQ(2, self->o.verbose);
	EXPECT_STREQ("xdp", self->o.selector.v[0].text);
	ASSERT_EQ(0, PARSE("-t", "-x", "-t--"));
	EXPECT_STREQ("-x", self->o.selector.v[0].text);
	EXPECT_STREQ("--", self->o.selector.v[1].text);
}

/* The one before the last of these wins nothing. */
TEST_F(line, last_wins)
{
	ASSERT_EQ(0, PARSE("--clock", "insn", "--clock", "ns", "--exec", "fake", "--exec", "kernel",
			   "--loads", "2", "--loads", "3", "--seed=1", "--seed=0"));
	EXPECT_FALSE(self->o.clock_auto);
	EXPECT_EQ(CLOCK_KIND_NS, self->o.clock);
	EXPECT_STREQ("kernel", self->o.exec);
	EXPECT_EQ(3, self->o.loads);
	EXPECT_TRUE(self->o.has_seed);
	EXPECT_EQ(0, self->o.seed);
	ASSERT_EQ(0, PARSE("--clock", "ns", "--clock", "auto"));
	EXPECT_TRUE(self->o.clock_auto);
}

/* Which option belongs to which verb: r(un), l(ist), s(how), c(ompare), d(octor). */
static const struct {
	const char *option, *arg, *verbs;
} belongs[] = {
	{ "-t", "x", "rl" }, { "-a", "x", "rl" }, { "-d", "x", "rl" }, { "-n", "1", "rl" },
	{ "-l", NULL, "rl" }, { "-o", "table", "rsc" }, { "-q", NULL, "r" },
	{ "-v", NULL, "rlscd" }, { "--clock", "ns", "r" }, { "--seed", "1", "r" },
	{ "--loads", "1", "r" }, { "--rounds", "1", "r" }, { "--timeout", "1", "r" },
	{ "--exec", "fake", "r" }, { "-h", NULL, "rlscd" }, { "-f", "net>5", "sc" },
	{ "-s", "net", "sc" }, { "--baseline", "x", "r" }, { "--save-baseline", "x", "r" },
	{ "--version", NULL, "rlscd" },
};

TEST_F(line, options_belong_to_verbs)
{
	static const char *const verbs[] = { "run", "list", "show", "compare", "doctor" };

	for (size_t i = 0; i < NR(belongs); i++) {
		for (size_t k = 0; k < NR(verbs); k++) {
			/* verb option [arg] [files] */
			const char *args[6] = { verbs[k], belongs[i].option };
			bool takes = strchr(belongs[i].verbs, verbs[k][0]);
			int n = 2;

			if (belongs[i].arg)
				args[n++] = belongs[i].arg;
			if (k == 2 || k == 3)
				args[n++] = "a";
			if (k == 3)
				args[n++] = "b";
			EXPECT_EQ(takes ? 0 : -EINVAL, parse(&self->o, args)) {
				TH_LOG("%s %s: %s", verbs[k], belongs[i].option, err);
			}
			if (!takes) {
				EXPECT_NE(NULL, strstr(err, "does not belong to this verb"));
			}
		}
	}
}

TEST_F(line, gate)
{
	EXPECT_EQ(0, PARSE("compare", "a", "b", "--gate"));
	EXPECT_EQ(-EINVAL, PARSE("run", "--gate"));
	EXPECT_STREQ("--gate of a run needs --baseline", err);
	EXPECT_EQ(0, PARSE("--gate", "--baseline", "a", "--baseline=b", "--save-baseline", "c"));
	EXPECT_STREQ("b", self->o.baseline);
	EXPECT_STREQ("c", self->o.save_baseline);
	EXPECT_TRUE(self->o.gate);
	EXPECT_EQ(-EINVAL, PARSE("show", "a", "--gate"));
	EXPECT_STREQ("option --gate does not belong to this verb (see --help)", err);
}

TEST_F(line, filters)
{
	char path[] = "/tmp/bench_progs_filter_XXXXXX", list[64];
	int fd = mkstemp(path);

	ASSERT_LE(0, fd);
	ASSERT_EQ(47, dprintf(fd, "# these\n map*,net>5 # and more\n\nverdict=slower\n"));
	close(fd);
	snprintf(list, sizeof(list), "@%s", path);
	EXPECT_EQ(0, PARSE("compare", "a", "b", "-f", "change>1", "-f", list, "-s", "a,b:asc"));
	EXPECT_EQ(FILTER_COMPARISONS, self->o.filter.rows);
	EXPECT_EQ(4, self->o.filter.nr);
	EXPECT_EQ(2, self->o.filter.nr_keys);
	snprintf(list, sizeof(list), "!@%s", path);
	EXPECT_EQ(0, PARSE("compare", "a", "b", "-f", list));
	EXPECT_EQ(3, self->o.filter.nr);
	/* The columns are those of the verb. */
	EXPECT_EQ(-EINVAL, PARSE("show", "a", "-f", list));
	EXPECT_EQ(err, strstr(err, "-f \"verdict=slower\": there is no column \"verdict\" ("));
	EXPECT_EQ(0, PARSE("show", "a", "-f", "quality=exact"));
	EXPECT_EQ(FILTER_RESULTS, self->o.filter.rows);
	unlink(path);
}

TEST_F(line, list_instead_of_running)
{
	/* Whatever the order: the line is one of run with -l. */
	EXPECT_EQ(0, PARSE("-l", "-q", "--exec", "fake", "-o", "table"));
	EXPECT_EQ(VERB_LIST, self->o.verb);
	EXPECT_EQ(0, PARSE("-q", "--exec", "fake", "-o", "table", "-l"));
	EXPECT_EQ(VERB_LIST, self->o.verb);
	EXPECT_EQ(-EINVAL, PARSE("list", "-q"));
	EXPECT_STREQ("option --quick does not belong to this verb (see --help)", err);
	EXPECT_EQ(-EINVAL, PARSE("-l", "x"));
}

TEST_F(line, help_and_version)
{
	EXPECT_EQ(0, PARSE("-h"));
	EXPECT_EQ(VERB_HELP, self->o.verb);
	EXPECT_EQ(0, PARSE("--help", "--gate", "-l", "more", "words"));
	EXPECT_EQ(VERB_HELP, self->o.verb);
	EXPECT_EQ(0, PARSE("compare", "-h"));
	EXPECT_EQ(VERB_HELP, self->o.verb);
	EXPECT_EQ(0, PARSE("help", "compare"));
	EXPECT_EQ(VERB_HELP, self->o.verb);
	EXPECT_EQ(0, PARSE("--version", "-q", "-l"));
	EXPECT_EQ(VERB_VERSION, self->o.verb);
	EXPECT_EQ(0, PARSE("show", "--version"));
	EXPECT_EQ(VERB_VERSION, self->o.verb);
	EXPECT_EQ(-EINVAL, PARSE("-h", "--frobnicate"));
}

TEST_F(line, documents)
{
	EXPECT_EQ(0, PARSE("show", "a.jsonl"));
	EXPECT_EQ(1, self->o.nr_files);
	EXPECT_STREQ("a.jsonl", self->o.files[0]);
	EXPECT_EQ(0, PARSE("show", "-"));
	EXPECT_STREQ("-", self->o.files[0]);
	EXPECT_EQ(0, PARSE("show", "-v", "--", "-q"));
	EXPECT_STREQ("-q", self->o.files[0]);
	EXPECT_EQ(0, PARSE("compare", "a", "-o", "ktap", "b", "--gate"));
	EXPECT_EQ(2, self->o.nr_files);
	EXPECT_STREQ("a", self->o.files[0]);
	EXPECT_STREQ("b", self->o.files[1]);
	EXPECT_TRUE(self->o.gate);
}

static const struct {
	const char *args[6];
	const char *want;
} refused[] = {
	{ { "run", "--frobnicate" }, "unknown option --frobnicate (see --help)" },
	{ { "run", "--frobnicate=3" }, "unknown option --frobnicate=3 (see --help)" },
	{ { "run", "--ver" }, "unknown option --ver (see --help)" },	/* -bose, -sion */
	{ { "run", "-Z" }, "unknown option -Z (see --help)" },
	{ { "run", "-Zq" }, "unknown option -Z (see --help)" },
	{ { "-qZv" }, "unknown option -Z (see --help)" },
	{ { "-q", "-\xc3\xa9" }, "unknown option -? (see --help)" },
	{ { "-q", "-:" }, "unknown option -: (see --help)" },
	{ { "run", "-t" }, "option -t needs an argument (see --help)" },
	{ { "run", "-qt" }, "option -t needs an argument (see --help)" },
	{ { "run", "--seed" }, "option --seed needs an argument (see --help)" },
	{ { "run", "--see" }, "option --see needs an argument (see --help)" },
	{ { "run", "--quick=1" }, "option --quick takes no argument (see --help)" },
	{ { "compare", "a", "b", "--gat=1" }, "option --gate takes no argument (see --help)" },
	{ { "run", "list" }, "unexpected argument \"list\" (see --help)" },
	{ { "-v", "list" }, "unexpected argument \"list\" (see --help)" },
	{ { "-" }, "unexpected argument \"-\" (see --help)" },
	{ { "doctor", "--", "-q" }, "unexpected argument \"-q\" (see --help)" },
	{ { "show" }, "show needs a document (see --help)" },
	{ { "show", "-v" }, "show needs a document (see --help)" },
	{ { "show", "a", "b", "c" }, "unexpected argument \"b\" (see --help)" },
	{ { "compare" }, "compare needs two documents or directories (see --help)" },
	{ { "compare", "a" }, "compare needs two documents or directories (see --help)" },
	{ { "disasm", "a" },
	  "disasm needs a document and the ID of one of its results (see --help)" },
	{ { "disasm", "a", "f/c", "-q" },
	  "option --quick does not belong to this verb (see --help)" },
	{ { "compare", "a", "b", "c" }, "unexpected argument \"c\" (see --help)" },
	{ { "-n", "1,x" }, "\"1,x\" is no list of numbers like 1,3-5" },
	{ { "-n", "-2" }, "\"-2\" is no list of numbers like 1,3-5" },
	{ { "-n", "" }, "\"\" is no list of numbers like 1,3-5" },
	{ { "-t", "" }, "empty pattern in \"\"" },
	{ { "-a", "a,,b" }, "empty pattern in \"a,,b\"" },
	{ { "-d", "a," }, "empty pattern in \"a,\"" },
	{ { "-t@/nonexistent/x" }, "list /nonexistent/x: No such file or directory" },
	{ { "-t", "@/" }, "list /: Is a directory" },
	{ { "-a", "@/dev/null" }, "list /dev/null: holds no pattern" },
	{ { "compare", "a", "b", "-f", "net>x" }, "-f \"net>x\": \"x\" is no number" },
	{ { "compare", "a", "b", "-s", "net:" },
	  "-s \"net:\": \":\" is neither :asc nor :desc" },
	{ { "show", "a", "-f@/nonexistent/x" }, "list /nonexistent/x: No such file or directory" },
	{ { "--clock", "sec" }, "unknown clock \"sec\" (auto, ns, insn)" },
	{ { "--clock", "none" }, "unknown clock \"none\" (auto, ns, insn)" },
	{ { "--clock", "" }, "unknown clock \"\" (auto, ns, insn)" },
	{ { "--exec", "real" }, "unknown executor \"real\" (kernel, fake, fake:EFFECT@GLOB,...)" },
	{ { "--exec", "fak" }, "unknown executor \"fak\" (kernel, fake, fake:EFFECT@GLOB,...)" },
	{ { "--exec", "" }, "unknown executor \"\" (kernel, fake, fake:EFFECT@GLOB,...)" },
};

TEST_F(line, one_line_that_names_it)
{
	for (size_t i = 0; i < NR(refused); i++) {
		EXPECT_EQ(-EINVAL, parse(&self->o, refused[i].args));
		EXPECT_STREQ(refused[i].want, err);
	}
}

TEST_F(line, getopt_says_nothing_of_its_own)
{
	int saved = dup(STDERR_FILENO), ret;
	FILE *f = tmpfile();

	ASSERT_NE(NULL, f);
	ASSERT_EQ(STDERR_FILENO, dup2(fileno(f), STDERR_FILENO));
	ret = PARSE("-Z") & PARSE("--frobnicate") & PARSE("--ver") & PARSE("--seed");
	dup2(saved, STDERR_FILENO);
	EXPECT_EQ(0, lseek(fileno(f), 0, SEEK_END));
	EXPECT_EQ(-EINVAL, ret);
	close(saved);
	fclose(f);
}

static const struct {
	const char *name;
	unsigned long long min, max;
} counts[] = {
	{ "--loads", 1, 1000 }, { "--rounds", 1, 1000 }, { "--timeout", 1, 86400 },
	{ "--seed", 0, INT64_MAX },
};

TEST_F(line, counts)
{
	static const char *const bad[] = {
		"", " ", "x", "1x", "1 ", " 1", "+1", "-1", "-0", "--", "1.5", "0x10", "1e3", "1,2",
		"9223372036854775808", "18446744073709551615", "18446744073709551617",
		"99999999999999999999999999",
	};
	char text[32], want[160];

	for (size_t i = 0; i < NR(counts); i++) {
		snprintf(text, sizeof(text), "%llu", counts[i].min);
		EXPECT_EQ(0, PARSE(counts[i].name, text));
		snprintf(text, sizeof(text), "0%llu", counts[i].max);
		EXPECT_EQ(0, PARSE(counts[i].name, text));
		EXPECT_EQ(counts[i].max, self->o.seed + self->o.loads + self->o.rounds +
			  self->o.timeout);
		snprintf(text, sizeof(text), "%llu", counts[i].max + 1);
		EXPECT_EQ(-EINVAL, PARSE(counts[i].name, text));
		EXPECT_EQ(counts[i].min ? -EINVAL : 0, PARSE(counts[i].name, "0"));
		for (size_t k = 0; k < NR(bad); k++) {
			snprintf(want, sizeof(want),
				 "%s takes a whole number from %llu to %llu, not \"%s\"",
				 counts[i].name, counts[i].min, counts[i].max, bad[k]);
			EXPECT_EQ(-EINVAL, PARSE(counts[i].name, bad[k]));
			EXPECT_STREQ(want, (const char *)err);
		}
	}
}

TEST_F(line, outputs)
{
	const char *args[2 * OPTIONS_MAX_OUT + 3] = { NULL };
	int n;

	for (n = 0; n < 2 * OPTIONS_MAX_OUT; n += 2) {
		args[n] = "-o";
		args[n + 1] = "table";
	}
	EXPECT_EQ(0, parse(&self->o, args));
	EXPECT_EQ(OPTIONS_MAX_OUT, self->o.nr_outputs);
	args[n] = "-oktap";
	EXPECT_EQ(-EINVAL, parse(&self->o, args));
	EXPECT_STREQ("more than 8 outputs", err);
}

/* "-a@PATH" where PATH reads @text as long as *file is open; nothing to remove. */
static const char *list_of(const char *text, FILE **file)
{
	static char arg[40];

	*file = tmpfile();
	if (!*file || fputs(text, *file) < 0 || fflush(*file))
		abort();
	snprintf(arg, sizeof(arg), "-a@/dev/fd/%d", fileno(*file));
	return arg;
}

TEST_F(line, lists_with_others)
{
	FILE *f, *empty;
	char arg[40];

	strcpy(arg, list_of("a\nb,c\n", &f));
	arg[1] = 'd';
	ASSERT_EQ(0, PARSE("-t", "x,y", arg, "-a", "z", arg));
	EXPECT_EQ(7, self->o.selector.nr);
	EXPECT_EQ(SELECT_DENY, self->o.selector.v[2].kind);
	EXPECT_STREQ("b,c", self->o.selector.v[6].text);	/* one pattern a line */
	/* @ only in front: elsewhere it is a character like others. */
	ASSERT_EQ(0, PARSE("-t", "x,@y"));
	EXPECT_STREQ("@y", self->o.selector.v[1].text);
	/* An empty list is one even behind patterns. */
	EXPECT_EQ(-EINVAL, PARSE("-t", "x", list_of("# none\n\n \n", &empty)));
	EXPECT_NE(NULL, strstr(err, ": holds no pattern"));
	EXPECT_EQ(0, strncmp(err, "list /dev/fd/", 13));
	fclose(f);
	fclose(empty);
}

/* The launcher parses its own arguments, then those of the runner; errors leave getopt anywhere. */
TEST_F(line, parsed_again)
{
	char *other[] = { (char *)"bench_vm", (char *)"-xy", (char *)"z", NULL };

	opterr = 0;
	EXPECT_EQ('x', getopt(3, other, "xy"));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, PARSE("-qt", "a", "-v"));
		EXPECT_EQ(1, self->o.selector.nr);
		EXPECT_EQ(1, self->o.verbose);
		EXPECT_EQ(-EINVAL, PARSE("-vZt", "a"));
		EXPECT_EQ(-EINVAL, PARSE("-t"));
		ASSERT_EQ(0, PARSE("show", "-v", "a"));
		EXPECT_FALSE(self->o.quick);
		EXPECT_EQ(0, self->o.selector.nr);
	}
}

TEST_F(line, every_allocation_fails)
{
	FILE *f;
	const char *list = list_of("l\nm\n", &f);
	long n;
	int ret;

	for (n = 0;; n++) {
		fail_after = n;
		ret = PARSE("-t", "a,b", list, "-n", "1,2", "-o", "table", "--exec", "fake");
		if (!ret)
			break;
		ASSERT_EQ(-1, fail_after);
		EXPECT_EQ(-ENOMEM, ret);
		EXPECT_STREQ("", err);
	}
	/* -t: a copy, two patterns of two; list: two of two; -n: copy, two; -o; --exec. */
	EXPECT_EQ(5 + 4 + 3 + 1 + 1 + 11, n);
	for (n = 0;; n++) {
		fail_after = n;
		if (!PARSE("compare", "a", "b"))
			break;
		EXPECT_EQ(-1, fail_after);
	}
	EXPECT_EQ(3, n);
	fclose(f);
}

TEST(help_names_everything)
{
	static const char *const rows[] = {
		"\n  run ", "\n  list ", "\n  show ", "\n  compare ", "\n  disasm ", "\n  doctor ",
		"\n  help ",
		"\n  -t, --name NAMES ", "\n  -a, --allow NAMES ", "\n  -d, --deny NAMES ",
		"\n  -n, --num NUMS ", "\n  -l, --list ", "\n  -o, --output FMT[:FILE] ",
		"\n  -q, --quick ", "\n  -v, --verbose ", "\n      --clock CLOCK ",
		"\n      --seed N ", "\n      --loads N ", "\n      --rounds N ",
		"\n      --timeout S ", "\n      --exec WHAT ", "\n      --gate ",
		"\n  -h, --help ", "\n      --version ", "\nexit status: ",
	};
	char *text, *line;
	size_t sz;
	FILE *f = open_memstream(&text, &sz);

	ASSERT_NE(NULL, f);
	options_help(f);
	fclose(f);
	for (size_t i = 0; i < NR(rows); i++) {
		EXPECT_NE(NULL, strstr(text, rows[i])) {
			TH_LOG("not in the help: %s", rows[i] + 1);
		}
	}
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		EXPECT_LT(strlen(line), 100);
	}
	free(text);
}

TEST_HARNESS_MAIN

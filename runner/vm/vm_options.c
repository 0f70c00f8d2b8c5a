// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "core/compare.h"
#include "list_file.h"
#include "vm_options.h"

#define LONG_ONLY	256	/* getopt's value of row i: LONG_ONLY + i */

#define V(verb)		(1u << VM_VERB_##verb)
#define V_SEVERAL	(V(MATRIX) | V(AB))
#define V_BOOTS		(V(BOOT) | V(BISECT) | V_SEVERAL)
#define V_KERNEL	(V_BOOTS | V(VMLINUX) | V(FETCH) | V(PRUNE))
#define V_RESULTS	(V_SEVERAL | V(BISECT))

static const struct {
	const char *name;
	enum vm_verb verb;
	size_t min_kernels, max_kernels;
	bool has_args;		/* the runner's */
	const char *help;
} verb_defs[] = {
	{ "", VM_VERB_BOOT, 1, 1, true, NULL },
	{ "matrix", VM_VERB_MATRIX, 1, NR_KERNELS_MAX, true,
	  "measure on every kernel: a document each, and tables of all of them" },
	{ "ab", VM_VERB_AB, 2, 2, true,
	  "measure on two kernels and say what changed from the first to the second" },
	{ "bisect", VM_VERB_BISECT, 0, 1, true,
	  "build the tree -k (default: here), measure --metric; the exit status is for\n"
	  "git bisect run: 0 good, 1 bad, 125 does not build, boot or have the figure" },
	{ "vmlinux", VM_VERB_VMLINUX, 1, 1, false,
	  "only write the kernel's ELF, which has the BTF (arm64: the BTF), to -o FILE" },
	{ "kernels", VM_VERB_KERNELS, 0, 0, false,
	  "list Debian's kernels, and those in the cache" },
	{ "fetch", VM_VERB_FETCH, 1, NR_KERNELS_MAX, false,
	  "fetch KERNELs, the newest that fit, into the cache: fetch debian:6.12 debian:sid" },
	{ "prune", VM_VERB_PRUNE, 0, NR_KERNELS_MAX, false,
	  "remove KERNELs from the cache, or without one what is old or easily had again" },
	{ "help", VM_VERB_HELP, 0, NR_KERNELS_MAX, true, "this text" },
};

#define NR_VERBS	(sizeof(verb_defs) / sizeof(verb_defs[0]))

static int __attribute__((format(printf, 1, 2))) bad(const char *fmt, ...)
{
	va_list ap;

	fputs("bench_vm: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs(" (see bench_vm --help)\n", stderr);
	return -EINVAL;
}

static int add_kernel(void *ctx, const char *spec)
{
	struct vm_options *o = ctx;

	if (o->nr_kernels == NR_KERNELS_MAX)
		return bad("-k: more than %d kernels", NR_KERNELS_MAX);
	o->kernels[o->nr_kernels] = strdup(spec);
	return o->kernels[o->nr_kernels++] ? 0 : -ENOMEM;
}

static int add_kernel_list(struct vm_options *o, const char *path)
{
	char why[PATH_MAX + 64] = "";
	int err = list_file_read(path, "kernel", add_kernel, o, why, sizeof(why));

	return *why ? bad("%s", why) : err;
}

static int opt_kernel(struct vm_options *o, const char *arg)
{
	if (!*arg)
		return bad("-k: an empty name");
	return arg[0] == '@' ? add_kernel_list(o, arg + 1) : add_kernel(o, arg);
}

static int opt_arch(struct vm_options *o, const char *arg)
{
	o->cfg.arch = vm_arch_find(arg);
	if (!o->cfg.arch)
		return bad("--arch %s: x86 or arm64 is wanted", arg);
	if (o->cfg.arch->why_not)
		return bad("--arch %s: %s", arg, o->cfg.arch->why_not);
	return 0;
}

static int opt_accel(struct vm_options *o, const char *arg)
{
	enum vm_accel a;

	for (a = VM_ACCEL_AUTO; a <= VM_ACCEL_INSN; a++) {
		if (!strcmp(arg, vm_accel_name(a))) {
			o->cfg.accel = a;
			return 0;
		}
	}
	return bad("--accel %s: auto, kvm, tcg or insn is wanted", arg);
}

static int parse_count(const char *name, const char *arg, unsigned int max, unsigned int *value)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(arg, &end, 10);
	/* strtoul() takes signs and spaces. */
	if (errno || !isdigit((unsigned char)arg[0]) || *end || !v || v > max)
		return bad("--%s %s: a number from 1 to %u is wanted", name, arg, max);
	*value = (unsigned int)v;
	return 0;
}

static int opt_cpus(struct vm_options *o, const char *arg)
{
	return parse_count("cpus", arg, 255, &o->cfg.nr_cpus);
}

static int opt_mem(struct vm_options *o, const char *arg)
{
	return parse_count("mem", arg, 1u << 20, &o->cfg.mem_mib);
}

static int opt_timeout(struct vm_options *o, const char *arg)
{
	return parse_count("timeout", arg, 1000000, &o->cfg.timeout_s);
}

static int opt_hang(struct vm_options *o, const char *arg)
{
	return parse_count("hang", arg, 1000000, &o->cfg.hang_s);
}

static int opt_boot(struct vm_options *o, const char *arg)
{
	return parse_count("boot", arg, 1000000, &o->cfg.boot_s);
}

static int opt_console(struct vm_options *o, const char *arg)
{
	o->cfg.console = arg;
	return 0;
}

static int opt_module(struct vm_options *o, const char *arg)
{
	if (o->cfg.nr_modules == NR_MODULES_MAX)
		return bad("--module: more than %d", NR_MODULES_MAX);
	o->modules[o->cfg.nr_modules++] = arg;
	return 0;
}

static int opt_qemu(struct vm_options *o, const char *arg)
{
	o->cfg.qemu = arg;
	return 0;
}

/* Letters, digits and underscores name a key. */
static int opt_env(struct vm_options *o, const char *arg)
{
	size_t len = strspn(arg, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (!len || arg[len] != '=' || !arg[len + 1])
		return bad("--env %s: KEY=VALUE is wanted", arg);
	if (o->nr_facts == NR_FACTS_MAX)
		return bad("--env: more than %d", NR_FACTS_MAX);
	o->facts[o->nr_facts++] = arg;
	return 0;
}

static int opt_results(struct vm_options *o, const char *arg)
{
	o->results = arg;
	return *arg ? 0 : bad("--results: an empty name");
}

static int opt_metric(struct vm_options *o, const char *arg)
{
	o->metric = arg;
	return 0;
}

static int opt_max(struct vm_options *o, const char *arg)
{
	char *end;

	o->has_max = true;
	errno = 0;
	o->max = strtod(arg, &end);
	if (errno || !*arg || *end || !isfinite(o->max))
		return bad("--max %s: a number is wanted", arg);
	return 0;
}

static int opt_before(struct vm_options *o, const char *arg)
{
	o->before = arg;
	return 0;
}

static int opt_build(struct vm_options *o, const char *arg)
{
	o->build = arg;
	return 0;
}

static int opt_jobs(struct vm_options *o, const char *arg)
{
	return parse_count("jobs", arg, 256, &o->jobs);
}

/* For the runner: parse_one() hands them on. */
static int opt_select(struct vm_options *o, const char *arg)
{
	(void)o;
	(void)arg;
	return 0;
}

static int opt_qemu_arg(struct vm_options *o, const char *arg)
{
	if (o->cfg.nr_qemu_args == NR_QEMU_ARGS_MAX)
		return bad("--qemu-arg: more than %d", NR_QEMU_ARGS_MAX);
	o->qemu_args[o->cfg.nr_qemu_args++] = arg;
	return 0;
}

static int opt_engine(struct vm_options *o, const char *arg)
{
	enum vm_engine e;

	for (e = VM_ENGINE_QEMU; e <= VM_ENGINE_VNG; e++) {
		if (!strcmp(arg, vm_engine_name(e))) {
			o->cfg.engine = e;
			return 0;
		}
	}
	return bad("--engine %s: qemu or vng is wanted", arg);
}

static int opt_output(struct vm_options *o, const char *arg)
{
	if (o->nr_outputs == (o->verb == VM_VERB_AB ? REPORT_MAX_OUT : 1))
		return bad("-o %s: one output too many", arg);
	o->outputs[o->nr_outputs++] = (char *)arg;
	return 0;
}

static int opt_gate(struct vm_options *o, const char *arg)
{
	(void)arg;
	o->gate = true;
	return 0;
}

static int opt_baseline(struct vm_options *o, const char *arg)
{
	o->baseline = arg;
	return 0;
}

static int opt_save_baseline(struct vm_options *o, const char *arg)
{
	o->save_baseline = arg;
	return 0;
}

static int opt_runs(struct vm_options *o, const char *arg)
{
	return parse_count("runs", arg, COMPARE_MAX_BOOTS, &o->runs);
}

static int opt_quiet(struct vm_options *o, const char *arg)
{
	(void)arg;
	o->cfg.notes = NULL;
	return 0;
}

static int opt_verbose(struct vm_options *o, const char *arg)
{
	(void)arg;
	o->is_verbose = true;
	return 0;
}

static int opt_help(struct vm_options *o, const char *arg)
{
	(void)arg;
	o->verb = VM_VERB_HELP;
	return 0;
}

/* One row an option: what parses it, the verbs it belongs to, its help. */
static const struct opt_def {
	const char *name;
	const char *arg;	/* NULL: takes none */
	int (*parse)(struct vm_options *o, const char *arg);
	unsigned int verbs;
	char letter;
	const char *help;
} opt_defs[] = {
	{ "kernel", "KERNEL", opt_kernel, V_KERNEL, 'k',
	  "bzImage, vmlinux, kernel build tree, host, or debian:VERSION\n"
	  "(debian:6.12, debian:6.1.0-50, debian:sid, debian:newest, ...: fetched\n"
	  "into the cache once); several with verbs that take them, or @FILE with\n"
	  "one a line" },
	{ "arch", "ARCH", opt_arch, V_KERNEL | V(KERNELS), 0,
	  "the guest's: x86 or arm64, default this machine's" },
	{ "accel", "ACCEL", opt_accel, V_BOOTS, 0,
	  "auto (default), kvm, tcg, insn (TCG that counts instructions)" },
	{ "cpus", "N", opt_cpus, V_BOOTS, 0, "default 1" },
	{ "mem", "MIB", opt_mem, V_BOOTS, 0, "default 512" },
	{ "timeout", "SEC", opt_timeout, V_BOOTS, 0, "wall time of the whole guest, default 900" },
	{ "hang", "SEC", opt_hang, V_BOOTS, 0, "wall time without a result, default 90" },
	{ "boot", "SEC", opt_boot, V_BOOTS, 0, "wall time until the guest reports, default 60" },
	{ "console", "FILE", opt_console, V(BOOT), 0,
	  "keep the console (of one guest for all cases); otherwise kept in results/\n"
	  "after a failure only" },
	{ "module", "MODULE", opt_module, V_BOOTS, 0,
	  "loaded before the run, repeatable: a file (.ko, .ko.xz, .ko.zst,\n"
	  ".ko.gz), or the name of one of KERNEL's (what it needs comes along)" },
	{ "qemu", "PATH", opt_qemu, V_BOOTS, 0, "default: the architecture's in PATH" },
	{ "qemu-arg", "ARG", opt_qemu_arg, V_BOOTS, 0,
	  "one more word on its command line, repeatable; recorded in the document" },
	{ "engine", "ENGINE", opt_engine, V_BOOTS, 0,
	  "qemu (default), or vng: virtme-ng starts the guest" },
	{ "env", "KEY=VALUE", opt_env, V_BOOTS, 0,
	  "recorded in the environment of the document, repeatable" },
	{ "jobs", "N", opt_jobs, V_SEVERAL, 'j',
	  "guests at once, default: as many as CPUs where they are counted, else 1" },
	{ "results", "DIR", opt_results, V_RESULTS, 0,
	  "where the documents go, default results/VERB" },
	{ "metric", "ID[,METRIC]", opt_metric, V(BISECT), 0,
	  "what decides: a case, and a metric of it unless its figure" },
	{ "max", "N", opt_max, V(BISECT), 0, "more is bad (of a rate: less)" },
	{ "not-worse-than", "DOC", opt_before, V(BISECT), 0,
	  "slower than in this document is bad" },
	{ "build", "CMD", opt_build, V(BISECT), 0,
	  "the shell command that builds in the tree, default: make with the suite's\n"
	  "config ($BENCH_CONFIG) unless there is a .config" },
	{ "name", "NAMES", opt_select, V_SEVERAL, 't', "handed to the runner, as -a, -d and -n" },
	{ "allow", "NAMES", opt_select, V_SEVERAL, 'a', NULL },
	{ "deny", "NAMES", opt_select, V_SEVERAL, 'd', NULL },
	{ "num", "NUMS", opt_select, V_SEVERAL, 'n', NULL },
	{ "runs", "N", opt_runs, V(AB), 0,
	  "boots of each kernel, default: where they are counted 1, and 5 of what changed\n"
	  "too little for one to tell, else until every verdict is settled, at most 16" },
	{ "baseline", "DOC|DIR", opt_baseline, V(MATRIX), 0,
	  "compare each kernel with a document, DIR/RELEASE.jsonl of a directory" },
	{ "save-baseline", "DIR", opt_save_baseline, V(MATRIX), 0,
	  "keep the documents of kernels that passed as DIR/RELEASE.jsonl" },
	{ "gate", NULL, opt_gate, V(AB) | V(MATRIX), 0, "exit 1 if anything is slower" },
	{ "output", "FMT[:FILE]", opt_output, V(VMLINUX) | V(AB), 'o',
	  "ab: table, md or jsonl, repeatable; vmlinux: the file" },
	{ "quiet", NULL, opt_quiet, ~0u, 'q', "no notes on fetching and falling back" },
	{ "verbose", NULL, opt_verbose, ~0u, 'v',
	  "say which accelerator was used and how long the guest took" },
	{ "help", NULL, opt_help, ~0u, 'h', "this text" },
};

#define NR_OPTS		(sizeof(opt_defs) / sizeof(opt_defs[0]))

static void help_lines(FILE *out, const char *left, const char *text)
{
	const char *line = text;
	int len;

	while (line) {
		len = (int)strcspn(line, "\n");
		fprintf(out, "  %-24s %.*s\n", line == text ? left : "", len, line);
		line = line[len] ? line + len + 1 : NULL;
	}
}

static void help_option(FILE *out, const struct opt_def *d)
{
	char left[40];

	snprintf(left, sizeof(left), "%c%c%s--%s%s%s", d->letter ? '-' : ' ',
		 d->letter ? d->letter : ' ', d->letter ? ", " : "  ", d->name, d->arg ? " " : "",
		 d->arg ? d->arg : "");
	help_lines(out, left, d->help);
}

void vm_options_help(FILE *out)
{
	size_t i;

	fputs("usage: bench_vm -k KERNEL [OPTIONS] [--] [RUNNER-ARGS...]\n"
	      "       bench_vm VERB [OPTIONS] [--] [RUNNER-ARGS...]\n\n"
	      "Boots KERNEL with bench_progs as its init, reports what it measures as RUNNER-ARGS\n"
	      "say (run, -t, -o, ...: see bench_progs --help), and says how the guest ended.\n\n"
	      "verbs:\n", out);
	for (i = 0; i < NR_VERBS; i++)
		if (verb_defs[i].help)
			help_lines(out, verb_defs[i].name, verb_defs[i].help);
	fputs("\noptions:\n", out);
	for (i = 0; i < NR_OPTS; i++)
		if (opt_defs[i].help)
			help_option(out, &opt_defs[i]);
	fputs("\n"
	      "exit status: 0 passed, 1 failed, 2 usage or no such kernel, 4 nothing could run,\n"
	      "10 panicked, 11 hung, 12 did not boot, 13 no QEMU, 14 QEMU died, 15 flooded its\n"
	      "output, 124 timed out, 130 interrupted, 143 terminated; "
	      "a guest that ended badly in\n"
	      "a case is followed by one that goes on behind it, and then 1 is the status\n"
	      "environment: BENCH_CACHE (cache directory), BENCH_PROGS (runner, default: beside\n"
	      "bench_vm)\n", out);
}

static const char *verb_name(enum vm_verb verb)
{
	size_t i;

	for (i = 0; verb_defs[i].verb != verb; i++)
		;
	return verb_defs[i].name;
}

static int add_word(char ***words, int *nr, const char *text)
{
	char **v = realloc(*words, ((size_t)*nr + 2) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	*words = v;
	v[*nr] = strdup(text);
	if (!v[*nr])
		return -ENOMEM;
	v[++*nr] = NULL;
	return 0;
}

/* What a guest to come, or its runner, is to be told as well. */
static int hand_on(struct vm_options *o, const struct opt_def *d, const char *arg)
{
	char option[32];
	int err;

	if (d->parse == opt_select) {
		snprintf(option, sizeof(option), "-%c", d->letter);
		err = add_word(&o->args, &o->nr_args, option);
		return err ?: add_word(&o->args, &o->nr_args, arg);
	}
	if (d->verbs != V_BOOTS && d->parse != opt_arch)
		return 0;
	snprintf(option, sizeof(option), "--%s", d->name);
	err = add_word(&o->boot_args, &o->nr_boot_args, option);
	return err ?: add_word(&o->boot_args, &o->nr_boot_args, arg);
}

static int parse_one(struct vm_options *o, int c, char **argv)
{
	size_t i;

	for (i = 0; i < NR_OPTS; i++) {
		const struct opt_def *d = &opt_defs[i];

		if (c != (int)(LONG_ONLY + i) && c != d->letter)
			continue;
		if (d->verbs & (1u << o->verb) || o->verb == VM_VERB_HELP)
			return d->parse(o, optarg) ?: hand_on(o, d, optarg);
		if (o->verb == VM_VERB_BOOT && d->letter == 'o')
			return bad("-o does not go with a plain boot (the runner's go behind --)");
		return bad("--%s does not go with %s", d->name, o->verb == VM_VERB_BOOT ?
			   "a plain boot" : verb_name(o->verb));
	}
	if (c == ':')
		return bad("%s wants an argument", argv[optind - 1]);
	if (optopt && optopt < LONG_ONLY && strncmp(argv[optind - 1], "--", 2))
		return bad("unknown option -%c", optopt);
	return bad("bad option %s", argv[optind - 1]);
}

/* The first word is a verb, or the runner's: "bench_vm -k K run" and "bench_vm K" are not alike. */
static void parse_verb(struct vm_options *o, int *argc, char ***argv)
{
	size_t i;

	for (i = 1; *argc > 1 && i < NR_VERBS; i++) {
		if (strcmp((*argv)[1], verb_defs[i].name))
			continue;
		o->verb = verb_defs[i].verb;
		(*argc)--;
		(*argv)++;
		return;
	}
}

static int check(struct vm_options *o)
{
	size_t i;

	for (i = 0; verb_defs[i].verb != o->verb; i++)
		;
	if (o->nr_kernels < verb_defs[i].min_kernels)
		return o->nr_kernels ? bad("%s wants %zu kernels (-k)", verb_defs[i].name,
					   verb_defs[i].min_kernels) : bad("-k KERNEL is missing");
	if (o->nr_kernels > verb_defs[i].max_kernels)
		return bad("-k %s: %s", o->kernels[verb_defs[i].max_kernels],
			   verb_defs[i].max_kernels ? "one kernel too many" : "takes no kernel");
	if (o->nr_args && !verb_defs[i].has_args)
		return bad("unexpected argument \"%s\"", o->args[0]);
	if (o->verb == VM_VERB_BISECT && (!o->metric || o->has_max == !!o->before))
		return bad("bisect wants --metric and one of --max and --not-worse-than");
	if (o->verb == VM_VERB_MATRIX && o->gate && !o->baseline)
		return bad("--gate of a matrix needs --baseline");
	if (o->verb == VM_VERB_VMLINUX && !o->nr_outputs)
		return bad("vmlinux wants -o FILE");
	return 0;
}

int vm_options_parse(struct vm_options *o, int argc, char **argv)
{
	struct option longs[NR_OPTS + 1] = {};
	char shorts[3 * NR_OPTS + 3] = "+:";
	size_t i, at = 2;
	int c, err = 0;

	memset(o, 0, sizeof(*o));
	o->cfg.arch = vm_arch_host();
	o->cfg.notes = stderr;
	o->cfg.modules = o->modules;
	o->cfg.qemu_args = o->qemu_args;
	for (i = 0; i < NR_OPTS; i++) {
		longs[i] = (struct option){ opt_defs[i].name, opt_defs[i].arg != NULL, NULL,
					    LONG_ONLY + (int)i };
		if (opt_defs[i].letter)
			shorts[at++] = opt_defs[i].letter;
		if (opt_defs[i].letter && opt_defs[i].arg)
			shorts[at++] = ':';
	}
	parse_verb(o, &argc, &argv);
	opterr = 0;
	optind = 0;	/* glibc: start afresh */
	/* '+': the first word that is no option begins the runner's arguments. */
	while (!err && (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		err = parse_one(o, c, argv);
	if (err || o->verb == VM_VERB_HELP)
		return err;
	/* Where they cannot be anything else, kernels need no -k. */
	for (; !err && optind < argc && (1u << o->verb) & (V(FETCH) | V(PRUNE)); optind++)
		err = opt_kernel(o, argv[optind]);
	if (err == -EINVAL)
		return err;
	while (!err && optind < argc)
		err = add_word(&o->args, &o->nr_args, argv[optind++]);
	if (err)
		return bad("%s", strerror(-err));
	if (o->nr_kernels == 1)
		o->cfg.kernel = o->kernels[0];
	return check(o);
}

static void free_words(char ***words, int *nr)
{
	while (*nr)
		free((*words)[--*nr]);
	free(*words);
	*words = NULL;
}

void vm_options_free(struct vm_options *o)
{
	size_t i;

	for (i = 0; i < o->nr_kernels; i++)
		free(o->kernels[i]);
	o->nr_kernels = 0;
	free_words(&o->args, &o->nr_args);
	free_words(&o->boot_args, &o->nr_boot_args);
}

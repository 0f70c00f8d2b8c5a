// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "list_file.h"
#include "options.h"

struct parse {
	struct options *o;
	char *err;
	size_t err_sz;
	enum verb verb;		/* as given: -l does not change what options belong */
};

static int bad(struct parse *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int bad(struct parse *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->err, p->err_sz, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* What the entries of a list file become. */
struct listed {
	struct parse *p;
	enum select_kind kind;	/* of patterns */
	bool is_denied;		/* of filters */
};

static int add_listed_pattern(void *ctx, const char *entry)
{
	const struct listed *list = ctx;

	return selector_add_one(&list->p->o->selector, list->kind, entry);
}

/* Kept as it was given: the launcher hands it on to a runner on the host. */
static int keep_choice(struct options *o, const char *text)
{
	char **choices = realloc(o->choices, (o->nr_choices + 1) * sizeof(*choices));

	if (!choices)
		return -ENOMEM;
	o->choices = choices;
	choices[o->nr_choices] = strdup(text);
	return choices[o->nr_choices++] ? 0 : -ENOMEM;
}

static int add_patterns(struct parse *p, const char *option, enum select_kind kind, const char *arg)
{
	struct listed list = { .p = p, .kind = kind };
	int err = keep_choice(p->o, option);

	err = err ? err : keep_choice(p->o, arg);
	if (err)
		return err;
	if (arg[0] == '@')
		return list_file_read(arg + 1, "pattern", add_listed_pattern, &list, p->err,
				      p->err_sz);
	return selector_add(&p->o->selector, kind, arg, p->err, p->err_sz);
}

static int opt_name(struct parse *p, const char *arg)
{
	return add_patterns(p, "-t", SELECT_NAME, arg);
}

static int opt_allow(struct parse *p, const char *arg)
{
	return add_patterns(p, "-a", SELECT_ALLOW, arg);
}

static int opt_deny(struct parse *p, const char *arg)
{
	return add_patterns(p, "-d", SELECT_DENY, arg);
}

static int opt_numbers(struct parse *p, const char *arg)
{
	int err = keep_choice(p->o, "-n");

	err = err ? err : keep_choice(p->o, arg);
	return err ? err : selector_add_numbers(&p->o->selector, arg, p->err, p->err_sz);
}

static int opt_output(struct parse *p, const char *arg)
{
	if (p->o->nr_outputs == OPTIONS_MAX_OUT)
		return bad(p, "more than %d outputs", OPTIONS_MAX_OUT);
	p->o->outputs[p->o->nr_outputs] = strdup(arg);
	return p->o->outputs[p->o->nr_outputs++] ? 0 : -ENOMEM;
}

static int keep(char **to, const char *arg)
{
	free(*to);
	*to = strdup(arg);
	return *to ? 0 : -ENOMEM;
}

static int opt_exec(struct parse *p, const char *arg)
{
	if (strcmp(arg, "kernel") && strcmp(arg, "fake") && strncmp(arg, "fake:", 5))
		return bad(p, "unknown executor \"%s\" (kernel, fake, fake:EFFECT@GLOB,...)", arg);
	return keep(&p->o->exec, arg);
}

static int opt_clock(struct parse *p, const char *arg)
{
	p->o->clock_auto = !strcmp(arg, "auto");
	if (p->o->clock_auto)
		return 0;
	if (!strcmp(arg, "none") || clock_kind_parse(arg, &p->o->clock))
		return bad(p, "unknown clock \"%s\" (auto, ns, insn)", arg);
	return 0;
}

/* Decimal digits only: strtoul() would take a minus sign and wrap. */
static int parse_count(struct parse *p, const char *name, const char *arg, uint64_t min,
		       uint64_t max, uint64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoull(arg, &end, 10);
	if (isdigit((unsigned char)arg[0]) && !*end && !errno && *v >= min && *v <= max)
		return 0;
	return bad(p, "%s takes a whole number from %llu to %llu, not \"%s\"", name,
		   (unsigned long long)min, (unsigned long long)max, arg);
}

static int opt_seed(struct parse *p, const char *arg)
{
	p->o->has_seed = true;
	return parse_count(p, "--seed", arg, 0, INT64_MAX, &p->o->seed);
}

static int opt_unsigned(struct parse *p, const char *name, const char *arg, uint64_t max,
			unsigned int *to)
{
	uint64_t v;
	int err = parse_count(p, name, arg, 1, max, &v);

	if (!err)
		*to = v;
	return err;
}

static int opt_loads(struct parse *p, const char *arg)
{
	return opt_unsigned(p, "--loads", arg, 1000, &p->o->loads);
}

static int opt_rounds(struct parse *p, const char *arg)
{
	return opt_unsigned(p, "--rounds", arg, 1000, &p->o->rounds);
}

static int opt_timeout(struct parse *p, const char *arg)
{
	return opt_unsigned(p, "--timeout", arg, 86400, &p->o->timeout);
}

static int opt_list(struct parse *p, const char *arg)
{
	(void)arg;
	if (p->o->verb == VERB_RUN)	/* no --help before it */
		p->o->verb = VERB_LIST;
	return 0;
}

static int opt_quick(struct parse *p, const char *arg)
{
	(void)arg;
	p->o->quick = true;
	return 0;
}

static int opt_gate(struct parse *p, const char *arg)
{
	(void)arg;
	p->o->gate = true;
	return 0;
}

static int opt_baseline(struct parse *p, const char *arg)
{
	return keep(&p->o->baseline, arg);
}

static int opt_save_baseline(struct parse *p, const char *arg)
{
	return keep(&p->o->save_baseline, arg);
}

static void set_filter_rows(struct parse *p)
{
	p->o->filter.rows = p->verb == VERB_SHOW ? FILTER_RESULTS : FILTER_COMPARISONS;
}

static int prefix(struct parse *p, const char *option, int err)
{
	char clause[512];

	if (err != -EINVAL)
		return err;
	snprintf(clause, sizeof(clause), "%s", p->err);
	return bad(p, "%s %s", option, clause);
}

static int add_listed_filter(void *ctx, const char *entry)
{
	const struct listed *list = ctx;
	struct parse *p = list->p;

	return prefix(p, "-f", filter_add(&p->o->filter, entry, p->o->nr_lists, list->is_denied,
					  p->err, p->err_sz));
}

/* @FILE: one of its lines must hold; !@FILE: none. */
static int opt_filter(struct parse *p, const char *arg)
{
	struct listed list = { .p = p, .is_denied = arg[0] == '!' && arg[1] == '@' };

	set_filter_rows(p);
	p->o->nr_lists++;
	if (list.is_denied || arg[0] == '@')
		return list_file_read(arg + 1 + list.is_denied, "pattern", add_listed_filter, &list,
				      p->err, p->err_sz);
	return prefix(p, "-f", filter_add(&p->o->filter, arg, 0, false, p->err, p->err_sz));
}

static int opt_sort(struct parse *p, const char *arg)
{
	set_filter_rows(p);
	return prefix(p, "-s", filter_add_keys(&p->o->filter, arg, p->err, p->err_sz));
}

static int opt_claims(struct parse *p, const char *arg)
{
	(void)arg;
	p->o->claims = true;
	return 0;
}

static int opt_verbose(struct parse *p, const char *arg)
{
	(void)arg;
	p->o->verbose++;
	return 0;
}

static int opt_help(struct parse *p, const char *arg)
{
	(void)arg;
	p->o->verb = VERB_HELP;
	return 0;
}

static int opt_version(struct parse *p, const char *arg)
{
	(void)arg;
	p->o->verb = VERB_VERSION;
	return 0;
}

#define V(verb) (1u << VERB_##verb)

/* One row an option: what parses it, the verbs it belongs to, its help. */
static const struct opt_def {
	const char *name;
	const char *arg;	/* NULL: takes none */
	int (*parse)(struct parse *p, const char *arg);
	unsigned int verbs;
	char letter;
	const char *help;
} opt_defs[] = {
	{ "name", "NAMES", opt_name, V(RUN) | V(LIST), 't',
	  "benches whose ID contains one of these (globs, or @file)" },
	{ "allow", "NAMES", opt_allow, V(RUN) | V(LIST), 'a',
	  "benches whose whole ID, or family, matches a glob (or @file)" },
	{ "deny", "NAMES", opt_deny, V(RUN) | V(LIST), 'd', "not these (globs as for -a)" },
	{ "num", "NUMS", opt_numbers, V(RUN) | V(LIST), 'n', "benches by number, like 1,3-5" },
	{ "list", NULL, opt_list, V(RUN) | V(LIST), 'l', "list instead of running" },
	{ "output", "FMT[:FILE]", opt_output, V(RUN) | V(SHOW) | V(COMPARE), 'o',
	  "table, md, ktap or jsonl, to stdout or a file; repeatable" },
	{ "filter", "EXPR", opt_filter, V(COMPARE) | V(SHOW), 'f',
	  "rows to show, like 'net>5,map*' (see below); repeatable: all must hold" },
	{ "sort", "KEYS", opt_sort, V(COMPARE) | V(SHOW), 's', "like 'verdict,change%:desc'" },
	{ "quick", NULL, opt_quick, V(RUN), 'q', "fewer loads and rounds" },
	{ "verbose", NULL, opt_verbose, ~0u, 'v', "more detail; twice: libbpf's messages" },
	{ "clock", "CLOCK", opt_clock, V(RUN), 0, "ns, insn (counted guests) or auto" },
	{ "seed", "N", opt_seed, V(RUN), 0,
	  "of the plan's random orders, and of where a guest's memory lies" },
	{ "loads", "N", opt_loads, V(RUN), 0, "fresh loads of each program" },
	{ "rounds", "N", opt_rounds, V(RUN), 0, "rounds in a load" },
	{ "timeout", "S", opt_timeout, V(RUN), 0, "seconds for one bench" },
	{ "exec", "WHAT", opt_exec, V(RUN), 0, "kernel, or fake: known effects, no root" },
	{ "baseline", "DOC|DIR", opt_baseline, V(RUN), 0,
	  "compare with this document, or DIR/RELEASE.jsonl of the kernel" },
	{ "save-baseline", "DIR", opt_save_baseline, V(RUN), 0,
	  "if all passed, write the document to DIR/RELEASE.jsonl" },
	{ "gate", NULL, opt_gate, V(COMPARE) | V(RUN), 0,
	  "exit 1 if anything is slower than A, or than the baseline" },
	{ "claims", NULL, opt_claims, V(SHOW), 0,
	  "what the document says of the claims of the papers (docs/claims.md)" },
	{ "help", NULL, opt_help, ~0u, 'h', "this text" },
	{ "version", NULL, opt_version, ~0u, 0, "the version" },
};

#define NR_OPTS (sizeof(opt_defs) / sizeof(opt_defs[0]))
#define LONG_ONLY 256	/* getopt value of row i: LONG_ONLY + i */

static const struct {
	const char *name;
	enum verb verb;
	int nr_files;
	const char *help;
	const char *missing;	/* said when there are too few files */
} verb_defs[] = {
	{ "run", VERB_RUN, 0, "measure (the default)", NULL },
	{ "list", VERB_LIST, 0, "list benches; -v: description, baseline, needs", NULL },
	{ "show", VERB_SHOW, 1, "DOC: print a document (- is stdin)",
	  "show needs a document" },
	{ "compare", VERB_COMPARE, 2,
	  "A B: what changed from A to B: a document, or a directory of boots, each",
	  "compare needs two documents or directories" },
	{ "disasm", VERB_DISASM, 2, "DOC ID: BPF instructions and machine code of a result",
	  "disasm needs a document and the ID of one of its results" },
	{ "doctor", VERB_DOCTOR, 0, "what this machine and kernel can measure, and what not",
	  NULL },
	{ "help", VERB_HELP, 0, "this text", NULL },
};

#define NR_VERBS (sizeof(verb_defs) / sizeof(verb_defs[0]))

static void help_filters(FILE *out)
{
	char of_compare[256], of_show[256];

	filter_columns(FILTER_COMPARISONS, of_compare, sizeof(of_compare));
	filter_columns(FILTER_RESULTS, of_show, sizeof(of_show));
	fprintf(out, "\nfilters (-f): COLUMN<V, <=, >, >=, =, != (of texts = and !=, V is a glob), "
		"or a glob of the ID or\n"
		"family; !TERM negates, a comma means and, @FILE: one of its lines must hold, "
		"!@FILE: none.\n"
		"sort keys (-s): COLUMN, COLUMN:asc or COLUMN:desc (default: numbers desc).\n"
		"columns: |COLUMN| is the absolute value\n"
		"  of compare: %s;\n"
		"              a metric (B's), metric_a, metric_b, metric_diff, metric_pct\n"
		"  of show:    %s; a metric\n", of_compare, of_show);
}

void options_help(FILE *out)
{
	char left[40];
	size_t i;

	fprintf(out, "usage: bench_progs [VERB] [OPTIONS]\n\nverbs:\n");
	for (i = 0; i < NR_VERBS; i++)
		fprintf(out, "  %-22s %s\n", verb_defs[i].name, verb_defs[i].help);
	fprintf(out, "\noptions:\n");
	for (i = 0; i < NR_OPTS; i++) {
		const struct opt_def *d = &opt_defs[i];

		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", d->letter ? '-' : ' ',
			 d->letter ? d->letter : ' ', d->letter ? ", " : "  ", d->name,
			 d->arg ? " " : "", d->arg ? d->arg : "");
		fprintf(out, "  %-24s %s\n", left, d->help);
	}
	help_filters(out);
	fprintf(out, "\nexit status: 0 passed, 1 failed, 2 usage or bad input, "
		"4 nothing could run\n");
}

static int parse_verb(struct parse *p, int *argc, char ***argv)
{
	size_t i;

	if (*argc < 2 || (*argv)[1][0] == '-')
		return 0;
	for (i = 0; i < NR_VERBS; i++) {
		if (strcmp((*argv)[1], verb_defs[i].name))
			continue;
		p->verb = p->o->verb = verb_defs[i].verb;
		(*argc)--;
		(*argv)++;
		return 0;
	}
	return bad(p, "unknown verb \"%s\" (run, list, show, compare, disasm, doctor; see --help)",
		   (*argv)[1]);
}

/* optopt: the letter, the row's value, or 0 for a long name that no row, or more than one, has. */
static int bad_option(struct parse *p, int c, char **argv)
{
	const char letter[] = { '-', isgraph((unsigned char)optopt) ? optopt : '?', '\0' };
	bool is_long = !optopt || optopt >= LONG_ONLY;
	const char *name = is_long ? argv[optind - 1] : letter;

	if (c == ':')
		return bad(p, "option %s needs an argument (see --help)", name);
	if (optopt >= LONG_ONLY)
		return bad(p, "option --%s takes no argument (see --help)",
			   opt_defs[optopt - LONG_ONLY].name);
	return bad(p, "unknown option %s (see --help)", name);
}

static int parse_one(struct parse *p, int c, char **argv)
{
	size_t i;

	for (i = 0; i < NR_OPTS; i++) {
		const struct opt_def *d = &opt_defs[i];

		if (c != (int)(LONG_ONLY + i) && c != d->letter)
			continue;
		if (!(d->verbs & (1u << p->verb)) && p->o->verb != VERB_HELP)
			return bad(p, "option --%s does not belong to this verb (see --help)",
				   d->name);
		return d->parse(p, optarg);
	}
	return bad_option(p, c, argv);
}

static int parse_files(struct parse *p, int argc, char **argv)
{
	const char *missing = NULL;
	size_t i;
	int want = 0;

	for (i = 0; i < NR_VERBS; i++) {
		if (verb_defs[i].verb != p->o->verb)
			continue;
		want = verb_defs[i].nr_files;
		missing = verb_defs[i].missing;
	}
	if (argc - optind != want) {
		if (argc - optind > want)
			return bad(p, "unexpected argument \"%s\" (see --help)",
				   argv[optind + want]);
		return bad(p, "%s (see --help)", missing);
	}
	while (optind < argc) {
		p->o->files[p->o->nr_files] = strdup(argv[optind++]);
		if (!p->o->files[p->o->nr_files++])
			return -ENOMEM;
	}
	return 0;
}

int options_parse(struct options *o, int argc, char **argv, char *err, size_t err_sz)
{
	struct parse p = { .o = o, .err = err, .err_sz = err_sz };
	struct option longs[NR_OPTS + 1] = {};
	char shorts[3 * NR_OPTS + 2] = ":";
	size_t i, at = 1;
	int c, rc;

	memset(o, 0, sizeof(*o));
	o->clock_auto = true;
	for (i = 0; i < NR_OPTS; i++) {
		longs[i] = (struct option){ opt_defs[i].name, opt_defs[i].arg != NULL, NULL,
					    LONG_ONLY + i };
		if (opt_defs[i].letter)
			shorts[at++] = opt_defs[i].letter;
		if (opt_defs[i].letter && opt_defs[i].arg)
			shorts[at++] = ':';
	}
	rc = parse_verb(&p, &argc, &argv);
	opterr = 0;
	optind = 0;	/* glibc: start afresh, the launcher has parsed its own arguments */
	while (!rc && (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		rc = parse_one(&p, c, argv);
	if (!rc && o->verb != VERB_HELP && o->verb != VERB_VERSION)
		rc = parse_files(&p, argc, argv);
	if (!rc && o->verb == VERB_RUN && o->gate && !o->baseline)
		rc = bad(&p, "--gate of a run needs --baseline");
	if (!rc && (uint64_t)(o->loads ? o->loads : 24) * (o->rounds ? o->rounds : 12) >
	    OPTIONS_MAX_ROUNDS)
		rc = bad(&p, "--loads times --rounds is more than %u", OPTIONS_MAX_ROUNDS);
	if (!rc && !o->exec && !(o->exec = strdup("kernel")))
		rc = -ENOMEM;
	return rc;
}

void options_free(struct options *o)
{
	int i;

	selector_free(&o->selector);
	for (i = 0; i < (int)o->nr_choices; i++)
		free(o->choices[i]);
	free(o->choices);
	free(o->exec);
	free(o->baseline);
	free(o->save_baseline);
	filter_free(&o->filter);
	for (i = 0; i < o->nr_outputs; i++)
		free(o->outputs[i]);
	for (i = 0; i < o->nr_files; i++)
		free(o->files[i]);
	memset(o, 0, sizeof(*o));
}

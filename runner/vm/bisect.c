// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch.h"
#include "bisect.h"
#include "campaign.h"
#include "core/compare.h"
#include "qemu.h"
#include "report.h"

#define EXIT_GOOD	0
#define EXIT_BAD	1
#define EXIT_UNTESTED	125
#define EXIT_STOP	128
#define LOG_MAX		(256u << 20)
/*
 * allnoconfig with everything that a guest needs set: a kernel of a few MiB. The fragment is the
 * suite's "config". In a file of its own and anew for each commit, for olddefconfig would hand on
 * what the last one lacked or took by default: from 6.12 to 6.1 and back loses NETKIT and gains
 * RPS, BQL and HID. make rebuilds what depends on an option that changed, nothing else. The modules
 * are none, but a module of ours is linked by the symbols that modpost then lists. What compilers
 * say is looked at.
 */
#define BUILD_DEFAULT	"set -e; modules=; export LC_CTYPE=C LC_MESSAGES=C; " \
			"if [ -e .config ]; then make -s olddefconfig; else " \
			"export KCONFIG_CONFIG=.config.bench; modules=modules; " \
			"make -s allnoconfig KCONFIG_ALLCONFIG=\"$BENCH_CONFIG\"; fi; " \
			"make -s -j\"$(nproc)\" vmlinux $modules"

struct bisect {
	struct scratch s;
	const struct vm_options *o;
	char id[DOC_MAX_NAME + 1];
	const char *metric;		/* NULL: the case's figure */
	struct run_doc before, doc;
	struct boot boot;
	const char *dir;
};

/* "ID" or "ID,METRIC"; the parameters of an ID have a '=' behind each comma. */
static int parse_metric(struct bisect *b)
{
	char *comma;

	if (text_format(b->id, sizeof(b->id), "%s", b->o->metric) || !strchr(b->id, '/')) {
		fprintf(stderr, "bench_vm: --metric %s: FAMILY/CASE is wanted (see bench_progs "
			"list)\n", b->o->metric);
		return -EINVAL;
	}
	comma = strrchr(b->id, ',');
	if (!comma || strchr(comma, '='))
		return 0;
	*comma = '\0';
	b->metric = comma + 1;
	if (metric_find(b->metric))
		return 0;
	fprintf(stderr, "bench_vm: --metric: no metric is called \"%s\"\n", b->metric);
	return -EINVAL;
}

static const struct metric *find_metric(const struct bisect *b, const struct run_doc *doc)
{
	const struct result *r = run_doc_find(doc, b->id);

	if (!r || r->status != STATUS_OK)
		return NULL;
	return b->metric ? result_metric(r, b->metric) : result_headline(r);
}

/* Before anything is built: a wrong argument must not make the first commit a bad one. */
static int prepare(struct bisect *b)
{
	const struct vm_options *o = b->o;
	char err[512];

	if (parse_metric(b) || campaign_check_args(o, NULL))
		return -EINVAL;
	if (!o->before)
		return 0;
	if (run_doc_read(o->before, &b->before, err, sizeof(err))) {
		fprintf(stderr, "bench_vm: %s\n", err);
		return -EINVAL;
	}
	if (!find_metric(b, &b->before)) {
		fprintf(stderr, "bench_vm: %s has no figure of %s\n", o->before, o->metric);
		return -EINVAL;
	}
	return 0;
}

static int untested(const struct bisect *b, const char *what, const char *why)
{
	printf("%s: untested: %s%s%s\n", b->o->metric, what, why[0] ? ": " : "", why);
	return EXIT_UNTESTED;
}

/* The suite's own fragment, beside the launcher. */
static int export_config(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/config"));

	if (len < 0)
		return -errno;
	path[len] = '\0';
	strcpy(strrchr(path, '/'), "/config");
	return setenv("BENCH_CONFIG", path, 1) ? -errno : 0;
}

/* make's last line says only that something failed; what did, a compiler, sh or the first make. */
static void find_error(const char *text, size_t len, char *line, size_t sz)
{
	static const char *const signs[] = { "error: ", "not found\n", "*** " };
	const char *at = NULL, *start, *end;
	size_t i;

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]) && !at; i++)
		at = memmem(text, len, signs[i], strlen(signs[i]));
	if (!at) {
		text_last_line(text, len, line, sz);
		return;
	}
	start = memrchr(text, '\n', (size_t)(at - text));
	start = start ? start + 1 : text;
	end = memchr(at, '\n', len - (size_t)(at - text));
	text_sanitize(start, (size_t)((end ? end : text + len) - start), line, sz);
}

static int build(struct bisect *b)
{
	const char *command = b->o->build ?: BUILD_DEFAULT;
	char *const argv[] = { "sh", "-c", (char *)command, NULL };
	char log[PATH_MAX], line[256] = "", *text;
	struct stat st;
	size_t len;
	int err;

	if (stat(b->boot.kernel, &st) || !S_ISDIR(st.st_mode)) {
		fprintf(stderr, "bench_vm: -k %s: a kernel's source tree is wanted\n",
			b->boot.kernel);
		return EXIT_STOP;
	}
	err = export_config() ?: text_format(log, sizeof(log), "%s/build.log", b->dir);
	if (err)
		return EXIT_STOP;
	unlink(log);
	scratch_note(&b->s, "building %s: see %s", b->boot.kernel, log);
	err = proc_run(&b->s, argv, log, log, b->boot.kernel);
	if (err < 0)
		return EXIT_STOP;
	if (!err)
		return 0;
	if (!file_read(log, LOG_MAX, &text, &len)) {
		find_error(text, len, line, sizeof(line));
		free(text);
	}
	return untested(b, "it does not build", line);
}

/* What keeps the launcher from starting guests keeps it from starting any commit's. */
static bool is_no_commits_fault(const char *reason)
{
	static const enum vm_verdict ours[] = { VM_NO_QEMU, VM_BROKEN };
	size_t i, len;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		len = strlen(vm_verdict_name(ours[i]));
		if (!strncmp(reason, vm_verdict_name(ours[i]), len) && reason[len] == ':')
			return true;
	}
	return false;
}

static int boot(struct bisect *b)
{
	struct campaign c = { .s = &b->s, .o = b->o, .jobs = 1 };
	char err[512];
	int rc;

	snprintf(b->boot.args[0], sizeof(b->boot.args[0]), "-a");
	rc = text_format(b->boot.args[1], sizeof(b->boot.args[1]), "%s", b->id);
	rc = rc ?: text_format(b->boot.doc, sizeof(b->boot.doc), "%s/new.jsonl", b->dir);
	rc = rc ?: text_format(b->boot.log, sizeof(b->boot.log), "%s/new.log", b->dir);
	if (rc)
		return EXIT_STOP;
	b->boot.status = -1;
	if (campaign_run(&c, &b->boot, 1))
		return EXIT_STOP;
	/* 2 is a kernel that cannot be used, or a case that the runner does not know. */
	if ((b->boot.status == 2 && strstr(b->boot.reason, "matches no bench")) ||
	    is_no_commits_fault(b->boot.reason)) {
		fprintf(stderr, "bench_vm: %s\n", b->boot.reason);
		return EXIT_STOP;
	}
	if (access(b->boot.doc, F_OK) || run_doc_read(b->boot.doc, &b->doc, err, sizeof(err)))
		return untested(b, "it gave no document", b->boot.reason);
	return 0;
}

static const char *why_no_figure(const struct bisect *b)
{
	const struct result *r = run_doc_find(&b->doc, b->id);

	return r && r->reason ? r->reason : b->boot.reason;
}

/* By the whole interval: a figure that lies on both sides of the limit decides nothing. */
static int judge_max(const struct bisect *b)
{
	const struct metric *m = find_metric(b, &b->doc);
	const char *unit = metric_unit(m->def, b->doc.header.clock);
	/* One in which more is better has a floor, not a ceiling. */
	bool is_floor = m->def->better == BETTER_HIGHER;
	bool is_lo_bad = is_floor ? m->est.lo < b->o->max : m->est.lo > b->o->max;
	bool is_hi_bad = is_floor ? m->est.hi < b->o->max : m->est.hi > b->o->max;
	char why[128];

	if (is_lo_bad != is_hi_bad) {
		snprintf(why, sizeof(why), "%.10g to %.10g %s", m->est.lo, m->est.hi, unit);
		return untested(b, "unresolved", why);
	}
	printf("%s: %s: %.10g %s, %s %.10g\n", b->o->metric, is_lo_bad ? "bad" : "good",
	       m->est.value, unit, is_floor ? "at least" : "at most", b->o->max);
	return is_lo_bad ? EXIT_BAD : EXIT_GOOD;
}

static int judge_change(struct bisect *b)
{
	const struct metric *m = find_metric(b, &b->doc);
	struct comparison_table t;
	int status = EXIT_UNTESTED;
	char err[256];
	size_t i;

	if (compare_docs(&b->before, &b->doc, &t, err, sizeof(err)))
		return untested(b, "it cannot be compared", err);
	for (i = 0; i < t.nr; i++) {
		const struct comparison *c = &t.v[i];

		if (strcmp(c->id, b->id) || !c->metric || c->metric != m->def)
			continue;
		/* Sizes have no better or worse: of them any growth is meant. */
		if (c->verdict == VERDICT_SLOWER ||
		    (c->metric->better == BETTER_NEITHER && c->shift > 0))
			status = EXIT_BAD;
		/* Too little for one boot to tell: so are most commits but the one that is looked for. */
		else if (c->verdict != VERDICT_UNRESOLVED || c->is_open)
			status = EXIT_GOOD;
		break;
	}
	/* Sizes that are equal have no row. */
	if (i == t.nr)
		status = EXIT_GOOD;
	if (status == EXIT_UNTESTED)
		status = untested(b, "unresolved", t.v[i].why);
	else
		printf("%s: %s: %.10g -> %.10g %s%s%s\n", b->o->metric,
		       status == EXIT_BAD ? "bad" : "good", find_metric(b, &b->before)->est.value,
		       m->est.value, metric_unit(m->def, b->doc.header.clock),
		       i < t.nr && t.v[i].is_open ? ": " : "",
		       i < t.nr && t.v[i].is_open ? t.v[i].why : "");
	comparison_table_free(&t);
	return status;
}

static int judge(struct bisect *b)
{
	if (!find_metric(b, &b->doc))
		return untested(b, "no figure", why_no_figure(b));
	return b->before.nr_results ? judge_change(b) : judge_max(b);
}

/* Before the build, which takes long. */
static int find_tools(struct bisect *b)
{
	char path[PATH_MAX];

	if (!b->o->build && strcmp(b->s.arch->name, "x86"))
		return scratch_fail(&b->s, VM_USAGE, -EINVAL, "bisect: what is built without "
				    "--build is for x86 guests, not %s", b->s.arch->name);
	return qemu_require(&b->s, b->o->cfg.qemu, path, sizeof(path));
}

int bisect(const struct vm_options *o)
{
	struct bisect *b = calloc(1, sizeof(*b));
	int err, status = EXIT_STOP;

	if (!b)
		return EXIT_STOP;
	b->o = o;
	b->dir = o->results ? o->results : "results/bisect";
	b->boot.kernel = o->nr_kernels ? o->kernels[0] : ".";
	if (prepare(b))
		goto out;
	err = scratch_open(&b->s, &o->cfg);
	if (!err) {
		err = dir_make_all(b->dir);
		if (err)
			scratch_fail(&b->s, VM_BROKEN, err, "cannot make %s: %s", b->dir,
				     strerror(-err));
	}
	if (!err)
		err = find_tools(b);
	if (!err)
		status = build(b) ?: boot(b) ?: judge(b);
	if (b->s.reason[0])
		fprintf(stderr, "bench_vm: %s\n", b->s.reason);
	if (b->s.signal)
		status = EXIT_STOP + b->s.signal;
	if (fflush(stdout) && status < EXIT_STOP)
		status = EXIT_STOP;
	scratch_close(&b->s);
out:
	run_doc_free(&b->before);
	run_doc_free(&b->doc);
	free(b);
	return status;
}

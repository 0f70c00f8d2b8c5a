// SPDX-License-Identifier: GPL-2.0-only
/* The outputs of one command: which reporter writes where, and what becomes of an error. */
#include "report.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct reporter *const reporters[] = {
	&report_table, &report_md, &report_ktap, &report_jsonl,
};
#define NR_REPORTERS (sizeof(reporters) / sizeof(reporters[0]))

const struct reporter *reporter_at(size_t i)
{
	return i < NR_REPORTERS ? reporters[i] : NULL;
}

const struct reporter *reporter_find(const char *name)
{
	for (size_t i = 0; i < NR_REPORTERS; i++)
		if (!strcmp(reporters[i]->name, name))
			return reporters[i];
	return NULL;
}

void report_put_text(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)(text ? text : "");

	for (; *s; s++) {
		bool is_c1 = s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0;

		putc(*s < ' ' || *s == 0x7f || is_c1 ? ' ' : *s, out);
		s += is_c1;
	}
}

static const char *out_name(const struct report_out *o)
{
	if (o->is_hidden)
		return "temporary file";
	return o->path ? o->path : "stdout";
}

/* Said once, where the cause is known. */
static int out_error(struct report_out *o, int err)
{
	if (!o->err)
		fprintf(stderr, "%s: %s\n", out_name(o), strerror(-err));
	o->err = o->err ? o->err : err;
	return err;
}

/*
 * After each call: a full disk shows at the result it swallowed, and a child inherits no buffer.
 * A file ends with the last thing that went into it whole.
 */
static int out_flush(struct report_out *o, int err)
{
	if (!err)
		err = doc_flush(o->out);
	if (!err) {
		o->good = ftello(o->out);
		return 0;
	}
	if (o->path && o->good >= 0) {
		__fpurge(o->out);
		if (ftruncate(fileno(o->out), o->good))
			o->good = -1;	/* no regular file */
	}
	return out_error(o, err);
}

/*
 * A reader that does not read lets a write wait for ever, while the callers block signals and look
 * for them between writes. So they are let in here: one that comes is noted and raised again behind
 * the write; when that has not come to its end a second later, the process does.
 */
static const int guarded[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM };
#define NR_GUARDED (sizeof(guarded) / sizeof(guarded[0]))

static volatile sig_atomic_t noted_signal;

static void note_signal(int sig)
{
	if (sig == SIGALRM)
		_exit(128 + noted_signal);
	noted_signal = sig;
	alarm(1);
}

struct guard {
	struct sigaction old[NR_GUARDED];
	sigset_t mask;
};

static void guard_enter(struct guard *g)
{
	struct sigaction act = { .sa_handler = note_signal, .sa_flags = SA_RESTART };
	sigset_t set;

	noted_signal = 0;
	sigemptyset(&set);
	for (size_t i = 0; i < NR_GUARDED; i++) {
		sigaction(guarded[i], NULL, &g->old[i]);
		if (g->old[i].sa_handler != SIG_IGN)
			sigaction(guarded[i], &act, NULL);
		sigaddset(&set, guarded[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, &g->mask);
}

static void guard_leave(const struct guard *g)
{
	sigprocmask(SIG_SETMASK, &g->mask, NULL);
	alarm(0);
	for (size_t i = 0; i < NR_GUARDED; i++)
		sigaction(guarded[i], &g->old[i], NULL);
	if (noted_signal)
		raise(noted_signal);
}

/* Two names of one file, or of a pipe: they would write over each other. Not of a terminal. */
static bool is_open(const struct report_out *o, const char *path)
{
	struct stat there, here;

	return !stat(path ? path : "/dev/stdout", &there) && !fstat(fileno(o->out), &here) &&
	       !S_ISCHR(there.st_mode) && there.st_dev == here.st_dev &&
	       there.st_ino == here.st_ino;
}

static int reports_check(const struct reports *rs, const char *spec, const char *path)
{
	if (rs->nr == REPORT_MAX_OUT) {
		fprintf(stderr, "-o %s: more than %d outputs\n", spec, REPORT_MAX_OUT);
		return -EINVAL;
	}
	for (int i = 0; i < rs->nr; i++) {
		const char *other = rs->out[i].path;

		if ((path ? other && !strcmp(path, other) : !other) || is_open(&rs->out[i], path)) {
			fprintf(stderr, "-o %s: %s already has an output\n", spec,
				path ? path : "stdout");
			return -EINVAL;
		}
	}
	return 0;
}

static int unknown_format(const char *spec)
{
	fprintf(stderr, "-o %s: unknown format, there are:", spec);
	for (size_t i = 0; i < NR_REPORTERS; i++)
		fprintf(stderr, " %s", reporters[i]->name);
	fputc('\n', stderr);
	return -EINVAL;
}

/* Makes the last directory of the path if that is all that is missing: results/, say. */
static FILE *open_output(const char *path)
{
	FILE *out = fopen(path, "we");
	char dir[PATH_MAX];

	if (out || errno != ENOENT ||
	    (size_t)snprintf(dir, sizeof(dir), "%s", path) >= sizeof(dir))
		return out;
	/* Another run may make it at the same time. */
	return mkdir(dirname(dir), 0777) && errno != EEXIST ? NULL : fopen(path, "we");
}

int reports_open(struct reports *rs, const char *spec, int verbose)
{
	const char *path = strchr(spec, ':');
	struct report_out o = { .out = stdout, .verbose = verbose };
	char name[32];
	int err;

	snprintf(name, sizeof(name), "%.*s", (int)(path ? path - spec : 31), spec);
	path = path && strcmp(path, ":-") ? path + 1 : NULL;
	o.ops = reporter_find(name);
	if (!o.ops)
		return unknown_format(spec);
	if (path && !*path) {
		fprintf(stderr, "-o %s: no file name behind the colon\n", spec);
		return -EINVAL;
	}
	err = reports_check(rs, spec, path);
	if (err)
		return err;
	if (path) {
		o.path = strdup(path);
		o.out = o.path ? open_output(path) : NULL;
		err = -errno;
		if (!o.out) {
			fprintf(stderr, "%s: %s\n", path, strerror(-err));
			free(o.path);
			return err;
		}
	}
	o.is_tty = isatty(fileno(o.out));
	rs->out[rs->nr++] = o;
	return 0;
}

void reports_add_hidden(struct reports *rs, const struct reporter *ops, FILE *out)
{
	rs->out[rs->nr++] = (struct report_out){ .ops = ops, .out = out, .is_hidden = true };
}

int reports_begin(struct reports *rs, const struct doc_header *h)
{
	struct timespec now;
	struct guard guard;
	int ret = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	guard_enter(&guard);
	for (int i = 0; i < rs->nr; i++) {
		struct report_out *o = &rs->out[i];
		int err;

		o->header = h;
		o->started = (double)now.tv_sec + now.tv_nsec * 1e-9;
		if (o->err)
			continue;
		err = out_flush(o, o->ops->begin(o, h));
		ret = ret ? ret : err;
	}
	guard_leave(&guard);
	return ret;
}

int reports_result(struct reports *rs, const struct result *r)
{
	struct guard guard;
	int ret = 0;

	guard_enter(&guard);
	for (int i = 0; i < rs->nr; i++) {
		struct report_out *o = &rs->out[i];
		int err;

		o->nr++;
		if (o->err)
			continue;
		err = out_flush(o, o->ops->result(o, r));
		ret = ret ? ret : err;
	}
	guard_leave(&guard);
	return ret;
}

int reports_end(struct reports *rs, const struct doc_end *e)
{
	struct guard guard;
	int ret = 0;

	guard_enter(&guard);
	for (int i = 0; i < rs->nr; i++) {
		struct report_out *o = &rs->out[i];
		int err;

		if (o->err)
			continue;
		err = out_flush(o, o->ops->end(o, e));
		ret = ret ? ret : err;
	}
	guard_leave(&guard);
	return ret;
}

static int no_output(struct report_out *o, const char *what)
{
	fprintf(stderr, "-o %s: this format has no %s\n", o->ops->name, what);
	o->err = -EOPNOTSUPP;
	return o->err;
}

int reports_compare(struct reports *rs, const struct comparison_table *t)
{
	struct guard guard;
	int ret = 0;

	guard_enter(&guard);
	for (int i = 0; i < rs->nr; i++) {
		struct report_out *o = &rs->out[i];
		int err = o->ops->compare ? out_flush(o, o->ops->compare(o, t)) :
			  no_output(o, "comparison");

		ret = ret ? ret : err;
	}
	guard_leave(&guard);
	return ret;
}

static bool has_stdout(const struct reports *rs)
{
	for (int i = 0; i < rs->nr; i++)
		if (rs->out[i].out == stdout)
			return true;
	return false;
}

static int compare_behind(struct report_out *o, const struct comparison_table *t, const char *a)
{
	if (o->err)
		return o->err;
	fputs("\nA is the baseline ", o->out);
	report_put_text(o->out, a);
	fputs(", B this run.\n\n", o->out);
	return out_flush(o, o->ops->compare(o, t));
}

int reports_compare_behind(struct reports *rs, const struct comparison_table *t, const char *a)
{
	struct report_out table = { .ops = &report_table, .out = has_stdout(rs) ? stderr : stdout };
	struct guard guard;
	int ret = 0, err, nr = 0;

	guard_enter(&guard);
	for (int i = 0; i < rs->nr; i++) {
		if (!rs->out[i].ops->is_prose)
			continue;
		err = compare_behind(&rs->out[i], t, a);
		ret = ret ? ret : err;
		nr++;
	}
	if (!nr)
		ret = compare_behind(&table, t, a);
	guard_leave(&guard);
	return ret;
}

int reports_claims(struct reports *rs, const struct claim_report *c)
{
	struct guard guard;
	int ret = 0;

	guard_enter(&guard);
	for (int i = 0; i < rs->nr; i++) {
		struct report_out *o = &rs->out[i];
		int err = o->ops->claims ? out_flush(o, o->ops->claims(o, c)) :
			  no_output(o, "claims");

		ret = ret ? ret : err;
	}
	guard_leave(&guard);
	return ret;
}

int reports_close(struct reports *rs)
{
	struct guard guard;
	int ret = 0;

	guard_enter(&guard);
	for (int i = 0; i < rs->nr; i++) {
		struct report_out *o = &rs->out[i];
		int err;

		if (o->has_progress && !o->err)
			fputs("\r\033[K", o->out);
		err = o->err ? o->err : out_flush(o, 0);
		if ((o->path || o->is_hidden) && fclose(o->out) && !err)
			err = out_error(o, -errno);
		ret = ret ? ret : err;
		free(o->path);
		free(o->priv);
	}
	guard_leave(&guard);
	memset(rs, 0, sizeof(*rs));
	return ret;
}

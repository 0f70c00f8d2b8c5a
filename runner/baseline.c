// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "baseline.h"

#define STATUS_FAIL_RUN 1
#define STATUS_BAD_INPUT 2
#define STATUS_NOTHING 4

static int say_of(const char *tool, const char *what, int err)
{
	fprintf(stderr, "%s: %s: %s\n", tool, what, strerror(-err));
	return err;
}

static int say(const struct baseline *bl, const char *what, int err)
{
	return say_of(bl->tool, what, err);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

bool baseline_is(const char *baseline, const char *path)
{
	struct stat a, b;

	return !stat(baseline, &a) && !stat(path, &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* None may be the baseline, or in its directory. */
static int check_outputs(const char *tool, const struct options *o)
{
	char path[PATH_MAX];
	const char *colon;

	for (int i = 0; i < o->nr_outputs; i++) {
		colon = strchr(o->outputs[i], ':');
		snprintf(path, sizeof(path), "%s", colon ? colon + 1 : "");
		if (!colon ||
		    !baseline_is(o->baseline, is_directory(o->baseline) ? dirname(path) : path))
			continue;
		fprintf(stderr, "%s: -o %s would write over the baseline %s: name another file\n",
			tool, o->outputs[i], o->baseline);
		return -EINVAL;
	}
	return 0;
}

int baseline_check(const char *tool, const struct options *o)
{
	const char *from = o->baseline, *to = o->save_baseline;

	if (from && access(from, R_OK))
		return say_of(tool, from, -errno);
	if (from && check_outputs(tool, o))
		return -EINVAL;
	if (!to)
		return 0;
	if (mkdir(to, 0777) && errno != EEXIST)
		return say_of(tool, to, -errno);
	if (!is_directory(to))
		return say_of(tool, to, -ENOTDIR);
	return access(to, W_OK | X_OK) ? say_of(tool, to, -errno) : 0;
}

int baseline_open(struct baseline *bl, const char *tool, const struct options *o,
		  struct reports *rs)
{
	*bl = (struct baseline){ .tool = tool, .o = o };
	if (!o->baseline && !o->save_baseline)
		return 0;
	bl->doc = tmpfile();
	if (!bl->doc || fcntl(fileno(bl->doc), F_SETFD, FD_CLOEXEC))
		return say(bl, "temporary file", -errno);
	reports_add_hidden(rs, &report_jsonl, bl->doc);
	return 0;
}

/* RELEASE.jsonl; the document may come from a guest, and its name may not leave the directory. */
static int release_path(const struct baseline *bl, const struct doc_header *h, const char *dir,
			const char *prefix, char *path, size_t sz)
{
	const char *release = json_string_value(json_object_get(h->env, "kernel"));

	if (!release || !release[0] || release[0] == '.' || strchr(release, '/')) {
		fprintf(stderr, "%s: %s: the run's document names no kernel release\n", bl->tool,
			dir);
		return -EINVAL;
	}
	if ((size_t)snprintf(path, sz, "%s/%s%s.jsonl", dir, prefix, release) >= sz)
		return say(bl, dir, -ENAMETOOLONG);
	return 0;
}

int baseline_read(struct baseline *bl, const struct doc_header *h)
{
	const char *from = bl->doc ? bl->o->baseline : NULL;
	bool is_dir = from && is_directory(from);
	int err;

	if (!from || bl->set.nr || (is_dir && !h))
		return 0;
	snprintf(bl->path, sizeof(bl->path), "%s", from);
	if (is_dir) {
		err = release_path(bl, h, from, "", bl->path, sizeof(bl->path));
		if (err)
			return err;
		if (access(bl->path, F_OK)) {
			fprintf(stderr, "%s: %s: no baseline of this kernel, looked for %s "
				"(--save-baseline writes it)\n", bl->tool, from, bl->path);
			return -ENOENT;
		}
	}
	return doc_set_read(bl->tool, bl->path, &bl->set);
}

/* The run itself, as another program would read it. */
static int read_run(const struct baseline *bl, struct run_doc *run)
{
	char path[64], err[512];
	int rc;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(bl->doc));
	rc = run_doc_read(path, run, err, sizeof(err));
	if (rc)
		fprintf(stderr, "%s: the run's document: %s\n", bl->tool, err);
	return rc;
}

/* What the run did not select is no news of it. */
static void keep_selected(struct run_doc *doc, const struct run_doc *run)
{
	size_t nr = 0;

	for (size_t i = 0; i < doc->nr_results; i++) {
		if (run_doc_find(run, doc->results[i].id))
			doc->results[nr++] = doc->results[i];
		else
			result_free(&doc->results[i]);
	}
	doc->nr_results = nr;
}

/* 0 or the exit status. */
static int compare_run(struct baseline *bl, struct reports *rs, struct run_doc *run)
{
	struct comparison_table t;
	char err[512];
	int rc;

	if (baseline_read(bl, &run->header))
		return STATUS_BAD_INPUT;
	keep_selected(bl->set.v, run);
	if (compare_docs(bl->set.v, run, &t, err, sizeof(err))) {
		fprintf(stderr, "%s: %s (A) and this run (B): %s\n", bl->tool, bl->path, err);
		return STATUS_BAD_INPUT;
	}
	rc = reports_compare_behind(rs, &t, bl->path) ? STATUS_FAIL_RUN :
	     bl->o->gate ? baseline_status(&t, true) : 0;
	bl->is_slower = bl->o->gate && t.nr_verdicts[VERDICT_SLOWER];
	comparison_table_free(&t);
	return rc;
}

static int copy_document(FILE *from, off_t sz, int to)
{
	char buf[1 << 16];
	ssize_t n, done;

	for (off_t at = 0; at < sz; at += n) {
		n = pread(fileno(from), buf, sz - at < (off_t)sizeof(buf) ? (size_t)(sz - at) :
			  sizeof(buf), at);
		if (n <= 0)
			return n ? -errno : -EIO;
		for (ssize_t out = 0; out < n; out += done) {
			done = write(to, buf + out, (size_t)(n - out));
			if (done < 0)
				return -errno;
		}
	}
	return fsync(to) ? -errno : 0;
}

/* All of it or nothing: whoever reads the baseline meanwhile has the old one. */
static int save(struct baseline *bl, const struct doc_header *h, off_t sz)
{
	char path[PATH_MAX], tmp[PATH_MAX];
	mode_t mask = umask(0);
	int fd, err;

	umask(mask);
	err = release_path(bl, h, bl->o->save_baseline, "", path, sizeof(path));
	if (!err)
		err = release_path(bl, h, bl->o->save_baseline, ".new.", tmp, sizeof(tmp) - 8);
	if (err)
		return err;
	strcat(tmp, ".XXXXXX");
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return say(bl, tmp, -errno);
	err = copy_document(bl->doc, sz, fd);
	if (!err && (fchmod(fd, 0666 & ~mask) || rename(tmp, path)))
		err = -errno;
	close(fd);
	if (!err)
		return 0;
	unlink(tmp);
	return say(bl, path, err);
}

int baseline_finish(struct baseline *bl, struct reports *rs, bool is_passed)
{
	struct run_doc run = {};
	struct stat st;
	int rc = 0;

	if (!bl->doc)
		return 0;
	if (fstat(fileno(bl->doc), &st) || read_run(bl, &run))
		return STATUS_FAIL_RUN;
	if (bl->o->baseline)
		rc = compare_run(bl, rs, &run);
	if (!rc && is_passed && bl->o->save_baseline && save(bl, &run.header, st.st_size))
		rc = STATUS_FAIL_RUN;
	run_doc_free(&run);
	return rc;
}

/* The file itself belongs to the reports that write it. */
void baseline_close(struct baseline *bl)
{
	doc_set_free(&bl->set);
	*bl = (struct baseline){ 0 };
}

int baseline_status(const struct comparison_table *t, bool gate)
{
	if (t->nr_verdicts[VERDICT_NA] == t->nr + t->nr_filtered)
		return STATUS_NOTHING;
	return gate && t->nr_verdicts[VERDICT_SLOWER] ? STATUS_FAIL_RUN : 0;
}

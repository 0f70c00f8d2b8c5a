// SPDX-License-Identifier: GPL-2.0-only
/*
 * Polling, not inotify: QEMU's serial device writes byte by byte, so a notification per write
 * would wake us up to a million times a second beside the guest being measured.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/doc.h"
#include "watch.h"

#define POLL_MS		40
#define LEAVE_S		5.0	/* from the last line, or a panic, to QEMU's exit */
#define CONSOLE_LINE	4096	/* longer ones are looked at in pieces */
#define CHANNEL_LINE	DOC_MAX_LINE
/* Of one case: with -vv a case has some 100 KiB, without it a whole run has 20 KiB. */
#define CONSOLE_MAX	(1u << 20)
/* A whole run has some 1 MiB. */
#define CHANNEL_MAX	(128u << 20)
#define SPACE_CHECK_S	1.0
#define TAIL_CHUNK	65536u
#define RUNNER_USAGE	2	/* the runner's exit status */
#define RUNNER_SKIP	4

static int tail_open(struct tail *t, const char *path)
{
	t->fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
	return t->fd < 0 ? -errno : 0;
}

static void tail_close(struct tail *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	free(t->buf);
	t->buf = NULL;
	t->len = t->cap = 0;
}

/* Appends what the file has grown by, at most one chunk. Bytes, or -errno. */
static ssize_t tail_read(struct tail *t)
{
	ssize_t n;

	if (t->cap - t->len < TAIL_CHUNK) {
		size_t cap = t->cap * 2 > t->len + TAIL_CHUNK ? t->cap * 2 : t->len + TAIL_CHUNK;
		char *grown = realloc(t->buf, cap);

		if (!grown)
			return -ENOMEM;
		t->buf = grown;
		t->cap = cap;
	}
	n = read(t->fd, t->buf + t->len, TAIL_CHUNK);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	t->len += (size_t)n;
	return n;
}

static void tail_drop(struct tail *t, size_t len)
{
	memmove(t->buf, t->buf + len, t->len - len);
	t->len -= len;
}

static void watch_copy_console(struct watch *w, const char *data, size_t len)
{
	while (w->copy_fd >= 0 && !w->copy_err && len) {
		ssize_t n = write(w->copy_fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			w->copy_err = -errno;
			return;
		}
		data += n;
		len -= (size_t)n;
	}
}

static void watch_console_line(struct watch *w, const char *text, size_t len)
{
	static const char *const oopses[] = {
		"BUG: ", "Oops: ", "kernel BUG at ", "general protection fault", "stack guard page",
		"Unable to handle kernel ", "Internal error: ",
	};
	char line[256], *msg = line, *end;
	size_t i;

	text_sanitize(text, len, line, sizeof(line));
	/* Only the kernel's own lines have a time stamp; what the runner prints proves nothing. */
	if (line[0] != '[')
		return;
	end = strstr(line, "] ");
	if (!end)
		return;
	msg = end + 2;
	for (i = 0; i < sizeof(oopses) / sizeof(oopses[0]) && !w->oops[0]; i++) {
		if (strstr(msg, oopses[i]))
			snprintf(w->oops, sizeof(w->oops), "%s", msg);
	}
	/* Not waited for: the guest spins until its time is up, and nothing behind it runs. */
	w->locked_up |= strstr(msg, "BUG: soft lockup") || strstr(msg, "hard LOCKUP");
	if (!w->panicked && !strncmp(msg, "Kernel panic - not syncing", 26)) {
		snprintf(w->panic, sizeof(w->panic), "%s", msg);
		w->panicked = true;
	}
}

static int watch_console(struct watch *w)
{
	struct tail *t = &w->console;
	size_t start, len;
	ssize_t n;
	char *nl;

	while ((n = tail_read(t)) > 0) {
		w->nr_console += (size_t)n;
		if (w->nr_console > CONSOLE_MAX)
			return -ENOBUFS;
		watch_copy_console(w, t->buf + t->len - n, (size_t)n);
		for (start = 0; start < t->len; start += len) {
			nl = memchr(t->buf + start, '\n', t->len - start);
			if (!nl && t->len - start <= CONSOLE_LINE)
				break;
			len = nl ? (size_t)(nl - t->buf) + 1 - start : t->len - start;
			watch_console_line(w, t->buf + start, len);
		}
		tail_drop(t, start);
	}
	return (int)n;
}

static void watch_control_line(struct watch *w, const char *line)
{
	char name[256];

	if (!strncmp(line, "#boot ", 6)) {
		w->booted = true;
		w->guest_boot_s = strtod(line + 6, NULL);
		w->boot_took_s = clock_wall_s() - w->start_s;
	} else if (!strncmp(line, "#exit ", 6)) {
		w->ended = true;
		w->status = atoi(line + 6);
	} else if (!strncmp(line, "#signal ", 8)) {
		w->ended = true;
		w->status = -atoi(line + 8);
	} else if (!strncmp(line, "#fail ", 6)) {
		text_sanitize(line + 6, strlen(line + 6), w->failure, sizeof(w->failure));
	} else if (!strncmp(line, "#module ", 8)) {
		text_sanitize(line + 8, strlen(line + 8), name, sizeof(name));
		scratch_note(w->s, "the guest did not load %s", name);
	}
}

static int watch_line(struct watch *w, char *line, size_t len)
{
	int err;

	while (len && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	if (!len || w->ended)
		return 0;
	if (line[0] == '#') {
		watch_control_line(w, line);
		return 0;
	}
	err = progress_line(&w->progress, line, len);
	if (err == -EBADMSG) {
		/* Passed on all the same: the reader of documents says best what is wrong. */
		w->bad_line = true;
		err = 0;
	}
	if (err)
		return err;
	w->cb_err = w->cb ? w->cb(w->ctx, line, len) : 0;
	return w->cb_err ? -ECANCELED : 0;
}

static int watch_channel(struct watch *w)
{
	struct tail *t = &w->channel;
	ssize_t n;
	int err;

	while ((n = tail_read(t)) > 0) {
		size_t scanned = t->len - (size_t)n, start = 0;
		char *nl;

		w->last_s = clock_wall_s();
		w->nr_console = 0;
		w->nr_channel += (size_t)n;
		if (w->nr_channel > CHANNEL_MAX)
			return -EFBIG;
		while ((nl = memchr(t->buf + scanned, '\n', t->len - scanned))) {
			err = watch_line(w, t->buf + start, (size_t)(nl - t->buf) - start);
			if (err)
				return err;
			start = scanned = (size_t)(nl - t->buf) + 1;
		}
		tail_drop(t, start);
		if (t->len > CHANNEL_LINE)
			return -EFBIG;
	}
	return (int)n;
}

static int watch_files(struct watch *w)
{
	int err = watch_channel(w);

	return err ? err : watch_console(w);
}

/* QEMU stays alive after this one, with the guest stopped for ever. */
static bool watch_kvm_gave_up(struct watch *w, char *line, size_t sz)
{
	char *text, *at;
	size_t len;
	bool gave_up;

	if (file_read(w->errors_path, 1u << 20, &text, &len))
		return false;
	at = strstr(text, "KVM internal error");
	gave_up = at != NULL;
	if (at)
		text_sanitize(at, strcspn(at, "\r\n"), line, sz);
	free(text);
	return gave_up;
}

/* The last thing QEMU or the guest's kernel said. */
static void watch_last_words(struct watch *w, char *line, size_t sz)
{
	size_t len;
	char *text;

	line[0] = '\0';
	if (!file_read(w->errors_path, 1u << 20, &text, &len)) {
		text_last_line(text, len, line, sz);
		free(text);
	}
	if (!line[0] && !file_read(w->console_path, 64u << 20, &text, &len)) {
		text_last_line(text, len, line, sz);
		free(text);
	}
	if (!line[0])
		snprintf(line, sz, "it said nothing");
}

static void __attribute__((format(printf, 3, 4)))
outcome_set(struct vm_outcome *out, enum vm_verdict verdict, const char *fmt, ...)
{
	va_list ap;

	out->verdict = verdict;
	va_start(ap, fmt);
	vsnprintf(out->reason, sizeof(out->reason), fmt, ap);
	va_end(ap);
}

struct where {
	char text[300];
};

/* " in family/case", or nothing. */
static struct where watch_where(const struct watch *w)
{
	const char *running = progress_running(&w->progress);
	struct where where;

	snprintf(where.text, sizeof(where.text), "%s%.280s", running ? " in " : "",
		 running ? running : "");
	return where;
}

/* The runner came to its end and said how. */
static void watch_judge_status(struct watch *w, struct vm_outcome *out)
{
	const char *name = w->status < 0 ? sigabbrev_np(-w->status) : NULL;

	if (w->status < 0)
		outcome_set(out, VM_FAILED, "the runner died of SIG%s%s", name ? name : "?",
			    watch_where(w).text);
	else if (w->bad_line)
		outcome_set(out, VM_FAILED, "the result channel held a line that is no JSON");
	else if (!w->status && w->progress.has_plan && !w->progress.has_end)
		outcome_set(out, VM_FAILED, "the runner exited with 0 but its document has no end");
	else if (!w->status)
		outcome_set(out, VM_PASSED, "%s", "");
	else if (w->status == RUNNER_SKIP)
		outcome_set(out, VM_SKIPPED, "nothing could run in the guest");
	else if (w->status == RUNNER_USAGE)
		outcome_set(out, VM_USAGE, "the runner refused its arguments");
	else
		outcome_set(out, VM_FAILED, "the runner exited with %d", w->status);
}

/* How often the host ran out of memory and killed for it, since it booted; < 0: not known. */
static long long host_oom_kills(void)
{
	long long nr = -1;
	char *text, *at;
	size_t len;

	if (file_read("/proc/vmstat", 1u << 20, &text, &len))
		return -1;
	at = strstr(text, "\noom_kill ");
	if (at)
		nr = strtoll(at + strlen("\noom_kill "), NULL, 10);
	free(text);
	return nr;
}

static void watch_judge_killed(struct watch *w, struct vm_outcome *out, int signal)
{
	long long kills = host_oom_kills();

	outcome_set(out, VM_QEMU_DIED, "QEMU was killed by SIG%s%s%s", sigabbrev_np(signal),
		    watch_where(w).text,
		    signal == SIGKILL && w->oom_kills >= 0 && kills > w->oom_kills ?
		    ": the host ran out of memory" : "");
}

static void watch_judge_gone(struct watch *w, struct vm_outcome *out, int wait_status)
{
	char words[256];

	watch_last_words(w, words, sizeof(words));
	if (WIFSIGNALED(wait_status))
		watch_judge_killed(w, out, WTERMSIG(wait_status));
	/* QEMU says nothing of a console or a channel that it could not write. */
	else if (disk_is_full(w->s->dir))
		outcome_set(out, VM_BROKEN, "no space left in %s (TMPDIR)", w->s->dir);
	else if (!w->booted)
		outcome_set(out, VM_NO_BOOT, "guest did not boot: QEMU exited with %d: %s",
			    WEXITSTATUS(wait_status), words);
	else
		outcome_set(out, VM_PANICKED, "guest reset itself without a panic%s: %s",
			    watch_where(w).text, words);
}

static void watch_judge_panic(struct watch *w, struct vm_outcome *out)
{
	const char *why = w->oops[0] ? w->oops : w->panic;

	if (!w->booted)
		outcome_set(out, VM_NO_BOOT, "guest did not boot: %s", why);
	else
		outcome_set(out, VM_PANICKED, "guest panicked%s: %s", watch_where(w).text, why);
}

/* True when a limit is over, with the verdict set. */
static bool watch_is_late(struct watch *w, struct vm_outcome *out, double now)
{
	char words[256];

	if (!w->booted && now - w->start_s > w->boot_s) {
		watch_last_words(w, words, sizeof(words));
		outcome_set(out, VM_NO_BOOT, "guest did not boot within %g s: %s", w->boot_s,
			    words);
		return true;
	}
	if (now - w->start_s > w->timeout_s) {
		outcome_set(out, VM_TIMED_OUT, "guest timed out after %g s%s", w->timeout_s,
			    watch_where(w).text);
		return true;
	}
	if (w->booted && now - w->last_s > w->hang_s) {
		outcome_set(out, VM_HUNG, "guest hung%s: silent for %g s",
			    watch_where(w).text, w->hang_s);
		return true;
	}
	return false;
}

/* Until QEMU has gone, a limit is over or we have to stop; 1 when QEMU has gone. */
static int watch_loop(struct watch *w, struct vm_outcome *out)
{
	bool is_kvm = out->accel == VM_ACCEL_KVM;
	double now, leave_s = 0, space_s = 0;
	char words[256];
	int gone, err;

	for (;;) {
		gone = proc_wait(w->s, &w->qemu, POLL_MS);
		if (gone < 0)
			return gone;
		err = watch_files(w);
		if (err || gone)
			return err ? err : 1;
		now = clock_wall_s();
		/* QEMU drops what it cannot write, and lines would be missing unnoticed. */
		if (now - space_s > SPACE_CHECK_S && disk_is_full(w->s->dir))
			return -ENOSPC;
		space_s = now - space_s > SPACE_CHECK_S ? now : space_s;
		if (w->locked_up && !w->panicked && !w->ended)
			return 0;
		if ((w->ended || w->panicked || w->failure[0]) && !leave_s)
			leave_s = now;
		if (leave_s && now - leave_s > LEAVE_S)
			return 0;
		if (leave_s)
			continue;
		if (is_kvm && !w->booted && watch_kvm_gave_up(w, words, sizeof(words))) {
			outcome_set(out, VM_NO_BOOT, "guest did not boot: %s", words);
			return 0;
		}
		if (watch_is_late(w, out, now))
			return 0;
	}
}

static void watch_judge_flood(struct watch *w, struct vm_outcome *out, const char *what,
			      unsigned int limit)
{
	if (!strcmp(what, "its results") && w->nr_channel <= CHANNEL_MAX) {
		what = "one line of its results";
		limit = CHANNEL_LINE;
	}
	outcome_set(out, VM_FLOODED, "guest flooded %s%s: more than %u MiB", what,
		    watch_where(w).text, limit >> 20);
}

static void watch_judge(struct watch *w, struct vm_outcome *out, int ret, int wait_status)
{
	if (ret == -EINTR)
		outcome_set(out, VM_INTERRUPTED, "%s", w->s->reason);
	else if (w->cb_err)
		outcome_set(out, VM_BROKEN, "the results could not be written");
	else if (ret == -EFBIG)
		watch_judge_flood(w, out, "its results", CHANNEL_MAX);
	else if (ret == -ENOBUFS)
		watch_judge_flood(w, out, "its console", CONSOLE_MAX);
	else if (ret == -ENOSPC)
		outcome_set(out, VM_BROKEN, "no space left in %s (TMPDIR)", w->s->dir);
	else if (ret < 0)
		outcome_set(out, VM_BROKEN, "cannot follow the guest: %s", strerror(-ret));
	else if (w->failure[0])
		outcome_set(out, VM_NO_BOOT, "guest's init gave up: %s", w->failure);
	else if (w->panicked)
		watch_judge_panic(w, out);
	else if (w->locked_up && !w->ended)
		outcome_set(out, VM_HUNG, "guest hung%s: %s", watch_where(w).text, w->oops);
	else if (w->ended)
		watch_judge_status(w, out);
	else if (ret == 1)
		watch_judge_gone(w, out, wait_status);
}

int watch_guest(struct watch *w, struct vm_outcome *out)
{
	const char *running;
	int ret, wait_status;

	w->start_s = w->last_s = clock_wall_s();
	w->oom_kills = host_oom_kills();
	w->status = INT_MIN;
	w->guest_boot_s = w->boot_took_s = -1;
	w->channel.fd = -1;
	ret = tail_open(&w->console, w->console_path);
	if (!ret)
		ret = tail_open(&w->channel, w->channel_path);
	if (!ret)
		ret = watch_loop(w, out);
	wait_status = proc_end(&w->qemu);
	out->wall_s = clock_wall_s() - w->start_s;
	watch_judge(w, out, ret, wait_status);
	out->signal = w->s->signal;
	out->guest_status = w->status;
	out->boot_s = w->boot_took_s;
	out->guest_boot_s = w->guest_boot_s;
	out->has_end = w->progress.has_end;
	running = progress_running(&w->progress);
	snprintf(out->running, sizeof(out->running), "%s", running ? running : "");
	return ret < 0 ? ret : 0;
}

void watch_free(struct watch *w)
{
	tail_close(&w->console);
	tail_close(&w->channel);
	progress_free(&w->progress);
}

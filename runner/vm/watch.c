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
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "watch.h"

#define POLL_MS		40
#define LEAVE_S		5.0	/* from the last line, or a panic, to QEMU's exit */
#define CONSOLE_LINE	4096	/* longer ones are looked at in pieces */
#define CHANNEL_LINE	(64u << 20)
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
	if (!w->panicked && !strncmp(msg, "Kernel panic - not syncing", 26)) {
		snprintf(w->panic, sizeof(w->panic), "%s", msg);
		w->panicked = true;
	}
}

static int watch_console(struct watch *w)
{
	struct tail *t = &w->console;
	ssize_t n;
	char *nl;

	while ((n = tail_read(t)) > 0) {
		watch_copy_console(w, t->buf + t->len - n, (size_t)n);
		while ((nl = memchr(t->buf, '\n', t->len)) || t->len > CONSOLE_LINE) {
			size_t len = nl ? (size_t)(nl - t->buf) + 1 : t->len;

			watch_console_line(w, t->buf, len);
			tail_drop(t, len);
		}
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

/* The runner came to its end and said how. */
static void watch_judge_status(struct watch *w, struct vm_outcome *out)
{
	const char *running = progress_running(&w->progress);
	const char *name = w->status < 0 ? sigabbrev_np(-w->status) : NULL;

	if (w->status < 0)
		outcome_set(out, VM_FAILED, "the runner died of SIG%s%s%s", name ? name : "?",
			    running ? " in " : "", running ? running : "");
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

/* QEMU says nothing of a console or a channel that it could not write. */
static bool scratch_is_full(const struct scratch *s)
{
	struct statvfs fs;

	return !statvfs(s->dir, &fs) && !fs.f_bavail;
}

static void watch_judge_gone(struct watch *w, struct vm_outcome *out, int wait_status)
{
	const char *running = progress_running(&w->progress);
	char words[256];

	watch_last_words(w, words, sizeof(words));
	if (WIFSIGNALED(wait_status))
		outcome_set(out, VM_BROKEN, "QEMU was killed by SIG%s",
			    sigabbrev_np(WTERMSIG(wait_status)));
	else if (scratch_is_full(w->s))
		outcome_set(out, VM_BROKEN, "no space left in %s (TMPDIR)", w->s->dir);
	else if (!w->booted)
		outcome_set(out, VM_NO_BOOT, "guest did not boot: QEMU exited with %d: %s",
			    WEXITSTATUS(wait_status), words);
	else
		outcome_set(out, VM_PANICKED, "guest reset itself without a panic%s%s: %s",
			    running ? " in " : "", running ? running : "", words);
}

static void watch_judge_panic(struct watch *w, struct vm_outcome *out)
{
	const char *why = w->oops[0] ? w->oops : w->panic;
	const char *running = progress_running(&w->progress);

	if (!w->booted)
		outcome_set(out, VM_NO_BOOT, "guest did not boot: %s", why);
	else
		outcome_set(out, VM_PANICKED, "guest panicked%s%s: %s", running ? " in " : "",
			    running ? running : "", why);
}

/* True when a limit is over, with the verdict set. */
static bool watch_is_late(struct watch *w, struct vm_outcome *out, double now)
{
	const char *running = progress_running(&w->progress);
	const char *sep = running ? " in " : "";
	char words[256];

	if (!w->booted && now - w->start_s > w->boot_s) {
		watch_last_words(w, words, sizeof(words));
		outcome_set(out, VM_NO_BOOT, "guest did not boot within %g s: %s", w->boot_s,
			    words);
		return true;
	}
	if (now - w->start_s > w->timeout_s) {
		outcome_set(out, VM_TIMED_OUT, "guest timed out after %g s%s%s", w->timeout_s, sep,
			    running ? running : "");
		return true;
	}
	if (w->booted && now - w->last_s > w->hang_s) {
		outcome_set(out, VM_HUNG, "guest hung%s%s: silent for %g s", sep,
			    running ? running : "", w->hang_s);
		return true;
	}
	return false;
}

/* Until QEMU has gone, a limit is over or we have to stop; 1 when QEMU has gone. */
static int watch_loop(struct watch *w, struct vm_outcome *out)
{
	bool is_kvm = out->accel == VM_ACCEL_KVM;
	double now, leave_s = 0;
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

static void watch_judge(struct watch *w, struct vm_outcome *out, int ret, int wait_status)
{
	if (ret == -EINTR)
		outcome_set(out, VM_INTERRUPTED, "%s", w->s->reason);
	else if (w->cb_err)
		outcome_set(out, VM_BROKEN, "the results could not be written");
	else if (ret == -EFBIG)
		outcome_set(out, VM_BROKEN, "the guest sent a line of more than %u MiB",
			    CHANNEL_LINE >> 20);
	else if (ret < 0)
		outcome_set(out, VM_BROKEN, "cannot follow the guest: %s", strerror(-ret));
	else if (w->failure[0])
		outcome_set(out, VM_NO_BOOT, "guest's init gave up: %s", w->failure);
	else if (w->panicked)
		watch_judge_panic(w, out);
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

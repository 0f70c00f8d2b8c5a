// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cgroup.h"
#include "child.h"

struct buffer {
	char *data;
	size_t len, cap;
};

int result_init(struct result *r, const struct bench *b)
{
	int i;

	memset(r, 0, sizeof(*r));
	r->id = strdup(b->id);
	r->family = strdup(b->family);
	r->name = strdup(b->name);
	if (!r->id || !r->family || !r->name)
		return -ENOMEM;
	for (i = 0; i < b->nr_params; i++) {
		r->params[i].value = b->params[i].value;
		r->params[i].name = strdup(b->params[i].name);
		if (!r->params[i].name)
			return -ENOMEM;
		r->nr_params++;
	}
	for (i = 0; i < b->nr_notes; i++) {
		r->notes[i] = strdup(b->notes[i]);
		if (!r->notes[i])
			return -ENOMEM;
		r->nr_notes++;
	}
	r->is_user_loop = bench_has_run(b);
	return 0;
}

static void child_main(const struct child_job *job, pid_t parent, int fd)
{
	struct result r;
	sigset_t none;
	FILE *out;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);	/* it had gone before the line above */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	out = fdopen(fd, "w");
	err = result_init(&r, job->x->bench);
	err = err ?: measure(job->x, job->exec_arg, job->params, &r);
	err = err ?: out ? doc_write_result(out, &r, job->x->clock) : -ENOMEM;
	_exit(err ? 1 : 0);
}

static int buffer_read(struct buffer *b, int fd)
{
	ssize_t len;
	char *data;

	if (b->cap - b->len < 65536) {
		if (b->cap > DOC_MAX_LINE)
			return -E2BIG;
		data = realloc(b->data, b->cap * 2 + 131072);
		if (!data)
			return -ENOMEM;
		b->data = data;
		b->cap = b->cap * 2 + 131072;
	}
	len = read(fd, b->data + b->len, b->cap - b->len);
	if (len < 0)
		return errno == EINTR ? 1 : -errno;
	b->len += len;
	return len ? 1 : 0;
}

enum wait_end { WAIT_EOF, WAIT_TIMEOUT, WAIT_SIGNAL, WAIT_ERROR };

static enum wait_end wait_child(const struct child_job *job, int fd, struct buffer *b, int *value)
{
	struct itimerspec when = { .it_value.tv_sec = job->timeout };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct pollfd fds[3] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = timer, .events = POLLIN },
		{ .fd = job->signal_fd, .events = POLLIN },
	};
	enum wait_end end = WAIT_ERROR;
	struct signalfd_siginfo info;
	int rc;

	*value = -errno;
	if (timer < 0 || timerfd_settime(timer, 0, &when, NULL))
		goto out;
	for (;;) {
		rc = poll(fds, 3, -1);
		if (rc < 0 && errno == EINTR)
			continue;
		*value = -errno;
		if (rc < 0)
			break;
		if (fds[2].revents & POLLIN &&
		    read(job->signal_fd, &info, sizeof(info)) == sizeof(info)) {
			*value = info.ssi_signo;
			end = WAIT_SIGNAL;
			break;
		}
		if (fds[0].revents) {
			rc = buffer_read(b, fd);
			*value = rc;
			if (rc <= 0) {
				end = rc ? WAIT_ERROR : WAIT_EOF;
				break;
			}
		} else if (fds[1].revents) {
			end = WAIT_TIMEOUT;
			break;
		}
	}
out:
	if (timer >= 0)
		close(timer);
	return end;
}

/* The child's own line, if it wrote a whole one that is about this bench. */
static bool take_result(const struct buffer *b, const char *id, struct result *r)
{
	struct doc_item item;
	char err[256];

	if (!b->len || b->data[b->len - 1] != '\n')
		return false;
	memset(&item, 0, sizeof(item));
	if (doc_parse_line(b->data, b->len - 1, &item, err, sizeof(err)) != DOC_LINE_RESULT)
		return false;
	if (strcmp(item.result.id, id)) {
		result_free(&item.result);
		return false;
	}
	result_free(r);
	*r = item.result;
	return true;
}

static int judge(struct result *r, const struct buffer *b, enum wait_end end, int value,
		 int status, unsigned int timeout)
{
	switch (end) {
	case WAIT_EOF:
		if (WIFEXITED(status) && !WEXITSTATUS(status) && take_result(b, r->id, r))
			return 0;
		r->status = STATUS_CRASH;
		if (WIFSIGNALED(status))
			return result_set_reason(r, "killed by signal %d (%s)", WTERMSIG(status),
						 strsignal(WTERMSIG(status)));
		return result_set_reason(r, "exited with status %d and no result",
					 WEXITSTATUS(status));
	case WAIT_TIMEOUT:
		r->status = STATUS_TIMEOUT;
		return result_set_reason(r, "no result after %u s", timeout);
	case WAIT_SIGNAL:
		r->status = STATUS_CRASH;
		return result_set_reason(r, "interrupted");
	default:
		r->status = STATUS_CRASH;
		return result_set_reason(r, "lost its result: %s", strerror(-value));
	}
}

int child_run(const struct child_job *job, struct result *r)
{
	struct buffer b = {};
	enum wait_end end;
	int fds[2], value, status, err;
	pid_t pid, parent = getpid();

	err = result_init(r, job->x->bench);
	if (err)
		return err;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		err = -errno;
		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!pid) {
		close(fds[0]);
		child_main(job, parent, fds[1]);
	}
	close(fds[1]);
	end = wait_child(job, fds[0], &b, &value);
	if (end != WAIT_EOF)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	close(fds[0]);
	cgroup_remove_of(pid);
	err = judge(r, &b, end, value, status, job->timeout);
	free(b.data);
	return err ?: end == WAIT_SIGNAL ? value : 0;
}

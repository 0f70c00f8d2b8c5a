// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>
#include "rcu.h"

#define EXPEDITED "/sys/kernel/rcu_expedited"

/* Set by somebody else, or by another run that is at work: not ours. */
static int open_setting(void)
{
	int fd = open(EXPEDITED, O_RDWR | O_CLOEXEC);
	char now = 0;

	if (fd < 0)
		return -1;
	if (!flock(fd, LOCK_EX | LOCK_NB) && pread(fd, &now, 1, 0) == 1 && now == '0')
		return fd;
	close(fd);
	return -1;
}

static int set(int fd, bool is_on)
{
	return pwrite(fd, is_on ? "1" : "0", 1, 0) < 0 ? -errno : 0;
}

/* Nothing is ever written into the pipe: it ends when the run and all of its children have. */
static void keep(int fd, int pipe_fd)
{
	char none;

	/* SIGQUIT, and the SIGKILL of timeout(1), are for all of a process group. */
	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	while (read(pipe_fd, &none, 1) < 0 && errno == EINTR)
		;
	_exit(set(fd, false) ? 1 : 0);
}

void rcu_open(struct rcu *r)
{
	int fds[2];

	*r = (struct rcu){ .fd = open_setting(), .alive = -1 };
	if (r->fd < 0)
		return;
	if (pipe2(fds, O_CLOEXEC))
		goto none;
	r->keeper = fork();
	if (!r->keeper) {
		close(fds[1]);
		keep(r->fd, fds[0]);
	}
	close(fds[0]);
	r->alive = fds[1];
	if (r->keeper > 0)
		return;
	close(r->alive);
none:
	close(r->fd);
	r->fd = -1;
}

void rcu_expedite(const struct rcu *r, bool is_on)
{
	if (r->fd >= 0)
		set(r->fd, is_on);
}

void rcu_close(struct rcu *r)
{
	if (r->fd < 0)
		return;
	close(r->alive);
	while (waitpid(r->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	close(r->fd);
	r->fd = -1;
}

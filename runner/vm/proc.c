// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"

#define EXEC_FAILED	127
#define END_MS		5000

static int proc_redirect(const char *path, int fd)
{
	int new_fd = open(path ? path : "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			  0600);

	if (new_fd < 0)
		return -1;
	return dup2(new_fd, fd) < 0 ? -1 : 0;
}

/*
 * The death signal reaches a child, not what that starts in turn. So one of us stands between, in
 * the child's place: it ends as the command does, and when the launcher dies takes the command's
 * whole group along. Returns in the command; 0, or -1 and errno.
 */
static int proc_keep(int report_fd)
{
	pid_t keeper = getpid(), pid;
	sigset_t mask;
	int sig, status;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM))
		return -1;
	pid = fork();
	if (!pid)
		return prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != keeper ? -1 : 0;
	if (pid < 0)
		return -1;
	close(report_fd);
	while (waitpid(pid, &status, WNOHANG) != pid)
		if (!sigwait(&mask, &sig) && sig == SIGTERM)
			kill(0, SIGKILL);
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	_exit(EXEC_FAILED);
}

/* Between fork and exec: reports the errno through @report_fd, which exec closes. */
static void proc_exec(struct scratch *s, bool is_tree, char *const argv[], const char *out_path,
		       const char *err_path, const char *dir, int report_fd, pid_t parent)
{
	int null_fd, err;

	/* The launcher may be killed before this line: the parent has then changed already. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(EXEC_FAILED);
	/* What it starts in turn is ended with it. */
	setpgid(0, 0);
	if (is_tree && proc_keep(report_fd))
		goto fail;
	null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    proc_redirect(out_path, STDOUT_FILENO) || proc_redirect(err_path, STDERR_FILENO) ||
	    (dir && chdir(dir)))
		goto fail;
	sigprocmask(SIG_SETMASK, s->old_mask, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	/* What tools say is looked at. */
	setenv("LC_ALL", "C.UTF-8", 1);
	/* What they leave behind when they are killed goes with ours. */
	setenv("TMPDIR", s->dir, 1);
	execvp(argv[0], argv);
fail:
	err = errno;
	if (write(report_fd, &err, sizeof(err)) != sizeof(err))
		_exit(EXEC_FAILED);
	_exit(EXEC_FAILED);
}

int proc_start(struct scratch *s, struct proc *c, char *const argv[], const char *out_path,
		const char *err_path, const char *dir)
{
	pid_t parent = getpid();
	int report[2], err = 0;
	ssize_t n;

	c->pid = -1;
	c->pid_fd = -1;
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	c->pid = fork();
	if (c->pid < 0) {
		err = -errno;
		close(report[0]);
		close(report[1]);
		return err;
	}
	if (!c->pid)
		proc_exec(s, c->is_tree, argv, out_path, err_path, dir, report[1], parent);
	close(report[1]);
	do {
		n = read(report[0], &err, sizeof(err));
	} while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n != sizeof(err)) {
		err = 0;
		c->pid_fd = (int)syscall(SYS_pidfd_open, c->pid, 0);
		if (c->pid_fd < 0)
			err = errno;
	}
	if (err)
		proc_end(c);
	return -err;
}

int proc_wait(struct scratch *s, struct proc *c, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = c->pid_fd, .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
	};
	int n;

	n = poll(fds, 2, timeout_ms);
	if (n < 0 && errno != EINTR)
		return -errno;
	if (n <= 0)
		return 0;
	if (fds[1].revents) {
		int err = scratch_check_signal(s);

		if (err)
			return err;
	}
	return fds[0].revents ? 1 : 0;
}

int proc_end(struct proc *c)
{
	int status = -1;

	if (c->pid > 0) {
		kill(-c->pid, SIGKILL);
		kill(c->pid, SIGKILL);
		while (waitpid(c->pid, &status, 0) < 0) {
			if (errno != EINTR) {
				status = -1;
				break;
			}
		}
	}
	if (c->pid_fd >= 0)
		close(c->pid_fd);
	c->pid = -1;
	c->pid_fd = -1;
	return status;
}

int proc_run(struct scratch *s, char *const argv[], const char *out_path, const char *err_path,
	      const char *dir)
{
	struct proc c = { .is_tree = true };
	int err, status;

	err = proc_start(s, &c, argv, out_path, err_path, dir);
	if (err)
		return err;
	do {
		err = proc_wait(s, &c, -1);
	} while (!err);
	/*
	 * make and compilers remove what they have half made when they are interrupted; killed, they
	 * leave a vmlinux that the next make takes for done. Another signal ends the wait.
	 */
	if (err == -EINTR && !kill(-c.pid, SIGINT))
		proc_wait(s, &c, END_MS);
	/* A child that has ended keeps its status: the kill in proc_end() finds a zombie. */
	status = proc_end(&c);
	if (err < 0)
		return err;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : -ECHILD;
}

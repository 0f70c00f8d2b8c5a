// SPDX-License-Identifier: GPL-2.0-only
/* Guests, and QEMUs, that come to a bad end. */
#include <signal.h>

#include "launch_fixture.h"

TEST_F(launch, panicked_in_a_bench)
{
	RUN(BOOT PLAN X_DONE "printf '[    5.1] BUG: kernel NULL pointer dereference\\r\\n"
	    "[    5.2] Kernel panic - not syncing: Fatal exception\\r\\n' >&4; ");
	EXPECT_VERDICT(VM_PANICKED, 10);
	EXPECT_STREQ(self->out.running, "a/y");
	EXPECT_STREQ(self->out.reason,
		     "guest panicked in a/y: BUG: kernel NULL pointer dereference");
	EXPECT_EQ(access(self->out.kept_console, R_OK), 0);
	EXPECT_TRUE(strstr(self->out.kept_console, "console-kernel-panicked-") != NULL);
}

TEST_F(launch, panic_that_does_not_reboot)
{
	RUN(BOOT PLAN "echo '[    5.2] Kernel panic - not syncing: x' >&4; exec sleep 100");
	EXPECT_VERDICT(VM_PANICKED, 10);
	EXPECT_REASON("in a/x: Kernel panic - not syncing: x");
}

TEST_F(launch, what_the_runner_prints_is_no_panic)
{
	RUN(BOOT PLAN X_DONE Y_DONE "echo 'Kernel panic - not syncing: just kidding' >&4; "
	    END EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
}

TEST_F(launch, control_characters_are_not_quoted)
{
	RUN(BOOT PLAN "printf '[    5.2] Kernel panic - not syncing: \\033[31mred\\n' >&4; ");
	EXPECT_REASON("not syncing: ?[31mred");
}

TEST_F(launch, reset_without_a_word)
{
	RUN(BOOT PLAN X_DONE);
	EXPECT_VERDICT(VM_PANICKED, 10);
	EXPECT_REASON("reset itself");
	EXPECT_STREQ(self->out.running, "a/y");
}

TEST_F(launch, hung)
{
	self->cfg.hang_s = 1;
	RUN(BOOT PLAN "exec sleep 100");
	EXPECT_VERDICT(VM_HUNG, 11);
	EXPECT_REASON("in a/x");
	EXPECT_EQ(access(self->out.kept_console, R_OK), 0);
}

TEST_F(launch, timed_out)
{
	self->cfg.timeout_s = 1;
	RUN(BOOT PLAN "while :; do " X_DONE "sleep 0.1; done");
	EXPECT_VERDICT(VM_TIMED_OUT, 124);
}

TEST_F(launch, no_heartbeat)
{
	self->cfg.boot_s = 1;
	RUN("echo '[    0.1] Loading' >&4; exec sleep 100");
	EXPECT_VERDICT(VM_NO_BOOT, 12);
	EXPECT_REASON("Loading");
	EXPECT_TRUE(self->out.boot_s < 0);
}

TEST_F(launch, qemu_refused)
{
	RUN("echo 'qemu: unknown machine' >&2; exit 1");
	EXPECT_VERDICT(VM_NO_BOOT, 12);
	EXPECT_REASON("unknown machine");
}

TEST_F(launch, panic_before_the_heartbeat)
{
	RUN("echo '[    0.1] Kernel panic - not syncing: VFS' >&4");
	EXPECT_VERDICT(VM_NO_BOOT, 12);
	EXPECT_REASON("VFS");
}

TEST_F(launch, init_gave_up)
{
	RUN("echo '#fail cannot mount proc' >&3");
	EXPECT_VERDICT(VM_NO_BOOT, 12);
	EXPECT_REASON("cannot mount proc");
}

TEST_F(launch, what_qemu_starts_ends_with_it)
{
	char buf[96], *path = buf;
	char text[32] = "";
	int fd;

	snprintf(path, sizeof(buf), "%s/pid", self->dir);
	setenv("PID_FILE", path, 1);
	self->cfg.timeout_s = 1;
	RUN(BOOT PLAN "sleep 100 & echo $! >\"$PID_FILE\"; while :; do " X_DONE "sleep 0.1; done");
	EXPECT_VERDICT(VM_TIMED_OUT, 124);
	fd = open(path, O_RDONLY);
	ASSERT_GT(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	/* Killed, though whoever adopts it may be slow to reap it. */
	for (int i = 0; i < 50 && !kill(atoi(text), 0); i++)
		usleep(100000);
	EXPECT_NE(kill(atoi(text), 0), 0);
}

/* Also when nobody is left who could end it. */
TEST_F(launch, what_vng_starts_dies_with_the_launcher)
{
	static const char fake_vng[] =
		"#!/bin/sh\n"
		"sleep 100 & echo $! >\"$PID_FILE\"; wait\n";
	char path[256], text[32] = "";
	pid_t launcher;
	int fd = -1;

	snprintf(path, sizeof(path), "%s/vng", self->dir);
	ASSERT_EQ(put(path, fake_vng, sizeof(fake_vng) - 1, 0700), 0);
	snprintf(path, sizeof(path), "%s:%s", self->dir, getenv("PATH"));
	setenv("PATH", path, 1);
	snprintf(path, sizeof(path), "%s/pid", self->dir);
	setenv("PID_FILE", path, 1);
	self->cfg.engine = VM_ENGINE_VNG;
	launcher = fork();
	if (!launcher) {
		vm_run(&self->cfg, collect, self->lines, &self->out);
		_exit(0);
	}
	for (int i = 0; i < 100 && (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0); i++) {
		usleep(50000);
		fd = fd < 0 ? open(path, O_RDONLY) : fd;
	}
	close(fd);
	ASSERT_GT(atoi(text), 1);
	EXPECT_EQ(kill(atoi(text), 0), 0);
	kill(launcher, SIGKILL);
	waitpid(launcher, NULL, 0);
	for (int i = 0; i < 50 && !kill(atoi(text), 0); i++)
		usleep(100000);
	EXPECT_NE(kill(atoi(text), 0), 0);
}

TEST_F(launch, qemu_was_killed)
{
	RUN(BOOT PLAN "kill -KILL $$");
	EXPECT_VERDICT(VM_QEMU_DIED, 14);
	EXPECT_STREQ(self->out.reason, "QEMU was killed by SIGKILL in a/x");
	EXPECT_EQ(access(self->out.kept_console, R_OK), 0);
}

/* Recognised at once, not after hang_s: nothing runs behind it, and there is no panic to come. */
TEST_F(launch, soft_lockup)
{
	RUN(BOOT PLAN X_DONE "echo '[   31.2] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! "
	    "[bench_progs:77]' >&4; exec sleep 100");
	EXPECT_VERDICT(VM_HUNG, 11);
	EXPECT_STREQ(self->out.running, "a/y");
	EXPECT_REASON("in a/y: watchdog: BUG: soft lockup");
	EXPECT_TRUE(self->out.wall_s < 10);
}

TEST_F(launch, flooded_console)
{
	RUN(BOOT PLAN X_DONE "yes 'the same again and again and again' | head -c 2M >&4; "
	    "exec sleep 100");
	EXPECT_VERDICT(VM_FLOODED, 15);
	EXPECT_STREQ(self->out.reason, "guest flooded its console in a/y: more than 1 MiB");
	EXPECT_EQ(access(self->out.kept_console, R_OK), 0);
}

TEST_F(launch, flooded_channel)
{
	RUN(BOOT PLAN X_DONE "yes \"{\\\"note\\\":\\\"$(head -c 100000 /dev/zero | "
	    "tr '\\0' x)\\\"}\" | head -c 150M >&3; exec sleep 100");
	EXPECT_VERDICT(VM_FLOODED, 15);
	EXPECT_STREQ(self->out.reason, "guest flooded its results in a/y: more than 128 MiB");
}

TEST_F(launch, line_without_an_end)
{
	RUN(BOOT PLAN "printf '{\"type\":\"' >&3; head -c 20M /dev/zero | tr '\\0' x >&3; "
	    "exec sleep 100");
	EXPECT_VERDICT(VM_FLOODED, 15);
	EXPECT_REASON("one line of its results in a/x: more than 16 MiB");
}

TEST_F(launch, interrupted)
{
	RUN(BOOT PLAN "kill -TERM $PPID; exec sleep 100");
	EXPECT_VERDICT(VM_INTERRUPTED, 143);
}

TEST_F(launch, reader_that_refuses_ends_the_guest)
{
	RUN(BOOT PLAN "echo '{\"x\":\"refuse me\"}' >&3; exec sleep 100");
	EXPECT_VERDICT(VM_BROKEN, 1);
}

TEST_HARNESS_MAIN

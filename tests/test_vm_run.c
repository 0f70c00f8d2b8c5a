// SPDX-License-Identifier: GPL-2.0-only
/* Guests that come to their end, what the launcher is given, and what is refused before. */
#include <glob.h>

#include "launch_fixture.h"
#include "vm/arch.h"

TEST_F(launch, passed)
{
	glob_t g;
	char pattern[96];

	RUN(BOOT PLAN X_DONE Y_DONE END EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
	EXPECT_STREQ(self->out.reason, "");
	EXPECT_STREQ(self->out.running, "");
	EXPECT_STREQ(self->out.kept_console, "");
	EXPECT_EQ(self->out.guest_status, 0);
	EXPECT_TRUE(self->out.has_end);
	EXPECT_TRUE(self->out.guest_boot_s > 1.49 && self->out.guest_boot_s < 1.51);
	EXPECT_STREQ(self->lines, "{\"type\":\"header\",\"plan\":[\"a/x\",\"a/y\"]}\n"
		     "{\"type\":\"result\",\"id\":\"a/x\"}\n{\"type\":\"result\",\"id\":\"a/y\"}\n"
		     "{\"type\":\"end\"}\n");
	/* Nothing of ours stays in the temporary directory. */
	snprintf(pattern, sizeof(pattern), "%s/bench_vm.*", self->dir);
	EXPECT_EQ(glob(pattern, 0, NULL, &g), GLOB_NOMATCH);
}

/* No source is found beside a test: the guest boots all the same, and can say why. */
TEST_F(launch, a_guest_does_without_the_module)
{
	self->cfg.needs_kmod = true;
	RUN("for arg; do [ \"$last\" != -initrd ] || initrd=$arg; last=$arg; done; "
	    "grep -qa 'bench.kmod' \"$initrd\" && "
	    "grep -qa 'no source .*bench_kmod.c' \"$initrd\" || exit; "
	    BOOT PLAN X_DONE Y_DONE END EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
	EXPECT_STREQ(self->out.reason, "");
	self->cfg.needs_kmod = false;
	RUN("for arg; do [ \"$last\" != -initrd ] || initrd=$arg; last=$arg; done; "
	    "grep -qa 'bench.kmod' \"$initrd\" || { " BOOT PLAN X_DONE Y_DONE END EXIT(0) "}");
	EXPECT_VERDICT(VM_PASSED, 0);
}

TEST_F(launch, runner_failed)
{
	RUN(BOOT PLAN X_DONE Y_DONE END EXIT(1));
	EXPECT_VERDICT(VM_FAILED, 1);
	EXPECT_EQ(self->out.guest_status, 1);
}

TEST_F(launch, runner_could_run_nothing)
{
	RUN(BOOT EXIT(4));
	EXPECT_VERDICT(VM_SKIPPED, 4);
}

TEST_F(launch, runner_refused_its_arguments)
{
	RUN(BOOT EXIT(2));
	EXPECT_VERDICT(VM_USAGE, 2);
}

TEST_F(launch, runner_died)
{
	RUN(BOOT PLAN X_DONE "echo '#signal 11' >&3; ");
	EXPECT_VERDICT(VM_FAILED, 1);
	EXPECT_EQ(self->out.guest_status, -11);
	EXPECT_REASON("SIGSEGV in a/y");
}

TEST_F(launch, document_without_end_is_no_success)
{
	RUN(BOOT PLAN X_DONE Y_DONE EXIT(0));
	EXPECT_VERDICT(VM_FAILED, 1);
	EXPECT_REASON("no end");
}

TEST_F(launch, junk_on_the_channel_is_no_success)
{
	RUN(BOOT PLAN "echo junk >&3; " X_DONE Y_DONE END EXIT(0));
	EXPECT_VERDICT(VM_FAILED, 1);
	EXPECT_TRUE(strstr(self->lines, "junk\n") != NULL);
}

TEST_F(launch, arguments_for_qemu_come_last)
{
	static const char *const extra[] = { "-name", "x y" };

	self->cfg.qemu_args = extra;
	self->cfg.nr_qemu_args = 2;
	RUN("while [ $# -gt 2 ]; do shift; done; [ \"$1,$2\" = '-name,x y' ] || exit 1; "
	    BOOT EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
}

TEST_F(launch, no_vng)
{
	char *path = strdup(getenv("PATH"));

	setenv("PATH", self->dir, 1);
	self->cfg.engine = VM_ENGINE_VNG;
	RUN("");
	setenv("PATH", path, 1);
	free(path);
	EXPECT_VERDICT(VM_NO_QEMU, 13);
	EXPECT_REASON("no vng in PATH");
}

/* A vng that is a script as well: QEMU's options are one word of its arguments. */
TEST_F(launch, vng_starts_the_guest)
{
	static const char fake_vng[] =
		"#!/bin/sh\n"
		"for arg; do case $arg in\n"
		"--qemu-opts=*) opts=${arg#--qemu-opts=} ;;\n"
		"*bench.files=*) files=${arg#*=} ;;\n"
		"esac; done\n"
		"case $opts in *'-cpu Nehalem,cx16=off -icount shift=0'*) ;; *) exit 3 ;; esac\n"
		"case $opts in *rr=*) exit 6 ;; esac\n"
		"case $* in *' bench.channel=ttyS2 '*) ;; *) exit 4 ;; esac\n"
		"[ -x \"$files/init\" ] && [ -e \"$files/bench.args\" ] || exit 5\n"
		"set -- $opts\n"
		"exec \"$FAKE_QEMU\" \"$@\"\n";
	char path[256];

	snprintf(path, sizeof(path), "%s/vng", self->dir);
	ASSERT_EQ(put(path, fake_vng, sizeof(fake_vng) - 1, 0700), 0);
	snprintf(path, sizeof(path), "%s:%s", self->dir, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("FAKE_QEMU", self->qemu, 1);
	self->cfg.engine = VM_ENGINE_VNG;
	RUN(BOOT PLAN X_DONE Y_DONE END EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
	RUN(BOOT PLAN X_DONE Y_DONE END EXIT(1));
	EXPECT_VERDICT(VM_FAILED, 1);
}

TEST_F(launch, lines_without_an_end_are_not_passed_on)
{
	RUN(BOOT PLAN X_DONE "printf '{\"type\":\"result\",\"id\":\"a/y\"' >&3; ");
	EXPECT_VERDICT(VM_PANICKED, 10);
	EXPECT_STREQ(self->out.running, "a/y");
	EXPECT_TRUE(strstr(self->lines, "a/y\"\n") == NULL);
}

TEST_F(launch, lines_come_whole_however_they_were_written)
{
	RUN(BOOT PLAN "printf '{\"type\":\"res' >&3; sleep 0.2; printf 'ult\",\"id\":\"a/x\"}\\r\\n"
	    "{\"type\":' >&3; sleep 0.1; printf '\"result\",\"id\":\"a/y\"}\\n' >&3; " END EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
	EXPECT_TRUE(strstr(self->lines, "{\"type\":\"result\",\"id\":\"a/x\"}\n") != NULL);
}

TEST_F(launch, a_line_of_several_chunks)
{
	RUN(BOOT "printf '{\"type\":\"note\",\"x\":\"' >&3; head -c 300000 /dev/zero | "
	    "tr '\\0' x >&3; echo '\"}' >&3; " PLAN X_DONE Y_DONE END EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
}

TEST_F(launch, console_is_kept_where_asked)
{
	char buf[96], *path = buf, text[256] = "";
	int fd;

	snprintf(path, sizeof(buf), "%s/con.log", self->dir);
	self->cfg.console = path;
	RUN(BOOT "echo hello >&4; " EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
	EXPECT_STREQ(self->out.kept_console, path);
	fd = open(path, O_RDONLY);
	EXPECT_GT(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	EXPECT_TRUE(strstr(text, "\nhello\n") != NULL);
}

TEST_F(launch, console_on_a_full_disk)
{
	self->cfg.console = "/dev/full";
	RUN(BOOT EXIT(0));
	EXPECT_VERDICT(VM_USAGE, 2);
	EXPECT_REASON("No space left");
}

TEST_F(launch, kernels_that_are_none)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/odd", self->dir);
	self->cfg.kernel = path;
	RUN("");
	EXPECT_VERDICT(VM_NO_KERNEL, 2);
	ASSERT_EQ(put(path, "", 0, 0600), 0);
	RUN("");
	EXPECT_VERDICT(VM_NO_KERNEL, 2);
	EXPECT_REASON("empty");
	ASSERT_EQ(put(path, "text\n", 5, 0600), 0);
	RUN("");
	EXPECT_VERDICT(VM_NO_KERNEL, 2);
	self->cfg.kernel = self->dir;
	RUN("");
	EXPECT_VERDICT(VM_NO_KERNEL, 2);
	EXPECT_REASON("no kernel build tree");
	self->cfg.kernel = "debian:../../etc";
	RUN("");
	EXPECT_VERDICT(VM_NO_KERNEL, 2);
	/* A static program is an ELF too. */
	self->cfg.kernel = self->runner;
	RUN("");
	EXPECT_VERDICT(VM_NO_KERNEL, 2);
	EXPECT_REASON("PVH");
}

TEST_F(launch, build_tree)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/vmlinux", self->results);
	ASSERT_EQ(mkdir(self->results, 0700), 0);
	ASSERT_EQ(rename(self->kernel, path), 0);
	self->cfg.kernel = self->results;
	RUN(BOOT EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
}

TEST_F(launch, no_qemu)
{
	self->cfg.qemu = "no-such-qemu";
	RUN("");
	EXPECT_VERDICT(VM_NO_QEMU, 13);
}

TEST_F(launch, runner_that_cannot_be_init)
{
	self->cfg.runner = self->qemu;
	RUN("");
	EXPECT_VERDICT(VM_USAGE, 2);
	self->cfg.runner = "/nonexistent";
	RUN("");
	EXPECT_VERDICT(VM_USAGE, 2);
}

TEST_F(launch, guests_of_another_architecture)
{
	unsigned char image[0x40] = "MZ";
	char path[96];

	self->cfg.arch = vm_arch_find("arm64");
	RUN("");
	EXPECT_VERDICT(VM_NO_KERNEL, 2);
	EXPECT_REASON("is no arm64 kernel");
	self->cfg.kernel = "host";
	RUN("");
	EXPECT_VERDICT(VM_NO_KERNEL, 2);
	memcpy(image + 0x38, "ARM\x64", 4);
	snprintf(path, sizeof(path), "%s/Image", self->dir);
	ASSERT_EQ(put(path, image, sizeof(image), 0600), 0);
	self->cfg.kernel = path;
	RUN("");
	EXPECT_VERDICT(VM_USAGE, 2);
	EXPECT_REASON("runner is not of arm64");
	self->cfg.runner = "/nonexistent";
	RUN("");
	EXPECT_VERDICT(VM_USAGE, 2);
	EXPECT_REASON("\"make ARCH=arm64\" builds it");
	self->cfg.accel = VM_ACCEL_KVM;
	RUN("");
	EXPECT_VERDICT(VM_USAGE, 2);
	EXPECT_REASON("--accel kvm");
}

TEST_F(launch, leftovers_of_the_dead_go_and_of_the_living_stay)
{
	char dead[96], living[96];

	/* Process 0x7ffffff0 is above every pid_max. */
	snprintf(dead, sizeof(dead), "%s/bench_vm.2147483632.abc", self->dir);
	snprintf(living, sizeof(living), "%s/bench_vm.%d.abc", self->dir, (int)getpid());
	ASSERT_EQ(mkdir(dead, 0700), 0);
	ASSERT_EQ(mkdir(living, 0700), 0);
	RUN(BOOT EXIT(0));
	EXPECT_NE(access(dead, F_OK), 0);
	EXPECT_EQ(access(living, F_OK), 0);
}

TEST_HARNESS_MAIN

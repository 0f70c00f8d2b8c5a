// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole launcher against a QEMU that is a shell script: it writes what a guest would, so that
 * every verdict is reached in milliseconds and without an emulator. Real guests are another test.
 */
#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "kselftest_harness.h"
#include "vm/accel.h"
#include "vm/arch.h"
#include "vm/vm.h"

#define BOOT	"echo '#boot 1.50' >&3; "
#define PLAN	"echo '{\"type\":\"header\",\"plan\":[\"a/x\",\"a/y\"]}' >&3; "
#define X_DONE	"echo '{\"type\":\"result\",\"id\":\"a/x\"}' >&3; "
#define Y_DONE	"echo '{\"type\":\"result\",\"id\":\"a/y\"}' >&3; "
#define END	"echo '{\"type\":\"end\"}' >&3; "
#define EXIT(n)	"echo '#exit " #n "' >&3; "

/* Opens the console as 4 and the channel as 3, then does what $FAKE_GUEST says. */
static const char fake_qemu[] =
	"#!/bin/sh\n"
	"con=\n"
	"for arg; do case $arg in\n"
	"file:*) if [ -z \"$con\" ]; then con=${arg#file:}; else chan=${arg#file:}; fi ;;\n"
	"esac; done\n"
	"exec 3>\"$chan\" 4>\"$con\"\n"
	"eval \"$FAKE_GUEST\"\n";

FIXTURE(launch)
{
	char dir[64];
	char lines[4096];	/* document lines received, one a line */
	struct vm_config cfg;
	struct vm_outcome out;
	char *notes;
	size_t notes_sz;
	char kernel[96], runner[96], qemu[96], results[96];
};

static int put(const char *path, const void *data, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	int err = fd < 0 || write(fd, data, len) != (ssize_t)len;

	return close(fd) || err;
}

FIXTURE_SETUP(launch)
{
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph;
		Elf64_Nhdr nh;
		char name[4], desc[8];
	} elf = { 0 };

	strcpy(self->dir, "/tmp/test_vm_run.XXXXXX");
	ASSERT_TRUE(mkdtemp(self->dir) != NULL);
	setenv("BENCH_CACHE", self->dir, 1);
	setenv("TMPDIR", self->dir, 1);
	unsetenv("BENCH_PROGS");
	snprintf(self->kernel, sizeof(self->kernel), "%s/kernel", self->dir);
	snprintf(self->runner, sizeof(self->runner), "%s/runner", self->dir);
	snprintf(self->qemu, sizeof(self->qemu), "%s/qemu", self->dir);
	snprintf(self->results, sizeof(self->results), "%s/results", self->dir);
	memcpy(elf.eh.e_ident, ELFMAG, SELFMAG);
	elf.eh.e_ident[EI_CLASS] = ELFCLASS64;
	elf.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	elf.eh.e_type = ET_EXEC;
	elf.eh.e_machine = EM_X86_64;
	ASSERT_EQ(put(self->runner, &elf, sizeof(elf), 0700), 0);
	elf.eh.e_phoff = sizeof(elf.eh);
	elf.eh.e_phnum = 1;
	elf.ph.p_type = PT_NOTE;
	elf.ph.p_offset = sizeof(elf.eh) + sizeof(elf.ph);
	elf.ph.p_filesz = sizeof(elf.nh) + sizeof(elf.name) + sizeof(elf.desc);
	elf.nh = (Elf64_Nhdr){ .n_namesz = 4, .n_descsz = 8, .n_type = 18 };
	memcpy(elf.name, "Xen", 4);
	ASSERT_EQ(put(self->kernel, &elf, sizeof(elf), 0600), 0);
	ASSERT_EQ(put(self->qemu, fake_qemu, strlen(fake_qemu), 0700), 0);
	self->cfg = (struct vm_config){
		.kernel = self->kernel,
		.accel = VM_ACCEL_INSN,
		.results_dir = self->results,
		.qemu = self->qemu,
		.runner = self->runner,
		.boot_s = 20,
		.hang_s = 20,
		.timeout_s = 25,
	};
}

FIXTURE_TEARDOWN(launch)
{
	char cmd[128];

	if (self->cfg.notes)
		fclose(self->cfg.notes);
	free(self->notes);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", self->dir);
	EXPECT_EQ(system(cmd), 0);
}

static int collect(void *ctx, const char *line, size_t len)
{
	char *lines = ctx;
	size_t used = strlen(lines);

	if (used + len + 2 < 4096)
		snprintf(lines + used, 4096 - used, "%.*s\n", (int)len, line);
	return strstr(line, "refuse me") != NULL;
}

#define RUN(guest) do {								\
	setenv("FAKE_GUEST", guest, 1);						\
	ASSERT_EQ(vm_run(&self->cfg, collect, self->lines, &self->out), 0);	\
} while (0)

#define EXPECT_VERDICT(v, status) do {						\
	EXPECT_STREQ(vm_verdict_name(self->out.verdict), vm_verdict_name(v));	\
	EXPECT_EQ(vm_exit_status(&self->out), status);				\
} while (0)

#define EXPECT_REASON(text)							\
	EXPECT_TRUE(strstr(self->out.reason, text) != NULL) TH_LOG("%s", self->out.reason)

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

TEST_F(launch, kvm_that_stops_its_guest)
{
	self->cfg.accel = VM_ACCEL_KVM;
	RUN("echo 'KVM internal error. Suberror: 1' >&2; exec sleep 100");
	EXPECT_VERDICT(VM_NO_BOOT, 12);
	EXPECT_REASON("KVM internal error");
}

/* A machine whose KVM looks well. */
#define WITH_KVM() do {								\
	char dir_[160], file_[192];						\
	static const char flags[] = "processor\t: 0\nflags\t\t: fpu vmx\n";	\
										\
	snprintf(dir_, sizeof(dir_), "%s/dev", self->dir);			\
	ASSERT_EQ(mkdir(dir_, 0700), 0);					\
	snprintf(file_, sizeof(file_), "%s/kvm", dir_);				\
	ASSERT_EQ(put(file_, "", 0, 0600), 0);					\
	snprintf(dir_, sizeof(dir_), "%s/proc", self->dir);			\
	ASSERT_EQ(mkdir(dir_, 0700), 0);					\
	snprintf(file_, sizeof(file_), "%s/cpuinfo", dir_);			\
	ASSERT_EQ(put(file_, flags, sizeof(flags) - 1, 0600), 0);		\
	self->cfg.root = self->dir;						\
	self->cfg.accel = VM_ACCEL_AUTO;					\
	self->cfg.notes = open_memstream(&self->notes, &self->notes_sz);	\
	ASSERT_TRUE(self->cfg.notes != NULL);					\
} while (0)

#define UNDER_KVM(what)	"case \"$*\" in *'-accel kvm'*) " what " ;; esac; "

#define EXPECT_NOTE(text) do {							\
	fflush(self->cfg.notes);						\
	EXPECT_TRUE(strstr(self->notes, text) != NULL) TH_LOG("%s", self->notes); \
} while (0)

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

TEST_F(launch, kvm_that_works_is_used)
{
	WITH_KVM();
	RUN(UNDER_KVM(BOOT EXIT(0) "exit") "exit 1");
	EXPECT_VERDICT(VM_PASSED, 0);
	EXPECT_EQ(self->out.accel, VM_ACCEL_KVM);
}

TEST_F(launch, silent_kvm_falls_back_within_ten_seconds_and_once)
{
	double start;

	WITH_KVM();
	start = now_s();
	RUN(UNDER_KVM("exec sleep 100") BOOT EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
	EXPECT_EQ(self->out.accel, VM_ACCEL_INSN);
	EXPECT_TRUE(now_s() - start < 10.0);
	EXPECT_NOTE("no KVM (guest did not boot within 5 s");
	start = now_s();
	RUN(UNDER_KVM("exec sleep 100") BOOT EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
	EXPECT_TRUE(now_s() - start < 4.0);
	EXPECT_NOTE("no KVM (/dev/kvm is there, "
		    "but no guest came up with it since this host booted)");
}

TEST_F(launch, kvm_that_emulates_falls_back_at_once)
{
	double start;

	WITH_KVM();
	start = now_s();
	RUN(UNDER_KVM("echo 'KVM internal error. Suberror: 1' >&2; exec sleep 100") BOOT EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
	EXPECT_EQ(self->out.accel, VM_ACCEL_INSN);
	EXPECT_TRUE(now_s() - start < 4.0);
	EXPECT_NOTE("KVM internal error. Suberror: 1");
}

TEST_F(launch, no_kvm_is_not_fatal)
{
	char path[96];

	WITH_KVM();
	snprintf(path, sizeof(path), "%s/dev/kvm", self->dir);
	ASSERT_EQ(unlink(path), 0);
	RUN(UNDER_KVM("exit 1") BOOT EXIT(0));
	EXPECT_VERDICT(VM_PASSED, 0);
	EXPECT_NOTE("no KVM (there is no /dev/kvm");
}

TEST(three_reasons_for_no_kvm)
{
	char why[256];

	kvm_explain(ENOENT, why, sizeof(why));
	EXPECT_TRUE(strstr(why, "there is no /dev/kvm") != NULL);
	kvm_explain(EACCES, why, sizeof(why));
	EXPECT_TRUE(strstr(why, "no permission for /dev/kvm") != NULL);
	kvm_explain(EIO, why, sizeof(why));
	EXPECT_TRUE(strstr(why, "/dev/kvm: ") != NULL);
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

TEST_F(launch, reader_that_refuses_ends_the_guest)
{
	RUN(BOOT PLAN "echo '{\"x\":\"refuse me\"}' >&3; exec sleep 100");
	EXPECT_VERDICT(VM_BROKEN, 1);
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

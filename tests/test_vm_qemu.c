// SPDX-License-Identifier: GPL-2.0-only
#include <sys/stat.h>
#include "kselftest_harness.h"
#include "vm/accel.h"
#include "vm/arch.h"
#include "vm/qemu.h"
#include "vm/scratch.h"

static struct qemu_guest guest_of(const char *arch)
{
	return (struct qemu_guest){
		.arch = vm_arch_find(arch),
		.qemu = "/bin/qemu",
		.kernel = "/k",
		.initrd = "/i",
		.console = "/con",
		.channel = "/chan",
		.nr_cpus = 1,
		.mem_mib = 512,
	};
}

/* The argument behind the n-th @option, counted from 0. */
static const char *value_of(const struct qemu_args *a, const char *option, int n)
{
	int i;

	for (i = 0; i + 1 < a->argc; i++) {
		if (!strcmp(a->argv[i], option) && !n--)
			return a->argv[i + 1];
	}
	return "";
}

TEST(every_guest_has_console_then_channel)
{
	struct qemu_guest g = guest_of("x86");
	struct qemu_args a;

	for (g.accel = VM_ACCEL_KVM; g.accel <= VM_ACCEL_INSN; g.accel++) {
		ASSERT_EQ(qemu_args_build(&g, &a), 0);
		EXPECT_TRUE(a.argv[a.argc] == NULL);
		EXPECT_STREQ(a.argv[0], "/bin/qemu");
		EXPECT_STREQ(value_of(&a, "-serial", 0), "file:/con");
		EXPECT_STREQ(value_of(&a, "-serial", 1), "file:/chan");
		EXPECT_STREQ(value_of(&a, "-m", 0), "512M");
		EXPECT_TRUE(strstr(value_of(&a, "-append", 0), "oops=panic") != NULL);
		EXPECT_TRUE(strstr(value_of(&a, "-append", 0), "bench.channel=ttyS1") != NULL);
	}
}

TEST(an_arm64_guest_has_its_own_board_and_ttys)
{
	struct qemu_guest g = guest_of("arm64");
	struct qemu_args a;
	const char *cmdline;

	g.accel = VM_ACCEL_INSN;
	ASSERT_EQ(qemu_args_build(&g, &a), 0);
	EXPECT_STREQ(value_of(&a, "-M", 0), "virt");
	/* Without the counter's frequency its clock would count by 16. */
	EXPECT_STREQ(value_of(&a, "-cpu", 0), "neoverse-n1,cntfrq=1000000000");
	EXPECT_STREQ(value_of(&a, "-serial", 0), "file:/con");
	EXPECT_STREQ(value_of(&a, "-serial", 1), "");
	EXPECT_STREQ(value_of(&a, "-chardev", 0), "file,id=channel,path=/chan");
	EXPECT_STREQ(value_of(&a, "-device", 0), "pci-serial,chardev=channel");
	cmdline = value_of(&a, "-append", 0);
	EXPECT_TRUE(strstr(cmdline, "console=ttyAMA0 ") != NULL);
	EXPECT_TRUE(strstr(cmdline, "bench.channel=ttyS0 ") != NULL);
	EXPECT_TRUE(strstr(cmdline, "nokaslr") != NULL);
	EXPECT_TRUE(strstr(cmdline, "nolapic_timer") == NULL);
}

TEST(architectures_have_three_names)
{
	const struct vm_arch *arm64 = vm_arch_find("arm64");

	ASSERT_TRUE(arm64 != NULL);
	EXPECT_TRUE(vm_arch_find("aarch64") == arm64);
	EXPECT_TRUE(vm_arch_find("x86_64") == vm_arch_find("x86"));
	EXPECT_TRUE(vm_arch_find("amd64") == vm_arch_find("x86"));
	EXPECT_TRUE(vm_arch_find("x86") != arm64);
	EXPECT_TRUE(vm_arch_find("sparc") == NULL && vm_arch_find("") == NULL);
}

TEST(counted_guests_have_nothing_random)
{
	struct qemu_guest g = guest_of("x86");
	struct qemu_args a;
	const char *cmdline;

	g.accel = VM_ACCEL_INSN;
	ASSERT_EQ(qemu_args_build(&g, &a), 0);
	EXPECT_STREQ(value_of(&a, "-icount", 0),
		     "shift=0,sleep=off,align=off,rr=record,rrfile=/dev/null");
	EXPECT_STREQ(value_of(&a, "-cpu", 0), "Nehalem,cx16=off");
	EXPECT_STREQ(value_of(&a, "-seed", 0), "1");
	EXPECT_STREQ(value_of(&a, "-rtc", 0), "base=2024-01-01T00:00:00,clock=vm");
	cmdline = value_of(&a, "-append", 0);
	EXPECT_TRUE(strstr(cmdline, "nokaslr norandmaps randomize_kstack_offset=off") != NULL);
	EXPECT_TRUE(strstr(cmdline, "bench.accel=tcg-icount") != NULL);
	EXPECT_TRUE(strstr(cmdline, "nolapic_timer") != NULL);
}

TEST(two_cpus_keep_their_timers_and_are_not_recorded)
{
	struct qemu_guest g = guest_of("x86");
	struct qemu_args a;

	g.accel = VM_ACCEL_INSN;
	g.nr_cpus = 2;
	ASSERT_EQ(qemu_args_build(&g, &a), 0);
	EXPECT_STREQ(value_of(&a, "-smp", 0), "2");
	EXPECT_STREQ(value_of(&a, "-icount", 0), "shift=0,sleep=off,align=off");
	EXPECT_TRUE(strstr(value_of(&a, "-append", 0), "nolapic_timer") == NULL);
}

TEST(kvm_guests_are_as_people_run_them)
{
	struct qemu_guest g = guest_of("x86");
	struct qemu_args a;
	const char *cmdline;

	g.accel = VM_ACCEL_KVM;
	ASSERT_EQ(qemu_args_build(&g, &a), 0);
	cmdline = value_of(&a, "-append", 0);
	EXPECT_STREQ(value_of(&a, "-cpu", 0), "host");
	EXPECT_TRUE(strstr(cmdline, "bench.accel=kvm") != NULL);
	EXPECT_TRUE(strstr(cmdline, "mitigations=auto") != NULL);
	EXPECT_TRUE(strstr(cmdline, "nokaslr") == NULL);
	EXPECT_STREQ(value_of(&a, "-icount", 0), "");
}

TEST(plain_tcg_is_not_called_counted)
{
	struct qemu_guest g = guest_of("x86");
	struct qemu_args a;

	g.accel = VM_ACCEL_TCG;
	ASSERT_EQ(qemu_args_build(&g, &a), 0);
	EXPECT_STREQ(value_of(&a, "-icount", 0), "");
	EXPECT_TRUE(strstr(value_of(&a, "-append", 0), "bench.accel=tcg ") != NULL);
}

TEST(paths_that_do_not_fit_are_refused)
{
	struct qemu_guest g = guest_of("x86");
	struct qemu_args a;
	char *path = malloc(4 * PATH_MAX);

	memset(path, 'x', 4 * PATH_MAX - 1);
	path[4 * PATH_MAX - 1] = '\0';
	g.accel = VM_ACCEL_TCG;
	g.kernel = path;
	EXPECT_EQ(qemu_args_build(&g, &a), -E2BIG);
	free(path);
}

/* A kernel as far as qemu_has_cx16() looks: the name, the fast path. */
#define NEEDS		"kmalloc_nolock"
#define FAST_PATH	"\x65\x48\x0f\xc7\x0e"

/* Of a QEMU that is a script and says that it is this version. */
static bool has_cx16(const char *version, const char *kernel)
{
	struct scratch s;
	char qemu[PATH_MAX], text[128];
	struct vm_config cfg = { .notes = NULL };
	bool has = false;

	if (scratch_open(&s, &cfg))
		return false;
	snprintf(qemu, sizeof(qemu), "%s/qemu", s.dir);
	snprintf(text, sizeof(text), "#!/bin/sh\necho '%s'\n", version);
	if (!file_write_atomic(qemu, text, strlen(text)) && !chmod(qemu, 0700))
		has = qemu_has_cx16(&s, qemu, kernel, strlen(kernel));
	scratch_close(&s);
	return has;
}

TEST(cmpxchg16b_where_the_kernel_needs_it_and_qemu_does_not_spoil_it)
{
	const char *old = "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)";
	const char *new = "QEMU emulator version 10.0.2";
	struct qemu_guest g = guest_of("x86");
	struct qemu_args a;

	EXPECT_FALSE(has_cx16(new, FAST_PATH));
	EXPECT_FALSE(has_cx16(new, ""));
	EXPECT_TRUE(has_cx16(old, NEEDS));
	EXPECT_FALSE(has_cx16(old, NEEDS FAST_PATH));
	EXPECT_FALSE(has_cx16("a wrapper", NEEDS FAST_PATH));
	EXPECT_TRUE(has_cx16(new, NEEDS FAST_PATH));
	EXPECT_TRUE(has_cx16("QEMU emulator version 8.0.0", NEEDS FAST_PATH));

	g.has_cx16 = true;
	for (g.accel = VM_ACCEL_KVM; g.accel <= VM_ACCEL_INSN; g.accel++) {
		ASSERT_EQ(qemu_args_build(&g, &a), 0);
		EXPECT_STREQ(value_of(&a, "-cpu", 0),
			     g.accel == VM_ACCEL_KVM ? "host" : "Nehalem");
	}
}

TEST(cpus_without_virtualisation_are_seen)
{
	EXPECT_TRUE(cpuinfo_lacks_virt("processor\t: 0\nflags\t\t: fpu vme sse\nbugs\t\t:\n"));
	EXPECT_FALSE(cpuinfo_lacks_virt("processor\t: 0\nflags\t\t: fpu vmx sse\nbugs\t\t:\n"));
	EXPECT_FALSE(cpuinfo_lacks_virt("processor\t: 0\nflags\t\t: fpu svm\nbugs\t\t:\n"));
	EXPECT_FALSE(cpuinfo_lacks_virt("processor\t: 0\nflags\t\t: fpu svm"));
	/* Part of another word, or in another line. */
	EXPECT_TRUE(cpuinfo_lacks_virt("x\nflags\t\t: svm_lock novmx\nvmx flags\t: vmx\n"));
	/* No x86: nothing is known from this file. */
	EXPECT_FALSE(cpuinfo_lacks_virt("processor\t: 0\nFeatures\t: fp asimd\n"));
	EXPECT_FALSE(cpuinfo_lacks_virt(""));
}

TEST_HARNESS_MAIN

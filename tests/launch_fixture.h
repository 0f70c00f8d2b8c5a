/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole launcher against a QEMU that is a shell script: it writes what a guest would, so that
 * every verdict is reached in milliseconds and without an emulator. Real guests are another test.
 */
#ifndef BENCH_LAUNCH_FIXTURE_H
#define BENCH_LAUNCH_FIXTURE_H

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
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

#endif

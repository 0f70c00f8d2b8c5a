// SPDX-License-Identifier: GPL-2.0-only
/* KVM that works, that does not, and that is not there. */
#include <time.h>

#include "launch_fixture.h"
#include "vm/accel.h"

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

TEST_HARNESS_MAIN

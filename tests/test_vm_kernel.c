// SPDX-License-Identifier: GPL-2.0-only
/* Where the modules of a kernel given by path are found. */
#include <fcntl.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "vm/kernel.h"
#include "vm/scratch.h"

#define RELEASE	"6.12.9-custom+"

FIXTURE(kernel)
{
	struct scratch s;
	struct kernel k;
	char dir[64];
	char path[PATH_MAX];
};

/* A bzImage as far as anybody looks before it boots, or with the banner only: flat text. */
static int put_image(const char *path, const char *version, bool is_bzimage)
{
	char p[0x800] = { 0 };
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int err;

	if (is_bzimage) {
		p[0x1f1] = 1;
		p[0x1fe] = 0x55;
		p[0x1ff] = (char)0xaa;
		memcpy(p + 0x202, "HdrS", 4);
		p[0x206] = 0x0f;
		p[0x207] = 0x02;
		p[0x20f] = 0x02;	/* the version: 0x200 behind the second sector */
		snprintf(p + 0x400, sizeof(p) - 0x400, "%s (who@where) #1 SMP", version);
	} else {
		snprintf(p + 0x123, sizeof(p) - 0x123, "Linux version %s (who@where)", version);
	}
	err = fd < 0 || write(fd, p, sizeof(p)) != sizeof(p);
	return close(fd) || err;
}

static int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int err = fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text);

	return close(fd) || err;
}

#define PATH_OF(...) ({								\
	int len_ = snprintf(self->path, sizeof(self->path), "%s/", self->dir);	\
	snprintf(self->path + len_, sizeof(self->path) - (size_t)len_, __VA_ARGS__); \
	self->path;								\
})
#define MAKE_DIR(...)	ASSERT_EQ(dir_make_all(PATH_OF(__VA_ARGS__)), 0)
#define RESOLVE(...)	ASSERT_EQ(kernel_resolve(&self->s, PATH_OF(__VA_ARGS__), &self->k), 0) \
				TH_LOG("%s", self->s.reason)
#define EXPECT_PLACE(member, ...) do {						\
	const char *got_ = self->k.member;					\
										\
	EXPECT_STREQ(got_, PATH_OF(__VA_ARGS__));				\
} while (0)

FIXTURE_SETUP(kernel)
{
	struct vm_config cfg = { .notes = NULL };

	strcpy(self->dir, "/tmp/test_vm_kernel.XXXXXX");
	ASSERT_TRUE(mkdtemp(self->dir) != NULL);
	setenv("TMPDIR", self->dir, 1);
	setenv("BENCH_CACHE", self->dir, 1);
	ASSERT_EQ(scratch_open(&self->s, &cfg), 0);
	MAKE_DIR("boot");
	ASSERT_EQ(put_image(PATH_OF("boot/vmlinuz"), RELEASE, true), 0);
}

FIXTURE_TEARDOWN(kernel)
{
	scratch_close(&self->s);
	EXPECT_EQ(dir_remove_all(self->dir), 0);
}

TEST_F(kernel, an_image_says_its_release)
{
	char release[64], *text = release;

	EXPECT_EQ(kernel_release(PATH_OF("boot/vmlinuz"), release, sizeof(release)), 0);
	EXPECT_STREQ(text, RELEASE);
	ASSERT_EQ(put_image(PATH_OF("flat"), "7.3.0-rc1", false), 0);
	EXPECT_EQ(kernel_release(PATH_OF("flat"), release, sizeof(release)), 0);
	EXPECT_STREQ(text, "7.3.0-rc1");
	/* What would lead out of a directory is no release. */
	ASSERT_EQ(put_image(PATH_OF("evil"), "../../etc", true), 0);
	EXPECT_LT(kernel_release(PATH_OF("evil"), release, sizeof(release)), 0);
	EXPECT_STREQ(text, "");
	ASSERT_EQ(put_image(PATH_OF("evil"), "", true), 0);
	EXPECT_LT(kernel_release(PATH_OF("evil"), release, sizeof(release)), 0);
	ASSERT_EQ(put_text(PATH_OF("text"), "no kernel"), 0);
	EXPECT_LT(kernel_release(PATH_OF("text"), release, sizeof(release)), 0);
	EXPECT_LT(kernel_release(PATH_OF("missing"), release, sizeof(release)), 0);
}

TEST_F(kernel, no_modules_anywhere)
{
	RESOLVE("boot/vmlinuz");
	EXPECT_EQ(self->k.modules[0], '\0');
	EXPECT_EQ(self->k.build[0], '\0');
	/* Those of another release are not its. */
	MAKE_DIR("lib/modules/6.12.9");
	RESOLVE("boot/vmlinuz");
	EXPECT_EQ(self->k.modules[0], '\0');
}

TEST_F(kernel, modules_in_the_root_around_it)
{
	MAKE_DIR("lib/modules/" RELEASE "/kernel");
	RESOLVE("boot/vmlinuz");
	EXPECT_PLACE(modules, "lib/modules/" RELEASE);
	EXPECT_EQ(self->k.build[0], '\0');
	MAKE_DIR("lib/modules/" RELEASE "/build");
	RESOLVE("boot/vmlinuz");
	EXPECT_PLACE(build, "lib/modules/" RELEASE "/build");
}

TEST_F(kernel, modules_around_the_image)
{
	MAKE_DIR("usr/lib/modules/" RELEASE);
	ASSERT_EQ(put_image(PATH_OF("usr/lib/modules/" RELEASE "/vmlinuz"), RELEASE, true), 0);
	RESOLVE("usr/lib/modules/" RELEASE "/vmlinuz");
	EXPECT_PLACE(modules, "usr/lib/modules/" RELEASE);
}

TEST_F(kernel, modules_beside_it)
{
	MAKE_DIR("boot/modules");
	RESOLVE("boot/vmlinuz");
	EXPECT_PLACE(modules, "boot/modules");
	/* With the release in the path they are surely its own. */
	MAKE_DIR("boot/lib/modules/" RELEASE);
	RESOLVE("boot/vmlinuz");
	EXPECT_PLACE(modules, "boot/lib/modules/" RELEASE);
}

TEST_F(kernel, image_in_a_build_tree)
{
	MAKE_DIR("tree/arch/x86/boot");
	MAKE_DIR("tree/include/config");
	ASSERT_EQ(put_text(PATH_OF("tree/include/config/kernel.release"), RELEASE "\n"), 0);
	ASSERT_EQ(put_image(PATH_OF("tree/arch/x86/boot/bzImage"), RELEASE, true), 0);
	RESOLVE("tree/arch/x86/boot/bzImage");
	EXPECT_PLACE(modules, "tree");
	EXPECT_PLACE(build, "tree");
	/* The tree was configured anew: its modules are another kernel's. */
	ASSERT_EQ(put_text(PATH_OF("tree/include/config/kernel.release"), "6.13.0\n"), 0);
	RESOLVE("tree/arch/x86/boot/bzImage");
	EXPECT_EQ(self->k.modules[0], '\0');
	/* The tree itself, by its name. */
	RESOLVE("tree");
	EXPECT_PLACE(image, "tree/arch/x86/boot/bzImage");
	EXPECT_PLACE(modules, "tree");
}

TEST_F(kernel, the_installed_one)
{
	char root[64];

	snprintf(root, sizeof(root), "%s", self->dir);
	ASSERT_EQ(put_image(PATH_OF("boot/vmlinuz-" RELEASE), RELEASE, true), 0);
	ASSERT_EQ(kernel_installed(&self->s, root, RELEASE, &self->k), 0);
	EXPECT_PLACE(image, "boot/vmlinuz-" RELEASE);
	EXPECT_PLACE(modules, "lib/modules/" RELEASE);
	EXPECT_PLACE(build, "lib/modules/" RELEASE "/build");
	EXPECT_EQ(strcmp(self->k.label, RELEASE), 0);
	/* Where a distribution keeps it beside its modules. */
	ASSERT_EQ(unlink(PATH_OF("boot/vmlinuz-" RELEASE)), 0);
	MAKE_DIR("lib/modules/" RELEASE);
	ASSERT_EQ(put_image(PATH_OF("lib/modules/" RELEASE "/vmlinuz"), RELEASE, true), 0);
	ASSERT_EQ(kernel_installed(&self->s, root, RELEASE, &self->k), 0);
	EXPECT_PLACE(image, "lib/modules/" RELEASE "/vmlinuz");
	EXPECT_LT(kernel_installed(&self->s, root, "5.4.0", &self->k), 0);
	EXPECT_TRUE(strstr(self->s.reason, "5.4.0") != NULL);
}

TEST_HARNESS_MAIN

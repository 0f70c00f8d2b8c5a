// SPDX-License-Identifier: GPL-2.0-only
#include "kselftest_harness.h"
#include <sys/stat.h>
#include "vm/module.h"
#include "vm/scratch.h"

#define MODINFO(s)	(s), sizeof(s)

TEST(dependencies_are_read)
{
	char buf[64] = "", *depends = buf;

	EXPECT_TRUE(module_depends(MODINFO("\0license=GPL\0depends=virtio,virtio_ring\0name=x"),
				   depends, sizeof(buf)));
	EXPECT_STREQ(depends, "virtio,virtio_ring");
	EXPECT_TRUE(module_depends(MODINFO("\0license=GPL\0depends=\0name=x"), depends,
				   sizeof(buf)));
	EXPECT_STREQ(depends, "");
}

TEST(only_a_whole_key_counts)
{
	char buf[64] = "", *depends = buf;

	EXPECT_FALSE(module_depends(MODINFO("\0softdepends=a"), depends, sizeof(buf)));
	EXPECT_TRUE(module_depends(MODINFO("\0xdepends=a\0depends=b"), depends, sizeof(buf)));
	EXPECT_STREQ(depends, "b");
	EXPECT_FALSE(module_depends("", 0, depends, sizeof(buf)));
	/* Not terminated inside the file. */
	EXPECT_FALSE(module_depends("\0depends=abc", 12, depends, sizeof(buf)));
	/* Longer than the caller has room for. */
	EXPECT_FALSE(module_depends(MODINFO("\0depends=abcdef"), depends, 4));
}

TEST(names_of_files)
{
	EXPECT_TRUE(module_name_matches("veth.ko", "veth"));
	EXPECT_TRUE(module_name_matches("veth.ko.xz", "veth"));
	EXPECT_TRUE(module_name_matches("null_blk.ko.zst", "null-blk"));
	EXPECT_TRUE(module_name_matches("nf-tables.ko", "nf_tables"));
	EXPECT_FALSE(module_name_matches("veth.kox", "veth"));
	EXPECT_FALSE(module_name_matches("veth2.ko", "veth"));
	EXPECT_FALSE(module_name_matches("vet.ko", "veth"));
	EXPECT_FALSE(module_name_matches("veth", "veth"));
}

static int write_module(const char *dir, const char *sub, const char *name)
{
	char path[256], elf[128] = "\177ELF";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, sub);
	for (char *p = path + strlen(dir) + 1; (p = strchr(p, '/')); p++) {
		*p = 0;
		mkdir(path, 0700);
		*p = '/';
	}
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", dir, sub, name);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fwrite(elf, sizeof(elf), 1, f);
	return fclose(f);
}

TEST(usual_modules_stand_behind_those_asked_for)
{
	char dir[] = "/tmp/bench_module.XXXXXX";
	struct module_list l = {};

	ASSERT_NE(NULL, mkdtemp(dir));
	EXPECT_EQ(0, module_list_add_usual(NULL, &l, dir));
	EXPECT_EQ(0u, l.nr);
	EXPECT_EQ(0, module_list_add_usual(NULL, &l, ""));
	EXPECT_EQ(0u, l.nr);
	ASSERT_EQ(0, write_module(dir, "kernel/drivers/net", "veth.ko"));
	ASSERT_EQ(0, write_module(dir, "net/sched", "cls_bpf.ko"));
	ASSERT_EQ(0, write_module(dir, "net/sched", "sch_fq.ko"));
	EXPECT_EQ(0, module_list_add(NULL, &l, dir, "my.ko"));
	EXPECT_EQ(0, module_list_add(NULL, &l, dir, "cls_bpf"));
	EXPECT_EQ(0, module_list_add_usual(NULL, &l, dir));
	ASSERT_EQ(3u, l.nr);
	EXPECT_EQ(2u, l.nr_asked);
	EXPECT_STREQ("my.ko", l.paths[0]);
	EXPECT_NE(NULL, strstr(l.paths[1], "/net/sched/cls_bpf.ko"));
	EXPECT_NE(NULL, strstr(l.paths[2], "/kernel/drivers/net/veth.ko"));
	module_list_free(&l);
	EXPECT_EQ(0, dir_remove_all(dir));
}

TEST_HARNESS_MAIN

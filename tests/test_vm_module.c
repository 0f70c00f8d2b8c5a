// SPDX-License-Identifier: GPL-2.0-only
#include "kselftest_harness.h"
#include "vm/module.h"

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

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "vm/cpio.h"
#include "vm/scratch.h"

#define HEADER_SZ	110
#define FIELD_INO	0
#define FIELD_MODE	1
#define FIELD_UID	2
#define FIELD_NLINK	4
#define FIELD_MTIME	5
#define FIELD_FILE_SZ	6
#define FIELD_MAJOR	9
#define FIELD_MINOR	10
#define FIELD_NAME_SZ	11

static unsigned long field(const char *header, int index)
{
	char text[9] = "";

	memcpy(text, header + 6 + 8 * index, 8);
	return strtoul(text, NULL, 16);
}

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Header of the entry behind @header. */
static const char *next(const char *header)
{
	return header + align4(align4(HEADER_SZ + field(header, FIELD_NAME_SZ)) +
			       field(header, FIELD_FILE_SZ));
}

TEST(entries_read_back)
{
	const char *init, *dev, *trailer;
	struct cpio c = { 0 };

	ASSERT_EQ(cpio_dir(&c, "dev", 0755), 0);
	ASSERT_EQ(cpio_file(&c, "init", 0755, "hello", 5), 0);
	ASSERT_EQ(cpio_char_dev(&c, "dev/console", 0600, 5, 1), 0);
	ASSERT_EQ(cpio_finish(&c), 0);
	EXPECT_EQ(memcmp(c.data, "070701", 6), 0);
	EXPECT_EQ(field(c.data, FIELD_MODE), S_IFDIR | 0755u);
	EXPECT_EQ(field(c.data, FIELD_NLINK), 2);
	EXPECT_STREQ(c.data + HEADER_SZ, "dev");
	init = next(c.data);
	EXPECT_EQ(field(init, FIELD_MODE), S_IFREG | 0755u);
	EXPECT_EQ(field(init, FIELD_FILE_SZ), 5);
	EXPECT_STREQ(init + HEADER_SZ, "init");
	EXPECT_EQ(memcmp(init + align4(HEADER_SZ + 5), "hello\0\0\0", 8), 0);
	dev = next(init);
	EXPECT_EQ(field(dev, FIELD_MODE), S_IFCHR | 0600u);
	EXPECT_EQ(field(dev, FIELD_MAJOR), 5);
	EXPECT_EQ(field(dev, FIELD_MINOR), 1);
	trailer = next(dev);
	EXPECT_STREQ(trailer + HEADER_SZ, "TRAILER!!!");
	EXPECT_EQ(next(trailer), (const char *)c.data + c.len);
	cpio_free(&c);
}

TEST(inodes_count_up_and_times_are_zero)
{
	struct cpio c = { 0 };
	const char *p;
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(cpio_file(&c, "f", 0444, "x", 1), 0);
	for (p = c.data, i = 1; i <= 4; i++, p = next(p)) {
		EXPECT_EQ(field(p, FIELD_INO), (unsigned long)i);
		EXPECT_EQ(field(p, FIELD_MTIME), 0);
		EXPECT_EQ(field(p, FIELD_UID), 0);
	}
	cpio_free(&c);
}

TEST(same_calls_give_same_bytes)
{
	struct cpio a = { 0 }, b = { 0 };
	struct cpio *both[] = { &a, &b };
	char big[70001];
	int i;

	for (i = 0; i < 2; i++) {
		/* What malloc() hands out must not show in the padding. */
		memset(big, 'a' + i, sizeof(big));
		free(memset(malloc(sizeof(big)), 'a' + i, sizeof(big)));
		memset(big, 'z', sizeof(big));
		ASSERT_EQ(cpio_file(both[i], "big", 0444, big, sizeof(big)), 0);
		ASSERT_EQ(cpio_file(both[i], "empty", 0444, NULL, 0), 0);
		ASSERT_EQ(cpio_finish(both[i]), 0);
	}
	ASSERT_EQ(a.len, b.len);
	EXPECT_EQ(a.len % 4, 0);
	EXPECT_EQ(memcmp(a.data, b.data, a.len), 0);
	cpio_free(&a);
	cpio_free(&b);
}

TEST(bad_names_are_refused)
{
	struct cpio c = { 0 };

	EXPECT_EQ(cpio_file(&c, "/init", 0755, "x", 1), -EINVAL);
	EXPECT_EQ(cpio_file(&c, "", 0755, "x", 1), -EINVAL);
	EXPECT_EQ(c.len, 0);
	cpio_free(&c);
}

TEST(sizes_above_32_bits_are_refused)
{
	struct cpio c = { 0 };

	EXPECT_EQ(cpio_file(&c, "f", 0755, "x", (size_t)UINT32_MAX + 1), -EFBIG);
	cpio_free(&c);
}

TEST(an_archive_is_unpacked_without_its_devices)
{
	char dir[] = "/tmp/test_vm_cpio.XXXXXX", path[64], text[16] = "";
	struct cpio c = { 0 };
	struct stat st;
	int fd;

	ASSERT_TRUE(mkdtemp(dir) != NULL);
	ASSERT_EQ(cpio_dir(&c, "modules", 0755), 0);
	ASSERT_EQ(cpio_char_dev(&c, "null", 0600, 1, 3), 0);
	ASSERT_EQ(cpio_file(&c, "modules/00-x.ko", 0444, "hello", 5), 0);
	ASSERT_EQ(cpio_file(&c, "init", 0755, "", 0), 0);
	ASSERT_EQ(cpio_finish(&c), 0);
	EXPECT_EQ(cpio_unpack(&c, dir), 0);
	snprintf(path, sizeof(path), "%s/modules/00-x.ko", dir);
	fd = open(path, O_RDONLY);
	EXPECT_EQ(read(fd, text, sizeof(text)), 5);
	close(fd);
	EXPECT_EQ(strcmp(text, "hello"), 0);
	snprintf(path, sizeof(path), "%s/init", dir);
	ASSERT_EQ(stat(path, &st), 0);
	EXPECT_EQ(st.st_mode & 0777, 0755);
	snprintf(path, sizeof(path), "%s/null", dir);
	EXPECT_NE(access(path, F_OK), 0);
	/* Twice into one place: it would be somebody else's. */
	EXPECT_LT(cpio_unpack(&c, dir), 0);
	EXPECT_EQ(dir_remove_all(dir), 0);
	cpio_free(&c);
}

TEST_HARNESS_MAIN

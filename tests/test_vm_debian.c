// SPDX-License-Identifier: GPL-2.0-only
#include "kselftest_harness.h"
#include "vm/debian.h"

static const char flavour[] = "-cloud-amd64";

TEST(versions_sort_as_dpkg_sorts_them)
{
	/* Each less than the next; the order is that of dpkg --compare-versions. */
	static const char *const sorted[] = {
		"5.10.0-9", "5.10.0-32", "6.1.0-50", "6.12.9+deb12", "6.12.95+deb12",
		"6.12.107+deb12", "6.12.107+deb13", "6.12.107+deb13.1", "6.18.5+deb13", "7.3~rc1",
		"7.3~rc10", "7.3", "7.3.4+deb13",
	};
	size_t nr = sizeof(sorted) / sizeof(sorted[0]), i, j;

	for (i = 0; i < nr; i++) {
		EXPECT_EQ(debian_version_cmp(sorted[i], sorted[i]), 0);
		for (j = i + 1; j < nr; j++) {
			EXPECT_LT(debian_version_cmp(sorted[i], sorted[j]), 0);
			EXPECT_GT(debian_version_cmp(sorted[j], sorted[i]), 0);
		}
	}
}

TEST(a_spec_matches_at_the_border_of_a_component)
{
	EXPECT_TRUE(debian_version_matches("6.1.0-50", "6.1"));
	EXPECT_TRUE(debian_version_matches("6.12.95+deb12", "6.12.95"));
	EXPECT_TRUE(debian_version_matches("6.12.95+deb12", "6.12.95+deb12"));
	EXPECT_TRUE(debian_version_matches("7.3~rc5+1", "7.3"));
	EXPECT_FALSE(debian_version_matches("6.12.95+deb12", "6.1"));
	EXPECT_FALSE(debian_version_matches("6.12.95+deb12", "6.12.9"));
	EXPECT_FALSE(debian_version_matches("6.12", "6.12.95"));
}

TEST(packages_that_carry_a_kernel)
{
	static const struct {
		const char *package, *version;
	} cases[] = {
		{ "linux-image-6.1.0-50-cloud-amd64", "6.1.0-50" },
		{ "linux-image-6.1.0-50-cloud-amd64-unsigned", "6.1.0-50" },
		{ "linux-image-6.12.95+deb12-cloud-amd64", "6.12.95+deb12" },
		{ "linux-binary-7.2.12+deb13-cloud-amd64", "7.2.12+deb13" },
		{ "linux-binary-unsigned-7.3.4+deb13-cloud-amd64", "7.3.4+deb13" },
	};
	char buf[64], *version = buf;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ASSERT_TRUE(debian_package_version(cases[i].package, flavour, version, sizeof(buf)));
		EXPECT_STREQ(version, cases[i].version);
	}
}

TEST(other_packages_are_passed_over)
{
	static const char *const others[] = {
		"linux-image-cloud-amd64", "linux-image-6.12-cloud-amd64",
		"linux-image-6.1.0-50-amd64", "linux-image-6.1.0-50-cloud-amd64-dbg",
		"linux-image-6.1.0-50-cloud-arm64", "linux-headers-6.1.0-50-cloud-amd64",
		"linux-modules-7.2.12+deb13-cloud-amd64", "linux-image-amd64", "linux-libc-dev", "",
		"-cloud-amd64", "linux-image-",
	};
	char buf[64], *version = buf;
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		EXPECT_FALSE(debian_package_version(others[i], flavour, version, sizeof(buf)));
	/* A version that does not fit is not cut. */
	EXPECT_FALSE(debian_package_version("linux-image-6.1.0-50-cloud-amd64", flavour, version,
					    8));
}

TEST(a_library_too_new_for_this_system)
{
	const char *depends = "pahole, libc6 (>= 2.38), libelf1t64 (>= 0.144), zlib1g (>= 1:1.2)";

	EXPECT_TRUE(debian_needs_libc(depends, "2.36"));
	EXPECT_TRUE(debian_needs_libc(depends, "2.4"));
	EXPECT_FALSE(debian_needs_libc(depends, "2.38"));
	EXPECT_FALSE(debian_needs_libc(depends, "2.41"));
	EXPECT_FALSE(debian_needs_libc("libelf1 (>= 0.142)", "2.36"));
	EXPECT_FALSE(debian_needs_libc("", "2.36"));
}

TEST(the_tools_of_a_kernel)
{
	static const struct {
		const char *version, *split, *older;
	} cases[] = {
		{ "6.1.0-50", "linux-kbuild-6.1.0-50", "linux-kbuild-6.1" },
		{ "6.12.95+deb12", "linux-kbuild-6.12.95+deb12", "linux-kbuild-6.12" },
		{ "7.3", "linux-kbuild-7.3", "linux-kbuild-7.3" },
	};
	char buf[64], *package = buf;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(debian_kbuild_package(cases[i].version, true, buf, sizeof(buf)), 0);
		EXPECT_STREQ(package, cases[i].split);
		EXPECT_EQ(debian_kbuild_package(cases[i].version, false, buf, sizeof(buf)), 0);
		EXPECT_STREQ(package, cases[i].older);
	}
	EXPECT_LT(debian_kbuild_package("6.12.95+deb12", true, buf, 16), 0);
}

TEST_HARNESS_MAIN

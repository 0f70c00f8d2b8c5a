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
		{ "linux-binary-7.3-cloud-amd64", "7.3" },
	};
	char buf[64], *version = buf;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ASSERT_TRUE(debian_package_version(cases[i].package, flavour, version,
						   sizeof(buf)));
		EXPECT_STREQ(version, cases[i].version);
	}
}

TEST(a_kernel_of_another_flavour)
{
	char buf[64], *version = buf;

	ASSERT_TRUE(debian_package_version("linux-binary-7.3.4+deb13-cloud-arm64", "-cloud-arm64",
					   buf, sizeof(buf)));
	EXPECT_STREQ(version, "7.3.4+deb13");
	EXPECT_FALSE(debian_package_version("linux-image-6.1.0-50-cloud-amd64", "-cloud-arm64",
					    buf, sizeof(buf)));
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

static const char records[] =
	"Package: linux-headers-7.3-cloud-amd64\n"
	"Source: linux\n"
	"Version: 7.3~rc7-1~exp1\n"
	"Depends: libgcc-s1, gcc-16-for-host, linux-base (>= 4.12~)\n"
	"Description: gcc-99\n"
	" Version: none\n"
	"\n"
	"Package: linux-binary-7.3-cloud-amd64\n"
	"Version: 7.3~rc7-1~exp1\n"
	"\n"
	"Package: without-version\n"
	"\n"
	"Package: linux-headers-6.1.0-56-cloud-amd64\n"
	"Version: 6.1.192-2\n"
	"Depends: linux-compiler-gcc-12-x86\n";

TEST(an_index_keeps_name_version_and_compiler)
{
	char *index = debian_index(records), *none = debian_index("");
	struct debian_package p;
	const char *at = index;

	ASSERT_TRUE(index != NULL);
	EXPECT_STREQ(index, "linux-headers-7.3-cloud-amd64 7.3~rc7-1~exp1 gcc-16\n"
			    "linux-binary-7.3-cloud-amd64 7.3~rc7-1~exp1 -\n"
			    "linux-headers-6.1.0-56-cloud-amd64 6.1.192-2 gcc-12\n");
	EXPECT_STREQ(none, "");
	EXPECT_TRUE(debian_index_has(index, "linux-binary-7.3-cloud-amd64"));
	EXPECT_FALSE(debian_index_has(index, "linux-binary-7.3-cloud"));
	EXPECT_FALSE(debian_index_has(index, "binary-7.3-cloud-amd64"));
	EXPECT_FALSE(debian_index_has(index, "7.3~rc7-1~exp1"));
	ASSERT_TRUE(debian_index_next(&at, &p));
	EXPECT_EQ(strcmp(p.name, "linux-headers-7.3-cloud-amd64"), 0);
	EXPECT_EQ(strcmp(p.version, "7.3~rc7-1~exp1"), 0);
	EXPECT_EQ(strcmp(p.compiler, "gcc-16"), 0);
	EXPECT_TRUE(debian_index_next(&at, &p));
	EXPECT_TRUE(debian_index_next(&at, &p));
	EXPECT_FALSE(debian_index_next(&at, &p));
	/* A line that says less is passed over. */
	at = "linux-x\nlinux-y 1 -";
	ASSERT_TRUE(debian_index_next(&at, &p));
	EXPECT_EQ(strcmp(p.name, "linux-y"), 0);
	EXPECT_FALSE(debian_index_next(&at, &p));
	free(index);
	free(none);
}

TEST(a_candidate_is_told_from_the_release_of_its_name)
{
	static const struct {
		const char *abi, *package_version, *version;
	} cases[] = {
		{ "7.3", "7.3~rc7-1~exp1", "7.3~rc7" },
		{ "7.3", "7.3-1", "7.3" },
		{ "7.3.4+deb13", "7.3.4-1~bpo13+1", "7.3.4+deb13" },
		{ "6.1.0-56", "6.1.192-2", "6.1.0-56" },
	};
	char buf[64], *text = buf;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(debian_kernel_version(cases[i].abi, cases[i].package_version, buf,
						sizeof(buf)), 0);
		EXPECT_STREQ(text, cases[i].version);
		EXPECT_EQ(debian_abi(cases[i].version, buf, sizeof(buf)), 0);
		EXPECT_STREQ(text, cases[i].abi);
	}
	EXPECT_LT(debian_kernel_version("7.3", "7.3~rc7-1", buf, 6), 0);
}

TEST(what_makes_another_kernel_old)
{
	EXPECT_TRUE(debian_is_newer("6.1.0-56", "6.1.0-9"));
	EXPECT_TRUE(debian_is_newer("6.12.107+deb12", "6.12.95+deb12"));
	EXPECT_TRUE(debian_is_newer("6.12.115+deb13.1", "6.12.115+deb13"));
	EXPECT_TRUE(debian_is_newer("7.3.4+deb13", "7.3~rc7"));
	EXPECT_FALSE(debian_is_newer("6.12.95+deb12", "6.12.95+deb12"));
	EXPECT_FALSE(debian_is_newer("6.12.95+deb12", "6.12.107+deb12"));
	/* Another series, another release's compiler. */
	EXPECT_FALSE(debian_is_newer("6.12.95+deb12", "6.1.0-56"));
	EXPECT_FALSE(debian_is_newer("6.16.3+deb13", "6.1.0-56"));
	EXPECT_FALSE(debian_is_newer("6.12.107+deb13", "6.12.95+deb12"));
	EXPECT_FALSE(debian_is_newer("6.1.0-56", "6.1.0-0.deb11.52"));
	EXPECT_FALSE(debian_is_newer("7.3~rc7", "7.2.13+deb14"));
}

TEST_HARNESS_MAIN

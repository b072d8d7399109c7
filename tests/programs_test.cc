// The programs that a bundle carries: what they need, by their ELF tables, and where they are found.
#include "convnext/bundle/programs.h"

#include <elf.h>

#include <cstring>
#include <filesystem>

#include "archive_bytes.h"
#include "convnext/archive/archive.h"
#include "convnext/base/elf.h"
#include "convnext/bundle/bundle.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string Header(Elf64_Half machine) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_DYN;
  header.e_machine = machine;
  header.e_phentsize = sizeof(Elf64_Phdr);
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

// A tar archive in gzip with one file, and a directory before it.
void WritePackage(const std::string& path, const std::string& name, const std::string& bytes) {
  WriteText(path, Gzip(TarHeader("convnext-0.1.0/", Octal(0), '5') + TarMember(name, bytes) + TarEnd()));
}

// This very program: it is linked against libraries of several kinds.
TEST(Programs, TablesOfARealProgram) {
  const std::string program = ReadText("/proc/self/exe");
  const auto elf = ReadElf(program);
  ASSERT_TRUE(elf.has_value());
  EXPECT_TRUE(elf->architecture == "x86_64" || elf->architecture == "aarch64") << elf->architecture;
  EXPECT_THAT(elf->libraries, Contains("libstdc++.so.6"));
  EXPECT_THAT(elf->libraries, testing::Not(Contains("libc.so.6")));
  EXPECT_TRUE(elf->glibc.starts_with("2.")) << elf->glibc;
  EXPECT_NE(program.find("GLIBC_" + elf->glibc), std::string::npos);
}

TEST(Programs, TablesOfAStaticOne) {
  const auto elf = ReadElf(Header(EM_AARCH64));
  ASSERT_TRUE(elf.has_value());
  EXPECT_EQ(elf->architecture, "aarch64");
  EXPECT_EQ(elf->glibc, "");
  EXPECT_TRUE(elf->libraries.empty());
}

TEST(Programs, WhatIsNoProgram) {
  std::string relocatable = Header(EM_X86_64), big_endian = relocatable, other = Header(EM_RISCV), cut = relocatable;
  relocatable[16] = ET_REL;
  big_endian[EI_DATA] = ELFDATA2MSB;
  cut.pop_back();
  for (const std::string& bytes : {std::string(), std::string("#!/bin/sh\n"), relocatable, big_endian, other, cut})
    EXPECT_FALSE(ReadElf(bytes).has_value());
}

// Whatever the tables say, nothing outside the file is read.
TEST(Programs, HostileTables) {
  std::string program = ReadText("/proc/self/exe");
  constexpr size_t kTables = 2048;  // the header, the segments and the sections behind them
  ASSERT_GT(program.size(), kTables);
  uint64_t state = 1;
  const auto next = [&state](size_t bound) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<size_t>(state >> 33) % bound;
  };
  for (int round = 0; round < 3000; ++round) {
    const size_t at = 16 + next(kTables);
    const char was = program[at];
    program[at] = static_cast<char>(next(256));
    const auto elf = ReadElf(program);
    EXPECT_TRUE(!elf || elf->libraries.size() < 5000U);
    program[at] = was;
  }
  for (size_t size = 0; size < kTables; size += 7) ReadElf(std::string_view(program).substr(0, size));
}

TEST(Programs, DescribedByTheirPlace) {
  const std::string x86 = Header(EM_X86_64);
  const auto facts = DescribeProgram(kX86ProgramPath, x86);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(*facts, (ProgramFacts{kX86ProgramPath, DigestOf(x86), 64, "", {}}));
  EXPECT_FALSE(DescribeProgram(kArmProgramPath, x86).has_value());
  EXPECT_FALSE(DescribeProgram("bin/linux-x86_64/sh", x86).has_value());
}

TEST(Programs, GatheredFromFilesPackagesAndDirectories) {
  const TemporaryDirectory directory;
  const std::string x86 = Header(EM_X86_64), arm = Header(EM_AARCH64);
  std::filesystem::create_directories(directory / "both");
  std::filesystem::create_directories(directory / "one");
  WritePackage(directory / "both/convnext-0.1.0-linux-aarch64.tar.gz", "convnext-0.1.0/bin/convnext", arm);
  WritePackage(directory / "both/convnext-0.1.0-linux-x86_64.tar.gz", "./bin/convnext", x86);
  WriteText(directory / "both/notes.txt", "not looked at");
  WriteText(directory / "one/convnext", x86);
  WriteText(directory / "any", arm);
  const Files expected = {{kX86ProgramPath, x86}, {kArmProgramPath, arm}};
  EXPECT_EQ(ValueOrThrow(GatherPrograms({directory / "both"})), expected);
  EXPECT_EQ(ValueOrThrow(GatherPrograms({directory / "one", directory / "any"})), expected);
  EXPECT_EQ(ValueOrThrow(GatherPrograms({directory / "any"})).size(), 1U);
  EXPECT_THAT(DescribePrograms(expected), ElementsAre(testing::Field(&ProgramFacts::path, kX86ProgramPath),
                                                      testing::Field(&ProgramFacts::path, kArmProgramPath)));
  EXPECT_THAT(Refusal(GatherPrograms({directory / "both", directory / "any"})),
              AllOf(HasSubstr("aarch64.tar.gz"), HasSubstr("any"), HasSubstr("both for aarch64")));
}

TEST(Programs, WhatCannotBeCarriedIsRefused) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "empty");
  WriteText(directory / "script", "#!/bin/sh\n");
  WriteText(directory / "convnext-1-linux-x86_64.tar.gz", "no archive");
  WritePackage(directory / "convnext-2-linux-x86_64.tar.gz", "bin/other", "x");
  WritePackage(directory / "convnext-3-linux-x86_64.tar.gz", "bin/convnext", "#!/bin/sh\n");
  WritePackage(directory / "convnext-4-linux-x86_64.tar.gz", "bin/convnext", std::string(5000, 'x'));
  std::filesystem::resize_file(directory / "convnext-4-linux-x86_64.tar.gz", 60);
  for (const auto& [name, message] :
       std::vector<std::pair<std::string, std::string>>{{"empty", "no convnext-*-linux-*.tar.gz"},
                                                        {"script", "an executable for Linux"},
                                                        {"nothing", "nothing"},
                                                        {"convnext-1-linux-x86_64.tar.gz", "no bin/convnext in it"},
                                                        {"convnext-2-linux-x86_64.tar.gz", "no bin/convnext in it"},
                                                        {"convnext-3-linux-x86_64.tar.gz", "an executable for Linux"},
                                                        {"convnext-4-linux-x86_64.tar.gz", "not a whole"}}) {
    EXPECT_THAT(Refusal(GatherPrograms({directory / name})), HasSubstr(message)) << name;
  }
}

// Archives that lie about their sizes.
TEST(Programs, HostileArchives) {
  const TemporaryDirectory directory;
  for (const auto& [size, message] : std::vector<std::pair<std::string, std::string>>{{"77777777777", "more than"},
                                                                                      {"-0000000001", "not a whole"},
                                                                                      {"zzzzzzzzzzz", "not a whole"},
                                                                                      {"00000077777", "not a whole"}}) {
    WriteText(directory / "a.tar.gz", Gzip(TarHeader("bin/convnext", size) + std::string(512, '\0')));
    EXPECT_THAT(Refusal(ReadFromArchive(directory / "a.tar.gz", "bin/convnext")), HasSubstr(message)) << size;
  }
}

TEST(Programs, FinishedOnTheDisk) {
  const TemporaryDirectory directory;
  const Files both = {{kX86ProgramPath, Header(EM_X86_64)}, {kArmProgramPath, Header(EM_AARCH64)}};
  ASSERT_TRUE(WriteFiles(directory / "b", both).ok());
  ASSERT_TRUE(FinishPrograms(directory / "b", {*both.begin()}).ok());
  const std::string left = directory / ("b/" + both.begin()->first);
  EXPECT_NE(std::filesystem::status(left).permissions() & std::filesystem::perms::others_exec,
            std::filesystem::perms::none);
  EXPECT_FALSE(std::filesystem::exists(directory / ("b/" + both.rbegin()->first)));
  ASSERT_TRUE(FinishPrograms(directory / "b", {}).ok());
  EXPECT_FALSE(std::filesystem::exists(directory / "b/bin"));
}

}  // namespace
}  // namespace convnext

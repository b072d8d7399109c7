// Files: read, mapped, written whole or not at all, and locked.
#include <unistd.h>

#include "convnext/base/base.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(ReadFile, ReadsUpToItsLimit) {
  const TemporaryDirectory directory;
  WriteText(directory / "five", "12345");
  WriteText(directory / "none", "");
  EXPECT_EQ(ValueOrThrow(ReadFile(directory / "five", 5)).size(), 5u);
  EXPECT_THAT(Refusal(ReadFile(directory / "five", 4)), HasSubstr("larger than 4 bytes"));
  EXPECT_THAT(ValueOrThrow(ReadFile(directory / "none", 0)), IsEmpty());
  EXPECT_FALSE(ReadFile("/dev/zero", 1000).ok());  // has no end
}

TEST(ReadFile, NamesWhatItCannotRead) {
  const TemporaryDirectory directory;
  EXPECT_THAT(Refusal(ReadFile(directory / "absent\n", 9)), HasSubstr("absent\\x0a: cannot open it: No such file"));
  EXPECT_THAT(Refusal(ReadFile(directory.path(), 9)), HasSubstr("Is a directory"));
  EXPECT_THAT(Refusal(ReadFile(std::string(5000, 'n'), 9)), HasSubstr("File name too long"));
}

TEST(MappedFile, MapsAndMoves) {
  const TemporaryDirectory directory;
  WriteText(directory / "file", "content");
  MappedFile file = ValueOrThrow(MappedFile::Open(directory / "file"));
  const auto bytes = file.bytes();
  MappedFile other = std::move(file);
  std::filesystem::remove(directory / "file");
  EXPECT_EQ(other.bytes().data(), bytes.data());
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "content");
}

TEST(MappedFile, EmptyMissingAndNotAFile) {
  const TemporaryDirectory directory;
  WriteText(directory / "empty", "");
  EXPECT_TRUE(ValueOrThrow(MappedFile::Open(directory / "empty")).bytes().empty());
  EXPECT_THAT(Refusal(MappedFile::Open(directory / "absent")), HasSubstr("No such file"));
  EXPECT_THAT(Refusal(MappedFile::Open(directory.path())), HasSubstr("Is a directory"));
  EXPECT_THAT(Refusal(MappedFile::Open("/dev/null")), HasSubstr("not a regular file"));
}

TEST(MappedFile, KnowsThatItWasWrittenTo) {
  const TemporaryDirectory directory;
  WriteText(directory / "file", "content");
  const MappedFile file = ValueOrThrow(MappedFile::Open(directory / "file"));
  std::filesystem::copy_file(directory / "file", directory / "copy");
  EXPECT_TRUE(file.CheckUnchanged().ok());
  std::filesystem::last_write_time(directory / "file", {});
  EXPECT_THAT(Refusal(file.CheckUnchanged()), HasSubstr("written to while it was being read"));
  std::filesystem::rename(directory / "copy", directory / "file");  // what is mapped is another file
  EXPECT_TRUE(file.CheckUnchanged().ok());
}

TEST(WriteFile, WritesReplacesAndMakesDirectories) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(WriteFile(directory / "a/b/file", "first").ok());
  ASSERT_TRUE(WriteFile(directory / "a/b/file", "2nd").ok());
  EXPECT_EQ(ReadText(directory / "a/b/file"), "2nd");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory / "a/b"), {}), 1);
}

TEST(WriteFile, FollowsLinks) {
  const TemporaryDirectory directory;
  WriteText(directory / "file", "old");
  std::filesystem::create_symlink("file", directory / "link");
  ASSERT_TRUE(WriteFile(directory / "link", "new").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(directory / "link"));
  EXPECT_EQ(ReadText(directory / "file"), "new");
}

TEST(WriteFile, FollowsLinksToNothingYetAndKeepsModes) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "there");
  std::filesystem::create_symlink("there/file", directory / "link");
  ASSERT_TRUE(WriteFile(directory / "link", "new").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(directory / "link"));
  EXPECT_EQ(ReadText(directory / "there/file"), "new");
  const auto secret = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  std::filesystem::permissions(directory / "there/file", secret);
  ASSERT_TRUE(WriteFile(directory / "link", "newer").ok());
  EXPECT_EQ(std::filesystem::status(directory / "there/file").permissions(), secret);
}

TEST(WriteFile, TakesTheLongestNames) {
  const TemporaryDirectory directory;
  const std::string longest(255, 'n'), longer(256, 'n');
  EXPECT_TRUE(CheckWritable(directory / longest).ok());
  for (const char* text : {"first", "second"}) EXPECT_TRUE(WriteFile(directory / longest, text).ok());
  EXPECT_THAT(directory.Names(), ElementsAre(longest));
  EXPECT_THAT(Refusal(CheckWritable(directory / longer)), HasSubstr("255 bytes are the longest name there"));
  EXPECT_THAT(Refusal(CheckWritable(directory / ("new/" + longer + "/file"))), HasSubstr("longest name"));
  EXPECT_FALSE(CheckWritable(directory / std::string(4096, '/')).ok());
}

TEST(WriteFile, LeavesNothingBehindWhenItFails) {
  const TemporaryDirectory directory;
  const auto fail_half_way = [](const WriteBytes& write) {
    EXPECT_TRUE(write(BytesOf("half")).ok());
    return Status(Code::kInternal, "half way");
  };
  EXPECT_EQ(WriteFile(directory / "file", fail_half_way).message(), "half way");
  EXPECT_THAT(directory.Names(), IsEmpty());

  WriteText(directory / "file", "old");
  EXPECT_FALSE(WriteFile(directory / "file", fail_half_way).ok());
  EXPECT_THAT(directory.Names(), ElementsAre("file"));
  EXPECT_EQ(ReadText(directory / "file"), "old");
}

TEST(WriteFile, TellsThatTheDeviceIsFull) {
  const Status status = WriteFile("/dev/full", "text");
  EXPECT_EQ(status.code(), Code::kIo);
  EXPECT_THAT(status.message(), StartsWith("/dev/full: cannot write it: No space left"));
  EXPECT_TRUE(WriteFile("/dev/null", "text").ok());
}

TEST(WriteFile, RefusesDirectoriesAndFilesInFiles) {
  const TemporaryDirectory directory;
  WriteText(directory / "file", "old");
  EXPECT_THAT(Refusal(WriteFile(directory.path(), "text")), HasSubstr("Is a directory"));
  EXPECT_FALSE(WriteFile(directory / "file/inner", "text").ok());
  EXPECT_THAT(Refusal(CheckWritable(directory.path())), HasSubstr("Is a directory"));
  EXPECT_THAT(Refusal(CheckWritable(directory / "file/inner")), HasSubstr("Not a directory"));
  EXPECT_TRUE(CheckWritable(directory / "new/file").ok());
  EXPECT_THAT(directory.Names(), ElementsAre("file"));
}

// As on file systems that have no unnamed files.
TEST(TemporaryFile, WithAName) {
  const TemporaryDirectory directory;
  WriteText(directory / "file", "old");
  {
    TemporaryFile file(directory.path(), TemporaryFile::Kind::kNamed);
    ASSERT_EQ(file.error(), 0);
    EXPECT_TRUE(IsTemporaryName(directory.Names()[0])) << directory.Names()[0];
    SweepTemporaryFiles(directory.path());  // it is in use
    ASSERT_EQ(::write(file.descriptor(), "new", 3), 3);
    EXPECT_EQ(ReadText(directory / "file"), "old");
    EXPECT_EQ(file.MoveTo(directory / "file"), 0);
  }
  EXPECT_THAT(directory.Names(), ElementsAre("file"));
  EXPECT_EQ(ReadText(directory / "file"), "new");
  { const TemporaryFile dropped(directory.path(), TemporaryFile::Kind::kNamed); }
  EXPECT_THAT(directory.Names(), ElementsAre("file"));
  EXPECT_NE(TemporaryFile(directory / "nowhere").error(), 0);
}

TEST(TemporaryFile, ThoseOfKilledProcessesAreSwept) {
  const TemporaryDirectory directory;
  const std::string name = ".convnext-0123456789abcdef.tmp";
  for (const std::string other : {".convnext-0123456789abcdeg.tmp", ".convnext-0123456789abcdef.tm", "e.123.tmp"}) {
    WriteText(directory / other, "");
    EXPECT_FALSE(IsTemporaryName(other));
  }
  WriteText(directory / name, "left");
  std::filesystem::create_symlink("e.123.tmp", directory / ".convnext-0123456789abcde0.tmp");
  auto lock = ValueOrThrow(FileLock::OnFile(directory / name));
  EXPECT_EQ(lock.TryLock(), FileLock::Outcome::kTaken);
  SweepTemporaryFiles(directory.path());
  EXPECT_TRUE(std::filesystem::exists(directory / name));
  lock = FileLock();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(WriteFile(directory / "file", "text").ok());  // the second one sweeps
  EXPECT_FALSE(std::filesystem::exists(directory / name));
  EXPECT_EQ(directory.Names().size(), 5u);
}

TEST(FileIdentity, IsThatOfTheFileHoweverItIsNamed) {
  const TemporaryDirectory directory;
  WriteText(directory / "file", "");
  std::filesystem::create_directory(directory / "sub");
  std::filesystem::create_symlink("../file", directory / "sub/soft");
  std::filesystem::create_hard_link(directory / "file", directory / "hard");
  std::filesystem::create_symlink("sub", directory / "way");
  std::filesystem::create_symlink("new/one", directory / "to_new");
  const auto identity = [&](const std::string& name) { return IdentifyFile(directory / name); };
  ASSERT_TRUE(identity("file"));
  for (const char* name : {"sub/soft", "hard", "way/soft", "sub/../file", "./hard", "no/../file", "no/such/../../hard"})
    EXPECT_EQ(identity(name), identity("file")) << name;
  for (const char* name : {"new/./one", "to_new", "sub/../new/one", "way/../new/x/../one", "no/../new/one"})
    EXPECT_EQ(identity(name), identity("new/one")) << name;
  EXPECT_NE(identity("new/one"), identity("new/two"));
  EXPECT_NE(identity("new/one"), identity("one"));
  EXPECT_FALSE(IdentifyFile("/dev/null"));
  EXPECT_FALSE(IdentifyDescriptor(-1));
}

// Two objects of one process hold the lock as two processes would: it lies on what was opened.
TEST(FileLock, OneHoldsItAtATime) {
  const TemporaryDirectory directory;
  const std::string path = directory / "a.lock";
  auto first = ValueOrThrow(FileLock::OnFile(path)), second = ValueOrThrow(FileLock::OnFile(path));
  EXPECT_EQ(first.TryLock(), FileLock::Outcome::kTaken);
  EXPECT_EQ(first.TryLock(), FileLock::Outcome::kTaken);
  EXPECT_EQ(second.TryLock(), FileLock::Outcome::kHeldElsewhere);
  FileLock moved = std::move(first);
  EXPECT_EQ(second.TryLock(), FileLock::Outcome::kHeldElsewhere);
  moved = FileLock();
  EXPECT_EQ(second.TryLock(), FileLock::Outcome::kTaken);
  EXPECT_EQ(moved.TryLock(), FileLock::Outcome::kNoLocks);
}

TEST(FileLock, OnADirectoryAndNotOnWhatIsNone) {
  const TemporaryDirectory directory;
  WriteText(directory / "file", "");
  std::filesystem::create_directory_symlink(directory.path(), directory / "link");
  auto first = ValueOrThrow(FileLock::OnDirectory(directory.path(), false));
  EXPECT_EQ(first.TryLock(), FileLock::Outcome::kTaken);
  EXPECT_EQ(ValueOrThrow(FileLock::OnDirectory(directory / "link", true)).TryLock(), FileLock::Outcome::kHeldElsewhere);
  for (const std::string name : {"link", "file", "missing"})
    EXPECT_EQ(FileLock::OnDirectory(directory / name, false).status().code(), Code::kIo) << name;
  EXPECT_THAT(FileLock::OnFile(directory / "missing/a.lock").status().message(),
              HasSubstr("a.lock: cannot open it: No such file"));
}

}  // namespace
}  // namespace convnext

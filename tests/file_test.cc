// Files: read, mapped, written whole or not at all, and locked.
#include "base/base.h"
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
